"""An Operation as a custom operation of torch, JAX and autograd; backward is bridged in the same way."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.peers.operation import Operation


def to_torch(operation: Operation, notice: Callable[[str], None] = lambda what: None) -> Callable[..., Any]:
    """A function of tensors.

    Args:
        notice: called where torch's engine is about to sum a gradient to its input's shape: what is
            checked then is no longer the operation.
    """
    torch = importlib.import_module("torch")

    def computed(tensors: Any) -> Any:
        ys = operation.values([t.detach().numpy() for t in tensors])
        for y, (shape, _) in zip(ys, operation.outputs, strict=True):
            if y.shape != shape and _sums_to(y.shape, shape):
                notice("torch sums the gradient to the input's shape")
        results = tuple(torch.from_numpy(y) for y in ys)
        return results if len(results) > 1 else results[0]

    class Bridged(torch.autograd.Function):  # type: ignore[name-defined]  # torch may be absent
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            ctx.save_for_backward(*tensors)
            return computed(tensors)

        @staticmethod
        def backward(ctx: Any, *gys: Any) -> Any:
            xs = ctx.saved_tensors
            return to_torch(operation.derivative(xs), notice)(*xs, *gys)

    return lambda *xs: Bridged.apply(*xs)


def _sums_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == shape
    except ValueError:
        return False


def to_jax(operation: Operation) -> Callable[..., Any]:
    """A function of JAX arrays."""
    jax = importlib.import_module("jax")
    kinds = tuple(jax.ShapeDtypeStruct(shape, dtype) for shape, dtype in operation.outputs)

    def compute(*xs: Any) -> tuple[np.ndarray, ...]:
        return tuple(operation.values([np.asarray(x) for x in xs]))

    @jax.custom_vjp
    def bridged(*xs: Any) -> Any:
        return jax.pure_callback(compute, kinds, *xs)

    def backward(xs: Any, gys: Any) -> Any:
        return to_jax(operation.derivative(xs))(*xs, *gys)

    bridged.defvjp(lambda *xs: (bridged(*xs), xs), backward)
    return lambda *xs: tuple(bridged(*xs))


def to_autograd(operation: Operation) -> Callable[..., Any]:
    """A function of arrays and autograd's boxes; a tuple of outputs if there are several."""
    extend = importlib.import_module("autograd.extend")

    @extend.primitive
    def bridged(*xs: Any) -> Any:
        ys = operation.values([np.asarray(x) for x in xs])
        return tuple(ys) if len(ys) > 1 else ys[0]

    def backward(argnums: Any, y: Any, xs: Any, options: Any) -> Callable[[Any], Any]:
        def pull(gy: Any) -> Any:
            gys = [gy[i] for i in range(len(y))] if len(operation.outputs) > 1 else [gy]
            gradient = to_autograd(operation.derivative(xs))(*xs, *gys)
            return tuple(gradient[i] if len(xs) > 1 else gradient for i in argnums)

        return pull

    extend.defvjp_argnums(bridged, backward)
    return bridged
