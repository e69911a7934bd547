"""From a spec to a case: one builder, for rows of the table and for the specs of others."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.cases import variants
from gradcheck.cases.calls import common_dtype
from gradcheck.cases.case import Case
from gradcheck.cases.key import DTYPES, Key
from gradcheck.errors import SpecError
from gradcheck.specs import Spec, Variant
from gradcheck.subjects.layouts import repeated


def case_of(spec: Spec, key: Key, order: int | None = None, seed: int = 0) -> Case:
    """The case of this key, whether or not the spec is in the table.

    Args:
        order: the highest order; by default the spec's.
        seed: 0 for the points that a run measures; another draws others.

    Raises:
        SpecError: the spec has no such variant.

    >>> from gradcheck.specs import Arg
    >>> mine = Spec("mine", "mine", lambda x: x * x, (Arg("x", shape=(2,)),), lambda m, x: x**2)
    >>> case_of(mine, Key("mine", dtype="float32")).title
    'mine(x: float32[2])'
    """
    return case_at(
        spec,
        inputs_of(spec, key, seed),
        variant_of(spec, key).params,
        id=key.id,
        order=order or spec.order,
        seed=seed_of(spec, key, seed),
        device=key.device,
        layout=key.layout,
        reproduce=f"gradcheck reproduce {key.id}" + (f" --order {order}" if order else ""),
    )


def case_at(spec: Spec, inputs: Sequence[np.ndarray], params: Mapping[str, Any], **fields: Any) -> Case:
    """The call of a spec at these inputs and with these parameters; `fields` are further ones of Case."""
    bound = dict(params)
    args = spec.args[: len(inputs)]
    return Case(
        op=spec.name,
        f=lambda *xs: spec.call(*xs, **bound),
        inputs=inputs,
        names=[arg.name for arg in args],
        active=[x.dtype.kind == "f" for x in inputs],
        dtype=common_dtype(inputs),
        topic=spec.topic,
        formula=spec.formula,
        params=bound,
        domains=[arg.domain for arg in args],
        bounds=spec.bounds,
        elementwise=spec.elementwise,
        **fields,
    )


def variant_of(spec: Spec, key: Key) -> Variant:
    """What is called, and on which shapes."""
    found = variants.named(spec, key.variant)
    if found is None:
        raise SpecError(f"no variant {key.variant!r} of {spec.name}")
    return found


def seed_of(spec: Spec, key: Key, seed: int = 0) -> int:
    """The seed of the inputs, and that of cotangents and directions: of the variant's name in its package."""
    called = key._replace(spec=spec.own_name).id.partition("/")[0]
    return zlib.crc32((f"{called} seed {seed}" if seed else called).encode())


def inputs_of(spec: Spec, key: Key, seed: int = 0) -> list[np.ndarray]:
    """The arguments; where they are to be broadcast, floats are repeated along an axis."""
    drawn = variants.inputs(spec, variant_of(spec, key), seed_of(spec, key, seed), DTYPES[key.dtype])
    if key.layout != "broadcast":
        return drawn
    return [repeated(x) if x.dtype.kind == "f" else x for x in drawn]
