"""Finite differences with a step chosen by an error model, and a bound on what is wrong.

    derivative   of a function of one variable
    estimate     of the estimand G_1 .. G_n of an op on arrays, from its own forward and backward

The bound is not a proof but a model's (see `ladder`), tested to hold over functions, points, scales
and dtypes; where the model does not apply (a kink among the samples, noise, detail) it is
infinite. What no model can see is a function that is smooth but not the one it is meant to be:
overflow that turns into a constant 0, say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, log2
from typing import Any

import numpy as np
from flint import arb

from gradcheck.oracles.differences.ladder import NoRoomError, Samples, differentiate
from gradcheck.oracles.differences.paths import Domain, Path, placed, ulps
from gradcheck.oracles.differences.stencils import coefficients
from gradcheck.oracles.differences.trust import LONG, Array, Found
from gradcheck.oracles.numbers.conversion import exact

Balls = list["Array | None"]
Element = tuple[int, int]
Values = Callable[[list[Array]], tuple[Array, Array]]  # of inputs: values and their rounding

_NO_ROOM = "the bounds leave no room for a stencil"
_UNKNOWN = arb(0, inf)
_DOUBLE, _TINY = 2.0**-53, 5e-324  # half an ULP of a float64: relative, of subnormal numbers


@dataclass(frozen=True)
class Difference:
    """A derivative by finite differences.

    Attributes:
        value: the derivative.
        bound: absolute; infinite where not `reliable`.
        step: the distance of the samples that were used.
        truncation, rounding: the parts of the bound, as the model sees them.
        evaluations: at how many points the function was sampled.
        reliable: whether the model applies.
        reason: why not, else "".
    """

    value: float
    bound: float
    step: float
    truncation: float
    rounding: float
    evaluations: int
    reliable: bool
    reason: str


def derivative(
    g: Callable[[Array], Any],
    x: float,
    order: int = 1,
    *,
    noise: float | Callable[[Array], Any] | None = None,
    lower: float = -inf,
    upper: float = inf,
    dtype: Any = np.float64,
) -> Difference:
    """The derivative of `g` at `x`, of any order from 1.

    `g` maps a 1-D array of points (of `dtype`) to an array of as many values; it is called once or
    twice, never outside [lower, upper], and on these bounds only if `x` lies there. `noise` is the
    absolute error of a value: a number, or a function of the points; without it, one unit in the
    last place of each value. Noise that shows in the samples counts in either case. Raises
    ValueError for misuse.

    >>> d = derivative(np.exp, 1.0)
    >>> abs(d.value - np.e) <= d.bound < 1e-10, d.reliable
    (True, True)
    >>> derivative(np.abs, 0.0).reliable
    False
    """
    position = _position(x, order, lower, upper, dtype)
    evaluations = 0

    def line(offsets: Array) -> Samples:
        nonlocal evaluations
        evaluations += len(offsets)
        points, misplaced = placed(position, offsets, lower, upper)
        values = np.asarray(g(points))
        if values.shape != points.shape:
            raise ValueError(
                f"derivative: g must map {points.shape} points to as many values, got shape {values.shape}"
            )
        rounding = ulps(values, position.dtype) if noise is None else _declared(noise, points)
        return Samples(values.astype(LONG)[:, np.newaxis], rounding[:, np.newaxis], misplaced)

    where = Path([position], [np.ones(1)], [(lower, upper)]).range()
    try:
        found = differentiate(line, where, order)
    except NoRoomError:
        return Difference(np.nan, inf, np.nan, np.nan, np.nan, 0, False, _NO_ROOM)
    return _difference(found, evaluations)


def estimate(
    f: Callable[[list[Array]], Any],
    inputs: Sequence[Any],
    active: Sequence[bool],
    cotangent: Any,
    direction: Sequence[Any],
    order: int,
    *,
    gradient: Callable[[list[Array], int], Sequence[Any]] | None = None,
    domains: Sequence[Domain | None] | None = None,
    elements: Sequence[Element] | None = None,
) -> list[Balls]:
    """G_1 to G_order with error bounds, as object arrays of balls (None where not active).

    `f` maps a list of arrays to one array of the cotangent's shape; it gets fresh arrays of the
    inputs' dtypes, within `domains` (one (lower, upper) an input).

    - G_1 is, element by element, the derivative of <u, f> along that element's axis.
    - G_k with `gradient`, which maps inputs and an order k to the op's own G_k (a list, None where
      not active), is the derivative of G_{k-1} along d: right if G_{k-1} is, and one line for all
      elements.
    - G_k without it comes from forward alone: the k-th derivative of <u, f> along d + s e_i is a
      polynomial of degree k in s, whose derivative at s = 0 is k times element i of G_k. A stencil
      in s gives it exactly. Its bounds are wider: rounding is amplified by 1/h^k.

    With `elements` (input number, flat index) only these are estimated in G_1 and in the last kind.
    What is not estimated, or not reliably, is a ball of infinite radius. Raises ValueError for
    misuse.

    >>> square = lambda inputs: inputs[0] ** 2
    >>> [[g]] = estimate(square, [np.array([3.0])], [True], np.array([1.0]), [None], 1)
    >>> g[0].contains(6), float(g[0].rad()) < 1e-10
    (True, True)
    """
    op = _Op(f, inputs, active, cotangent, direction, domains)
    if order < 1:
        raise ValueError(f"finite_difference.estimate: order must be at least 1, got {order}")
    chosen = op.elements() if elements is None else list(elements)
    for i, _ in chosen:
        if not op.active[i]:
            raise ValueError(f"finite_difference.estimate: input {i} is not differentiated")
    result = [op.first(chosen)]
    for k in range(2, order + 1):
        result.append(op.mixed(chosen, k) if gradient is None else op.next(gradient, k))
    return result


class _Op:
    """An op at a point, its output contracted with the cotangent."""

    def __init__(
        self,
        f: Callable[[list[Array]], Any],
        inputs: Sequence[Any],
        active: Sequence[bool],
        cotangent: Any,
        direction: Sequence[Any],
        domains: Sequence[Domain | None] | None,
    ) -> None:
        self.f = f
        self.inputs = [np.asarray(x) for x in inputs]
        self.active = [a and x.dtype.kind == "f" for a, x in zip(active, self.inputs, strict=True)]
        self.cotangent = np.asarray(cotangent).astype(LONG)
        self.direction = [
            np.broadcast_to(np.asarray(0 if d is None or not a else d, dtype=LONG), x.shape)
            for x, d, a in zip(self.inputs, direction, self.active, strict=True)
        ]
        everywhere = [None] * len(self.inputs) if domains is None else domains
        self.domains = [(-inf, inf) if domain is None else domain for domain in everywhere]
        self.coarsest = max(
            (x.dtype for x, a in zip(self.inputs, self.active, strict=True) if a),
            key=lambda dtype: float(np.finfo(dtype).eps),
            default=np.dtype(float),
        )

    def elements(self) -> list[Element]:
        return [(i, j) for i, x in enumerate(self.inputs) if self.active[i] for j in range(x.size)]

    def first(self, elements: Sequence[Element]) -> Balls:
        """G_1, one line an element."""
        axes = {element: self._axis(element) for element in elements}
        return self._filled({e: self._along(d, self._contracted, 1)[0] for e, d in axes.items()})

    def next(self, gradient: Callable[[list[Array], int], Sequence[Any]], order: int) -> Balls:
        """G_order, from the op's own G_{order-1} along d."""

        def values(inputs: list[Array]) -> tuple[Array, Array]:
            rows = gradient(inputs, order - 1)
            flat = [np.ravel(g) for g, a in zip(rows, self.active, strict=True) if a]
            rounding = [ulps(g, self.coarsest) for g in flat]
            return np.concatenate(flat).astype(LONG), np.concatenate(rounding)

        elements = self.elements()
        if self._path(self.direction).rests:
            return self._filled(dict.fromkeys(elements, arb(0)))
        return self._filled(dict(zip(elements, self._along(self.direction, values, 1), strict=True)))

    def mixed(self, elements: Sequence[Element], order: int) -> Balls:
        """G_order from forward alone, by polarization."""
        path = self._path(self.direction)
        if path.rests:
            return self._filled(dict.fromkeys(elements, arb(0)))
        scale = path.range().scales[0]
        return self._filled({e: self._polarized(e, order, scale) for e in elements})

    def _polarized(self, element: Element, order: int, scale: float) -> arb:
        """1/order of the slope, at s = 0, of the derivative of this order along d + s e."""
        reach = (order + 1) // 2  # 2 reach + 1 nodes are exact for a polynomial of this degree
        nodes = tuple(range(-reach, reach + 1))
        own = abs(float(self.inputs[element[0]].flat[element[1]])) or 1.0
        unit = 2.0 ** round(log2(own / scale))  # with it e moves the element as far, for its size
        total = arb(0)
        for s, weight in zip(nodes, coefficients(nodes, 1), strict=True):
            if weight:
                axis = self._axis(element)
                line = [d + s * unit * e for d, e in zip(self.direction, axis, strict=True)]
                [ball] = self._along(line, self._contracted, order)
                total += ball * weight.numerator / weight.denominator
        return total / (order * arb(unit))

    def _axis(self, element: Element) -> list[Array]:
        axis = [np.zeros(x.shape, dtype=LONG) for x in self.inputs]
        axis[element[0]].flat[element[1]] = 1
        return axis

    def _contracted(self, inputs: list[Array]) -> tuple[Array, Array]:
        """<u, f> and its declared rounding."""
        output = np.asarray(self.f(inputs))
        if output.shape != self.cotangent.shape:
            raise ValueError(
                f"finite_difference.estimate: cotangent has shape {self.cotangent.shape}, "
                f"f returned shape {output.shape}"
            )
        terms = self.cotangent * output
        rounding = np.abs(self.cotangent) * ulps(output, self.coarsest)
        return np.array([terms.sum()]), np.array([rounding.sum()])

    def _path(self, direction: list[Array]) -> Path:
        return Path(self.inputs, direction, self.domains)

    def _along(self, direction: list[Array], values: Values, order: int) -> list[arb]:
        """Derivatives at 0 of `values` of the inputs moved by t * direction."""
        path = self._path(direction)

        def line(offsets: Array) -> Samples:
            moved = [path.at(t) for t in offsets]
            sampled = [values(inputs) for inputs, _ in moved]
            return Samples(
                values=np.array([v for v, _ in sampled]),
                rounding=np.array([r for _, r in sampled]),
                misplaced=np.array([misplaced for _, misplaced in moved]),
            )

        try:
            return _balls(differentiate(line, path.range(), order))
        except NoRoomError:
            return [_UNKNOWN] * len(values(path.at(0)[0])[0])

    def _filled(self, balls: dict[Element, arb]) -> Balls:
        """Arrays of the inputs' shapes, unknown where there is no ball."""
        result: list[Any] = [
            np.full(x.shape, _UNKNOWN, dtype=object) if a else None
            for x, a in zip(self.inputs, self.active, strict=True)
        ]
        for (i, j), ball in balls.items():
            result[i].flat[j] = ball
        return result


