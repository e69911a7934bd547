"""Every public function of dezero as a workload, in two sizes, compared with PyTorch's.

The small size costs what calls and launches cost, the large one (some 10 million elements) what the
elements do.
"""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Variable
from dezero.cuda import get_array_module
from gradcheck.cases import variants
from gradcheck.specs import recipes, specs
from tests.benchmarks import steps
from tests.benchmarks.steps import Arrays, Step

Shapes = Sequence[tuple[int, ...]]
Draw = Callable[[np.random.Generator], np.ndarray]
SIZES = ("small", "large")
EVEN = slice(None, None, 2)
ALONE = ""  # the name in torch of what is not compared with it


@dataclass(frozen=True)
class Operation:
    """A function of both frameworks at inputs of one size, forward and backward.

    Attributes:
        f: of Variables.
        peer: the same of torch and tensors, or its name in torch, which may have none of that name.
        shapes: of the differentiated inputs, float32.
        fixed: draw the others, which follow them.
        unit: the inputs are from 0.1 to 0.9, else normally distributed.
        random: its results are random: those of both frameworks are not compared.
    """

    name: str
    f: Callable[..., Variable]
    peer: Callable[..., Any] | str
    shapes: Shapes
    fixed: Sequence[Draw] = ()
    unit: bool = False
    random: bool = False

    def draw(self, rng: np.random.Generator) -> Arrays:
        draw = self._between if self.unit else self._normal
        return [*(draw(rng, shape) for shape in self.shapes), *(each(rng) for each in self.fixed)]

    @staticmethod
    def _between(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return 0.1 + np.float32(0.8) * rng.random(shape, dtype="f")

    @staticmethod
    def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        return rng.standard_normal(shape, dtype="f")

    def ours(self, arrays: Arrays) -> Step:
        inputs, fixed = self._split([x.copy() for x in arrays])
        gy = self.cotangent(arrays)
        return self._compared(steps.in_dezero(lambda *xs: self.f(*xs, *fixed), inputs, gy))

    def cotangent(self, arrays: Arrays) -> Any:
        """Of the result, in dezero."""
        inputs, fixed = self._split([x.copy() for x in arrays])
        shape = self.f(*map(Variable, inputs), *fixed).shape
        count = get_array_module(inputs[0]).arange(math.prod(shape))
        return _uneven(count.astype("f"), shape)

    def in_torch(self, torch: Any, tensors: Arrays) -> Step | None:
        inputs, fixed = self._split([x.clone() for x in tensors])
        peer = self.peer
        if isinstance(peer, str):
            found = (getattr(module, peer, None) for module in (torch, torch.nn.functional))
            peer = next(filter(callable, found), None)
            if peer is None:
                return None
        else:
            peer = functools.partial(peer, torch)
        shape = peer(*inputs, *fixed).shape
        gy = _uneven(torch.arange(math.prod(shape), device=inputs[0].device).float(), shape)
        return self._compared(steps.in_torch(lambda *xs: peer(*xs, *fixed), inputs, gy))

    def _split(self, arrays: Arrays) -> tuple[Arrays, Arrays]:
        return arrays[: len(self.shapes)], arrays[len(self.shapes) :]

    def _compared(self, step: Step) -> Step:
        return (lambda: step() and []) if self.random else step


def _uneven(count: Any, shape: tuple[int, ...]) -> Any:
    """A cotangent from 0.5 to 1.4 whose neighbours differ, so that softmax's backward does not cancel."""
    return (count % 7 / 7 + 0.5).reshape(shape)


def operations(size: str) -> list[Operation]:
    """The whole table, in one of SIZES."""
    topics = _elementwise, _binary, _reductions, _products, _images, _losses, _moves
    written = [operation for topic in topics for operation in topic(size)]
    return [*written, *_of_specs(size, {each.name.partition(",")[0] for each in written})]


def _of_specs(size: str, written: set[str]) -> Iterator[Operation]:
    """The other functions of gradcheck's table; those of single elements in this size, with torch's."""
    for spec in specs().values():
        name = spec.call.__name__
        if name in written or name.endswith("_simple") or spec.call is not getattr(F, name, None):
            continue
        if spec.recipe is recipes.elementwise:
            bounded = spec.args[0].domain != (-math.inf, math.inf)
            yield Operation(name, spec.call, name, _elements(size), unit=bounded)
        else:
            variant = spec.variants[0]
            f = functools.partial(spec.call, **variant.params)
            yield Operation(name, f, ALONE, variants.shapes(spec, variant), unit=True)


def _elements(size: str, count: int = 1) -> Shapes:
    return [(100,) if size == "small" else (10_000_000,)] * count


# The table --------------------------------------------------------------------------------------------


def _torch(name: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """torch.`name`, with these arguments after the tensors."""
    return lambda torch, *xs: getattr(torch, name)(*xs, *args, **kwargs)


def _nn(name: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """torch.nn.functional.`name`, with these arguments after the tensors."""
    return lambda torch, *xs: getattr(torch.nn.functional, name)(*xs, *args, **kwargs)


def _named(name: str, shapes: Shapes, unit: bool = False) -> Operation:
    """A function that has one name in both."""
    return Operation(name, getattr(F, name), name, shapes, unit=unit)


def _elementwise(size: str) -> list[Operation]:
    x = _elements(size)
    return [
        Operation("leaky_relu", F.leaky_relu, _nn("leaky_relu", 0.2), x),
        Operation("clip", lambda x: F.clip(x, -1, 1), _torch("clip", -1, 1), x),
        Operation("pow", lambda x: F.pow(x, 3), _torch("pow", 3), x),
        Operation("dropout", F.dropout, _nn("dropout"), x, random=True),
    ]


def _binary(size: str) -> list[Operation]:
    x, y = _elements(size, 2)
    return [
        *(_named(name, [x, y]) for name in ("add", "sub", "mul", "maximum", "minimum")),
        _named("div", [x, y], unit=True),
        Operation("power", F.power, _torch("pow"), [x, y], unit=True),
        Operation(
            "where",
            lambda x, y, condition: F.where(condition, x, y),
            lambda torch, x, y, condition: torch.where(condition, x, y),
            [x, y],
            [lambda rng: rng.random(x) < 0.5],
        ),
    ]


def _reductions(size: str) -> list[Operation]:
    x = (10, 10) if size == "small" else (10_000, 1_000)
    D = x[1]
    return [
        Operation("sum", F.sum, _torch("sum"), [x]),
        Operation("sum, axis 0", lambda x: F.sum(x, axis=0), _torch("sum", 0), [x]),
        Operation("mean", lambda x: F.mean(x, axis=1), _torch("mean", 1), [x]),
        Operation("max", lambda x: F.max(x, axis=1), _torch("amax", 1), [x]),
        Operation("min", lambda x: F.min(x, axis=1), _torch("amin", 1), [x]),
        Operation("sum_to", lambda x: F.sum_to(x, (1, D)), lambda torch, x: x.sum_to_size(1, D), [x]),
        Operation("broadcast_to", lambda row: F.broadcast_to(row, x), _torch("broadcast_to", x), [(1, D)]),
        Operation("logsumexp", lambda x: F.logsumexp(x, axis=1), _torch("logsumexp", 1), [x]),
        Operation("softmax", F.softmax, _torch("softmax", 1), [x]),
        Operation("log_softmax", F.log_softmax, _torch("log_softmax", 1), [x]),
    ]


def _products(size: str) -> list[Operation]:
    n = 32 if size == "small" else 4096
    return [
        _named("matmul", [(n, n), (n, n)]),
        Operation("linear", F.linear, lambda torch, x, W, b: torch.addmm(b, x, W), [(n, n), (n, n), (n,)]),
    ]


def _images(size: str) -> list[Operation]:
    N, C, H, W = x = (2, 3, 8, 8) if size == "small" else (64, 64, 56, 56)
    kernel, channel = (C, C, 3, 3), (C,)
    pad: dict[str, Any] = {"padding": 1}
    return [
        Operation("conv2d", functools.partial(F.conv2d, pad=1), _nn("conv2d", **pad), [x, kernel, channel]),
        Operation("conv2d, 1x1", F.conv2d, _nn("conv2d"), [x, (C, C, 1, 1), channel]),
        Operation(
            "deconv2d",
            functools.partial(F.deconv2d, pad=1),
            _nn("conv_transpose2d", **pad),
            [x, kernel, channel],
        ),
        Operation("pooling", lambda x: F.pooling(x, 2, 2), _nn("max_pool2d", 2), [x]),
        Operation("average_pooling", lambda x: F.average_pooling(x, 2, 2), _nn("avg_pool2d", 2), [x]),
        Operation(
            "batch_norm",
            F.batch_norm,
            lambda torch, x, gamma, beta, mean, var: torch.nn.functional.batch_norm(
                x, mean, var, gamma, beta, training=True
            ),
            [x, channel, channel],
            [lambda rng: np.zeros(C, "f"), lambda rng: np.ones(C, "f")],
        ),
        *_windows((N // 2, C, H, W)),
    ]


def _windows(x: tuple[int, int, int, int]) -> list[Operation]:
    N, C, H, W = x
    windows = (N, C, 3, 3, H, W)
    return [
        Operation(
            "im2col",
            lambda x: F.im2col(x, 3, 1, 1, to_matrix=False),
            lambda torch, x: torch.nn.functional.unfold(x, 3, padding=1).reshape(windows),
            [x],
        ),
        Operation(
            "col2im",
            lambda col: F.col2im(col, x, 3, 1, 1, to_matrix=False),
            lambda torch, col: torch.nn.functional.fold(col.reshape(N, C * 9, H * W), (H, W), 3, padding=1),
            [windows],
        ),
    ]


def _losses(size: str) -> list[Operation]:
    N, C = x = (10, 10) if size == "small" else (10_000, 1_000)
    targets: list[Draw] = [lambda rng: rng.random(x, dtype="f")]

    def by_rows(name: str) -> Callable[..., Any]:
        """The sum of a loss, divided by N."""
        return lambda torch, x, t: getattr(torch.nn.functional, name)(x, t, reduction="sum") / N

    bce = by_rows("binary_cross_entropy")
    with_logits = by_rows("binary_cross_entropy_with_logits")
    return [
        Operation("mean_squared_error", F.mean_squared_error, by_rows("mse_loss"), [x, x]),
        Operation("sigmoid_cross_entropy", F.sigmoid_cross_entropy, with_logits, [x], targets),
        Operation("binary_cross_entropy", F.binary_cross_entropy, bce, [x], targets, unit=True),
        Operation(
            "softmax_cross_entropy",
            F.softmax_cross_entropy,
            _nn("cross_entropy"),
            [x],
            [lambda rng: rng.integers(0, C, N)],
        ),
    ]


def _moves(size: str) -> list[Operation]:
    """What computes nothing, and moves elements."""
    N, D = x = (10, 10) if size == "small" else (100_000, 100)
    return [
        Operation(
            "embed_id",
            lambda W, ids: F.embed_id(ids, W),
            lambda torch, W, ids: torch.nn.functional.embedding(ids, W),
            [x],
            [lambda rng: rng.integers(0, N, N)],
        ),
        Operation("get_item", lambda x: F.get_item(x, EVEN), lambda torch, x: x[EVEN], [x]),
        Operation("reshape", lambda x: F.reshape(x, (D, N)), _torch("reshape", (D, N)), [x]),
        Operation("transpose", F.transpose, _torch("t"), [x]),
        Operation("concatenate", lambda *xs: F.concatenate(xs), lambda torch, *xs: torch.cat(xs), [x, x]),
        Operation("stack", lambda *xs: F.stack(xs), lambda torch, *xs: torch.stack(xs), [x, x]),
    ]
