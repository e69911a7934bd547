"""A forward evaluated on series: along a path through its inputs, and next to it.

With inputs x, a path t d1 + t^2 d2 + ... and a probe e, the forward is evaluated on x + t d1 + ... + s e,
where s**2 = 0. What it gives is a series in t, and another that multiplies s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from flint import arb, arb_series

from gradcheck.oracles.numbers.ball import Ball
from gradcheck.oracles.numbers.conversion import exact, exacts, filled
from gradcheck.oracles.numbers.elementary import coefficient
from gradcheck.oracles.numbers.lifting import lifted
from gradcheck.oracles.numbers.matrices import dot
from gradcheck.oracles.numbers.series import Jet
from gradcheck.oracles.numbers.several import Several, by_probe
from gradcheck.oracles.numbers.working import Arithmetic, NotSmoothError, current, working
from gradcheck.system.raised import described

Arrays = Sequence[np.ndarray]
Forward = Callable[[list[np.ndarray]], list[np.ndarray]]

START_BITS = 128  # more than twice float64's 53: rounding in the jets is far below what is measured
BEYOND = 4  # coefficients in t more where divisions by t use them up


class NotApplicableError(Exception):
    """The op does not run on object arrays; the message says why and what would help."""


class UndefinedError(NotApplicableError):
    """Forward asked what an undefined value is like (NaN, or a number that cannot be known)."""


def lift(x: np.ndarray) -> np.ndarray:
    """A real array as an object array of exact Balls."""
    return lifted(filled(x.shape, [Ball(v) for v in exacts(x)]))


def evaluate(
    f: Forward,
    inputs: Arrays,
    active: Sequence[bool],
    path: Sequence[Sequence[np.ndarray]],
    *,
    bits: int,
    side: int = 1,
    probes: Sequence[Arrays] = (),
) -> tuple[list[np.ndarray], Arithmetic]:
    """The outputs of `f` along the path x + t path[0] + t^2 path[1] + ..., as object arrays.

    Args:
        inputs: real arrays; those not `active` are handed to `f` as they are.
        path: for each power of t, one array for each input (ignored where not active), of floats or balls;
            len(path) + 1 coefficients are computed.
        bits: working precision.
        side: +1 for t -> 0+, -1 for t -> 0-, where a comparison meets a tie.
        probes: e, one array for each input, where also the derivative by s along x + s e is wanted. Several
            without a path: s moves x by e1 + t e2 + ..., and what multiplies s in the outputs is that of
            e1, plus t times that of e2, and so on, from one evaluation. Several with a path: s1 moves x
            by e1, s2 by e2, and so on.

    Raises:
        UndefinedError: `f` compares what is undefined at x.
        NotApplicableError: `f` does not run on object arrays.
    """
    with working(bits, len(path) + 1 if path else max(1, len(probes)), side) as state:
        moved = [
            _series(x, [p[i] for p in path], [e[i] for e in probes]) if on else x
            for i, (x, on) in enumerate(zip(inputs, active, strict=True))
        ]
        try:
            return bearing(f, moved), state
        except NotSmoothError as error:
            raise UndefinedError(str(error)) from error
        except Exception as error:
            raise NotApplicableError(f"forward does not run on object arrays: {described(error)}") from error


def bearing(f: Callable[[list[Any]], Any], arrays: list[Any]) -> Any:
    """f(arrays), of Lifted arrays; if that fails, of arrays of NumPy's own class.

    Raises:
        NotSmoothError: a comparison met an undefined value. The floats may have met an infinity there, so
            that it is not known which branch they take.
    """
    now = current()
    before = vars(now).copy()
    try:
        found = f(arrays)
    except Exception as error:
        vars(now).update(before)
        try:
            found = f([np.asarray(x) for x in arrays])
        except Exception:
            raise error from None
    if now.undefined:
        raise NotSmoothError("a value is compared that is undefined here")
    return found


def _series(x: np.ndarray, steps: list[np.ndarray], probes: list[np.ndarray]) -> np.ndarray:
    """The elements of x, each as the constant term of a series with the steps as its coefficients."""
    series = map(arb_series, _columns([x, *_trimmed(steps)]))
    if not probes:
        return lifted(filled(x.shape, map(Jet, series)))
    move = _several if steps and len(probes) > 1 else _together
    return lifted(filled(x.shape, map(Jet, series, map(move, _columns(probes)))))


def _several(weights: list[arb]) -> Any:
    """How an element moves with each of several probes."""
    moves = {n: arb_series([w]) for n, w in enumerate(weights) if not w.is_zero()}
    return Several(moves) if moves else None


def _together(weights: list[arb]) -> Any:
    """How it moves with all of them, one for each power of t."""
    move = arb_series(weights)
    return move if move.length() else None


def _columns(arrays: list[np.ndarray]) -> list[list[arb]]:
    """For each element its values in these arrays."""
    return list(map(list, zip(*map(exacts, arrays), strict=True)))


def _trimmed(steps: list[np.ndarray]) -> list[np.ndarray]:
    """Without the zeros at the end."""
    while steps and not steps[-1].any():
        steps = steps[:-1]
    return steps


def contract(outputs: Sequence[np.ndarray], cotangents: Arrays, length: int) -> list[arb]:
    """The coefficients in t of <u, outputs>; an output whose cotangent is None is left out."""
    total = arb_series([0])
    for value, weight in _weighed(outputs, cotangents):
        series = value.v if isinstance(value, (Jet, Ball)) else arb_series([_number(value)])
        total = total + series * weight
    return [coefficient(total, k) for k in range(length)]


def contract_change(outputs: Sequence[np.ndarray], cotangents: Arrays, length: int) -> list[arb]:
    """The coefficients in t of what multiplies s in <u, outputs>."""
    total = arb_series([0])
    for change, weight in _changing(outputs, cotangents):
        total = total + change * weight
    return [coefficient(total, k) for k in range(length)]


def contract_changes(
    outputs: Sequence[np.ndarray], cotangents: Arrays, length: int, probes: int
) -> list[list[arb]]:
    """The same of each of several probes with a path."""
    of_each: list[list[tuple[Any, arb]]] = [[] for _ in range(probes)]
    for change, weight in _changing(outputs, cotangents):
        for probe, w in by_probe(change, probes):
            of_each[probe].append((w, weight))
    return [_contracted(pairs, length) for pairs in of_each]


def _contracted(pairs: Sequence[tuple[Any, arb]], length: int) -> list[arb]:
    weights = [weight for _, weight in pairs]
    return [dot([coefficient(w, k) for w, _ in pairs], weights) for k in range(length)]


def _changing(outputs: Sequence[np.ndarray], cotangents: Arrays) -> list[tuple[Any, arb]]:
    """(what multiplies s, weight) for each output element that has such."""
    found = []
    for value, weight in _weighed(outputs, cotangents):
        if not isinstance(value, Jet):
            _number(value)
        elif value.w is not None:
            found.append((value.w, weight))
    return found


def _weighed(outputs: Sequence[np.ndarray], cotangents: Arrays) -> Iterator[tuple[Any, arb]]:
    """(element, weight) for each output element whose weight is not zero."""
    if len(outputs) != len(cotangents):
        raise NotApplicableError(
            f"forward gives {len(outputs)} outputs on object arrays and {len(cotangents)} on floats"
        )
    for y, u in zip(outputs, cotangents, strict=True):
        if u is None:
            continue
        if np.shape(y) != np.shape(u):
            raise NotApplicableError(
                f"forward gives shape {np.shape(y)} on object arrays and {np.shape(u)} on floats"
            )
        pairs = zip(np.ravel(y).tolist(), exacts(u), strict=True)
        yield from ((value, weight) for value, weight in pairs if not weight.is_zero())


def constants(outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The values at x, as object arrays of balls."""
    return [filled(np.shape(y), [_constant(v) for v in np.ravel(y).tolist()]) for y in outputs]


def _constant(value: Any) -> arb:
    return value.constant() if isinstance(value, (Jet, Ball)) else _number(value)


def _number(value: Any) -> arb:
    try:
        return exact(value)
    except TypeError as error:
        raise NotApplicableError(f"forward gives {type(value).__name__} on object arrays") from error
