"""Files are there whole or not at all."""

import errno
import os
import resource
import stat

import numpy as np
import pytest

import dezero.layers as L
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


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    path = tmp_path / "weights"
    path.touch(mode=0o600)
    with write_atomically(path) as stream:
        stream.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_disk_leaves_nothing_and_names_the_file(tmp_path):
    layer = L.Linear(100, in_size=100)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        with pytest.raises(OSError, match=r"weights\.npz") as error:
            layer.save_weights(tmp_path / "weights.npz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert error.value.errno == errno.EFBIG
    assert not list(tmp_path.iterdir())


def test_links_are_replaced_not_followed(tmp_path):
    victim, link = tmp_path / "victim", tmp_path / "weights.npz"
    victim.write_bytes(b"precious")
    link.symlink_to(victim)
    layer = L.Linear(2, in_size=2)
    layer.save_weights(link)
    assert victim.read_bytes() == b"precious"
    assert not link.is_symlink()
    with np.load(link) as arrays:
        assert set(arrays) == {"W", "b"}


def test_what_is_no_regular_file_is_left_as_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/null"):
        with pytest.raises(OSError, match=r"is no regular file|is a folder"), write_atomically(path):
            pass
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    path = tmp_path / ("a" * 255)
    with write_atomically(path) as stream:
        stream.write(b"new")
    assert path.read_bytes() == b"new"
