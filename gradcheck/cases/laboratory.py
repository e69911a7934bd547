"""Which cases of the table a profile holds, and what it leaves out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from gradcheck.cases import covering, variants
from gradcheck.cases.case import Case
from gradcheck.cases.from_spec import case_of, inputs_of, variant_of
from gradcheck.cases.key import DEVICES_OMIT, OTHER_LAYOUTS, Key, matches, omission
from gradcheck.cases.table import matching, spec_of
from gradcheck.specs import Omission, Spec
from gradcheck.subjects.layouts import CONTIGUOUS, LAYOUTS, differs, repeated

PROFILES: Mapping[str, tuple[str, ...]] = {
    "quick": ("float64", "float32", "float16"),
    "full": ("float64", "float32", "float16", "longdouble"),
}
DRAWN = variants.MOST_DRAWN


@dataclass(frozen=True)
class Selection:
    """What a run measures.

    Attributes:
        pattern: names of functions, a shell pattern ("*" for all); several separated by commas.
        order: the highest order, or None for each spec's own.
        devices: of "cpu" and "gpu".
        profile: a name of PROFILES.
    """

    pattern: str = "*"
    order: int | None = None
    devices: tuple[str, ...] = ("cpu",)
    profile: str = "quick"


# Which cases ----------------------------------------------------------------------------------------


def keys(selection: Selection) -> list[Key]:
    """Every case of a selection.

    Each variant is measured in float64, and the first in every dtype. The quick profile measures each
    other layout once, with variants and dtypes taking turns. The full one measures each variant in each
    dtype, pairs each variant and each dtype with each layout, and draws further variants.
    """
    design = _quick if selection.profile == "quick" else _full
    dtypes = PROFILES[selection.profile]
    return [
        key
        for spec in matching(selection.pattern)
        for device in selection.devices
        for key in dict.fromkeys(design(spec, dtypes, device))
        if omission(spec, key) is None
    ]


def contiguous(pattern: str) -> list[Key]:
    """Contiguous cases on the CPU: every variant in float64, the first in float32."""
    found = (_contiguous(spec, ("float64", "float32"), "cpu") for spec in matching(pattern))
    return [key for each in found for key in each]


def first(spec: Spec) -> Key:
    """The first variant in float64 on the CPU."""
    return Key(spec.name, variants.labels(spec)[0])


def _contiguous(spec: Spec, dtypes: tuple[str, ...], device: str) -> list[Key]:
    labels = variants.labels(spec)
    return [
        *(Key(spec.name, label, dtypes[0], device) for label in labels),
        *(Key(spec.name, labels[0], dtype, device) for dtype in dtypes[1:]),
    ]


Floats = Callable[[str], list[np.ndarray]]


def _floats(spec: Spec) -> Floats:
    """The floating arguments of each of the spec's variants, by its label: drawn once."""
    return cache(lambda label: [x for x in inputs_of(spec, Key(spec.name, label)) if x.dtype.kind == "f"])


def _quick(spec: Spec, dtypes: tuple[str, ...], device: str) -> Iterator[Key]:
    floats = _floats(spec)
    yield from _contiguous(spec, dtypes, device)
    for n, layout in enumerate(OTHER_LAYOUTS):
        fitting = _fitting(spec, layout, device, floats)
        if fitting:
            yield Key(spec.name, fitting[n % len(fitting)], dtypes[n % len(dtypes)], device, layout)


def _full(spec: Spec, dtypes: tuple[str, ...], device: str) -> Iterator[Key]:
    labels, floats = variants.labels(spec), _floats(spec)
    for dtype in dtypes:
        yield from (Key(spec.name, label, dtype, device) for label in labels)
    for n, layout in enumerate(OTHER_LAYOUTS):
        for label, dtype in covering.pairs(_fitting(spec, layout, device, floats), dtypes, n):
            yield Key(spec.name, label, dtype, device, layout)
    if spec.recipe is not None:
        for n in range(DRAWN):
            yield _drawn(spec, n, dtypes[n % len(dtypes)], device, floats)


def _drawn(spec: Spec, n: int, dtype: str, device: str, floats: Floats) -> Key:
    """The n-th drawn variant, in a layout by turns; contiguous where that one makes no difference."""
    layout = tuple(LAYOUTS)[n % len(LAYOUTS)]
    key = Key(spec.name, f"{variants.DRAWN}{n}", dtype, device, layout)
    return key if _fits(spec, key, floats) else key._replace(layout=CONTIGUOUS)


def _fitting(spec: Spec, layout: str, device: str, floats: Floats) -> list[str]:
    """The variants whose arguments can lie in this layout, and are not omitted in every dtype."""
    found = (Key(spec.name, label, device=device, layout=layout) for label in variants.labels(spec))
    return [key.variant for key in found if _fits(spec, key, floats)]


def _fits(spec: Spec, key: Key, floats: Floats) -> bool:
    if omission(spec, key) is not None:
        return False
    if key.layout == CONTIGUOUS:
        return True
    given = floats(key.variant) if key.layout != "broadcast" else map(repeated, floats(key.variant))
    return any(differs(key.layout, x) for x in given)


# What is not tested -----------------------------------------------------------------------------------


def left_out(selection: Selection) -> list[tuple[str, Omission, int]]:
    """What a selection's functions and devices do not have measured: (op, why, how many cases that is).

    The cases counted are those of all variants in all dtypes and layouts of the profile.
    """
    found = [
        (spec.name, each, _count(each, spec, selection))
        for spec in matching(selection.pattern)
        for each in spec.omits
    ]
    for each in DEVICES_OMIT:
        if each.device in selection.devices:
            counts = (_count(each, spec, selection) for spec in matching(selection.pattern))
            found.append(("*", each, sum(counts)))
    return found


def _count(declared: Omission, spec: Spec, selection: Selection) -> int:
    everything = itertools.product(
        variants.labels(spec), PROFILES[selection.profile], selection.devices, LAYOUTS
    )
    return sum(matches(declared, Key(spec.name, *each)) for each in everything)


def seen(spec: Spec, found: list[Key]) -> list[str]:
    """The layouts and forms of arguments that some of these cases of a spec have."""
    layouts = {key.layout for key in found}
    forms = {form for key in found for form in variants.forms(spec, variant_of(spec, key))}
    return [name for name in (*LAYOUTS, *variants.FORMS) if name in layouts | forms]


# One case -------------------------------------------------------------------------------------------


def build(key: Key, order: int | None = None) -> Case:
    """The case of a key of the table; of orders up to `order`, or the spec's."""
    return case_of(spec_of(key.spec), key, order)
