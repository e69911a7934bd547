"""How numerical differentiation errs: truncation against cancellation, and what a fixed step costs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import takewhile
from typing import Any

import numpy as np
from flint import arb

import dezero
import dezero.functions as F
from dezero import Variable
from gradcheck import laboratory
from gradcheck.laboratory import Key
from gradcheck.oracles.curves import Curve, curve
from gradcheck.oracles.finite_difference import derivative
from gradcheck.report.figures import power_of_ten, significant
from gradcheck.specs import Spec, specs
from gradcheck.studies.parts import Axis, Figure, Line, Study, Table
from gradcheck.studies.section import random_section, shortened

FIXED = 1e-4  # the step of many a numerical gradient
_FIXED = power_of_ten(-4)
EPS = float(np.finfo(np.float64).eps)
DTYPES = (np.float16, np.float32, np.float64, np.longdouble)
SIDE = 1000  # the million parameters are a square matrix
SAMPLES = 50  # how many of them are really moved
REPEATS = 9


def study() -> Study:
    """One example digit by digit, four dtypes, every function, and a million parameters."""
    costs = fixed_step_costs()
    bent = [cost for cost in costs if not cost.linear]
    median, worst = float(np.median([cost.fixed for cost in bent])), costs[0]
    million, ratio = one_million()
    errors = [significant(error, 1) for error in (median, worst.fixed, worst.backward)]
    lead = (
        "A difference quotient has two enemies. A large step cuts off the Taylor series (truncation), a "
        "small one subtracts nearly equal numbers (cancellation), and the best step lies where both hurt "
        f"alike. The fixed step {_FIXED} leaves a relative error of {errors[0]} in the median of the "
        f"{len(bent)} functions here that are not linear, and {errors[1]} in the worst ({worst.op}), where "
        f"backward has {errors[2]}. And for a million parameters central differences take some "
        f"{_rough(ratio)} times as long as one backward pass."
    )
    return Study(
        "Numerical differentiation and its error",
        lead,
        [digit_by_digit(), *optimal_steps(), *_cost_parts(costs), million],
    )


# Digit by digit -------------------------------------------------------------------------------------


def digit_by_digit() -> Table:
    """Central differences of exp at 1 for steps 0.1, 0.01, ..."""
    with np.errstate(all="ignore"):
        cells = [_digits_of(10.0**-k) for k in range(1, 16)]
    return Table(
        "Truncation against cancellation, digit by digit",
        "The derivative of exp at 1 is e = 2.718281828459045. Read the table from top to bottom. At first "
        "each smaller step gives two more correct digits: the truncation h²/6 shrinks. But the two values "
        "share more and more leading digits, which the subtraction cancels, and what is left of their 16 "
        "digits are the wrong ones: from h = 10⁻⁵ on each step costs a digit. The bar | stands where the "
        "digits stop being right.",
        "Central differences of exp at x = 1 in float64",
        [
            "h",
            "exp(1 + h)",
            "exp(1 - h)",
            "digits that cancel",
            "difference quotient",
            "error",
            "truncation, predicted",
            "rounding, predicted",
        ],
        cells,
    )


def _digits_of(h: float) -> list[str | float | None]:
    above, below = float(np.exp(1 + h)), float(np.exp(1 - h))
    quotient = (above - below) / (2 * h)
    cancelled = math.log10(above / (above - below)) if above > below else math.inf
    return [
        power_of_ten(round(math.log10(h))),
        f"{above:.16f}",
        f"{below:.16f}",
        round(cancelled, 1),
        marked(f"{quotient:.15f}", f"{math.e:.15f}"),
        abs(quotient - math.e),
        h**2 / 6 * math.e,
        EPS / 2 * math.e / h,
    ]


def marked(got: str, truth: str) -> str:
    """`got` with a bar before its first wrong digit.

    >>> marked("2.7183", "2.7182"), marked("2.7182", "2.7182")
    ('2.718|3', '2.7182')
    """
    shared = sum(takewhile(bool, (a == b for a, b in zip(got, truth, strict=False))))
    return got if shared == len(got) else f"{got[:shared]}|{got[shared:]}"


# Optimal steps --------------------------------------------------------------------------------------


def optimal_steps() -> list[Figure | Table]:
    """The error of central differences of exp at 1 against the step, in each dtype."""
    found = {dtype.__name__: _curve_in(dtype) for dtype in DTYPES}
    figure = Figure(
        "The best step in each precision",
        "Setting the derivative of h²/6·|f‴| + ε/2·|f|/h to zero gives the best step of a central "
        "difference, h = (3/2·ε·|f/f‴|)^(1/3): the third root of the precision. Shorter floats want far "
        "larger steps.",
        "Relative error of central differences of exp at 1: one V for each dtype, its bottom further right "
        "and higher the fewer bits there are.",
        Axis("step h", log=True),
        Axis("relative error", log=True),
        [Line(name, c.step, shortened(c.error)) for name, c in found.items()],
    )
    table = Table(
        "",
        f"A step of {_FIXED} is nearly right for none of them.",
        "Best steps of a central difference of exp at 1, predicted and measured",
        ["dtype", "ε", "predicted step", "best step", "error there", f"error at h = {_FIXED}"],
        [_best(name, c) for name, c in found.items()],
    )
    return [figure, table]


def _curve_in(dtype: Any) -> Curve:
    steps = np.geomspace(0.5, 2 * float(np.finfo(dtype).eps), 40).tolist()
    return curve(np.exp, 1.0, steps=steps, truth=math.e, higher=lambda k: math.e, dtype=dtype)


def _best(name: str, found: Curve) -> list[str | float | None]:
    eps = float(np.finfo(name).eps)
    error, step = min(zip(found.error, found.step, strict=True))
    at_fixed: str | float = "1 + h is 1"
    if eps < FIXED:
        at_fixed = curve(np.exp, 1.0, steps=[FIXED], truth=math.e, dtype=np.dtype(name)).error[0]
    return [name, eps, (1.5 * eps) ** (1 / 3), step, error, at_fixed]


# A fixed step for every function --------------------------------------------------------------------


class Cost:
    """Relative errors of the first derivative of one function, three ways."""

    def __init__(self, spec: Spec) -> None:
        section = random_section(laboratory.build(Key(spec.name, 0, "float64", "cpu")))
        x, truth = section.start, section.exactly(section.start, 1)[1]
        self.op = spec.name
        self.linear = spec.vanishes == 2
        self.truth = float(truth.mid())
        lower, upper = section.domain
        with np.errstate(all="ignore"):
            near, far = section.values(np.array([x - FIXED, x + FIXED]))
        self.fixed = _relative((far - near) / ((x + FIXED) - (x - FIXED)), truth)
        found = derivative(section.values, x, lower=lower, upper=upper)
        self.chosen, self.step = _relative(found.value, truth), found.step
        self.backward = _relative(section.backward(x, 1)[0], truth)


def _relative(got: Any, truth: arb) -> float:
    """|got - truth| / |truth|; 0 where only the truth's own radius is left."""
    off = abs(arb(float(got)) - truth.mid())
    if truth.mid().is_zero():
        return math.nan
    return 0.0 if off <= truth.rad() else float((off / abs(truth.mid())).mid())