def _position(x: float, order: int, lower: float, upper: float, dtype: Any) -> Array:
    position = np.array([x], dtype=dtype)
    if position.dtype.kind != "f":
        raise ValueError(f"derivative: dtype must be a float, got {position.dtype}")
    if not np.isfinite(position).all() or not lower <= x <= upper:
        raise ValueError(f"derivative: x must be finite and in [{lower}, {upper}], got {x}")
    if order < 1:
        raise ValueError(f"derivative: order must be at least 1, got {order}")
    return position


def _declared(noise: float | Callable[[Array], Any], points: Array) -> Array:
    errors = noise(points) if callable(noise) else noise
    return np.broadcast_to(np.asarray(errors, dtype=LONG), points.shape)


def _balls(found: Found) -> list[arb]:
    return [
        arb(exact(value), float(bound)) if np.isfinite(bound) and np.isfinite(value) else _UNKNOWN
        for value, bound in zip(found.value, found.bound, strict=True)
    ]


def _difference(found: Found, evaluations: int) -> Difference:
    value = float(found.value[0])
    bound = float(found.bound[0]) + abs(value) * _DOUBLE + _TINY  # value was rounded to a float64
    return Difference(
        value=value,
        bound=bound if np.isfinite(value) else inf,
        step=float(found.step[0]),
        truncation=float(found.truncation[0]),
        rounding=float(found.rounding[0]),
        evaluations=evaluations,
        reliable=bool(np.isfinite(bound) and np.isfinite(value)),
        reason=found.reasons[0],
    )
