"""Optimizer, the hooks that change gradients before an update, and state for each parameter."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any, Protocol, Self

import numpy as np

from dezero import cuda
from dezero.arguments import function, number
from dezero.core import Variable
from dezero.fusion import fused
from dezero.refusal import described, is_own, raise_named

__all__ = ["ClipGrad", "FreezeParam", "Optimizer", "WeightDecay"]


class HasParams(Protocol):
    """A Layer or Model: what has parameters."""

    def params(self) -> Iterable[Variable]: ...


Target = HasParams | Iterable[Variable]
Hook = Callable[[list[Variable]], None]


def params_of(target: Target) -> list[Variable]:
    """The parameters of a Layer, a Model or a sequence of Variables, each once."""
    params = target.params() if hasattr(target, "params") else target
    return list({id(param): param for param in params}.values())


def gradient(param: Variable) -> Any:
    """The array of a gradient that is known to be there."""
    assert param.grad is not None
    return param.grad.data


def _as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, Iterable) and not cuda.is_array(x) else []


class Optimizer:
    """What changes parameters by their gradients. A subclass gives `update_one(param)`.

    Attributes:
        target: the Layer, Model or sequence of Variables to update.
        hooks: called before each update, in the order in which they were added.
    """

    def __init__(self) -> None:
        self.target: Target | None = None
        self.hooks: list[Hook] = []

    def setup(self, target: Target) -> Self:
        """Take `target`: a Layer, a Model, or a sequence of Variables. Returns self.

        Raises:
            TypeError: `target` is none of these.
        """
        if not hasattr(target, "params"):
            params = [] if isinstance(target, Variable) else _as_list(target)
            if not params or not all(isinstance(param, Variable) for param in params):
                raise TypeError(
                    f"{type(self).__name__}.setup: target must have params() or be a sequence of "
                    f"Variables, got {described(target)}"
                )
            target = params
        self.target = target
        return self

    def add_hook(self, f: Hook) -> None:
        """Call `f(params)` before each update, with the parameters that have a gradient.

        Raises:
            TypeError: `f` cannot be called.
        """
        self.hooks.append(function(f, f"{type(self).__name__}.add_hook: f"))

    def update(self) -> None:
        """Run the hooks, then update each parameter that has a gradient.

        Raises:
            RuntimeError: there was no `setup`.
        """
        for param in self.run_hooks():
            try:
                self.update_one(param)
            except Exception as error:
                if is_own(type(self)):
                    raise_named(error, f"{type(self).__name__}.update", param=param, grad=param.grad)
                raise

    def run_hooks(self) -> list[Variable]:
        """Run the hooks and return the parameters that have a gradient after that.

        Which have one is asked anew for each hook, because a hook may take it (FreezeParam).
        """
        for hook in self.hooks:
            params = self._with_gradient()
            try:
                hook(params)
            except Exception as error:
                if is_own(type(hook)):
                    raise_named(error, type(hook).__name__, params=params)
                raise
        return self._with_gradient()

    def params(self) -> list[Variable]:
        """The target's parameters."""
        if self.target is None:
            raise RuntimeError(f"{type(self).__name__}: call setup(target) before update()")
        return params_of(self.target)

    def _with_gradient(self) -> list[Variable]:
        return [param for param in self.params() if param.grad is not None]

    def update_one(self, param: Variable) -> None:
        """Change `param.data` in place."""
        raise NotImplementedError(f"{type(self).__name__}.update_one is not written")


class WeightDecay:
    """A hook: add rate * parameter to each gradient (the gradient of rate/2 * ||parameter||²)."""

    def __init__(self, rate: float) -> None:
        self.rate = number(rate, "WeightDecay: rate", low=0.0)

    def __call__(self, params: list[Variable]) -> None:
        for param in params:
            _decay(gradient(param), param.data, self.rate)


@fused("x", "x", 0.1)
def _decay(grad: Any, x: Any, rate: float) -> None:
    grad += rate * x


