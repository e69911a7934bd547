"""Functions that go by rows: reductions, products of matrices, softmax and losses; broadcast rows."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dezero.functions as F
from tests.benchmarks.operations.operation import Draw, Operation, named, nn_function, torch_function
from tests.benchmarks.sizes import Size


def operations(size: Size) -> list[Operation]:
    topics = _reductions(size.rows), _broadcast(size.rows), _softmax(size.rows), _losses(size.rows)
    return [*(each for topic in topics for each in topic), *_products(size)]


def _reductions(x: tuple[int, int]) -> list[Operation]:
    return [
        Operation("sum", F.sum, torch_function("sum"), [x]),
        Operation("sum, axis 0", lambda x: F.sum(x, axis=0), torch_function("sum", 0), [x]),
        Operation("sum, axis 1", lambda x: F.sum(x, axis=1), torch_function("sum", 1), [x]),
        Operation("mean", lambda x: F.mean(x, axis=1), torch_function("mean", 1), [x]),
        Operation("max", lambda x: F.max(x, axis=1), torch_function("amax", 1), [x]),
        Operation("max, axis 0", lambda x: F.max(x, axis=0), torch_function("amax", 0), [x]),
        Operation("min", lambda x: F.min(x, axis=1), torch_function("amin", 1), [x]),
        Operation("logsumexp", lambda x: F.logsumexp(x, axis=1), torch_function("logsumexp", 1), [x]),
        Operation("logsumexp, axis 0", lambda x: F.logsumexp(x, axis=0), torch_function("logsumexp", 0), [x]),
        Operation("accuracy", F.accuracy, _accuracy, [x], [_labels(x)], forward=True),
    ]


def _broadcast(x: tuple[int, int]) -> list[Operation]:
    row, column = (1, x[1]), (x[0], 1)
    return [
        Operation("add, a row", F.add, torch_function("add"), [x, row]),
        Operation("mul, a row", F.mul, torch_function("mul"), [x, row]),
        Operation("mul, a column", F.mul, torch_function("mul"), [x, column]),
        Operation("sum_to", lambda x: F.sum_to(x, row), lambda torch, x: x.sum_to_size(row), [x]),
        Operation("broadcast_to", lambda y: F.broadcast_to(y, x), torch_function("broadcast_to", x), [row]),
    ]


def _softmax(x: tuple[int, int]) -> list[Operation]:
    return [
        Operation("softmax", F.softmax, torch_function("softmax", 1), [x]),
        Operation("softmax, axis 0", lambda x: F.softmax(x, axis=0), torch_function("softmax", 0), [x]),
        Operation("log_softmax", F.log_softmax, torch_function("log_softmax", 1), [x]),
        Operation(
            "log_softmax, axis 0", lambda x: F.log_softmax(x, axis=0), torch_function("log_softmax", 0), [x]
        ),
        Operation("softmax_simple", F.softmax_simple, torch_function("softmax", 1), [x]),
    ]


def _losses(x: tuple[int, int]) -> list[Operation]:
    targets: list[Draw] = [lambda rng: rng.random(x, dtype="f")]
    labels = [_labels(x)]

    def by_rows(name: str) -> Callable[..., Any]:
        """The sum of a loss, divided by the number of rows."""
        return lambda torch, x, t: getattr(torch.nn.functional, name)(x, t, reduction="sum") / len(x)

    mse, bce = by_rows("mse_loss"), by_rows("binary_cross_entropy")
    with_logits = by_rows("binary_cross_entropy_with_logits")
    cross_entropy = nn_function("cross_entropy")
    return [
        Operation("mean_squared_error", F.mean_squared_error, mse, [x, x]),
        Operation("mean_squared_error_simple", F.mean_squared_error_simple, mse, [x, x]),
        Operation("sigmoid_cross_entropy", F.sigmoid_cross_entropy, with_logits, [x], targets),
        Operation("binary_cross_entropy", F.binary_cross_entropy, bce, [x], targets, unit=True),
        Operation("softmax_cross_entropy", F.softmax_cross_entropy, cross_entropy, [x], labels),
        Operation("softmax_cross_entropy_simple", F.softmax_cross_entropy_simple, cross_entropy, [x], labels),
    ]


def _products(size: Size) -> list[Operation]:
    N, I, O = size.product  # noqa: E741
    affine = [(N, I), (I, O), (O,)]

    def peer(torch: Any, x: Any, W: Any, b: Any) -> Any:
        return torch.addmm(b, x, W)

    return [
        named("matmul", affine[:2]),
        Operation("matmul, a vector", F.matmul, torch_function("matmul"), [(N, I), (I,)]),
        Operation("linear", F.linear, peer, affine),
        Operation("linear_simple", F.linear_simple, peer, affine),
    ]


def _labels(x: tuple[int, int]) -> Draw:
    return lambda rng: rng.integers(0, x[1], x[0])


def _accuracy(torch: Any, y: Any, t: Any) -> Any:
    return (y.argmax(1) == t).to(y.dtype).mean()
