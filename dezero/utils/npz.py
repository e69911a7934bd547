"""npz archives from strangers: nothing that a file announces is believed, and no memory is taken for it.

`np.load` reads a directory and headers of any length, and takes as much memory as a header asks for. Here
every length is compared with what the reader wants before anything of that length is read. Objects,
which would have to be unpickled, are not read at all.
"""

from __future__ import annotations

import ast
import errno
import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from typing import IO, Any, NamedTuple, cast

import numpy as np

HEADER_BYTES = 10_000  # of an npy header at most, as NumPy has it
ENTRY_BYTES = 1024  # of the archive's directory for each array at most
TAIL_BYTES = 1 << 17  # more than the record and the comment at the end of an archive
BLOCK_BYTES = 1 << 16

_LOCAL_BYTES = 30  # of a member's own header at least
_NUMBERS = re.compile(r"[<>=|]?[biufc][0-9]{1,2}")


class Header(NamedTuple):
    """What an npy file announces.

    Attributes:
        shape: of the array.
        descr: its dtype as the file spells it, for messages.
        dtype: None where it is no number's: strings, dates, structures, objects.
        fortran_order: whether the first index varies fastest.
        start: where the data begin.
    """

    shape: tuple[int, ...]
    descr: str
    dtype: np.dtype[Any] | None
    fortran_order: bool
    start: int

    @property
    def nbytes(self) -> int:
        """How many bytes of data are announced; 0 where the dtype is no number's."""
        return math.prod(self.shape) * self.dtype.itemsize if self.dtype is not None else 0


class NpzArchive:
    """The arrays of an npz file by name. Use `open_npz`, which turns every defect into a ValueError.

    Attributes:
        members: the entry of each name, without its ending .npy.
    """

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive = archive
        self.members = {_name(info): info for info in archive.infolist()}
        if len(self.members) < len(archive.infolist()):
            raise ValueError("two members have the same name")
        _check_places(archive.infolist(), size)

    def header(self, name: str) -> Header:
        """What the file announces of an array: its data are not read.

        Raises:
            ValueError: it is no array, or one of numbers and not as long as it announces.
        """
        with self._open(name) as stream:
            header = _read_header(stream)
        announced = self.members[name].file_size
        if header.dtype is not None and header.start + header.nbytes != announced:
            raise ValueError(
                f"{_shown(name)} announces {header.descr} of shape {header.shape}, "
                f"but has {announced - header.start} bytes for it"
            )
        return header

    def read(self, name: str, header: Header) -> np.ndarray:
        """The array of numbers that `header` announced. Its memory is taken here."""
        data = bytearray(header.nbytes)
        with self._open(name) as stream:
            stream.read(header.start)
            filled = 0
            while block := stream.read(BLOCK_BYTES):
                if filled + len(block) > len(data):
                    raise ValueError(f"{_shown(name)} has more bytes than it announces")
                data[filled : filled + len(block)] = block
                filled += len(block)
        if filled < len(data):
            raise ValueError(f"{_shown(name)} has fewer bytes than it announces")
        array = np.frombuffer(data, header.dtype)
        return array.reshape(header.shape, order="F" if header.fortran_order else "C")

    def _open(self, name: str) -> IO[bytes]:
        info = self.members[name]
        if info.flag_bits & 1:
            raise ValueError(f"{_shown(name)} is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{_shown(name)} is compressed by a method that npz files do not use")
        return self._archive.open(info)


@contextmanager
def open_npz(path: str | PathLike[str], count: int) -> Iterator[NpzArchive]:
    """The npz file at `path`, which should hold `count` arrays; a directory of many more is not read.

    Raises:
        ValueError: (in the block, too) this is no such file.
        OSError: the file cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryFile() as stream:
    ...     np.savez(stream, W=np.ones((2, 3)))
    ...     with open_npz(stream.fileno(), 1) as archive:
    ...         archive.header("W").shape
    (2, 3)
    """
    with _File(path, most=TAIL_BYTES + count * ENTRY_BYTES) as stream:
        size = stream.seek(0, io.SEEK_END)
        try:
            with zipfile.ZipFile(cast(IO[bytes], stream)) as archive:
                yield NpzArchive(archive, size)
        except OSError as error:
            if error.errno != errno.EINVAL:  # to which place the file sends the reader
                raise
            raise ValueError(f"it refers to places that it does not have: {error}") from error
        except _DEFECTS as error:
            raise ValueError(_plain(error)) from error


# What zipfile raises for damaged or odd archives.
_DEFECTS = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip


class _File(io.FileIO):
    """A file of which no more is read at once than `most` bytes."""

    def __init__(self, path: Any, most: int) -> None:
        super().__init__(path, closefd=not isinstance(path, int))
        self.most = most

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.most:
            raise zipfile.BadZipFile(f"its directory has {size} bytes, more than {self.most}")
        return super().read(size) or b""


def _name(info: zipfile.ZipInfo) -> str:
    return info.filename.removesuffix(".npy")


def _check_places(members: list[zipfile.ZipInfo], size: int) -> None:
    """Raises ValueError where members share bytes of the file, or have more of them than there are."""
    end = 0
    for info in sorted(members, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise ValueError(f"{_shown(info.filename)} overlaps another member")
        end = info.header_offset + _LOCAL_BYTES + info.compress_size
        if end > size:
            raise ValueError(f"{_shown(info.filename)} ends after the file does")


def _read_header(stream: IO[bytes]) -> Header:
    start = stream.read(8)
    if start[:6] != b"\x93NUMPY" or start[6:] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise ValueError("a member is no npy file")
    layout = "<H" if start[6] == 1 else "<I"
    (length,) = struct.unpack(layout, stream.read(struct.calcsize(layout)))
    if length > HEADER_BYTES:
        raise ValueError(f"an npy header has {length} bytes, more than {HEADER_BYTES}")
    text = stream.read(length).decode("utf-8" if start[6] == 3 else "latin-1")
    shape, descr, fortran_order = _parse(text)
    return Header(shape, _shown(descr), _dtype(descr), fortran_order, 8 + struct.calcsize(layout) + length)


def _parse(text: str) -> tuple[tuple[int, ...], Any, bool]:
    try:
        header = ast.literal_eval(text.strip())
        shape, descr, fortran_order = header["shape"], header["descr"], header["fortran_order"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError) as error:
        raise ValueError(f"an npy header is damaged: {_shown(text)}") from error
    if not isinstance(shape, tuple) or any(type(size) is not int or size < 0 for size in shape):
        raise ValueError(f"an npy header announces the shape {_shown(shape)}")
    if len(shape) > 64 or max(shape, default=0) >= 1 << 62:
        raise ValueError(f"an npy header announces the shape {_shown(shape)}")
    return shape, descr, bool(fortran_order)


def _dtype(descr: Any) -> np.dtype[Any] | None:
    """The dtype of numbers that a header describes, or None."""
    if not (isinstance(descr, str) and _NUMBERS.fullmatch(descr)):
        return None
    try:
        return np.dtype(descr)
    except TypeError:
        return None


def _shown(value: Any) -> str:
    """A value from a file for a message: escaped, and no longer than a line."""
    try:
        text = ascii(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits
        text = "(too long to be shown)"
    return text if len(text) <= 80 else text[:77] + "..."


def _plain(error: BaseException) -> str:
    text = ascii(str(error))[1:-1]
    return text if len(text) <= 200 else text[:197] + "..."
