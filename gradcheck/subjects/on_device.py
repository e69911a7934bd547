"""A subject whose floats are computed on a device, while the oracles' numbers stay on the host.

A device holds no objects: balls and jets, longdouble and arrays that round at random are NumPy's. What f
holds (a layer's parameters) is on the device, so it is on the host as long as such a call lasts: the same
numbers, and the same formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dezero import cuda
from gradcheck.subjects.dezero import DezeroSubject, to_host
from gradcheck.subjects.graph import Part
from gradcheck.subjects.state import bindings
from gradcheck.subjects.subject import Arrays, Subject, Trial

DTYPES = "?bBhHiIlLqQefd"  # the type characters of what a device computes with


@dataclass(frozen=True)
class OnDevice:
    """Another subject, whose floats are computed on the device: host arrays go there, and results come back.

    Where it is handed device arrays, so are the results.

    Attributes:
        f: what holds other arrays, such as parameters.
    """

    subject: Subject
    f: Callable[..., Any]

    def values(self, inputs: Arrays) -> list[Any]:
        return self._placed(self.subject.values, [inputs])

    def gradients(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int
    ) -> list[list[Any]]:
        def call(xs: Arrays, us: Arrays, ds: Arrays) -> list[list[Any]]:
            return self.subject.gradients(xs, us, ds, order)

        return self._placed(call, [inputs, cotangents, directions])

    def trial(
        self, inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int, *, watched: bool = False
    ) -> Trial:
        def call(xs: Arrays, us: Arrays, ds: Arrays) -> Trial:
            return self.subject.trial(xs, us, ds, order, watched=watched)

        return self._placed(call, [inputs, cotangents, directions])

    def __getattr__(self, name: str) -> Any:
        """Further questions that the subject answers, of the same arguments as `gradients`."""
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self.subject, name)

        def ask(inputs: Arrays, cotangents: Arrays, directions: Arrays, order: int) -> Any:
            return self._placed(lambda *arrays: method(*arrays, order), [inputs, cotangents, directions])

        return ask

    def _placed(self, call: Callable[..., Any], handed: Sequence[Arrays]) -> Any:
        """What a call gives of these arrays, on the side where they can be."""
        arrays = [x for xs in handed for x in xs if x is not None]
        if any(map(on_device, arrays)):
            return call(*handed)
        if not all(map(_fits, arrays)):
            with on_host(self.f):
                return call(*handed)
        return _back(call(*([None if x is None else cuda.as_cupy(x) for x in xs] for xs in handed)))


def on_device(x: Any) -> bool:
    """Whether `x` is an array of the device."""
    return cuda.is_array(x) and cuda.get_array_module(x) is not np


def _fits(x: Any) -> bool:
    """Whether a host array can go to the device as it is."""
    return type(x) is np.ndarray and x.dtype.char in DTYPES


def _back(found: Any) -> Any:
    """The answer with its arrays on the host."""
    if isinstance(found, (list, tuple)) and not hasattr(found, "_fields"):
        return type(found)(map(_back, found))
    if isinstance(found, Trial):
        return replace(
            found,
            outputs=_back(found.outputs),
            gradients=_back(found.gradients),
            pairings=_back(found.pairings),
        )
    if isinstance(found, Part):
        values = OnDevice(DezeroSubject(found.f, found.active), found.f).values
        return replace(found, inputs=_back(found.inputs), values=values)
    return to_host(found) if on_device(found) else found


@contextmanager
def on_host(f: Callable[..., Any]) -> Iterator[None]:
    """Within the block each device array that f holds is a host array of the same numbers."""
    hosts: dict[int, np.ndarray] = {}

    def host(value: Any) -> Any:
        return hosts.setdefault(id(value), to_host(value)) if on_device(value) else value

    held = bindings(f)
    try:
        for each in held:
            each.exchange(host)
        yield
    finally:
        for each in held:
            each.restore()
