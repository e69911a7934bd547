"""The files that come back: whole lines, and none larger than the limit."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from gradcheck.records.jsonl import part_of

LIMIT = 16 * 2**20  # bytes of one file
_BLOCK = 2**20  # bytes of lines that are compressed together: what is kept is cut between blocks


def pack(records: Path, target: Path, limit: int = LIMIT) -> int:
    """Compress records, or what a run that was killed left of them, up to `limit`; the lines left out.

    gzip's members may follow each other in one file, so each block is compressed by itself.
    """
    source = records if records.is_file() else part_of(records)
    size = left_out = 0
    with source.open("rb") as stream, target.open("wb") as packed:
        for block in _blocks(line for line in stream if line.endswith(b"\n")):
            member = gzip.compress(b"".join(block))
            if left_out or size + len(member) > limit:
                left_out += len(block)
            else:
                size += packed.write(member)
    return left_out


def _blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line)
        if size >= _BLOCK:
            yield block
            block, size = [], 0
    yield block


def shorten(path: Path, limit: int = LIMIT) -> None:
    """Cut the middle out of a text file that is too large."""
    content = path.read_bytes()
    if len(content) > limit:
        half = limit // 2 - 100
        middle = f"\n... {len(content) - 2 * half} bytes left out ...\n".encode()
        path.write_bytes(content[:half] + middle + content[-half:])


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a text file that say something."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]