class ClipGrad:
    """A hook: scale all gradients by one factor so that their joint norm is at most `max_norm`.

    On a device the factor stays there and is always applied, so that the program does not wait for it.
    """

    def __init__(self, max_norm: float) -> None:
        unbounded = isinstance(max_norm, float) and max_norm == math.inf
        self.max_norm = max_norm if unbounded else number(max_norm, "ClipGrad: max_norm", low=0.0)

    def __call__(self, params: list[Variable]) -> None:
        rate = self.max_norm / (_joint_norm(params) + 1e-6)
        on_host = isinstance(rate, float)
        if on_host and not rate < 1:
            return
        if not on_host:
            rate = cuda.get_array_module(rate).where(rate < 1, rate, 1.0)
        for param in params:
            grad = gradient(param)
            grad *= rate if on_host else rate.astype(grad.dtype)


def _joint_norm(params: list[Variable]) -> Any:
    """The Euclidean norm of all gradients, added in float64: squares overflow float16 at 256.

    A float on the host, an array of shape () on a device.
    """
    total: Any = 0.0
    for param in params:
        grad = gradient(param)
        square = cuda.get_array_module(grad).square(grad, dtype=np.float64)
        total = total + square.sum()
    xp = cuda.get_array_module(total)
    return math.sqrt(total) if xp is np else xp.sqrt(total)


class FreezeParam:
    """A hook: the parameters of some layers are not updated. Their gradients are forgotten.

    Hooks run in order: what is frozen does not count in the norm of a ClipGrad added later.

    Args:
        layers: Layers, Models or Parameters.

    Raises:
        TypeError: one of them is none of these.
    """

    def __init__(self, *layers: Any) -> None:
        for layer in layers:
            if not isinstance(layer, Variable) and not hasattr(layer, "params"):
                raise TypeError(f"FreezeParam: layers must be Layers or Parameters, got {described(layer)}")
        self.layers = layers

    @property
    def freeze_params(self) -> list[Variable]:
        """The parameters that are not updated."""
        targets = ([layer] if isinstance(layer, Variable) else layer for layer in self.layers)
        return [param for target in targets for param in params_of(target)]

    def __call__(self, params: list[Variable]) -> None:
        for param in self.freeze_params:
            param.cleargrad()


class PerParameter(MutableMapping[Any, Any]):
    """An array for each parameter, zeros at first, on the device where the parameter's data are.

    By identity, not by equality; an entry goes when its parameter does. A key is the parameter, or its
    `id` as in the optimizers that the book's readers write: then it is a plain dict.

    >>> state, x = PerParameter(), Variable(np.ones(2))
    >>> id(x) in state, state[x], id(x) in state
    (False, array([0., 0.]), True)
    """

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[Variable] | None, Any]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[int]:
        return iter(self._entries)

    def __contains__(self, key: Any) -> bool:
        return _identity(key) in self._entries

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, Variable):
            return self._entries[key][1]
        reference, array = self._entries.get(id(key)) or (None, None)
        xp = cuda.get_array_module(key.data)
        if array is None:
            array = xp.zeros_like(key.data)
        elif cuda.get_array_module(array) is not xp:
            array = cuda.as_numpy(array) if xp is np else cuda.as_cupy(array)
        self._entries[id(key)] = (reference or self._watch(key), array)
        return array

    def __setitem__(self, key: Any, value: Any) -> None:
        watch = self._watch(key) if isinstance(key, Variable) else None
        self._entries[_identity(key)] = (watch, value)

    def __delitem__(self, key: Any) -> None:
        del self._entries[_identity(key)]

    def _watch(self, param: Variable) -> weakref.ref[Variable]:
        """A reference that takes the entry along when the parameter goes."""
        key, owner = id(param), weakref.ref(self)  # weak, or this would be a reference cycle

        def forget(_: Any) -> None:
            entries = owner()
            if entries is not None:
                entries._entries.pop(key, None)

        return weakref.ref(param, forget)


def _identity(key: Any) -> Any:
    return id(key) if isinstance(key, Variable) else key
