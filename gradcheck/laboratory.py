"""From the table to cases: spec x variant x dtype x device -> Case, and which of them a profile holds.

A case's id is `name[:variant]/dtype/device`, such as "sum:axis=1,keepdims=True/float64/cpu". The
inputs of a variant are drawn from a seed made of its name, so the same point is measured in every dtype
and on every device, in every run.
"""

from __future__ import annotations

import fnmatch
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gradcheck import machine
from gradcheck.cases import Case
from gradcheck.checking import common_dtype
from gradcheck.errors import SpecError
from gradcheck.sampling import uniform
from gradcheck.specs import Arg, Spec, Variant, specs

PROFILES: Mapping[str, tuple[str, ...]] = {
    "quick": ("float64", "float32"),
    "full": ("float64", "float32", "float16", "longdouble"),
}
DTYPES: Mapping[str, Any] = {
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "longdouble": np.longdouble,
}
GPU_LACKS = ("longdouble",)


class Key(NamedTuple):
    """Which case: enough to build it in any process."""

    spec: str
    variant: int
    dtype: str
    device: str

    @property
    def id(self) -> str:
        label = labels(specs()[self.spec])[self.variant]
        return f"{self.spec}{':' + label if label else ''}/{self.dtype}/{self.device}"


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


def select(pattern: str) -> list[Spec]:
    """The specs whose names match.

    Raises:
        SpecError: none does.

    >>> [spec.name for spec in select("tanh,si[nx]")]
    ['sin', 'tanh']
    """
    wanted = [part.strip() for part in pattern.split(",")]
    found = [s for s in specs().values() if any(fnmatch.fnmatchcase(s.name, p) for p in wanted)]
    if not found:
        raise SpecError(
            f"no function of the table matches {pattern!r}; `gradcheck list` names them"
        )
    return found


def keys(selection: Selection) -> list[Key]:
    """Every case of a selection. The quick profile takes one variant in the narrower dtypes."""
    return [key for spec in select(selection.pattern) for key in _keys_of(spec, selection)]


def _keys_of(spec: Spec, selection: Selection) -> Iterator[Key]:
    for device in selection.devices:
        for dtype in PROFILES[selection.profile]:
            if device == "gpu" and dtype in GPU_LACKS:
                continue
            for n in range(len(spec.variants)):
                if dtype == "float64" or n == 0 or selection.profile == "full":
                    yield Key(spec.name, n, dtype, device)


def labels(spec: Spec) -> list[str]:
    """A short, distinct name for each variant, safe in a shell; empty for a first one without parameters.

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


def find(case_id: str) -> Key:
    """The key of a case id.

    Raises:
        SpecError: no such case; the message names near ones.
    """
    name = re.split(r"[:/]", case_id, maxsplit=1)[0]
    spec = specs().get(name)
    if spec is None:
        raise SpecError(f"no case {case_id!r}: the table has no function {name!r}")
    everything = [
        Key(name, n, dtype, device)
        for device in ("cpu", "gpu")
        for dtype in DTYPES
        for n in range(len(spec.variants))
    ]
    match = next((key for key in everything if key.id == case_id), None)
    if match is None:
        known = ", ".join(
            key.id for key in everything if key.dtype == "float64" and key.device == "cpu"
        )
        raise SpecError(f"no case {case_id!r}; those of {name} are {known} and their other dtypes")
    return match


def gap(key: Key) -> str | None:
    """Why this case is known not to pass, or None."""
    for known in specs()[key.spec].gaps:
        if fnmatch.fnmatchcase(key.dtype, known.dtype) and fnmatch.fnmatchcase(
            key.device, known.device
        ):
            return known.reason
    return None


def build(key: Key, order: int | None = None) -> Case:
    """The case of a key.

    Args:
        order: the highest order; by default the spec's.
    """
    spec = specs()[key.spec]
    variant = spec.variants[key.variant]
    params = dict(variant.params)
    seed = zlib.crc32(key.id.partition("/")[0].encode())
    inputs = draw(spec, variant, seed, DTYPES[key.dtype])
    highest = order or spec.order
    return Case(
        id=key.id,
        op=spec.name,
        f=lambda *xs: spec.call(*xs, **params),
        inputs=inputs,
        names=[arg.name for arg in spec.args[: len(inputs)]],
        active=[x.dtype.kind == "f" for x in inputs],
        order=highest,
        seed=seed,
        dtype=common_dtype(inputs),
        device=key.device,
        topic=spec.topic,
        formula=spec.formula,
        params=params,
        domains=[arg.domain for arg in spec.args[: len(inputs)]],
        bounds=spec.bounds,
        reproduce=f"gradcheck reproduce {key.id}" + (f" --order {order}" if order else ""),
    )


def draw(spec: Spec, variant: Variant, seed: int, dtype: Any) -> list[np.ndarray]:
    """The inputs of a variant, in `dtype` where they are drawn."""
    rng = np.random.default_rng(seed)
    shapes = variant.shapes or tuple(arg.shape for arg in spec.args)
    return [
        _draw_one(arg, shape, rng, dtype) for arg, shape in zip(spec.args, shapes, strict=False)
    ]


def _draw_one(arg: Arg, shape: tuple[int, ...], rng: np.random.Generator, dtype: Any) -> np.ndarray:
    if arg.values is not None:
        values = np.asarray(arg.values)
        return values.astype(dtype) if values.dtype.kind == "f" else values
    values = uniform(
        rng, shape, arg.low, arg.high, avoid=arg.avoid, gap=arg.gap, distinct=arg.distinct
    )
    return np.asarray(values.astype(dtype))


def devices(
    wanted: str, no_gpu: Callable[[], str] = lambda: machine.gpu()[1]
) -> tuple[tuple[str, ...], str | None]:
    """The devices of a `--device` option, and why a wanted one is left out.

    Args:
        no_gpu: why there is no GPU, or empty; by default whether this machine has one.

    Raises:
        SpecError: only "gpu" was wanted and there is none.
    """
    if wanted == "cpu":
        return ("cpu",), None
    reason = no_gpu()
    if reason and wanted == "gpu":
        raise SpecError(reason)
    if reason:
        return ("cpu",), reason
    return (("gpu",), None) if wanted == "gpu" else (("cpu", "gpu"), None)
