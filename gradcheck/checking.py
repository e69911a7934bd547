"""gradcheck.check and gradcheck.assert_gradients: one function, one point, one finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gradcheck.cases.calls import build_case
from gradcheck.cases.case import MOST_DRAWN, Case
from gradcheck.errors import GradientError, InputError
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Result

if TYPE_CHECKING:
    from gradcheck.records.rows import Row

Device = Literal["cpu", "gpu"]


def check(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    seed: int = 0,
    device: Device | None = None,
    time_limit: float | None = None,
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
        time_limit: seconds, after which an examination without a result is a fail that says so, whatever `f`
            does, in C code too. It takes place in a copy of this process (a fork) that is ended then with
            all that it started; what `f` notes, draws or prints into memory stays there. None: no limit, in
            this process.

    Large inputs, of some 10^5 elements and more, are compared along random lines and at chosen elements: a
    note says so.

    Raises:
        InputError: the call makes no sense (no inputs, order below 1, NaN or complex numbers among
            the inputs, arrays on both sides, a device that is not there, an `f` that fails or returns no
            Variable, a time limit that is no positive number, or one on a device or a system that cannot
            fork); the message says what to do.

    >>> import numpy as np
    >>> import dezero.functions as F
    >>> result = check(F.tanh, np.array([0.5, 18.0]), order=3)
    >>> result.verdict, result.formula, result.digits > 15
    ('pass', 'proven', True)
    """
    case = build_case(f, inputs, order, seed, device)
    return replace(examined(case, time_limit), curves=_curves_of(case, time_limit))


def _curves_of(case: Case, time_limit: float | None) -> Callable[[], list[Row]]:
    """What measures the curves of a case, when they are to be drawn. It keeps no large arrays alive."""
    if case.input_elements > MOST_DRAWN:
        return partial(_undrawn, f"the inputs have {case.input_elements} elements, more than {MOST_DRAWN}")
    return partial(_curves, case, time_limit)


def _curves(case: Case, time_limit: float | None) -> list[Row]:
    """The curves, within the time limit of the check where it had one: in a copy of this process, too."""
    from gradcheck.experiments.studies import own_op  # most results are not drawn

    if time_limit is None:
        return own_op.curves(case)
    from gradcheck.running import forked

    try:
        return forked.within(float(time_limit), lambda: own_op.curves(case))
    except (TimeoutError, EOFError) as error:
        return _undrawn(f"{error}")


def _undrawn(why: str) -> list[Row]:
    from gradcheck.experiments.studies import own_op

    return [own_op.undrawn(why)]


def examined(case: Case, time_limit: float | None = None, how: Callable[[Case], Result] = examine) -> Result:
    """What comes of a case, within a time limit where there is one, as `check` has it.

    Args:
        how: examines it.

    Raises:
        InputError: the time limit makes no sense, or not here.
    """
    return how(case) if time_limit is None else _within(time_limit, case, how)


def _within(seconds: float, case: Case, how: Callable[[Case], Result]) -> Result:
    """The result of an examination apart; a fail where there is none in time."""
    from gradcheck.running import forked  # most checks have no limit, and need no processes

    positive = isinstance(seconds, (int, float, np.integer, np.floating)) and not isinstance(seconds, bool)
    if not positive or not 0 < seconds < inf:
        raise InputError(f"check: time_limit must be a positive number of seconds, or None, got {seconds!r}")
    instead = "run `gradcheck check --time-limit` on a file with f, or leave time_limit out"
    if case.device != "cpu":
        raise InputError(
            f"check: time_limit needs a copy of the process, which cannot use the GPU: {instead}"
        )
    if not forked.can_fork():
        raise InputError(f"check: time_limit needs a system that can fork: {instead}")
    try:
        return forked.within(float(seconds), lambda: how(case))
    except (TimeoutError, EOFError) as error:
        return Result("fail", f"{error}", title=case.title, reproduce=case.reproduce)


def assert_gradients(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    seed: int = 0,
    device: Device | None = None,
    time_limit: float | None = None,
) -> None:
    """Raise unless `check` of the same arguments passes.

    Raises:
        GradientError: an AssertionError whose message is the whole finding.
        InputError: as `check`.

    >>> import numpy as np
    >>> import dezero.functions as F
    >>> assert_gradients(F.exp, np.array([1.0, 2.0]), order=2)
    """
    __tracebackhide__ = True
    result = check(f, *inputs, order=order, seed=seed, device=device, time_limit=time_limit)
    if not result:
        raise GradientError(str(result))
