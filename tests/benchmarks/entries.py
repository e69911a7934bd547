"""What is timed: every workload, with the most that it may take beside PyTorch and beside NumPy by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks import cnn, mlp
from tests.benchmarks.chains import workloads as chains
from tests.benchmarks.derivatives import HESSIAN, SINES
from tests.benchmarks.layers import layers
from tests.benchmarks.operations import operations
from tests.benchmarks.parts import (
    BATCH_NORM,
    BATCH_NORM_OF_ROWS,
    CONVOLUTION,
    CROSS_ENTROPY,
    EMBEDDING,
    MAX_POOLING,
)
from tests.benchmarks.recurrent import LSTM
from tests.benchmarks.sizes import HOST, Size
from tests.benchmarks.updates import updates

TORCH, BY_HAND = "torch", "by hand"
FUNCTION = {TORCH: 1.5}  # the limit of a function, a layer and an optimizer
# Why a row is above its limit, where it is known: it stays above, and the reason stands beside it.
VIEW = "torch's gradient is the cotangent that the caller gave; here it is an array of its own"
SCALAR = "NumPy calls the C library for each element"
COLD = "Python around products of matrices: 160 us a step, twice that where these have emptied its caches"
STEPS = "a 20th asks whether a program has changed the weights since the step before; the rest is Python"
FEW = "a pass over these elements takes NumPy 3 us, and there are a dozen; 30 us are the graph and Python"
FUSED = "torch adds the product with lr in one pass; NumPy needs one for the product, one for the difference"
SIGN = "NumPy's sign alone takes that long"
PRODUCT = "OpenBLAS's products of matrices alone take as long as torch's whole step"
SURE = "an element that outweighs its row, as one of few often does, is taken out of the sums of the others"
ROWS = "NumPy calls its inner loop for each row of ten"
CALLS = "what calls of NumPy cost; of windows it is one or more for each of their elements"
REASONS = {
    (mlp.name, ""): COLD,
    (LSTM.name, ""): STEPS,
    (BATCH_NORM_OF_ROWS.name, ""): FEW,
    ("SGD", "million"): FUSED,
    **{
        (name, size.name): VIEW
        for name in ("reshape", "flatten", "expand_dims", "squeeze", "concatenate", "stack")
        for size in HOST
    },
    **{(name, "float64"): SCALAR for name in ("sin", "cos")},
    **{("sign", size.name): SIGN for size in HOST},
    **{("conv2d", name): PRODUCT for name in ("million", "strided")},
    **{(f"{name}softmax, channels", "tall"): SURE for name in ("", "log_")},
    ("log_softmax, axis 0", "wide"): SURE,
    **{(name, "tall"): ROWS for name in ("add, a row", "mul, a row", "matmul, a vector")},
    **{
        (name, "small"): CALLS
        for name in (
            "softmax, axis 0", "softmax, channels", "log_softmax, channels", "softmax_cross_entropy",
            "pooling", "pooling, overlapping", "pooling, 3x3 by 2", "average_pooling",
            "average_pooling, overlapping", "average_pooling, 3x3 by 2", "col2im_array",
        )
    },
}  # fmt: skip
PRODUCTS = ("matmul", "linear", "conv2d", "deconv2d")  # of matrices: they take no passes over the memory


@dataclass(frozen=True)
class Entry:
    """A workload of the table.

    Attributes:
        size: the name of a Size, or empty where the workload has one size only.
        limits: "torch" or "by hand" -> the most that dezero's time may be of theirs.
        operations: how many the work counts as; the time is given for one.
        streams: the time is that of passes over the memory, not of products of matrices.
        reason: why it is above its limits, where that is known.
    """

    table: str
    size: str
    workload: Any
    limits: Mapping[str, float] = field(default_factory=dict)
    operations: int = 1
    streams: bool = False
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.table, self.size, self.workload.name


def entries() -> list[Entry]:
    """All, in the order of the table."""
    return [*_networks(), *_graphs(), *(entry for size in HOST for entry in _of_size(size))]


def _of_size(size: Size) -> Iterator[Entry]:
    for each in operations(size):
        name = each.name.removesuffix("_simple")
        simple = name != each.name  # the book's first versions show how a function is made of others
        product = name.partition(",")[0] in PRODUCTS
        limits = {} if simple else FUNCTION
        yield Entry("functions", size.name, each, limits, streams=not product, reason=_reason(each, size))
    if size.parameters[0]:
        yield from (Entry("layers", size.name, each, FUNCTION) for each in layers(size))
        for each in updates(size):
            reason = _reason(each, size)
            yield Entry("optimizers", size.name, each, FUNCTION, streams=True, reason=reason)


def _reason(workload: Any, size: Size) -> str:
    """Why it is above its limit at this size, where that is known."""
    return REASONS.get((workload.name, size.name), "")


def _networks() -> list[Entry]:
    limits: list[tuple[Any, Mapping[str, float]]] = [
        (CONVOLUTION, {TORCH: 1.3, BY_HAND: 1.2}),
        (BATCH_NORM, {TORCH: 1.5, BY_HAND: 1.2}),
        (BATCH_NORM_OF_ROWS, {TORCH: 1.5, BY_HAND: 1.2}),
        (MAX_POOLING, {TORCH: 1.5, BY_HAND: 1.4}),
        (CROSS_ENTROPY, {TORCH: 1.5}),
        (EMBEDDING, {TORCH: 1.5}),
        (mlp, {BY_HAND: 1.0}),
        (cnn, {BY_HAND: 1.2}),
        (LSTM, {BY_HAND: 1.2}),
    ]
    return [
        Entry("networks", "", workload, limit, reason=REASONS.get((workload.name, ""), ""))
        for workload, limit in limits
    ]


def _graphs() -> list[Entry]:
    derivatives = [Entry("graphs", "", HESSIAN, {TORCH: 0.5}), Entry("graphs", "", SINES, {TORCH: 1.0})]
    return [*derivatives, *(Entry("graphs", "", each, {TORCH: 1.0}, each.operations) for each in chains())]
