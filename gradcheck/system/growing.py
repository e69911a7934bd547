"""Files that grow line by line: under a name where they are found if the process is killed, or for years."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from errno import ENOSPC, EWOULDBLOCK
from pathlib import Path

from gradcheck.system import files

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_FRESH = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


class Growing:
    """The file ``part``, made anew and locked, which takes the name ``path`` when it is finished.

    What lies at ``part`` is removed, not written into: a link, what a killed run left. One that another
    process is writing is not.

    Attributes:
        is_sound: all lines were written.

    Raises:
        BlockingIOError: another process is writing it.
        OSError: it cannot be made, or ``path`` cannot be replaced.
    """

    def __init__(self, path: Path, part: Path) -> None:
        self.path = path
        self.part = part
        self._size = 0
        self.is_sound = True
        files.make_folder(path.parent)
        files.check_target(path)
        with files.naming(part), _one_at_a_time(path.parent):
            _remove(part)
            self._number: int | None = os.open(part, _FRESH, 0o666)
            _lock(self._number)
        files.take_mode(self._number, path)

    def append(self, line: bytes) -> None:
        """Write a line. Where that fails (a full disk) the lines before it stay, and no part of it."""
        assert self._number is not None, "it is finished"
        try:
            with files.naming(self.part):
                left = line
                while left:
                    left = left[os.write(self._number, left) :]
        except BaseException as error:
            os.ftruncate(self._number, self._size)
            self.is_sound = not isinstance(error, OSError)
            raise
        self._size += len(line)

    @property
    def is_open(self) -> bool:
        return self._number is not None

    def finish(self) -> None:
        """Close it, and give it its name; one of which a line could not be written stays a part."""
        if self._number is None:
            return
        number, self._number = self._number, None
        with files.naming(self.path, self.part), _one_at_a_time(self.path.parent):
            try:
                if self.is_sound:
                    os.fsync(number)  # a disk that is full may say so only now
            finally:
                os.close(number)
            if self.is_sound:
                os.replace(self.part, self.path)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file that several processes add to, in one write, after a line that was cut short.

    The file and its folder are made where there are none.

    Raises:
        OSError: it cannot be written; the error names ``path``.
    """
    files.make_folder(path.parent)
    files.check_target(path)
    with files.naming(path):
        number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            with contextlib.suppress(OSError):  # a file system without locks
                _wait_for(number)
            size = os.fstat(number).st_size
            os.lseek(number, max(size - 1, 0), os.SEEK_SET)
            cut_short = size > 0 and os.read(number, 1) != b"\n"
            text = (b"\n" if cut_short else b"") + line + b"\n"
            if os.write(number, text) < len(text):
                os.ftruncate(number, size)  # as it was: a disk that is full
                raise OSError(ENOSPC, os.strerror(ENOSPC))
        finally:
            os.close(number)


def _wait_for(number: int) -> None:
    """Lock an open file until it is closed."""
    if fcntl is not None:
        fcntl.flock(number, fcntl.LOCK_EX)


def _remove(part: Path) -> None:
    """Make way for a new part; BlockingIOError where a process is writing that which is there."""
    try:
        found = part.lstat()
    except FileNotFoundError:
        return
    if fcntl is not None and stat.S_ISREG(found.st_mode):
        with contextlib.suppress(PermissionError):  # of somebody else, who keeps it from being read
            number = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                _lock(number)
            finally:
                os.close(number)
    part.unlink()


def _lock(number: int) -> None:
    """Lock an open file until it is closed, or its process is dead."""
    if fcntl is None:
        return
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(EWOULDBLOCK, "another run is writing it; choose another folder") from None
    except OSError:
        pass  # a file system without locks


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Within the block no other process is in such a block of this folder."""
    if fcntl is None:
        yield
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks of folders
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)
