"""What happens to files on bad disks and in bad hands: bytes changed, lost, repeated, put in."""

from __future__ import annotations

from random import Random

INTERESTING = (b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\xff" * 8, b"9" * 30, b"\n", b"-", b"(")


def damaged(content: bytes, rng: Random) -> bytes:
    """`content` after one to four accidents."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        content = rng.choice(ACCIDENTS)(content, rng)
    return content


def _slice(content: bytes, rng: Random, longest: int = 64) -> tuple[int, int]:
    start = rng.randrange(len(content) + 1)
    return start, min(len(content), start + rng.randrange(1, longest))


def _flipped(content: bytes, rng: Random) -> bytes:
    if not content:
        return content
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 3, 20))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _cut(content: bytes, rng: Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _lost(content: bytes, rng: Random) -> bytes:
    start, stop = _slice(content, rng)
    return content[:start] + content[stop:]


def _repeated(content: bytes, rng: Random) -> bytes:
    start, stop = _slice(content, rng, 400)
    return content[:stop] + content[start:stop] * rng.choice((1, 1, 50)) + content[stop:]


def _put_in(content: bytes, rng: Random) -> bytes:
    start, stop = _slice(content, rng, 8)
    new = rng.choice((*INTERESTING, rng.randbytes(5)))
    return content[:start] + new + content[rng.choice((start, stop)) :]


def _moved(content: bytes, rng: Random) -> bytes:
    start, stop = _slice(content, rng, 200)
    rest = content[:start] + content[stop:]
    to = rng.randrange(len(rest) + 1)
    return rest[:to] + content[start:stop] + rest[to:]


def _replaced(content: bytes, rng: Random) -> bytes:
    return rng.choice((b"", rng.randbytes(rng.randrange(2000)), b"<html>not found</html>", content[::-1]))


ACCIDENTS = (_flipped, _flipped, _flipped, _cut, _lost, _repeated, _put_in, _put_in, _moved, _replaced)
