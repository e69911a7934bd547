"""Tables of plain text. rich would wrap them, and read markup in the names and texts of others."""

from __future__ import annotations

from collections.abc import Container, Sequence


def lines(rows: Sequence[Sequence[str]], right: Container[int] = ()) -> list[str]:
    """A line for each row, columns as wide as their widest cell; those in ``right`` are set flush right.

    >>> lines([("op", "error"), ("tanh", "0.5")], right={1})
    ['op    error', 'tanh    0.5']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(_set, row, widths, [n in right for n in range(len(row))])).rstrip() for row in rows]


def _set(cell: str, width: int, right: bool) -> str:
    return cell.rjust(width) if right else cell.ljust(width)
