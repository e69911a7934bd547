"""Downloads that are kept in a cache and checked each time they are used.

What only a download needs (urllib, hashlib, http) is imported by it, and paths are strings: few
programs download, and `import dezero` is to be quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import IO, Any

from dezero.utils.files import PathLike, default_cache_dir, write_atomically

__all__ = ["ChecksumError", "DownloadError", "forget_file", "get_file", "show_progress"]

Progress = Callable[[int, int, int], None]

BLOCK_SIZE = 1 << 16
TIMEOUT_SECONDS = 30.0
RECORD_CHARACTERS = 1000  # of a record, of which the first 64 count


class DownloadError(OSError):
    """A file could not be had; the message says from where, why, and what to do."""


class ChecksumError(DownloadError):
    """A file is there, but it is not the file that was meant. A download that fails is not kept."""


def show_progress(block_num: int, block_size: int, total_size: int) -> None:
    """Draw a progress bar over the one before, on standard error.

    Args:
        block_num: blocks so far.
        block_size, total_size: in bytes; where the total is not known (0 or less) bytes are shown.

    >>> import contextlib, sys
    >>> with contextlib.redirect_stderr(sys.stdout):
    ...     show_progress(1, 50, 100)  # doctest: +NORMALIZE_WHITESPACE
    [###############...............] 50.00%
    """
    received = block_num * block_size
    if total_size > 0:
        fraction = min(received / total_size, 1.0)
        filled = int(30 * fraction)
        line = f"\r[{'#' * filled}{'.' * (30 - filled)}] {100 * fraction:.2f}%"
    else:
        line = f"\r{received} bytes"
    print(line, end="", file=sys.stderr, flush=True)


def get_file(
    url: str,
    file_name: str | None = None,
    *,
    sha256: str | None = None,
    cache_dir: PathLike | None = None,
    progress: Progress | None = show_progress,
) -> str:
    """The path of the file at `url`, downloaded if the cache does not have it.

    The file is in the cache whole or not at all, also when the download is interrupted. Next to it
    is its record, `NAME.sha256` (as `sha256sum --check` reads it): the SHA-256 of what came.

    What is checked, and what that proves: with `sha256`, that this is the very file that was meant,
    at every use. Without it, that as many bytes came as the server announced, with the MD5 that it
    announced where it sends `Content-MD5`, and at every later use that they are still the bytes that
    came. That finds damage; whether the server gave the right file is then the server's word alone.
    A file that you put into the cache yourself has no record, and only `sha256` checks it.

    Args:
        url: http, https or file.
        file_name: its name in the cache; by default the last part of `url`.
        sha256: the checksum that was published, 64 hexadecimal digits. A cached file that fails it
            is downloaded again.
        cache_dir: where files are kept; by default the environment variable DEZERO_CACHE, or
            ~/.dezero.
        progress: called with (blocks, block size, total size) as data arrives; None for silence.

    Raises:
        DownloadError: no connection, no such file, or the connection broke.
        ChecksumError: (a DownloadError) what came is not the file that was meant, or the file in
            the cache is not what came.
        ValueError: `file_name` is no plain file name, or `sha256` no SHA-256.
    """
    directory = os.fspath(cache_dir) if cache_dir is not None else default_cache_dir()
    path = os.path.join(directory, _plain_name(file_name or _last_part(url)))
    sha256 = _plain_checksum(sha256)
    if not _is_cached(path, url, sha256):
        os.makedirs(directory, exist_ok=True)
        _download(url, path, sha256, progress)
    return path


def forget_file(path: PathLike) -> None:
    """Take a file that turned out to be wrong out of the cache, and its record with it."""
    for name in (os.fspath(path), _record(os.fspath(path))):
        if os.path.exists(name):
            os.unlink(name)


def _last_part(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(url).path.rpartition("/")[2])


def _plain_name(name: str) -> str:
    if not name or name in (".", "..") or set(name) & set("/\\:\0"):
        raise ValueError(f"get_file: file_name must be a plain file name, got {name!r}")
    return name


def _plain_checksum(sha256: str | None) -> str | None:
    if sha256 is None:
        return None
    if len(sha256) != 64 or set(sha256.lower()) - set("0123456789abcdef"):
        raise ValueError(f"get_file: sha256 must be 64 hexadecimal digits, got {sha256!r}")
    return sha256.lower()


def _is_cached(path: str, url: str, sha256: str | None) -> bool:
    """Whether `path` is there and, by what can be known, the right file.

    Raises:
        ChecksumError: it is not what was downloaded, and there is no `sha256` to tell which is right.
    """
    if not os.path.exists(path):
        return False
    if sha256 is not None:
        return _sha256(path) == sha256
    recorded = _recorded(path)
    if recorded is not None and _sha256(path) != recorded:
        raise ChecksumError(
            f"get_file: {path} is damaged: it has not the SHA-256 {recorded!r} that it had when it "
            f"came from {url}; delete it to have it downloaded again, or delete "
            f"{_record(path)} if you changed it yourself"
        )
    return True


def _record(path: str) -> str:
    return path + ".sha256"


def _recorded(path: str) -> str | None:
    """The checksum of what was downloaded; None where that is not known."""
    try:
        with open(_record(path), encoding="utf-8", errors="replace") as stream:
            return stream.read(RECORD_CHARACTERS).partition(" ")[0].lower()
    except FileNotFoundError:
        return None


def _sha256(path: str) -> str:
    import hashlib

    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(url: str, path: str, sha256: str | None, progress: Progress | None) -> None:
    """Stream `url` into `path` and write its record; nothing is left behind if that fails."""
    import http.client
    from urllib.request import urlopen

    if progress:
        print(f"Downloading: {os.path.basename(path)}", file=sys.stderr)
    try:
        with urlopen(url, timeout=TIMEOUT_SECONDS) as response, write_atomically(path) as stream:
            digest = _copy(response, stream, progress)
            _compare(url, "SHA-256", digest, sha256)
            with write_atomically(_record(path)) as record:  # first: a record alone does no harm
                record.write(f"{digest}  {os.path.basename(path)}\n".encode())
    except ChecksumError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(
            f"get_file: could not download {url}: {error}; {_way_out(path, sha256)}"
        ) from error
    if progress:
        print(" Done", file=sys.stderr)


def _way_out(path: str, sha256: str | None) -> str:
    if os.path.exists(path):
        return f"and {path} is damaged: it has not the SHA-256 {sha256}"
    return f"if this machine is offline, put the file at {path} yourself"


def _copy(response: Any, stream: IO[bytes], progress: Progress | None) -> str:
    """Copy all of `response`, compare it with what its headers announce, and return its SHA-256.

    Raises:
        ConnectionError: fewer or more bytes came than were announced.
        ChecksumError: other bytes came than were announced.
    """
    import base64
    import hashlib

    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() and len(length) < 20 else -1
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    received = blocks = 0
    while block := response.read(BLOCK_SIZE):
        stream.write(block)
        sha256.update(block)
        md5.update(block)
        received += len(block)
        blocks += 1
        if progress:
            progress(blocks, BLOCK_SIZE, total)
    if total >= 0 and received != total:
        raise ConnectionError(f"the connection broke after {received} of {total} bytes")
    announced = response.headers.get("Content-MD5")  # RFC 1864, in base64
    _compare(response.url, "Content-MD5", base64.b64encode(md5.digest()).decode(), announced)
    return sha256.hexdigest()


def _compare(url: str, kind: str, digest: str, expected: str | None) -> None:
    """Raises: ChecksumError: something is expected, and `digest` is not it."""
    if expected is not None and digest != expected:
        raise ChecksumError(
            f"get_file: {url} has {kind} {digest}, but {expected} was expected: "
            "the file was damaged on its way, or has been changed; it was not kept"
        )