def fixed_step_costs() -> list[Cost]:
    """Every function of the table whose first derivative does not vanish, the worst first."""
    costs = [Cost(spec) for spec in specs().values() if spec.formula is not None]
    return sorted((c for c in costs if c.truth), key=lambda cost: -cost.fixed)


def _cost_parts(costs: list[Cost]) -> list[Figure | Table]:
    ranks = list(range(1, len(costs) + 1))
    ways = [
        (f"central, h = {_FIXED}", [c.fixed for c in costs]),
        ("difference, chosen step", [c.chosen for c in costs]),
        ("backward", [c.backward for c in costs]),
    ]
    figure = Figure(
        f"What a fixed step of {_FIXED} costs",
        "Each function at the first element of its first case. The step is fixed, or chosen by the error "
        "model; beside it the error of backward. Errors of zero lie below the plot.",
        "First derivatives of every function, the worst fixed step first: a chosen step gains several digits "
        "over a fixed one, backward has them all.",
        Axis("rank of the function by its error with the fixed step"),
        Axis("relative error", log=True),
        [Line(name, ranks, shortened(max(e, 1e-19) for e in errors), "marks") for name, errors in ways],
    )
    table = Table(
        "",
        "",
        f"Relative error of first derivatives: a fixed step of {_FIXED}, a chosen step, and backward",
        ["Function", "Derivative", f"h = {_FIXED}", "chosen step", "step chosen", "backward"],
        [[c.op, c.truth, c.fixed, c.chosen, c.step, c.backward] for c in costs],
    )
    return [figure, table]


