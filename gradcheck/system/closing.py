"""What is closed when its `with` block ends."""

from __future__ import annotations

from typing import Self


class Closing:
    """A context manager of itself: the end of the block, however it comes, is `close`."""

    def close(self) -> None:
        """Give back what is held; to be written by a subclass, and harmless when called twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
