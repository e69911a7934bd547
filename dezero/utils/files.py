"""Files that are there whole or not at all, and the download cache.

What only a download needs (urllib, hashlib, http) is imported by it, and paths are strings: few
programs download, and `import dezero` is to be quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

Progress = Callable[[int, int, int], None]

PathLike = str | os.PathLike[str]

BLOCK_SIZE = 1 << 16
TIMEOUT_SECONDS = 30.0


class DownloadError(OSError):
    """A file could not be had; the message says from where, why, and what to do."""


class ChecksumError(DownloadError):
    """A file was had, but it is not the file that was meant. It has been removed."""


@contextmanager
def write_atomically(path: PathLike) -> Iterator[IO[bytes]]:
    """A binary stream that becomes the file `path` when the block ends; no file if it fails."""
    part = f"{os.fspath(path)}.{os.urandom(6).hex()}.part"
    try:
        with open(part, "xb") as stream:
            yield stream
        os.replace(part, path)
    except BaseException:
        if os.path.exists(part):
            os.unlink(part)
        raise


def default_cache_dir() -> str:
    """Where downloads are kept: the environment variable DEZERO_CACHE, or ~/.dezero."""
    return os.path.expanduser(os.environ.get("DEZERO_CACHE") or os.path.join("~", ".dezero"))


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

    The file is in the cache whole or not at all, also when the download is interrupted.

    Args:
        url: http, https or file.
        file_name: its name in the cache; by default the last part of `url`.
        sha256: checksum in hexadecimal. A cached file that fails it is downloaded again; a
            downloaded one is discarded.
        cache_dir: where files are kept; by default the environment variable DEZERO_CACHE, or
            ~/.dezero.
        progress: called with (blocks, block size, total size) as data arrives; None for silence.

    Raises:
        DownloadError: no connection, no such file, or the connection broke.
        ChecksumError: (a DownloadError) what came is not the file that was meant.
        ValueError: `file_name` is no plain file name.
    """
    directory = os.fspath(cache_dir) if cache_dir is not None else default_cache_dir()
    path = os.path.join(directory, _plain_name(file_name or _last_part(url)))
    if os.path.exists(path):
        if sha256 is None or _sha256(path) == sha256.lower():
            return path
        os.unlink(path)
    os.makedirs(directory, exist_ok=True)
    _download(url, path, sha256, progress)
    return path


def _last_part(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(url).path.rpartition("/")[2])


def _plain_name(name: str) -> str:
    if not name or name in (".", "..") or set(name) & set('/\\:\0'):
        raise ValueError(f"get_file: file_name must be a plain file name, got {name!r}")
    return name


def _sha256(path: str) -> str:
    import hashlib

    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _download(url: str, path: str, sha256: str | None, progress: Progress | None) -> None:
    """Stream `url` into `path`; nothing is left behind if that fails."""
    import http.client
    from urllib.request import urlopen

    if progress:
        print(f"Downloading: {os.path.basename(path)}", file=sys.stderr)
    try:
        with urlopen(url, timeout=TIMEOUT_SECONDS) as response, write_atomically(path) as stream:
            digest = _copy(response, stream, progress)
            if sha256 is not None and digest != sha256.lower():
                raise ChecksumError(
                    f"get_file: {url} has SHA-256 {digest}, but {sha256} was expected: "
                    "the file was damaged on its way, or has been changed; it was not kept"
                )
    except DownloadError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(
            f"get_file: could not download {url}: {error}; if this machine is offline, put the "
            f"file at {path} yourself"
        ) from error
    if progress:
        print(" Done", file=sys.stderr)


def _copy(response: Any, stream: IO[bytes], progress: Progress | None) -> str:
    """Copy all of `response` and return its SHA-256.

    Raises:
        DownloadError: fewer bytes came than were announced.
    """
    import hashlib

    total = int(response.headers.get("Content-Length") or -1)
    digest = hashlib.sha256()
    received = blocks = 0
    while block := response.read(BLOCK_SIZE):
        stream.write(block)
        digest.update(block)
        received += len(block)
        blocks += 1
        if progress:
            progress(blocks, BLOCK_SIZE, total)
    if received < total:
        raise DownloadError(
            f"get_file: the connection to {response.url} broke after {received} of {total} bytes"
        )
    return digest.hexdigest()
