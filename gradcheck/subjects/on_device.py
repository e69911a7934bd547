"""A subject whose floats are computed on a device, while the oracles' numbers stay on the host.

A device holds no objects: balls and jets, longdouble and arrays that round at random are NumPy's. What f
holds (a layer's parameters) is on the device, so it is on the host as long as such a call lasts: the same
numbers, and the same formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from dezero import cuda
from gradcheck.subjects.dezero import DezeroSubject, to_host
from gradcheck.subjects.graph import Part
from gradcheck.subjects.kept import Bindings, Elements
from gradcheck.subjects.state import bindings
from gradcheck.subjects.subject import Around, Arrays, Subject, each_array

DTYPES = "?bBhHiIlLqQefd"  # the type characters of what a device computes with


@dataclass(frozen=True)
class OnDevice(Around):
    """Another subject, whose floats are computed on the device: host arrays go there, and results come back.

    Where it is handed device arrays, so are the results.

    Attributes:
        f: what holds other arrays, such as parameters.
    """

    subject: Subject
    f: Callable[..., Any]

    def __getattr__(self, name: str) -> Any:
        return self._further(name)

    @cached_property
    def _held(self) -> _Held:
        return _Held(self.f)

    def _call_with(self, call: Callable[..., Any], *given: Arrays) -> Any:
        """What a call gives of these arrays, on the side where they can be."""
        arrays = [x for xs in given for x in xs if x is not None]
        if any(map(on_device, arrays)):
            return call(*given)
        if not all(map(_fits, arrays)):
            with self._held.on_host():
                return call(*given)
        return each_array(
            _on_host, call(*([None if x is None else cuda.as_cupy(x) for x in xs] for xs in given))
        )


def on_device(x: Any) -> bool:
    """Whether `x` is an array of the device."""
    return cuda.is_array(x) and cuda.get_array_module(x) is not np


def _fits(x: Any) -> bool:
    """Whether a host array can go to the device as it is."""
    return type(x) is np.ndarray and x.dtype.char in DTYPES


def _on_host(found: Any) -> Any:
    """An array, or the arrays of a Part, on the host."""
    if isinstance(found, Part):
        values = OnDevice(DezeroSubject(found.f, found.active), found.f).values
        return replace(found, inputs=each_array(_on_host, found.inputs), values=values)
    return to_host(found) if on_device(found) else found


class _Held:
    """What f holds. It is found once, and anew where a name or a container has changed since."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._found: Sequence[Bindings | Elements] = ()
        self._concerned: Sequence[Bindings | Elements] = ()  # those that hold device arrays

    def _find(self) -> None:
        if not self._found or not all(kept.intact() for kept in self._found):
            self._found = bindings(self._f)
            self._concerned = [kept for kept in self._found if kept.holds(on_device)]

    @contextmanager
    def on_host(self) -> Iterator[None]:
        """Within the block each device array that f holds is a host array of the same numbers."""
        hosts: dict[int, np.ndarray] = {}

        def host(value: Any) -> Any:
            if not on_device(value):
                return value
            if id(value) not in hosts:
                hosts[id(value)] = to_host(value)
            return hosts[id(value)]

        self._find()
        try:
            for kept in self._concerned:
                kept.exchange(host)
            yield
        finally:
            for kept in self._found:
                kept.restore()
