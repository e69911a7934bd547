"""Files are there whole or not at all, never over what was read, and never through a link."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcheck.records import jsonl
from gradcheck.records.jsonl import RecordError, Writer
from gradcheck.system import files
from tests.gradcheck.sample_rows import case_row, run_row, whole_run


@contextlib.contextmanager
def full_disk(bytes_: int = 1000) -> Iterator[None]:
    """No file grows over that, as on a full disk: an OSError that names no file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, OSError])
def test_a_block_that_fails_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = files.write(tmp_path / "page", "old")
    with pytest.raises(error), files.atomic(path) as stream:  # noqa: PT012
        stream.write(b"new")
        raise error
    assert [path] == list(tmp_path.iterdir())
    assert path.read_text() == "old"


def test_a_full_disk_leaves_nothing_and_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OSError) as error, full_disk():  # noqa: PT011  # its file is looked at below
        files.write(tmp_path / "page", "x" * 5000)
    assert (error.value.errno, error.value.filename) == (errno.EFBIG, str(tmp_path / "page"))
    assert not list(tmp_path.iterdir())


def test_links_are_replaced_not_followed(tmp_path: Path) -> None:
    victim = files.write(tmp_path / "victim", "precious")
    (tmp_path / "soft").symlink_to(victim)
    (tmp_path / "nowhere").symlink_to(tmp_path / "new")
    os.link(victim, tmp_path / "hard")
    for name in ("soft", "nowhere", "hard"):
        files.write(tmp_path / name, "page")
        assert (tmp_path / name).read_text() == "page"
        assert not (tmp_path / name).is_symlink()
    assert victim.read_text() == "precious"
    assert not (tmp_path / "new").exists()


def test_what_is_no_regular_file_is_left_as_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/null"), tmp_path, Path(".")):
        for door in (files.check_writable, lambda path: files.write(path, "page")):
            with pytest.raises(OSError, match=r"is no regular file|is a folder"):
                door(path)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe"]


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    read = files.write(tmp_path / "read", "rows")
    (tmp_path / "soft").symlink_to(read)
    os.link(read, tmp_path / "hard")
    names = [read, tmp_path / "soft", tmp_path / "hard", tmp_path / "deep" / ".." / "read"]
    (tmp_path / "deep").mkdir()
    with files.keeping([tmp_path / "soft", tmp_path / "not there"]):
        for path in names:
            with pytest.raises(FileExistsError, match="is read by this command"):
                files.write(path, "page")
        files.write(tmp_path / "other", "page")
    assert read.read_text() == "rows"
    files.write(read, "page")


def test_permissions_are_those_of_open_or_of_the_file_before(tmp_path: Path) -> None:
    path = tmp_path / "page"
    (tmp_path / "plain").touch()
    files.write(path, "page")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    path.chmod(0o640)
    files.write(path, "again")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_name_may_be_as_long_as_names_can_be(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 255)
    assert files.write(path, "page").read_text() == "page"
    with pytest.raises(OSError, match="too long"):
        files.write(tmp_path / ("a" * 256), "page")
    assert [path] == list(tmp_path.iterdir())


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    files.write(tmp_path / "file", "")
    for path in (tmp_path / "file" / "page", tmp_path / "file" / "deep" / "page"):
        with pytest.raises(NotADirectoryError):
            files.check_writable(path)


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match=r"is a folder|is a device"):
            files.check_readable(path)


# Records --------------------------------------------------------------------------------------------


def test_a_planted_part_is_removed_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    victim = files.write(tmp_path / "victim", "precious")
    for plant in (os.symlink, os.link):
        plant(victim, jsonl.part_of(path))
        with Writer(path) as writer:
            writer.write(run_row())
        assert victim.read_text() == "precious"
        assert not path.is_symlink()
    os.mkfifo(jsonl.part_of(path))
    with Writer(path) as writer:
        writer.write(run_row())
    assert [row["kind"] for row in jsonl.read(path)] == ["run", "end"]


def test_a_second_run_into_the_same_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with Writer(path) as first:
        first.write(run_row())
        with pytest.raises(BlockingIOError, match="another run is writing it"):
            Writer(path)
        first.write(case_row())
        with Writer(tmp_path / "other.jsonl") as other:
            other.write(run_row())
    assert [row["kind"] for row in jsonl.read(path)] == ["run", "case", "end"]


def test_rows_before_a_full_disk_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    jsonl.write(path, whole_run())
    before = path.read_bytes()

    def until_full() -> None:
        with full_disk(5000), Writer(path) as writer:
            writer.write(run_row())
            for _ in range(100):
                writer.write(case_row())

    with pytest.raises(OSError, match=r"records\.jsonl\.part"):
        until_full()
    part = jsonl.part_of(path)
    assert path.read_bytes() == before
    assert part.read_bytes().endswith(b"\n")
    assert len(jsonl.read(part)) > 1


def test_rows_that_are_there_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with pytest.raises(RecordError):
        jsonl.write(path, [run_row(), {**case_row(), "order": "first"}])
    assert not list(tmp_path.iterdir())
