"""Generators of random numbers: their state is kept, so that it can be compared and put back."""

from __future__ import annotations

import ctypes
import pickle
import random
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from dezero import cuda
from gradcheck.subjects.kept import Kept

GENERATORS = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)
SEED = 0
WORDS = 4 * 624 + 4  # bytes of a Mersenne Twister


class Chance(Kept):
    """The state of a generator, as `read` gives it and `write` puts it back."""

    def __init__(self, name: str, read: Callable[[], Any], write: Callable[[Any], object]) -> None:
        super().__init__(name)
        self._read = read
        self._write = write
        self._state = read()

    @cached_property
    def _written(self) -> bytes:
        """The state as bytes, which can be compared whatever it is made of."""
        return pickle.dumps(self._state)

    def intact(self) -> bool:
        now = self._read()
        if type(now) is tuple:  # Python's own, of numbers
            return bool(now == self._state)
        return pickle.dumps(now) == self._written

    def restore(self) -> None:
        if not self.intact():
            self._write(self._state)

    def release(self) -> None:
        """Take away what stands in for the generator: nothing does."""


class NumpysChance(Chance):
    """NumPy's global generator, the one behind the functions of `np.random`.

    To read its state takes 0.1 ms, as long as ten calls of a small op, so its memory is compared first. A
    normal number that was drawn in advance lies elsewhere: where there was one, the whole state is read.
    """

    def __init__(self) -> None:
        generator: Any = vars(np.random.mtrand)["_rand"]
        self._generator = generator
        super().__init__("np.random", lambda: generator.get_state(legacy=False), generator.set_state)
        in_advance = self._state.get("has_gauss", True)
        self._memory = None if in_advance else self._in_memory()

    def _in_memory(self) -> bytes | None:
        """The words and the position of a Mersenne Twister; None for another generator."""
        bits = self._generator._bit_generator
        return ctypes.string_at(bits.ctypes.state_address, WORDS) if type(bits) is np.random.MT19937 else None

    def intact(self) -> bool:
        known = self._memory is not None and self._memory == self._in_memory()
        return known or super().intact()


class DeviceChance(Chance):
    """A generator of our own in the place of a device's global one, whose state cannot be read.

    Until `release`, which lets the device's go on from where it was.
    """

    def __init__(self, module: Any) -> None:
        self._random = module.random
        self._name = f"{module.__name__}.random"
        self._given = self._random.get_random_state()
        self._own = self._random.RandomState(SEED)
        self._random.set_random_state(self._own)

    def intact(self) -> bool:
        """Whether nothing was drawn: then the next number is the first."""
        first = self._random.RandomState(SEED).random_sample(())
        if not bool(self._own.random_sample(()) == first):
            return False
        self.restore()
        return True

    def restore(self) -> None:
        self._own.seed(SEED)

    def release(self) -> None:
        self._random.set_random_state(self._given)


def chance_of(generator: Any, name: str) -> Chance:
    """That of one of GENERATORS."""
    kind = type(generator)  # not what its class says of itself
    if issubclass(kind, random.Random):
        return Chance(name, lambda: random.Random.getstate(generator), generator.setstate)
    if issubclass(kind, np.random.RandomState):
        return Chance(name, lambda: generator.get_state(legacy=False), generator.set_state)
    bits: Any = generator.bit_generator if issubclass(kind, np.random.Generator) else generator
    return Chance(name, lambda: bits.state, lambda state: setattr(bits, "state", state))


def global_generators() -> list[Chance]:
    """Those of NumPy, of Python, and of the device where one is in use."""
    module = cuda.device_in_use()
    return [
        NumpysChance(),
        Chance("random", random.getstate, random.setstate),
        *([] if module is None else [DeviceChance(module)]),
    ]
