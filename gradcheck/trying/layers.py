"""A layer or a model as an op: its parameters are further inputs."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero import Variable, cuda, no_grad
from dezero.layers import Layer
from gradcheck.cases.parameters import is_recurrent, parametrized
from gradcheck.subjects.dezero import to_device
from gradcheck.subjects.signatures import argument_names
from gradcheck.subjects.state import Snapshot
from gradcheck.trying.op import Call, Op


@dataclass(frozen=True)
class LayerOp(Op):
    """A layer, which is `f`.

    Each call has a layer of its own: what one call sets up (sizes that were open, averages) is not for
    another. A recurrent layer has made a step before.

    Attributes:
        device: where it is called.
        seed: of the parameters that are drawn anew.
    """

    device: str = "cpu"
    seed: int = 0

    def call(self, inputs: Sequence[np.ndarray]) -> Call:
        layer = _copied(super().call(inputs).f)
        with seeded(self.seed):  # it may draw its weights when it sees its first input
            return self._call(layer, inputs)

    def _call(self, layer: Any, inputs: Sequence[np.ndarray]) -> Call:
        if self.device == "gpu":
            layer.to_gpu()
        if is_recurrent(layer):
            _step(layer, inputs, self.device)
        names = argument_names(layer.forward, len(inputs))
        f, values = parametrized(layer, inputs, names, self.device, own=True)
        rng = np.random.default_rng(self.seed)
        floats = [x.dtype for x in inputs if x.dtype.kind == "f"]
        values = [_telling(value, rng).astype(floats[0] if floats else value.dtype) for value in values]
        return Call(f, [*inputs, *values], argument_names(f, len(inputs) + len(values)) if values else names)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within the block the global generators of random numbers begin at a seed."""
    before = Snapshot(seeded, chance=True)
    cuda.seed(seed)
    try:
        yield
    finally:
        before.restore()
        before.release()


def _copied(layer: Any) -> Any:
    with suppress(Exception):  # it may hold what cannot be copied
        return copy.deepcopy(layer)
    return layer


def _step(layer: Layer, inputs: Sequence[np.ndarray], device: str) -> None:
    with suppress(Exception), no_grad(), np.errstate(all="ignore"):  # what it raises, the check will tell
        layer(*[Variable(to_device(x.copy(), device)) for x in inputs])


def _telling(value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Numbers in place of zeros and of ones throughout, which hide mistakes in a gradient.

    >>> _telling(np.zeros(2), np.random.default_rng(0))
    array([0.88696169, 0.51978671])
    """
    if value.size and (not value.any() or (value == 1).all()):
        return np.asarray(rng.uniform(0.25, 1.25, value.shape).astype(value.dtype))
    return value
