"""Datasets from strangers: forged files are refused by what they announce, before memory is taken."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero.datasets import ImageNet, formats
from dezero.datasets.formats import read_idx, read_records
from tests.dezero.foreign import MEGABYTE, refused

RECORD = 3073


# IDX


def idx(*shape: int, content: bytes = b"") -> bytes:
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + content


FORGED_IDX = {
    "2^31 twice": (idx(1 << 31, 1 << 31), r"announces an array of shape \(2147483648, 2147483648\), more"),
    "100 GB": (idx(100_000, 1_000_000), "announces an array"),
    "a product that wraps around": (idx(1 << 31, 1 << 31, 4), "announces an array"),
    "255 axes": (idx(*[1] * 255), "announces 255 axes, more than 8"),
    "more than it announces": (idx(2, content=bytes(64 * MEGABYTE)), "but holds more than 2 elements"),
    "less than it announces": (idx(200 * MEGABYTE, content=b"1"), "but holds 1 elements"),
    "nothing but zeros": (bytes(64 * MEGABYTE), "must start with 00 00 08"),
}


@pytest.mark.parametrize("kind", FORGED_IDX)
def test_a_forged_idx_file(kind: str, tmp_path: Path) -> None:
    content, message = FORGED_IDX[kind]
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(content))
    with refused(f"read_idx: {path}", message, 8):
        read_idx(path)


def test_the_limit_is_the_reader_s(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(idx(2, 3, content=bytes(6))))
    assert read_idx(path, most=6).shape == (2, 3)
    with refused(f"read_idx: {path}", "more than 5 elements", 8):
        read_idx(path, most=5)


# tar.gz


def tar(*members: tarfile.TarInfo | bytes) -> bytes:
    """An archive of headers, and of raw bytes, which are filled up to whole blocks."""
    parts = [m if isinstance(m, bytes) else m.tobuf(tarfile.GNU_FORMAT) for m in members]
    return b"".join(part + bytes(-len(part) % 512) for part in parts) + bytes(1024)


def info(name: str = "a", size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = size, kind, link
    return member


def sparse(size: int) -> bytes:
    """A GNU sparse file that has one byte of content, and `size` bytes in all."""
    block = bytearray(info("a", 512, tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT))
    block[386:398], block[398:410] = b"%011o\0" % 0, b"%011o\0" % 512
    block[483:495] = tarfile.itn(size, 12, tarfile.GNU_FORMAT)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pax(**records: str) -> list[tarfile.TarInfo | bytes]:
    lines = b""
    for keyword, value in records.items():
        line = f" {keyword.replace('__', '.')}={value}\n".encode()
        length = len(line) + len(str(len(line) + 2))
        lines += str(length).encode() + line
    return [info("p", len(lines), tarfile.XHDTYPE), lines]


FORGED_TAR: dict[str, tuple[Callable[[], bytes], str]] = {
    "a sparse file of 100 GB": (lambda: tar(sparse(RECORD * 32_000_000), bytes(512)), "a is no plain file"),
    "a sparse file of one record": (lambda: tar(sparse(RECORD), bytes(512)), "a is no plain file"),
    "a sparse file by pax": (
        lambda: tar(
            *pax(
                GNU__sparse__major="1",
                GNU__sparse__minor="0",
                GNU__sparse__name="a",
                GNU__sparse__realsize=str(RECORD * 32_000_000),
            ),
            info("b", 1024),
            b"1\n0\n512\n",
            bytes(512),
        ),
        "a is no plain file|x.gz",
    ),
    "a file of 100 GB": (lambda: tar(info("a", RECORD * 32_000_000)), "announces"),
    "a file of 100 GB by pax": (
        lambda: tar(*pax(size=str(RECORD * 32_000_000)), info("a", RECORD), bytes(RECORD)),
        "announces",
    ),
    "a file of a negative size": (lambda: tar(info("a", -RECORD), bytes(512)), "x.gz"),
    "a name of 100 GB": (lambda: tar(info("n", 10**11, tarfile.GNUTYPE_LONGNAME), b"a"), "announces"),
    "a pax header of 100 GB": (lambda: tar(info("n", 10**11, tarfile.XHDTYPE), b"a"), "announces"),
    "a pax header of 64 MB": (
        lambda: tar(info("n", 64 * MEGABYTE, tarfile.XHDTYPE), bytes(64 * MEGABYTE)),
        "announces",
    ),
    "pax headers within pax headers": (lambda: tar(*pax(comment="a") * 3000, info("a")), "x.gz"),
    "a file that ends": (lambda: tar(info("a", 2 * RECORD), bytes(RECORD)), "x.gz"),
    "a name twice": (lambda: tar(*[info("a", RECORD), bytes(RECORD)] * 2), "a is there twice"),
    "2,000 names": (lambda: tar(*[info(str(i)) for i in range(2000)]), "more than 1000 members"),
    "a hard link": (lambda: tar(info("a", 0, tarfile.LNKTYPE, "/etc/passwd")), "a is no plain file"),
    "a symbolic link": (lambda: tar(info("a", 0, tarfile.SYMTYPE, "/etc/passwd")), "a is no plain file"),
    "a device": (lambda: tar(info("a", 0, tarfile.CHRTYPE)), "a is no plain file"),
    "a pipe": (lambda: tar(info("a", 0, tarfile.FIFOTYPE)), "a is no plain file"),
    "a folder": (lambda: tar(info("a", 0, tarfile.DIRTYPE)), "a is no plain file"),
    "a path out of the folder": (lambda: tar(info("../a", RECORD), bytes(RECORD)), "'a' not found"),
}


@pytest.mark.parametrize("kind", FORGED_TAR)
def test_a_forged_archive(kind: str, tmp_path: Path) -> None:
    make, message = FORGED_TAR[kind]
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(make()))
    with refused(f"read_records: {path}", message, 8):
        read_records(path, ["a"], 1)
    assert [p.name for p in tmp_path.iterdir()] == ["x.gz"]


def test_a_bomb_of_members_that_are_not_wanted(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(tar(info("z", 64 * MEGABYTE), bytes(64 * MEGABYTE), info("a"))))
    with refused(f"read_records: {path}", "announces .* more than 33554432", 8):
        read_records(path, ["a"], 1, most=32 * MEGABYTE)


def test_an_archive_takes_what_it_holds(tmp_path: Path) -> None:
    content = np.random.default_rng(0).integers(256, size=(500, RECORD), dtype=np.uint8)
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(tar(info("a", content.size), content.tobytes()), 1))
    images, labels = read_records(path, ["a"], 1, most=2 * content.size)
    np.testing.assert_array_equal(np.hstack([labels, images.reshape(500, -1)]), content)


@given(data=st.data())
def test_a_damaged_archive_is_a_valueerror_or_is_right(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Damage within the archive, whose checksum by gzip fits."""
    content = bytearray(tar(*pax(comment="x"), info("a", RECORD), bytes(RECORD), info("b", 5), b"12345"))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 2047))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("tar") / "x.gz"
    path.write_bytes(gzip.compress(bytes(content), 1))
    try:
        found = str(read_records(path, ["a"], 1)[0].shape)
    except ValueError as error:
        found = str(error)
    assert found.startswith(f"read_records: {path}") or found == "(1, 3, 32, 32)"


def test_a_stream_is_read_no_further_than_asked() -> None:
    assert formats._read_at_most(io.BytesIO(bytes(10)), 4) == bytes(4)


# ImageNet's names


@pytest.mark.parametrize(
    "content",
    [
        b"{" * 100_000,
        b"{0: 1, 'a': 2}",
        b"{" + b"0: 'a', " * 300_000 + b"}",
        b"9" * 10_000,
        b"\xff",
        b"1",
        b"{[]: 1}",
    ],
    ids=["nested", "mixed", "long", "digits", "no text", "no dict", "unhashable"],
)
def test_names_of_classes_from_a_stranger(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "labels.txt").write_bytes(content)
    monkeypatch.setattr(ImageNet, "url", (tmp_path / "labels.txt").as_uri())
    with pytest.raises(ValueError, match=r"ImageNet\.labels: .* it was not kept"):
        ImageNet.labels(cache_dir=tmp_path / "cache")
    assert not (tmp_path / "cache" / "labels.txt").exists()
