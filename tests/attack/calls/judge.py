"""One call, made and judged: its value, its gradient and the gradient of that, and what it leaves alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero import Parameter, Variable
from tests.attack.calls.compare import Rule, differs
from tests.attack.calls.draws import NAMES, Call, Draw
from tests.attack.calls.messages import names_both
from tests.attack.calls.programs import NAMESPACE, written
from tests.attack.jets import Array, Jet, parameters, total

REFUSALS = (ValueError, TypeError, IndexError)


class RefusedError(Exception):
    """dezero refuses the call, and says so as it should."""


class WrongError(Exception):
    """The call breaks the rule: its text is the fault."""


def judge(call: Call, draw: Draw, order: int, counts: Counter[str]) -> str | None:
    """The fault that the call has, or None; `counts` says what was done.

    Args:
        order: 0, the value alone; 1, the gradient too; 2, and the gradient of that.
    """
    try:
        _Trial(call, draw, order, counts).run()
    except RefusedError:
        counts["calls refused"] += 1
    except WrongError as wrong:
        return f"calls: {call.name}: {wrong}\n{written(call)}"
    return None


def same(a: Array, b: Array) -> bool:
    """Whether two arrays have the same bits (long doubles: the same values, as some bits mean nothing)."""
    if a.dtype.char in "gG":
        return np.array_equal(a, b, equal_nan=True)
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _largest(x: Array) -> Any:
    return x[np.isfinite(x)].max(initial=0)


class _Trial:
    """The judgement of one call."""

    def __init__(self, call: Call, draw: Draw, order: int, counts: Counter[str]) -> None:
        self.call, self.draw, self.counts = call, draw, counts
        self.order = 0 if call.leaf or call.inputs[0].dtype.kind not in "fc" else order
        self.alarms: list[str] = []
        self.quiet = True  # all that was compared is finite
        self.before = [x.copy() for x in call.inputs]
        made = Parameter if "given(" in call.source else Variable
        self.operands = [x if k in call.fixed else made(x) for k, x in enumerate(call.inputs)]
        self.rule = Rule(call.inputs)
        self.rule.stretch *= call.stretch
        self.free = False  # NaN is as good as a 0 of the reference

    def run(self) -> None:
        call, counts = self.call, self.counts
        variables = [k for k in range(len(call.inputs)) if k not in call.fixed]
        if not variables:
            self.order = 0
        widest = np.clongdouble if self.rule.kind == "c" else np.longdouble
        wide = [np.asarray(x, widest) for x in call.inputs]
        directions = None
        if self.order == 2:
            directions = [self.draw.like(x.shape, x.dtype) for x in call.inputs]
            for k in call.fixed:
                directions[k] *= 0
        reference = self._reference(wide, directions)
        y = self._made(reference)
        assert reference is not None
        self._value(y, reference, wide)
        if self.draw.chance(0.2):
            self._again(y)
        if self.order and y.size:
            counts["gradients"] += 1
            self._gradients(y, reference, directions)

    def _reference(self, wide: list[Array], directions: Any) -> Jet | None:
        with np.errstate(all="ignore"):
            try:
                result: Jet = self.call.reference(*parameters(wide, self.order, directions))
                return result
            except (ValueError, IndexError, TypeError, ZeroDivisionError):
                return None  # nothing that NumPy could compute: dezero must refuse it

    def _made(self, reference: Jet | None) -> Variable:
        """The result of the call; raises RefusedError where dezero rightly refuses."""
        try:
            y = self._watched(self._evaluate)
        except REFUSALS as error:
            if not names_both(str(error), self.call.name):
                raise WrongError(f"{type(error).__name__} names not both\n{error}") from None
            if reference is not None and all(x.size for x in self.call.inputs) and self.rule.kind == "f":
                raise WrongError(f"refused\n{type(error).__name__}: {error}") from None
            raise RefusedError from None
        except Exception as error:
            raise WrongError(f"raised {type(error).__name__}\n{type(error).__name__}: {error}") from None
        if reference is None:
            raise WrongError(f"not refused\ngot {y!r}")
        if not isinstance(y, Variable):
            raise WrongError(f"gave no Variable\ngot {type(y)}")
        return y

    def _evaluate(self) -> Any:
        names = dict(zip(NAMES, self.operands, strict=False))
        return eval(self.call.source, NAMESPACE, names)

    def _watched(self, do: Callable[[], Any]) -> Any:
        """What it gives, with the alarms of floating-point arithmetic noted."""
        self.alarms = []
        with np.errstate(over="call", divide="call", invalid="call", under="ignore", call=self._alarm):
            return do()

    def _alarm(self, what: str, flag: int) -> None:
        self.alarms.append(what)

    def _value(self, y: Variable, reference: Jet, wide: list[Array]) -> None:
        call = self.call
        if y.shape != reference.shape:
            raise WrongError(f"shape\n{y.shape} should be {reference.shape}")
        if self.rule.kind in "fc" and not call.leaf and y.dtype != self.rule.dtype:
            raise WrongError(f"dtype\n{y.dtype} should be {self.rule.dtype}")
        if y.dtype == bool or (y.dtype.kind == "u" and (reference.v < 0).any()):
            return
        with np.errstate(all="ignore"):
            size = abs(reference.v) if call.size is None else np.asarray(call.size(*wide))
            if (call.whole == 0 or self.rule.kind == "c") and size.size:
                size = size + _largest(size) + 1
            self.free = not call.masks and bool(np.isnan(reference.v).any())
        self._compare("value", y.data, reference.v, size)
        self._silent("value")
        self._unchanged()
        if (
            not call.views
            and y is not self.operands[0]
            and any(np.may_share_memory(y.data, x) for x in call.inputs)
        ):
            raise WrongError("the result lies in the memory of an operand")

    def _compare(
        self, what: str, got: Any, wanted: Array, size: Array, wild: bool = False, reach: Array | None = None
    ) -> None:
        how = differs(got, wanted, size, self.rule, reach, self.free or (wild and not self.call.masks))
        if how:
            raise WrongError(f"{what}{' at special values' if self.rule.special or wild else ''}\n{how}")
        self.quiet = self.quiet and not wild and self.rule.quiet(wanted, size if reach is None else reach)

    def _silent(self, what: str) -> None:
        """An alarm is right only where something is not finite."""
        if self.alarms and self.quiet:
            raise WrongError(f"{what}: alarm: {self.alarms[0]}\nthough operands and results are finite")

    def _unchanged(self) -> None:
        if not all(same(x, before) for x, before in zip(self.call.inputs, self.before, strict=True)):
            raise WrongError("an operand was modified")

    def _again(self, y: Variable) -> None:
        self.counts["repetitions"] += 1
        again = self._watched(self._evaluate)
        if not same(again.data, y.data):
            raise WrongError(f"another result at the second time\n{y!r}, then {again!r}")

    def _gradients(self, y: Variable, reference: Jet, directions: Any) -> None:
        call, variables = self.call, [x for x in self.operands if isinstance(x, Variable)]
        plain = call.tame or self.rule.special or self.rule.kind != "f" or self.order == 2
        wild = not plain and self.draw.chance(0.15)
        gy = self.draw.wild(y.shape, y.dtype) if wild else self.draw.like(y.shape, y.dtype)
        call.notes.add(f"gy = np.array({gy.tolist()}, '{gy.dtype}').reshape({gy.shape})")
        y.grad = Variable(gy.copy())
        root = y.grad
        try:
            self._watched(lambda: y.backward(create_graph=self.order == 2))
        except Exception as error:
            raise WrongError(f"backward raised {type(error).__name__}\n{error}") from None
        gxs = [x.grad for x in variables]
        with np.errstate(all="ignore"):
            wide = np.asarray(gy, reference.t.dtype)
            if wild:  # what is 0 in the dtype of the result is 0 times anything
                reference.by[abs(reference.by) < self.rule.floor] = 0
            rows = self._rows(total(wide, reference.by))
            sizes = self._rows(total(abs(wide), abs(reference.by)))
            reaches = self._rows(total(np.maximum(abs(wide), 1), abs(reference.by)))
        self.rule.scale = float(np.nanmax(np.where(np.isfinite(gy), abs(gy), 0), initial=1.0))
        for x, gx, wanted, size, reach in zip(variables, gxs, rows, sizes, reaches, strict=True):
            self._gradient(1, x, gx, wanted, size, wild, reach)
        self._silent("gradient")
        self._unchanged()
        if self.order == 2:
            self.counts["second gradients"] += 1
            self._second(variables, gxs, root, wide, reference, directions)

    def _rows(self, flat: Array) -> list[Array]:
        """One number for each parameter, as an array for each Variable."""
        ends = np.cumsum([x.size for x in self.call.inputs])[:-1]
        parts = np.split(flat, ends)
        return [
            part.reshape(x.shape)
            for k, (part, x) in enumerate(zip(parts, self.call.inputs, strict=True))
            if k not in self.call.fixed
        ]

    def _gradient(
        self, order: int, x: Variable, gx: Any, wanted: Array, size: Array, wild: bool, reach: Array
    ) -> None:
        what = ("value", "gradient", "second gradient")[order]
        if gx is None:
            if x.size and np.any(wanted != 0):
                raise WrongError(f"no {what}")
            return
        if gx.shape != x.shape:
            raise WrongError(f"shape of {what}\n{gx.shape} should be {x.shape}")
        if gx.dtype != x.dtype:
            raise WrongError(f"dtype of {what}\n{gx.dtype} should be {x.dtype}")
        if any(np.may_share_memory(gx.data, a) for a in self.call.inputs):
            raise WrongError(f"{what} lies in the memory of an operand")
        if (self.call.whole <= order or self.rule.kind == "c") and size.size:
            size = size + _largest(size) + self.rule.scale
        self._compare(what, gx.data, wanted, size, wild, reach)

    def _second(
        self, variables: Sequence[Variable], gxs: Sequence[Any], gy: Variable, weights: Array,
        reference: Jet, directions: Sequence[Array],
    ) -> None:  # fmt: skip
        """The gradient of the sum of gxs times directions, by the operands and by gy."""
        for x in variables:
            x.cleargrad()
        gy.cleargrad()
        moving = [d for k, d in enumerate(directions) if k not in self.call.fixed]

        def back() -> None:
            for gx, direction in zip(gxs, moving, strict=True):
                if gx is not None:
                    gx.grad = Variable(direction.copy())
                    gx.backward()

        try:
            self._watched(back)
        except Exception as error:
            raise WrongError(f"second backward raised {type(error).__name__}\n{error}") from None
        with np.errstate(all="ignore"):
            rows = self._rows(total(weights, reference.by_twice))
            sizes = self._rows(total(abs(weights), abs(reference.by_twice)))
            largest = float(max((abs(d).max(initial=0) for d in directions), default=1))
            weights = np.maximum(abs(weights), 1)
            reaches = [16 * reach for reach in self._rows(total(weights, abs(reference.by_twice)))]
        if not self.quiet:  # what overflowed in between can be anywhere in the second gradient
            reaches = [np.full_like(reach, self.rule.largest) for reach in reaches]
        self.rule.scale *= max(largest, 1)
        for x, wanted, size, reach in zip(variables, rows, sizes, reaches, strict=True):
            self._gradient(2, x, x.grad, wanted, size, False, reach)
        self._silent("second gradient")
