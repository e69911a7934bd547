"""Atomic writing and downloads, through a server on this machine: whole files or none."""

import hashlib
import http.server
import os
import threading
from pathlib import Path

import pytest

from dezero.utils import (
    ChecksumError,
    DownloadError,
    default_cache_dir,
    get_file,
    show_progress,
    write_atomically,
)

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """/whole... is served whole, /broken breaks off, /endless announces no length."""

    def do_GET(self):
        self.server.requests.append(self.path)
        if self.path.startswith(("/whole", "/broken")):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT if self.path.startswith("/whole") else CONTENT[:100_000])
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(CONTENT)
        else:
            self.send_error(404)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests = []
        server.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(url, cache, **options):
    return get_file(url, cache_dir=cache, progress=None, **options)


# get_file


@pytest.mark.parametrize("path", ["/whole", "/endless"])
@pytest.mark.parametrize("sha256", [None, SHA256, SHA256.upper()])
def test_a_file_is_downloaded_once(path, sha256, server, tmp_path):
    cache = tmp_path / "new" / "cache"
    for _ in range(2):
        found = Path(fetch(server.url + path, cache, sha256=sha256))
        assert found == cache / path[1:]
        assert found.read_bytes() == CONTENT
    assert server.requests == [path]
    assert list(cache.iterdir()) == [found]


def test_names_come_from_the_address_or_the_caller(server, tmp_path):
    assert fetch(server.url + "/whole?version=2#part", tmp_path).endswith("/whole")
    assert fetch(server.url + "/whole%20file.gz", tmp_path).endswith("/whole file.gz")
    assert fetch(server.url + "/whole", tmp_path, file_name="mine.bin").endswith("/mine.bin")


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", "/etc/passwd", "C:\\x", "a\0b"])
def test_a_name_cannot_lead_out_of_the_cache(name, tmp_path):
    with pytest.raises(ValueError, match="file_name must be a plain file name"):
        fetch("http://127.0.0.1:1/whole", tmp_path, file_name=name)
    with pytest.raises(ValueError, match="file_name must be a plain file name"):
        fetch("http://127.0.0.1:1/", tmp_path)


def test_a_name_hidden_in_the_address_cannot_lead_out_either(tmp_path):
    with pytest.raises(ValueError, match="file_name must be a plain file name"):
        fetch("http://127.0.0.1:1/whole/..%2F..%2Fevil", tmp_path)


def test_a_wrong_checksum_is_an_error_and_the_file_is_not_kept(server, tmp_path):
    with pytest.raises(ChecksumError, match=f"has SHA-256 {SHA256}, but {'0' * 64} was expected"):
        fetch(server.url + "/whole", tmp_path, sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_downloaded_again(server, tmp_path):
    (tmp_path / "whole").write_bytes(CONTENT[:-1])
    assert Path(fetch(server.url + "/whole", tmp_path, sha256=SHA256)).read_bytes() == CONTENT


def test_a_broken_connection_leaves_nothing(server, tmp_path):
    with pytest.raises(DownloadError, match="broke after 100000 of 256000 bytes"):
        fetch(server.url + "/broken", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(server, tmp_path):
    def interrupt(blocks, block_size, total):
        assert len(list(tmp_path.iterdir())) == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get_file(server.url + "/whole", cache_dir=tmp_path, progress=interrupt)
    assert list(tmp_path.iterdir()) == []
    assert Path(fetch(server.url + "/whole", tmp_path)).read_bytes() == CONTENT


def test_what_cannot_be_had_is_named_with_a_way_out(server, tmp_path):
    with pytest.raises(DownloadError, match=r"not download .*/nothing: .*404.*put the file at"):
        fetch(server.url + "/nothing", tmp_path)
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match="could not download"):
        fetch(server.url + "/whole", tmp_path)
    with pytest.raises(DownloadError, match="could not download"):
        fetch((tmp_path / "missing").as_uri(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_files_on_disk_can_be_fetched(tmp_path):
    (tmp_path / "source.bin").write_bytes(CONTENT)
    found = fetch((tmp_path / "source.bin").as_uri(), tmp_path / "cache", sha256=SHA256)
    assert Path(found).read_bytes() == CONTENT


def test_the_cache_is_where_the_environment_says(server, tmp_path, monkeypatch):
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path / "here"))
    assert get_file(server.url + "/whole", progress=None) == str(tmp_path / "here" / "whole")
    monkeypatch.delenv("DEZERO_CACHE")
    assert default_cache_dir() == str(Path.home() / ".dezero")


def test_progress_is_reported_as_data_arrives(server, tmp_path):
    seen = []
    get_file(server.url + "/whole", cache_dir=tmp_path, progress=lambda *call: seen.append(call))
    blocks, sizes, totals = zip(*seen, strict=True)
    assert blocks == tuple(range(1, len(seen) + 1))
    assert set(totals) == {len(CONTENT)}
    assert sizes[0] * blocks[-1] >= len(CONTENT)


def test_the_progress_bar_goes_to_standard_error(server, tmp_path, capsys):
    get_file(server.url + "/whole", cache_dir=tmp_path)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Downloading: whole\n")
    assert err.endswith(f"[{'#' * 30}] 100.00% Done\n")


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ((0, 10, 100), "\r[" + "." * 30 + "] 0.00%"),
        ((1, 10, 40), "\r[" + "#" * 7 + "." * 23 + "] 25.00%"),
        ((5, 10, 40), "\r[" + "#" * 30 + "] 100.00%"),
        ((3, 10, -1), "\r30 bytes"),
        ((3, 10, 0), "\r30 bytes"),
    ],
)
def test_the_progress_bar(call, line, capsys):
    show_progress(*call)
    assert capsys.readouterr().err == line


# write_atomically


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
