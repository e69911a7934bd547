"""Every public function of dezero as a workload, forward and backward, beside PyTorch's.

`operation` is what a row is; `elements`, `rows`, `images` and `moves` are the table, one topic a file.
Functions that have no line come from gradcheck's specs: those of single elements beside torch's of the same
name, others alone.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import replace

import dezero.functions as F
from gradcheck.cases import variants
from gradcheck.specs import recipes, specs
from tests.benchmarks.operations import elements, images, moves, rows
from tests.benchmarks.operations.operation import Operation
from tests.benchmarks.sizes import Size

__all__ = ["Operation", "operations"]

NOBODY = ""  # the name in torch of what is not compared with it


def operations(size: Size) -> list[Operation]:
    """The whole table at one size."""
    topics = [*([elements] if size.elements else []), rows, images, moves]
    written = [operation for topic in topics for operation in topic.operations(size)]
    names = {each.name.partition(",")[0] for each in written}
    table = [*written, *(_of_specs(size, names) if size.elements else [])]
    return [replace(each, dtype=size.dtype, strided=size.strided) for each in table]


def _of_specs(size: Size, written: set[str]) -> Iterator[Operation]:
    """The other functions of gradcheck's table; those of single elements in this size, with torch's."""
    for spec in specs().values():
        name = spec.call.__name__
        if name in written or name.endswith("_simple") or spec.call is not getattr(F, name, None):
            continue
        if spec.recipe is recipes.elementwise:
            bounded = spec.args[0].domain != (-math.inf, math.inf)
            yield Operation(name, spec.call, name, [(size.elements,)], unit=bounded)
        else:
            variant = spec.variants[0]
            f = functools.partial(spec.call, **variant.params)
            yield Operation(name, f, NOBODY, variants.shapes(spec, variant), unit=True)
