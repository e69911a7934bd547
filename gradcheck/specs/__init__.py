"""The table: every function of dezero has a Spec here, or an exemption with a reason.

spec        what a row says: a Spec and its parts
shorthand   what many rows share; `functional`: a layer as a function of its parameters
recipes     how further variants of a row are drawn; `image_recipes`: those of images

All other files are the table, one topic a file.
"""

from __future__ import annotations

import importlib
from functools import cache
from types import MappingProxyType

from gradcheck.errors import SpecError
from gradcheck.specs.parts import Arg, Convention, Gap, Omission, Sweep, Variant
from gradcheck.specs.spec import DRAWN_ELSEWHERE, Exemption, Formula, Spec, recipe_of

__all__ = [
    "Arg",
    "Convention",
    "Exemption",
    "Formula",
    "Gap",
    "Omission",
    "Spec",
    "Sweep",
    "Variant",
    "exemptions",
    "recipe_of",
    "specs",
]

TOPICS = (
    "arithmetic",
    "elementwise",
    "shape",
    "reduction",
    "linear_algebra",
    "activation",
    "softmax",
    "loss",
    "indexing",
    "convolution",
    "pooling",
    "normalization",
    "dropout",
    "embedding",
    "layers",
)


@cache
def specs() -> MappingProxyType[str, Spec]:
    """Every spec by its name, in the order of the topics.

    Raises:
        SpecError: a name stands for two rows, or a row has neither a recipe nor the note that another has it.

    >>> specs()["tanh"].topic
    'elementwise'
    """
    rows = [row for topic in TOPICS for row in _topic(topic).SPECS]
    table = {row.name: row for row in rows}
    if len(table) < len(rows):
        names = [row.name for row in rows]
        raise SpecError(f"specs: defined twice: {sorted({n for n in names if names.count(n) > 1})}")
    for row in rows:
        if not row.note.startswith(DRAWN_ELSEWHERE):
            recipe_of(row)
    return MappingProxyType(table)


def exemptions() -> tuple[Exemption, ...]:
    """The names of dezero that have no row, each with its reason."""
    return tuple(row for topic in TOPICS for row in getattr(_topic(topic), "EXEMPT", ()))


def _topic(name: str):  # type: ignore[no-untyped-def]  # a module has no better type
    return importlib.import_module(f"gradcheck.specs.{name}")
