"""Files that are there whole or not at all, and where downloads are kept."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

__all__ = ["default_cache_dir", "write_atomically"]

PathLike = str | os.PathLike[str]

#: A disk, a quota or the size of a file is used up; such an error names no file by itself.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def write_atomically(path: PathLike) -> Iterator[IO[bytes]]:
    """A binary stream that becomes the file `path` when the block ends; no file if it fails.

    What is written goes to a fresh file next to it, so no link is followed. A new file has the permissions
    that `open` would give it; one that is replaced keeps its own.

    Raises:
        OSError: `path` cannot be written, the disk is full, or something is there that is not replaced
            (a folder, a device, a file protected from writing); it names `path`.
    """
    path = os.fspath(path)
    part = os.path.join(os.path.dirname(path), f".{os.urandom(8).hex()}.part")
    mode = _mode_of_old(path)
    try:
        with open(part, "xb") as stream:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(stream.fileno(), mode)
            yield stream
        os.replace(part, path)
    except BaseException as error:
        with suppress(FileNotFoundError):
            os.unlink(part)
        if isinstance(error, OSError) and _is_of_part(error, part):
            raise OSError(error.errno, error.strerror, path) from error
        raise


def _is_of_part(error: OSError, part: str) -> bool:
    return error.filename == part or (error.filename is None and error.errno in _FULL)


def _mode_of_old(path: str) -> int | None:
    """The permissions of the file that is to be replaced, if there is one; OSError for what is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder", path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "is no regular file, and is left as it is", path)
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    return None if os.path.islink(path) else found.st_mode & 0o777


def default_cache_dir() -> str:
    """Where downloads are kept: the environment variable DEZERO_CACHE, or ~/.dezero."""
    return os.path.expanduser(os.environ.get("DEZERO_CACHE") or os.path.join("~", ".dezero"))
