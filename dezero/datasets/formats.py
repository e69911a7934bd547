"""The file formats of downloaded datasets, read as bytes: nothing is unpickled or extracted."""

from __future__ import annotations

import gzip
import math
import struct
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, cast

import numpy as np

UINT8 = 0x08  # IDX's code for unsigned bytes, the only element type of the MNIST files


def read_idx(path: str | Path) -> np.ndarray:
    """The array of a gzipped IDX file of unsigned bytes.

    The format: two zero bytes, the element type, the number of axes, the size of each axis as a
    big-endian 32-bit integer, then the elements.

    Raises:
        ValueError: this is no whole gzipped IDX file of unsigned bytes.
    """
    try:
        with gzip.open(path) as stream:
            content = stream.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"read_idx: {path} is no whole gzip file: {error}") from error
    if len(content) < 4 or content[:3] != bytes([0, 0, UINT8]):
        raise ValueError(
            f"read_idx: {path} must start with 00 00 08, an IDX file of unsigned bytes, "
            f"but starts with {content[:4].hex(' ')}"
        )
    axes = content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise ValueError(f"read_idx: {path} ends before the sizes of its {axes} axes")
    shape = struct.unpack(f">{axes}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise ValueError(
            f"read_idx: {path} announces an array of shape {shape}, "
            f"but holds {len(content) - start} elements"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_records(
    path: str | Path, members: Iterable[str], label_bytes: int
) -> tuple[np.ndarray, np.ndarray]:
    """The records in some members of a CIFAR binary archive (tar.gz).

    The format: records of `label_bytes` label bytes and 3,072 pixel bytes, red, green, blue, each
    row by row.

    Returns:
        Images, uint8 (N, 3, 32, 32), and label bytes, uint8 (N, label_bytes).

    Raises:
        ValueError: this is no whole tar.gz archive, lacks a member, or has a broken one.
    """
    size = label_bytes + 3 * 32 * 32
    try:
        with tarfile.open(path, "r:gz") as archive:
            content = b"".join(_read_member(archive, name, size) for name in members)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, KeyError) as error:
        raise ValueError(f"read_records: {path}: {error}") from error
    records = np.frombuffer(content, np.uint8).reshape(-1, size)
    return records[:, label_bytes:].reshape(-1, 3, 32, 32), records[:, :label_bytes]


def _read_member(archive: tarfile.TarFile, name: str, record_size: int) -> bytes:
    """The content of a plain file in the archive, a whole number of records."""
    member = archive.getmember(name)
    if not member.isreg() or member.size % record_size:
        raise tarfile.TarError(f"{name} is no plain file of records of {record_size} bytes")
    return cast(IO[bytes], archive.extractfile(member)).read()
