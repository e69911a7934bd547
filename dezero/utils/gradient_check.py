"""The book's gradient check: backward against central differences, yes or no.

`gradcheck.check` measures far more finely and explains what it finds; this is the quick form.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from dezero import cuda
from dezero.arguments import function, number
from dezero.core import Variable, as_input
from dezero.refusal import described, naming
from dezero.utils.arrays import array_allclose
from dezero.utils.graph import functions_behind

__all__ = ["gradient_check", "numerical_grad"]

STEP = 1e-4  # truncation error ~ STEP**2, rounding error ~ 1e-16 / STEP
NOISE = 2e-11  # ten times the rounding of a number around 1, divided by STEP
Slots = dict[Any, Any]  # the arguments of a call: positions and keywords


def numerical_grad(f: Callable[..., Any], x: Any, *args: Any, **kwargs: Any) -> Any:
    """The gradient of the sum of f(x, *args, **kwargs) with respect to x, by central differences.

    Args:
        f: takes what is given here and returns a Variable or an array of any shape.
        x: an array, a number or a Variable; f gets the same kind, in float64. It is not modified.
        args, kwargs: passed along.

    Returns:
        A float64 array of the shape of x, on its device.

    >>> numerical_grad(lambda x: x**2, np.array([1.0, 3.0])).round(6)
    array([2., 6.])
    """
    function(f, "numerical_grad: f")
    with naming("numerical_grad", x=x):
        slots: Slots = {0: _in_float64(x), **dict(enumerate(args, 1)), **kwargs}
    return _difference_quotients(f, slots, 0, None)


def gradient_check(
    f: Callable[..., Any], x: Any, *args: Any, rtol: float = 1e-4, atol: float = 1e-5, **kwargs: Any
) -> bool:
    """Whether backward of f agrees with central differences, for every float input.

    The cotangent is random and signed, so that errors of different elements do not cancel.
    Everything is computed in float64 on copies: neither arguments nor gradients are changed. On
    disagreement a report is printed.

    Args:
        f: takes Variables and returns one, of any shape.
        x: an array, a number or a Variable.
        args, kwargs: more inputs. Variables and float arrays among them are checked like x;
            anything else is passed along as it is. (What must stay constant, close over.)
        rtol, atol: relative and absolute tolerance, as for `array_allclose`. Of gradients that are all
            smaller than 1, atol counts as a fraction of the largest: a wrong one does not hide below it.

    Raises:
        TypeError: f does not return one Variable.

    >>> from dezero import Variable
    >>> gradient_check(lambda x, y: x * y + x, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    True
    """
    function(f, "gradient_check: f")
    rtol = number(rtol, "gradient_check: rtol", low=0.0)
    atol = number(atol, "gradient_check: atol", low=0.0)
    with naming("gradient_check", x=x):
        slots: Slots = {0: _in_float64(x), **dict(enumerate(args, 1)), **kwargs}
    checked = [key for key, value in slots.items() if _is_float(value)]
    slots |= {key: Variable(_in_float64(_array(slots[key]))) for key in checked}
    y = _call(f, slots)
    if not isinstance(y, Variable):
        raise TypeError(f"gradient_check: f must return one Variable, got {type(y)}")
    cotangent = _signed_random(y.shape)
    _backward(y, cotangent, [slots[key] for key in checked])
    agreements = []
    for key in checked:
        expected = _difference_quotients(f, slots, key, cotangent)
        least = max(min(_largest(expected), 1) * atol, NOISE * max(_largest(y) * y.size, 1))
        agreements.append(_agrees(key, slots[key].grad, expected, rtol, least))
    return all(agreements)


def _array(x: Any) -> Any:
    return x.data if isinstance(x, Variable) else x


def _largest(x: Any) -> float:
    """The largest magnitude, but for NaN."""
    sizes = np.abs(cuda.as_numpy(x))
    return float(sizes[~np.isnan(sizes)].max(initial=0))


def _is_float(x: Any) -> bool:
    x = _array(x)
    return cuda.is_array(x) and x.dtype.kind == "f"


def _in_float64(x: Any) -> Any:
    """A copy of a Variable, array or number, of the same kind."""
    if isinstance(x, Variable):
        return Variable(_in_float64(as_input(x).data))
    if not isinstance(x, (Number, np.generic)) and (not cuda.is_array(x) or x.dtype.kind not in "biuf"):
        raise TypeError(f"an input must be a Variable, an array or a number, and real, got {described(x)}")
    return cuda.get_array_module(x).array(x, dtype=np.float64)


def _call(f: Callable[..., Any], slots: Slots) -> Any:
    positional = [slots[key] for key in slots if isinstance(key, int)]
    return f(*positional, **{key: slots[key] for key in slots if isinstance(key, str)})


def _signed_random(shape: tuple[int, ...]) -> np.ndarray:
    """Magnitudes from 0.5 to 1.5 and random signs, always the same for a shape."""
    rng = np.random.default_rng(0)
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def _backward(y: Variable, cotangent: np.ndarray, inputs: list[Variable]) -> None:
    """Backpropagate from y to `inputs`; other leaves, which f holds, keep their gradients."""
    ours = {id(x) for x in inputs}
    behind = (x for function in functions_behind(y) for x in function.inputs)
    before = [(x, x.grad) for x in behind if x.creator is None and id(x) not in ours]
    y.grad = Variable(cuda.get_array_module(y).asarray(cotangent, dtype=y.dtype))
    y.backward()
    for x, grad in before:
        x.grad = grad


def _difference_quotients(
    f: Callable[..., Any], slots: Slots, key: int | str, cotangent: np.ndarray | None
) -> Any:
    """The gradient of <cotangent, f> (of sum(f) for None) with respect to one float64 input."""
    x = slots[key]
    xp, origin = cuda.get_array_module(x), cuda.as_numpy(x)

    def shifted(index: tuple[int, ...], step: float) -> np.ndarray:
        moved = origin.copy()
        moved[index] += step
        array = xp.asarray(moved)
        y = _call(f, slots | {key: Variable(array) if isinstance(x, Variable) else array})
        return cuda.as_numpy(y)

    grad = np.empty_like(origin)
    for index in np.ndindex(origin.shape):
        difference = shifted(index, STEP) - shifted(index, -STEP)
        weighted = difference if cotangent is None else cotangent * difference
        grad[index] = weighted.sum() / (2 * STEP)
    return xp.asarray(grad)


def _agrees(key: int | str, found: Variable | None, expected: Any, rtol: float, atol: float) -> bool:
    """Whether a gradient is right; a missing one stands for zeros. Prints a report if not."""
    truth = cuda.as_numpy(expected)
    grad = np.zeros_like(truth) if found is None else cuda.as_numpy(found)
    if grad.shape == truth.shape and array_allclose(grad, truth, rtol=rtol, atol=atol):
        return True
    print(f"gradient_check: backward disagrees with central differences for input {key!r}")
    for name, array in (("numerical", truth), ("backward", grad)):
        values = np.array2string(array.ravel()[:10], precision=6, separator=", ")
        print(f"  {name:<9} shape {array.shape}, values {values}")
    return False
