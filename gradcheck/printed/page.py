"""A figure of matplotlib as it is made here, written, and shown in a notebook."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from gradcheck.printed import style
from gradcheck.system import files

_ROUNDS = 2  # after which nothing moves that is seen
# Of a file that says when it was made no two are alike.
_UNDATED: Mapping[str, Mapping[str, None]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}


class Page(Figure):
    """A figure as wide as a column. No window and no pyplot knows of it; a notebook shows it.

    `savefig` embeds fonts, and writes the same bytes each time.
    """

    def __init__(self, height: float, width: float = style.COLUMN) -> None:
        super().__init__(figsize=(width, height), layout="constrained")

    def settle(self) -> Page:
        """Find the places of all parts, for good: each time it is asked the layout moves them a little."""
        engine = self.get_layout_engine()
        assert engine is not None
        for _ in range(_ROUNDS):
            engine.execute(self)
        self.set_layout_engine("none")
        return self

    def savefig(self, fname: Any, **options: Any) -> None:
        """As that of matplotlib, with the settings for print; a user's own `options` come first."""
        kind = options.get("format") or os.path.splitext(os.fspath(fname))[1][1:]
        metadata = {**_UNDATED.get(kind, {}), **options.pop("metadata", {})}
        with style.in_style():
            super().savefig(fname, metadata=metadata or None, **options)

    def write(self, path: files.PathLike, kind: str) -> None:
        """Write the figure as one of `printed.FORMATS`, whole or not at all.

        Raises:
            OSError: it cannot be written; the error names ``path``.
        """
        with files.atomic(path) as stream:
            self.savefig(stream, format=kind)

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        text = io.StringIO()
        self.savefig(text, format="svg")
        return text.getvalue()
