"""gradcheck.check and gradcheck.assert_gradients: one function, one point, one finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from gradcheck.cases.calls import build_case
from gradcheck.errors import GradientError
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Result

Device = Literal["cpu", "gpu"]


def check(
    f: Callable[..., Any], *inputs: Any, order: int = 1, seed: int = 0, device: Device | None = None
) -> Result:
    """Compare the derivatives of `f` at `inputs` with the truth. A wrong gradient never raises.

    `f` is called many times, and what it holds (attributes, closures, globals of your modules, the state of
    random numbers) is put back afterwards: let nothing else use that meanwhile. The process has one FLINT,
    so one check at a time runs in it: from several threads each waits for its turn, a check inside `f` runs
    at once (in f's own thread), and processes are what makes many checks faster.

    Args:
        f: takes one dezero Variable for each input and returns a Variable (or several); a Function
            subclass stands for a call of a new instance. The parameters of a Layer are further inputs, at
            their present values (not of a recurrent one, whose values depend on its last call).
        inputs: arrays, numbers or Variables of any float dtype; integer and boolean ones are passed
            along and not differentiated. None is modified.
        order: orders 1 to `order` are checked.
        seed: of the random cotangents and directions.
        device: "cpu" or "gpu", where `f` is called with floats; by default where the arrays lie. What `f`
            holds (a layer's parameters) must lie there too.

    Raises:
        InputError: the call makes no sense (no inputs, order below 1, NaN or complex numbers among
            the inputs, arrays on both sides, a device that is not there, an `f` that fails or returns no
            Variable); the message says what to do.

    >>> import numpy as np
    >>> import dezero.functions as F
    >>> result = check(F.tanh, np.array([0.5, 18.0]), order=3)
    >>> result.verdict, result.formula, result.digits > 15
    ('pass', 'proven', True)
    """
    return examine(build_case(f, inputs, order, seed, device))


def assert_gradients(
    f: Callable[..., Any], *inputs: Any, order: int = 1, seed: int = 0, device: Device | None = None
) -> None:
    """Raise unless `check(f, *inputs, order=order, seed=seed, device=device)` passes.

    Raises:
        GradientError: an AssertionError whose message is the whole finding.
        InputError: as `check`.

    >>> import numpy as np
    >>> import dezero.functions as F
    >>> assert_gradients(F.exp, np.array([1.0, 2.0]), order=2)
    """
    __tracebackhide__ = True
    result = check(f, *inputs, order=order, seed=seed, device=device)
    if not result:
        raise GradientError(str(result))
