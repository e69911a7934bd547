"""Functions of single elements that have another name in torch, take arguments, or take two arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import dezero.functions as F
from tests.benchmarks.operations.operation import Operation, named, nn_function, torch_function
from tests.benchmarks.sizes import Size

EXPONENTS = (2, 3, -1, 0.5)


def operations(size: Size) -> list[Operation]:
    return [*_of_one([(size.elements,)]), *_of_two([(size.elements,)] * 2)]


def _of_one(x: list[tuple[int, ...]]) -> list[Operation]:
    return [
        Operation("leaky_relu", F.leaky_relu, nn_function("leaky_relu", 0.2), x),
        Operation("clip", lambda x: F.clip(x, -1, 1), torch_function("clip", -1, 1), x),
        *(_power(c, x) for c in EXPONENTS),
        Operation("dropout", F.dropout, nn_function("dropout"), x, random=True),
        Operation("rsub", lambda x: F.rsub(x, 2.0), lambda torch, x: 2.0 - x, x),
        Operation("rdiv", lambda x: F.rdiv(x, 2.0), lambda torch, x: 2.0 / x, x, unit=True),
        Operation("sign", F.sign, torch_function("sign"), x, forward=True),
        Operation("sigmoid_simple", F.sigmoid_simple, torch_function("sigmoid"), x),
    ]


def _power(c: float, x: list[tuple[int, ...]]) -> Operation:
    f: Callable[..., Any] = partial(F.pow, c=c)
    return Operation(f"pow, {c}", f, torch_function("pow", c), x, unit=c != int(c))


def _of_two(xs: list[tuple[int, ...]]) -> list[Operation]:
    return [
        *(named(name, xs) for name in ("add", "sub", "mul", "maximum", "minimum")),
        named("div", xs, unit=True),
        Operation("power", F.power, torch_function("pow"), xs, unit=True),
        Operation(
            "where",
            lambda x, y, condition: F.where(condition, x, y),
            lambda torch, x, y, condition: torch.where(condition, x, y),
            xs,
            [lambda rng: rng.random(xs[0]) < 0.5],
        ),
    ]
