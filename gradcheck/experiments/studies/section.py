"""One element of an op's input moves, the rest stays: the op as a function of one number.

    g(x) = <u, f(.., x, ..)>

Its derivatives come from backward, from forward alone (numerically), and certified from jets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb

from gradcheck.cases import laboratory
from gradcheck.cases.case import Case
from gradcheck.experiments.studies.accuracy import error_ulp
from gradcheck.experiments.studies.digits import shortened
from gradcheck.measuring import probes
from gradcheck.oracles import jet
from gradcheck.oracles.differences.univariate import derivative
from gradcheck.oracles.numbers.working import working
from gradcheck.specs import Spec
from gradcheck.subjects.dezero import DezeroSubject

POINTS = 41
NUMERIC_POINTS = 12
BITS = 192  # leaves more than 100 bits where a result is 10^-20 of its terms


@dataclass(frozen=True)
class Section:
    """A case seen along one element of one input.

    Attributes:
        case: the op and the point from which the element moves.
        i, j: which input, and which element of it.
        cotangent: u, one array for each output.
    """

    case: Case
    i: int
    j: int
    cotangent: list[np.ndarray]

    @property
    def subject(self) -> DezeroSubject:
        return DezeroSubject(self.case.f, self.case.active)

    @property
    def start(self) -> float:
        """The element's value in the case."""
        return float(self.case.inputs[self.i].flat[self.j])

    @property
    def domain(self) -> tuple[float, float]:
        """The open interval in which the op is defined."""
        return self.case.domains[self.i] if self.case.domains else (-math.inf, math.inf)

    @property
    def moving(self) -> str:
        """The element that moves, such as x[0, 1]."""
        x = self.case.inputs[self.i]
        return _named(self.case.names[self.i], np.unravel_index(self.j, x.shape))

    @property
    def output(self) -> str:
        """The element of the result that a cotangent of one 1 and zeros picks, such as y[0, 1]."""
        n = next(n for n, u in enumerate(self.cotangent) if u.any())
        name = "y" if len(self.cotangent) == 1 else f"outputs[{n}]"
        return _named(name, np.argwhere(self.cotangent[n])[0])

    @property
    def label(self) -> str:
        """Which element is seen as a function of which; the cotangent is 1 there."""
        return f"{self.output} as a function of {self.moving}"

    def inputs(self, x: Any) -> list[np.ndarray]:
        """The case's inputs with the element at x; all complex where x is."""
        kind = np.result_type(self.case.inputs[self.i].dtype, np.asarray(x).dtype)
        moved = [
            v.astype(kind) if on and kind.kind == "c" else v.copy()
            for v, on in zip(self.case.inputs, self.case.active, strict=True)
        ]
        moved[self.i].reshape(-1)[self.j] = x
        return moved

    def values(self, points: np.ndarray) -> np.ndarray:
        """g at each of the points, real or complex."""
        return np.array([self.value(x) for x in points])

    def value(self, x: Any) -> Any:
        """g(x), real or complex. Stencils of several orders meet at the same points: each is asked once."""
        number = np.asarray(x)
        place = number.dtype.char, number.tobytes()
        if place not in self._known:
            outputs = self.subject.values(self.inputs(x))
            self._known[place] = sum(np.vdot(u, y) for u, y in zip(self.cotangent, outputs, strict=True))
        return self._known[place]

    @cached_property
    def _known(self) -> dict[tuple[str, bytes], Any]:
        """g wherever it was asked."""
        return {}

    def backward(self, x: float, order: int) -> list[float]:
        """g', g'', ... at x as backward gives them; 0 where there is no gradient."""
        if order == 0:
            return []
        inputs = self.inputs(x)
        along = probes.unit(inputs, self.i, self.j)
        found = self.subject.gradients(inputs, [u.copy() for u in self.cotangent], along, order)
        return [0.0 if gs[self.i] is None else float(gs[self.i].flat[self.j]) for gs in found]

    def matters(self) -> bool:
        """Whether g changes at all with x, where the case is."""
        return not self.exactly(self.start, 1)[1].is_zero()

    def exactly(self, x: float, order: int, bits: int = BITS) -> list[arb]:
        """g, g', ... to that order at x, as certified balls; not numbers where a kink is met."""
        inputs = self.inputs(x)
        unit = probes.unit(inputs, self.i, self.j)
        path = [unit] + [[np.zeros_like(d) for d in unit]] * (order - 1)
        outputs, state = jet.evaluate(self.subject.values, inputs, self.case.active, path, bits=bits)
        if state.ties:
            return [arb.nan()] * (order + 1)
        with working(bits, order + 1):
            coefficients = jet.contract(outputs, self.cotangent, order + 1)
            return [c * math.factorial(k) for k, c in enumerate(coefficients)]


