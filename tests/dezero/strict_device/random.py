"""`cupy.random`: a generator of the device's own, which NumPy's seed does not seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.dezero.strict_device.border import Held, held, opened, uploaded
from tests.dezero.strict_device.interface import method_accepts

_STATE = "cupy.random.RandomState"


def _float(dtype: Any) -> np.dtype:
    """_generator.py: `_check_and_get_dtype`."""
    found = np.dtype(dtype)
    if found.char not in "fd":
        raise TypeError("cupy.random only supports float32 and float64")
    return found


class RandomState:
    """Draws device arrays."""

    def __init__(self, seed: Any = None, method: Any = None) -> None:
        self.seed(seed)

    def seed(self, seed: Any = None) -> None:
        self._rng = np.random.default_rng(seed)

    def random_sample(self, size: Any = None, dtype: Any = float) -> Any:
        return held(self._rng.random(size, _float(dtype)))

    def rand(self, *size: int, **settings: Any) -> Any:
        return self.random_sample(size, _dtype(settings))

    def randn(self, *size: int, **settings: Any) -> Any:
        return self.standard_normal(size, _dtype(settings))

    def standard_normal(self, size: Any = None, dtype: Any = float) -> Any:
        return held(self._rng.standard_normal(size, _float(dtype)))

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None, dtype: Any = float) -> Any:
        return held(self._rng.normal(opened(loc), opened(scale), size)).astype(_float(dtype))

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None, dtype: Any = float) -> Any:
        return held(self._rng.uniform(opened(low), opened(high), size)).astype(_float(dtype))

    def randint(self, low: Any, high: Any = None, size: Any = None, dtype: Any = "l") -> Any:
        return held(self._rng.integers(low, high, size, dtype))

    def binomial(self, n: Any, p: Any, size: Any = None, dtype: Any = int) -> Any:
        return held(self._rng.binomial(opened(n), opened(p), size)).astype(dtype)

    def permutation(self, a: Any) -> Any:
        return held(self._rng.permutation(a if isinstance(a, int) else uploaded(a)))

    def shuffle(self, a: Held) -> None:
        self._rng.shuffle(a._array)

    def choice(self, a: Any, size: Any = None, replace: bool = True, p: Any = None) -> Any:
        return held(self._rng.choice(opened(a), size, replace, opened(p)))


def _dtype(settings: dict[str, Any]) -> Any:
    dtype = settings.pop("dtype", float)
    if settings:
        raise TypeError(f"rand() got unexpected keyword arguments {settings}")
    return dtype


_state = RandomState()
_ALIASES = {"random": "random_sample", "ranf": "random_sample", "sample": "random_sample"}


def get_random_state() -> RandomState:
    """The generator that the functions draw from."""
    return _state


def set_random_state(state: RandomState) -> None:
    global _state
    _state = state


def drawn(name: str) -> Any:
    """`cupy.random.NAME`: of the present generator."""
    method = _ALIASES.get(name, name)

    def draw(*args: Any, **settings: Any) -> Any:
        method_accepts(_STATE, method)(*args, **settings)
        return getattr(_state, method)(*args, **settings)

    draw.__name__ = name
    return draw


MEMBERS = {"RandomState": RandomState} | {
    function.__name__: function for function in (get_random_state, set_random_state)
}
METHODS = [name for name in vars(RandomState) if name[0] != "_"] + list(_ALIASES)
MEMBERS |= {name: drawn(name) for name in METHODS}
