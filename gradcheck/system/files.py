"""Files that are there whole or not at all, and that are never those that the command has read.

What is written goes to a fresh file with a name that nobody can foresee, which takes its own name at the
end. So a link that lies at either name is never followed, nor is another run's file written into.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from errno import EACCES, EEXIST, EINVAL, EISDIR, ENOTDIR
from pathlib import Path
from typing import IO

from gradcheck.system import signals

PathLike = str | os.PathLike[str]

#: (device, inode) of the files that are read, and are not to be written over.
_kept: ContextVar[frozenset[tuple[int, int]]] = ContextVar("kept", default=frozenset())


@contextlib.contextmanager
def keeping(paths: Iterable[PathLike]) -> Iterator[None]:
    """Within the block nothing is written over these files, by whatever name."""
    found = {(each.st_dev, each.st_ino) for path in paths if (each := _stat(path)) is not None}
    before = _kept.set(_kept.get() | found)
    try:
        yield
    finally:
        _kept.reset(before)


@contextlib.contextmanager
def _part_of(path: PathLike) -> Iterator[str]:
    """The name of the file to write first, where ``path`` can be made; an OSError within names ``path``."""
    part = part_name(path)
    with signals.raising(), naming(path, part):
        make_folder(Path(path).parent)
        check_target(path)
        yield part


@contextlib.contextmanager
def atomic(path: PathLike) -> Iterator[IO[bytes]]:
    """A binary stream that becomes the file ``path`` when the block ends; nothing stays if it fails.

    The folder is made where there is none. A new file has the permissions that `open` would give it, one
    that is replaced keeps its own; a link is replaced, not followed.

    Raises:
        OSError: it cannot be written; the error names ``path``, whatever went wrong.
    """
    with _part_of(path) as part:
        try:
            with open(part, "xb") as stream:
                take_mode(stream.fileno(), path)
                yield stream
            os.replace(part, path)
        except BaseException:
            with signals.held():
                Path(part).unlink(missing_ok=True)
            raise


def write(path: PathLike, text: str) -> Path:
    """Write a file of text whole or not at all; its path."""
    with atomic(path) as stream:
        stream.write(text.encode())
    return Path(path)


def check_writable(path: PathLike) -> None:
    """Raise now the OSError that writing ``path`` would raise, before work is done for it."""
    with _part_of(path) as part:
        try:
            open(part, "xb").close()
        finally:
            Path(part).unlink(missing_ok=True)


def check_target(path: PathLike) -> None:
    """Raise OSError for what is not replaced: a folder, a device or pipe, what is protected or was read."""
    found = _stat(path)
    if found is None:
        return
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(EISDIR, "is a folder", os.fspath(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(EINVAL, "is no regular file, and is left as it is", os.fspath(path))
    if (found.st_dev, found.st_ino) in _kept.get():
        raise FileExistsError(EEXIST, "is read by this command, and not written over", os.fspath(path))
    if not os.access(path, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), os.fspath(path))


def check_readable(path: PathLike) -> None:
    """Raise OSError for what holds no records and might have no end: a folder, a device."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(EISDIR, "is a folder; name the file in it", os.fspath(path))
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise OSError(EINVAL, "is a device, not a file", os.fspath(path))


def make_folder(path: PathLike) -> None:
    """Make a folder, and those above, where there is none; NotADirectoryError where there is a file."""
    try:
        os.makedirs(path, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(ENOTDIR, "is no folder", error.filename) from None


def part_name(path: PathLike) -> str:
    """A name in the same folder that nobody can foresee. Short, as the file's own may be very long."""
    return str(Path(path).parent / f".{os.urandom(8).hex()}.part")


def take_mode(number: int, path: PathLike) -> None:
    """Give an open file the permissions of the regular file that it will replace."""
    with contextlib.suppress(FileNotFoundError):
        old = os.lstat(path)
        if stat.S_ISREG(old.st_mode) and hasattr(os, "fchmod"):
            os.fchmod(number, old.st_mode & 0o777)


@contextlib.contextmanager
def naming(path: PathLike, part: PathLike | None = None) -> Iterator[None]:
    """Have OSErrors name ``path``, those that name nothing (a full disk) or its ``part``."""
    unnamed = (None, "", None if part is None else os.fspath(part))
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename not in unnamed:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _stat(path: PathLike) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None
