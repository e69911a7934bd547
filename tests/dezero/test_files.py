"""Files are there whole or not at all."""

import os

import pytest

from dezero.utils import write_atomically


def test_a_failed_block_keeps_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_and_fail():
        with write_atomically(path) as stream:
            stream.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert path.read_bytes() == b"old"
    with write_atomically(path) as stream:
        stream.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_the_file_as_the_mask_allows(tmp_path):
    with write_atomically(tmp_path / "ours") as stream:
        stream.write(b"")
    (tmp_path / "plain").write_bytes(b"")
    assert os.stat(tmp_path / "ours").st_mode == os.stat(tmp_path / "plain").st_mode