def plain_section(spec: Spec) -> tuple[Section, str]:
    """The first output element that an input element matters to, along it, and which these are.

    Elementwise ops are seen on numbers (arrays of shape ()), others on the inputs of their first case.
    """
    case = laboratory.build(laboratory.first(spec))
    if spec.elementwise:
        case = replace(case, inputs=[np.array(x.flat[0]) for x in case.inputs])
    return section_of(case)


def section_of(case: Case, matters: Callable[[Section], bool] = Section.matters) -> tuple[Section, str]:
    """The first output element that an input element of a case matters to, along it, and which these are."""
    section = next(filter(matters, sections_of(case)), None) or next(sections_of(case))
    return section, section.label


def sections_of(case: Case) -> Iterator[Section]:
    """Along each element of the first differentiated input, for each element of the outputs."""
    outputs = DezeroSubject(case.f, case.active).values(list(case.inputs))
    units = [u for _, _, u in probes.units(outputs, [True] * len(outputs))]
    i = list(case.active).index(True)
    return (Section(case, i, j, u) for j in range(case.inputs[i].size) for u in units)


def _named(name: str, index: Sequence[Any]) -> str:
    return f"{name}[{', '.join(str(int(n)) for n in index)}]" if len(index) else name


def section_rows(spec: Spec, order: int) -> list[dict[str, Any]]:
    """The fields of a "section" row for the value and each derivative that does not vanish."""
    section, label = plain_section(spec)
    highest = min(order, spec.vanishes - 1) if spec.vanishes else order
    return rows_along(section, label, interval(spec, section.i), highest)


def rows_along(
    section: Section, label: str, ends: tuple[float, float], highest: int, *, certified: bool = True
) -> list[dict[str, Any]]:
    """The fields of a "section" row for the value and each derivative up to the highest.

    Args:
        label: what moves, in words.
        ends: between which the element moves.
        certified: False where jets do not apply: no error is known.
    """
    x = np.linspace(*ends, POINTS)
    nothing = [arb.nan()] * (highest + 2)
    truth = [section.exactly(v, highest + 1) if certified else nothing for v in x]
    with np.errstate(all="ignore"):  # a pole may lie on the way
        got = [[float(section.value(v)), *section.backward(v, highest)] for v in x]
    return [
        {
            "op": section.case.op,
            "order": k,
            "input": label,
            "x": x,
            "analytic": [values[k] for values in got],
            "error_ulp": shortened(
                _error(g[k], t[k], t[k + 1], v) for g, t, v in zip(got, truth, x, strict=True)
            ),
            "numeric": _numeric(section, x, k),
        }
        for k in range(highest + 1)
    ]


def _error(got: float, truth: arb, next_order: arb, x: Any) -> float:
    """NaN where the truth is a zero that is not known exactly: it has no last place."""
    if truth.contains(0) and not truth.is_zero():
        return math.nan
    return error_ulp(got, truth, next_order, x)


def interval(spec: Spec, i: int) -> tuple[float, float]:
    """The interval that the argument is drawn from, widened by half where its domain is open-ended.

    >>> from gradcheck.specs import specs
    >>> interval(specs()["tanh"], 0), interval(specs()["log"], 0)
    ((-4.0, 4.0), (0.25, 5.875))
    """
    arg = spec.args[i]
    (low, high), (lower, upper) = arg.interval, arg.domain
    room = (high - low) / 2
    return low - room * (lower == -math.inf), high + room * (upper == math.inf)


def _numeric(section: Section, x: np.ndarray, order: int) -> dict[str, list[float]]:
    """Derivatives of forward by finite differences at a few of the points; nothing for order 0."""
    if order == 0:
        return {"x": [], "value": [], "bound": []}
    lower, upper = section.domain
    points = x[:: max(1, len(x) // NUMERIC_POINTS)].tolist()
    found = [derivative(section.values, v, order, lower=lower, upper=upper) for v in points]
    return {
        "x": points,
        "value": [d.value for d in found],
        "bound": shortened(d.bound for d in found),
    }
