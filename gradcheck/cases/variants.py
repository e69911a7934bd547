"""The variants of a spec, declared and drawn: their names, and the inputs at which they are measured."""

from __future__ import annotations

import re
import zlib
from typing import Any

import numpy as np

from gradcheck.cases.sampling import rounded_inside, uniform
from gradcheck.errors import SpecError
from gradcheck.specs import Arg, Spec, Variant

FORMS = ("0-d", "size-1")
DRAWN = "drawn"  # first part of the label of a drawn variant
MOST_DRAWN = 12  # of each recipe in the full profile: each dtype and each layout meets some


def labels(spec: Spec) -> list[str]:
    """A short, distinct name for each declared variant, safe in a shell; empty for a plain first one.

    >>> from gradcheck.specs import specs
    >>> labels(specs()["tanh"])[0], labels(specs()["sum"])[1]
    ('', 'axis=0')
    """
    found: list[str] = []
    for variant in spec.variants:
        plain = not found and not variant.params and not variant.label
        label = "" if plain else _label(variant)
        found.append(label if label not in found else f"{label}#{len(found)}")
    return found


def _label(variant: Variant) -> str:
    if variant.label:
        return _safe(variant.label)
    parts = [_safe(f"{name}={value}") for name, value in variant.params.items()]
    if variant.shapes is not None:
        parts.append("_".join("x".join(map(str, shape)) or "0d" for shape in variant.shapes))
    return ",".join(parts)


def _safe(text: str) -> str:
    text = text.replace(", ", "+").replace(" ", "-")
    return re.sub(r"[^A-Za-z0-9=.+_-]", "", text)


def named(spec: Spec, label: str) -> Variant | None:
    """The variant of this label, or None. One that is drawn ("drawn7") is drawn from its own name.

    >>> from gradcheck.specs import specs
    >>> named(specs()["sum"], "drawn7") == named(specs()["sum"], "drawn7")
    True
    """
    declared = dict(zip(labels(spec), spec.variants, strict=True))
    if label in declared:
        return declared[label]
    if spec.recipe is None or not re.fullmatch(DRAWN + r"\d+", label):
        return None
    rng = np.random.default_rng(zlib.crc32(f"{spec.own_name}:{label} variant".encode()))
    return spec.recipe(lambda options: options[int(rng.integers(len(options)))])


def is_drawn(case_id: str) -> bool:
    """Whether the case's variant is a drawn one.

    >>> is_drawn("sum:drawn7/float64/cpu"), is_drawn("sum/float64/cpu")
    (True, False)
    """
    return case_id.partition("/")[0].partition(":")[2].startswith(DRAWN)


def shapes(spec: Spec, variant: Variant) -> tuple[tuple[int, ...], ...]:
    """The shapes of the arguments."""
    return variant.shapes or tuple(arg.shape for arg in spec.args)


def inputs(spec: Spec, variant: Variant, seed: int, dtype: Any) -> list[np.ndarray]:
    """The arguments, drawn from `seed`; in `dtype` where they are drawn."""
    rng = np.random.default_rng(seed)
    pairs = zip(spec.args, shapes(spec, variant), strict=False)
    return [_input(arg, shape, variant.values.get(arg.name, arg.values), rng, dtype) for arg, shape in pairs]


def _input(arg: Arg, shape: tuple[int, ...], fixed: Any, rng: np.random.Generator, dtype: Any) -> np.ndarray:
    if fixed is not None:
        values = np.asarray(fixed)
        return values.astype(dtype) if values.dtype.kind == "f" else values
    try:
        values = uniform(rng, shape, *arg.interval, avoid=arg.avoid, gap=arg.gap, distinct=arg.distinct)
    except ValueError as error:
        raise SpecError(f"Arg {arg.name!r}: avoid: {error}") from error
    return rounded_inside(values, dtype, arg.domain)


def require_drawable(spec: Spec) -> None:
    """Draw the inputs of all variants, declared and drawn; what a recipe of somebody's raises is raised.

    Raises:
        SpecError: an argument, or what the recipe gives, does not fit.
    """
    drawn = [named(spec, f"{DRAWN}{n}") for n in range(MOST_DRAWN)] if spec.recipe is not None else []
    for variant in (*spec.variants, *drawn):
        if not isinstance(variant, Variant):
            raise SpecError(f"spec {spec.name}: recipe: expected one that gives a Variant, got {variant!r}")
        inputs(spec, variant, 0, np.float64)


def forms(spec: Spec, variant: Variant) -> set[str]:
    """Which of the awkward shapes are among its differentiable arguments: "0-d", "size-1".

    >>> from gradcheck.specs import specs
    >>> sorted(forms(specs()["add"], specs()["add"].variants[4]))
    ['0-d']
    """
    arrays = [x for x in inputs(spec, variant, 0, np.float64) if x.dtype.kind == "f"]
    there = (any(x.ndim == 0 for x in arrays), any(1 in x.shape for x in arrays))
    return {form for form, found in zip(FORMS, there, strict=True) if found}
