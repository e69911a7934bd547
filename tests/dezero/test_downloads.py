"""Downloads, through a server on this machine: whole files or none, checked at every use."""

import base64
import hashlib
import http.server
import threading
from pathlib import Path

import pytest

from dezero.utils import (
    ChecksumError,
    DownloadError,
    default_cache_dir,
    get_file,
    show_progress,
)

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


MD5 = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()
OTHER_MD5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    """/whole... is served whole, /broken breaks off, /endless announces no length.

    /md5 announces the right Content-MD5, /other-md5 another.
    """

    def do_GET(self):
        self.server.requests.append(self.path)
        if self.path == "/nothing":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/endless":
            self.send_header("Content-Length", str(len(CONTENT)))
        if self.path.endswith("md5"):
            self.send_header("Content-MD5", MD5 if self.path == "/md5" else OTHER_MD5)
        self.end_headers()
        self.wfile.write(CONTENT[:100_000] if self.path == "/broken" else CONTENT)

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


def record(path):
    return path.with_name(path.name + ".sha256")


@pytest.mark.parametrize("path", ["/whole", "/endless", "/md5"])
@pytest.mark.parametrize("sha256", [None, SHA256, SHA256.upper()])
def test_a_file_is_downloaded_once(path, sha256, server, tmp_path):
    cache = tmp_path / "new" / "cache"
    for _ in range(2):
        found = Path(fetch(server.url + path, cache, sha256=sha256))
        assert found == cache / path[1:]
        assert found.read_bytes() == CONTENT
    assert server.requests == [path]
    assert sorted(cache.iterdir()) == [found, record(found)]


def test_the_checksum_of_what_came_is_kept_as_sha256sum_writes_it(server, tmp_path):
    found = Path(fetch(server.url + "/whole", tmp_path))
    assert record(found).read_bytes() == f"{SHA256}  whole\n".encode()


def test_names_come_from_the_address_or_the_caller(server, tmp_path):
    assert fetch(server.url + "/whole?version=2#part", tmp_path).endswith("/whole")
    assert fetch(server.url + "/whole%20file.gz", tmp_path).endswith("/whole file.gz")
    assert fetch(server.url + "/whole", tmp_path, file_name="mine.bin").endswith("/mine.bin")


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", "/etc/passwd", "C:\\x", "a\0b"])
def test_a_name_cannot_lead_out_of_the_cache(name, tmp_path):
    with pytest.raises(ValueError, match="file_name must be a plain file name"):
        fetch("http://127.0.0.1:1/whole", tmp_path, file_name=name)
    for address in ("http://127.0.0.1:1/", "http://127.0.0.1:1/whole/..%2F..%2Fevil"):
        with pytest.raises(ValueError, match="file_name must be a plain file name"):
            fetch(address, tmp_path)


def test_a_wrong_checksum_is_an_error_and_the_file_is_not_kept(server, tmp_path):
    with pytest.raises(ChecksumError, match=f"has SHA-256 {SHA256}, but {'0' * 64} was expected"):
        fetch(server.url + "/whole", tmp_path, sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sha256", ["0" * 63, "g" * 64, "", MD5])
def test_what_is_no_checksum_is_refused(sha256, server, tmp_path):
    with pytest.raises(ValueError, match="get_file: sha256 must be 64 hexadecimal digits, got "):
        fetch(server.url + "/whole", tmp_path, sha256=sha256)
    assert server.requests == []


def test_other_bytes_than_the_server_announced_are_not_kept(server, tmp_path):
    with pytest.raises(ChecksumError) as caught:
        fetch(server.url + "/other-md5", tmp_path)
    assert f"/other-md5 has Content-MD5 {MD5}, but {OTHER_MD5} was expected" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_cached_file_with_another_checksum_than_the_published_one_is_replaced(server, tmp_path):
    (tmp_path / "whole").write_bytes(CONTENT[:-1])
    assert Path(fetch(server.url + "/whole", tmp_path, sha256=SHA256)).read_bytes() == CONTENT
    assert Path(fetch(server.url + "/whole", tmp_path)).read_bytes() == CONTENT


def test_it_stays_where_it_cannot_be_replaced(server, tmp_path):
    (tmp_path / "broken").write_bytes(CONTENT[:-1])
    with pytest.raises(DownloadError) as caught:
        fetch(server.url + "/broken", tmp_path, sha256=SHA256)
    assert f"{tmp_path / 'broken'} is damaged: it has not the SHA-256 {SHA256}" in str(caught.value)
    assert (tmp_path / "broken").read_bytes() == CONTENT[:-1]


@pytest.mark.parametrize("damaged", [CONTENT[:-1], CONTENT + b"x", b"", b"\1" + CONTENT[1:]])
def test_damage_in_the_cache_is_reported_with_what_to_do(damaged, server, tmp_path):
    found = Path(fetch(server.url + "/whole", tmp_path))
    found.write_bytes(damaged)
    with pytest.raises(ChecksumError) as caught:
        fetch(server.url + "/whole", tmp_path)
    message = str(caught.value)
    assert message.startswith(f"get_file: {found} is damaged: it has not the SHA-256 '{SHA256}'")
    assert f"came from {server.url}/whole; delete it to have it downloaded again" in message
    assert f"or delete {record(found)} if you changed it yourself" in message
    assert found.read_bytes() == damaged

    found.unlink()
    assert Path(fetch(server.url + "/whole", tmp_path)).read_bytes() == CONTENT


def test_a_file_that_was_changed_on_purpose_is_taken_without_its_record(server, tmp_path):
    found = Path(fetch(server.url + "/whole", tmp_path))
    found.write_bytes(b"mine")
    record(found).unlink()
    assert Path(fetch(server.url + "/whole", tmp_path)).read_bytes() == b"mine"


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe", b"0" * 64])
def test_a_damaged_record_is_damage_too(content, server, tmp_path):
    found = Path(fetch(server.url + "/whole", tmp_path))
    record(found).write_bytes(content)
    with pytest.raises(ChecksumError, match="is damaged"):
        fetch(server.url + "/whole", tmp_path)
    assert fetch(server.url + "/whole", tmp_path, sha256=SHA256) == str(found)


def test_a_file_that_was_put_there_is_used(server, tmp_path):
    (tmp_path / "whole").write_bytes(b"mine")
    assert Path(fetch(server.url + "/whole", tmp_path)).read_bytes() == b"mine"
    assert server.requests == []


def test_a_broken_connection_leaves_nothing(server, tmp_path):
    with pytest.raises(DownloadError) as caught:
        fetch(server.url + "/broken", tmp_path)
    assert f"could not download {server.url}/broken: the connection broke" in str(caught.value)
    assert f"after 100000 of 256000 bytes; if this machine is offline, put the file at {tmp_path}" in str(
        caught.value
    )
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
    with pytest.raises(DownloadError, match="could not download") as caught:
        fetch(server.url + "/whole", tmp_path)
    assert server.url + "/whole" in str(caught.value)
    assert f"put the file at {tmp_path / 'whole'} yourself" in str(caught.value)
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