# A million parameters -------------------------------------------------------------------------------


def one_million() -> tuple[Table, float]:
    """Time and error of differences and of backward for a million weights, and the ratio of times."""
    rng = np.random.default_rng(0)
    x = Variable(rng.standard_normal((8, SIDE)))
    W = rng.standard_normal((SIDE, SIDE)) / math.sqrt(SIDE)  # noqa: N806  # the usual letter of weights

    def loss(weights: Variable) -> Variable:
        return F.mean_squared_error(F.tanh(F.matmul(x, weights)), Variable(np.zeros((8, SIDE))))

    forward, _ = _timed(lambda: _without_graph(loss, W), REPEATS)
    backward, (gradient, *_) = _timed(lambda: _gradient(loss, W), REPEATS)
    moved = iter(rng.integers(0, SIDE, (SAMPLES, 2)))
    per_weight, errors = _timed(lambda: _moved(loss, W, next(moved), gradient), SAMPLES)
    ratio = per_weight * SIDE**2 / backward
    cells: list[list[str | float | None]] = [
        ["forward alone, once", forward, "measured"],
        ["forward and backward, all 1,000,000 derivatives", backward, "measured"],
        [f"central differences of {SAMPLES} weights", per_weight * SAMPLES, "measured"],
        ["central differences of all 1,000,000 weights", per_weight * SIDE**2, "extrapolated"],
    ]
    table = Table(
        "One million parameters",
        f"A layer of {SIDE} by {SIDE} weights with tanh and a mean squared error, 8 samples. Central "
        f"differences evaluate the loss twice for each weight: only {SAMPLES} weights were really moved, and "
        "the time of all of them is extrapolated from that, since each costs the same. One backward pass "
        f"gives every derivative at the price of {backward / forward:.1f} forward passes: the differences "
        f"would take {_rough(ratio)} times as long (times are medians). At the {SAMPLES} weights they differ "
        f"from backward by {significant(max(errors), 2)} at most, relative to the largest derivative.",
        "Seconds for the derivatives of a loss by a million weights",
        ["What", "Seconds", "How known"],
        cells,
    )
    return table, ratio


def _without_graph(loss: Any, W: np.ndarray) -> float:  # noqa: N803  # the usual letter of weights
    with dezero.no_grad():
        return float(loss(Variable(W)).data)


def _gradient(loss: Any, W: np.ndarray) -> np.ndarray:  # noqa: N803
    weights = Variable(W)
    loss(weights).backward()
    assert weights.grad is not None
    return weights.grad.data


def _moved(loss: Any, W: np.ndarray, index: np.ndarray, gradient: np.ndarray) -> float:  # noqa: N803
    """How far a central difference is from backward, relative to the largest derivative."""
    i, j = index
    value = W[i, j]
    W[i, j] = value + FIXED
    above = _without_graph(loss, W)
    W[i, j] = value - FIXED
    below = _without_graph(loss, W)
    W[i, j] = value
    return abs((above - below) / (2 * FIXED) - gradient[i, j]) / float(np.abs(gradient).max())


def _timed(run: Callable[[], Any], times: int) -> tuple[float, list[Any]]:
    """The median of the seconds of some runs, and what they returned."""
    seconds, results = [], []
    for _ in range(times):
        started = time.perf_counter()
        results.append(run())
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds)), results


def _rough(number: float) -> str:
    """A number to two digits, with commas.

    >>> _rough(654321.0)
    '650,000'
    """
    return f"{float(f'{number:.1e}'):,.0f}"
