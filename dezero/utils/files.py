"""Files that are there whole or not at all, and where downloads are kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

PathLike = str | os.PathLike[str]


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
