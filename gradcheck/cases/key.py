"""The key of a case: its id, and what its spec declares of it.

A case's id is `name[:variant]/dtype/device[/layout]`, such as "sum:axis=1,keepdims=True/float64/cpu" or
"tanh/float32/cpu/strided"; without a layout it is the contiguous one. The inputs of a variant are drawn
from a seed made of its name, so the same point is measured in every dtype, in every layout and on every
device, in every run.
"""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradcheck.cases import variants
from gradcheck.cases.table import spec_of
from gradcheck.errors import SpecError
from gradcheck.specs import Omission, Spec
from gradcheck.specs.parts import Declared
from gradcheck.subjects.layouts import CONTIGUOUS, LAYOUTS

DTYPES: Mapping[str, Any] = {
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "longdouble": np.longdouble,
}
PATTERNS = ("variant", "dtype", "device", "layout")  # of a declaration, and fields of a Key
OTHER_LAYOUTS = tuple(name for name in LAYOUTS if name != CONTIGUOUS)

# Omitted on a device for every function.
DEVICES_OMIT = (
    Omission("CUDA has no extended precision", dtype="longdouble", device="gpu"),
    Omission("CuPy's arrays can always be written to", device="gpu", layout="readonly"),
)


class Key(NamedTuple):
    """Which case: enough to build it in any process. `variant` is a label, "" for a plain first one."""

    spec: str
    variant: str = ""
    dtype: str = "float64"
    device: str = "cpu"
    layout: str = CONTIGUOUS

    @property
    def id(self) -> str:
        called = f"{self.spec}:{self.variant}" if self.variant else self.spec
        parts = [called, self.dtype, self.device]
        return "/".join(parts if self.layout == CONTIGUOUS else [*parts, self.layout])


def find(case_id: str) -> Key:
    """The key of a case id.

    Raises:
        SpecError: no such case; the message names near ones.
    """
    spec = spec_in(case_id)
    called, *rest = case_id.split("/")
    name, _, label = called.partition(":")
    known = len(rest) in (2, 3) and all(
        part in names for part, names in zip(rest, (DTYPES, ("cpu", "gpu"), OTHER_LAYOUTS), strict=False)
    )
    if known and variants.named(spec, label) is not None:
        return Key(name, label, *rest)
    near = ", ".join(Key(name, each).id for each in variants.labels(spec))
    raise SpecError(
        f"no case {case_id!r}; those of {name} are {near}, their other dtypes "
        f"({', '.join(DTYPES)}) and layouts (.../cpu/{OTHER_LAYOUTS[0]}, ...)"
    )


def spec_in(case_id: str) -> Spec:
    """The spec that a case id begins with.

    Raises:
        SpecError: the table has none of that name.
    """
    try:
        return spec_of(case_id.partition("/")[0].partition(":")[0])
    except SpecError as error:
        raise SpecError(f"no case {case_id!r}: {error}") from error


# What is declared for a case ----------------------------------------------------------------------------


def omission(spec: Spec, key: Key) -> str | None:
    """Why this case of the spec is not measured, or None."""
    return next((each.reason for each in (*DEVICES_OMIT, *spec.omits) if matches(each, key)), None)


def gap(spec: Spec, key: Key) -> str | None:
    """Why this case of the spec is known not to pass, or None."""
    return next((each.reason for each in spec.gaps if matches(each, key)), None)


def matches(declared: Declared, key: Key) -> bool:
    """Whether a declaration is about this case."""
    return all(fnmatch.fnmatchcase(getattr(key, name), getattr(declared, name)) for name in PATTERNS)


def require_matching(spec: Spec) -> None:
    """Look at the patterns of what a spec declares: one that no case can match declares nothing.

    Raises:
        SpecError: there is one.

    >>> from dataclasses import replace
    >>> from gradcheck.specs import Gap, specs
    >>> require_matching(replace(specs()["tanh"], gaps=(Gap("too coarse", dtype="half"),)))
    Traceback (most recent call last):
    ...
    gradcheck.errors.SpecError: spec tanh: gaps[0].dtype: expected a pattern of float64, float32, float16, \
longdouble, got 'half'
    """
    drawn = [f"{variants.DRAWN}{n}" for n in range(variants.MOST_DRAWN)] if spec.recipe is not None else []
    known: Mapping[str, Sequence[str]] = {
        "variant": [*variants.labels(spec), *drawn],
        "dtype": [*DTYPES],
        "device": ["cpu", "gpu"],
        "layout": [*LAYOUTS, *variants.FORMS],
    }
    for field, declared in (("gaps", spec.gaps), ("omits", spec.omits)):
        for (n, each), (name, values) in itertools.product(enumerate(declared), known.items()):
            pattern = getattr(each, name)
            if not any(fnmatch.fnmatchcase(value, pattern) for value in values):
                expected = ", ".join(value or "''" for value in values)
                raise SpecError(
                    f"spec {spec.name}: {field}[{n}].{name}: expected a pattern of "
                    f"{expected}, got {pattern!r}"
                )


def what(declared: Declared) -> str:
    """The cases that a declaration is about, in words.

    >>> what(Omission("they tie", variant="drawn*", layout="broadcast"))
    'variant drawn*, layout broadcast'
    """
    said = ((name, getattr(declared, name)) for name in PATTERNS)
    return ", ".join(f"{name} {pattern or 'plain'}" for name, pattern in said if pattern != "*")
