"""The file formats of downloaded datasets, read as bytes: nothing is unpickled or extracted.

No length that a file announces is trusted: it is compared with a limit before anything of that
length is read, and what is decompressed is counted as it comes.
"""

from __future__ import annotations

import gzip
import math
import struct
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

MOST_BYTES = 256 << 20  # decompressed, of a file: MNIST's largest has 47 MB, CIFAR's archives 184 MB
MOST_MEMBERS = 1000  # of an archive: CIFAR's have fewer than 10
BLOCK_BYTES = 1 << 20

MOST_AXES = 8
UINT8 = 0x08  # IDX's code for unsigned bytes, the only element type of the MNIST files


def read_idx(path: str | Path, most: int = MOST_BYTES) -> np.ndarray:
    """The array of a gzipped IDX file of unsigned bytes.

    The format: two zero bytes, the element type, the number of axes, the size of each axis as a
    big-endian 32-bit integer, then the elements.

    Args:
        path: of the file.
        most: an array of more elements is refused before memory is taken for it.

    Raises:
        ValueError: this is no whole gzipped IDX file of unsigned bytes, or a larger one.
    """
    try:
        with gzip.open(path) as stream:
            shape = _read_shape(stream, path, most)
            content = _read_at_most(stream, math.prod(shape) + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error, struct.error) as error:
        raise ValueError(f"read_idx: {path} is no whole gzip file: {error}") from error
    if len(content) != math.prod(shape):
        held = len(content) if len(content) < math.prod(shape) else f"more than {math.prod(shape)}"
        raise ValueError(f"read_idx: {path} announces an array of shape {shape}, but holds {held} elements")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _read_shape(stream: Any, path: str | Path, most: int) -> tuple[int, ...]:
    start = stream.read(4)
    if len(start) < 4 or start[:3] != bytes([0, 0, UINT8]):
        raise ValueError(
            f"read_idx: {path} must start with 00 00 08, an IDX file of unsigned bytes, "
            f"but starts with {start.hex(' ')}"
        )
    axes = start[3]
    sizes = stream.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise ValueError(f"read_idx: {path} ends before the sizes of its {axes} axes")
    if axes > MOST_AXES:
        raise ValueError(f"read_idx: {path} announces {axes} axes, more than {MOST_AXES}")
    shape = struct.unpack(f">{axes}I", sizes)
    if math.prod(shape) > most:
        raise ValueError(f"read_idx: {path} announces an array of shape {shape}, more than {most} elements")
    return shape


def _read_at_most(stream: Any, size: int) -> bytes:
    """Up to `size` bytes, block by block: a stream that ends early takes no memory for the rest."""
    content = bytearray()
    while block := stream.read(min(BLOCK_BYTES, size - len(content))):
        content += block
    return bytes(content)


def read_records(
    path: str | Path, members: Iterable[str], label_bytes: int, most: int = MOST_BYTES
) -> tuple[np.ndarray, np.ndarray]:
    """The records in some members of a CIFAR binary archive (tar.gz).

    The format: records of `label_bytes` label bytes and 3,072 pixel bytes, red, green, blue, each
    row by row.

    Args:
        path: of the archive.
        members: their names. Links, devices and sparse files are refused.
        label_bytes: of a record.
        most: an archive that has more bytes, decompressed, is refused as soon as it says so.

    Returns:
        Images, uint8 (N, 3, 32, 32), and label bytes, uint8 (N, label_bytes).

    Raises:
        ValueError: this is no whole tar.gz archive, lacks a member, or has a broken one.
    """
    size = label_bytes + 3 * 32 * 32
    try:
        with gzip.open(path) as unzipped:
            stream = cast(IO[bytes], _Bounded(unzipped, most))
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                content = b"".join(_read_members(archive, list(members), size))
    except _DEFECTS as error:
        raise ValueError(f"read_records: {path}: {error}") from error
    records = np.frombuffer(content, np.uint8).reshape(-1, size)
    return records[:, label_bytes:].reshape(-1, 3, 32, 32), records[:, :label_bytes]


# What tarfile and gzip raise for damaged or odd archives.
_DEFECTS = (
    tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, struct.error, ValueError, OverflowError,
    IndexError, RecursionError,
)  # fmt: skip


class _Bounded:
    """A decompressed stream that gives no more than `most` bytes in all, nor many at once.

    tarfile reads what headers announce: as much as it needs to skip, and long headers at once.
    """

    def __init__(self, stream: Any, most: int) -> None:
        self._stream = stream
        self.most = most
        self.tell = stream.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= BLOCK_BYTES:
            raise tarfile.ReadError(f"a header announces {size} bytes, more than {BLOCK_BYTES}")
        self._check(self.tell() + size)
        return self._stream.read(size)

    def seek(self, position: int) -> int:
        self._check(position)
        return self._stream.seek(position)

    def _check(self, position: int) -> None:
        if not 0 <= position <= self.most:
            raise tarfile.ReadError(f"it announces {position} bytes, more than {self.most}")


def _read_members(archive: tarfile.TarFile, names: list[str], record_size: int) -> Iterable[bytes]:
    """The contents of plain files in the archive, each a whole number of records."""
    found: dict[str, tarfile.TarInfo] = {}
    for count, member in enumerate(archive):
        if count >= MOST_MEMBERS:
            raise tarfile.ReadError(f"it has more than {MOST_MEMBERS} members")
        if member.name in names and found.setdefault(member.name, member) is not member:
            raise tarfile.ReadError(f"{member.name} is there twice")
    for name in names:
        if name not in found:
            raise tarfile.ReadError(f"filename {name!r} not found")
        member = found[name]
        if not member.isreg() or member.issparse() or member.size % record_size:
            raise tarfile.ReadError(f"{name} is no plain file of records of {record_size} bytes")
        content = _read_at_most(archive.extractfile(member), member.size)
        if len(content) < member.size:
            raise EOFError(f"{name} ends before its {member.size} bytes")
        yield content
