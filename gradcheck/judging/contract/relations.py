"""Relations between calls: what the gradients of a further call must be, given those of the first.

G_k is linear in the cotangent u, and homogeneous of degree k - 1 in the direction d; neither the memory
layout nor a graph that is kept changes it. Each relation is written once, and asked twice: first all of them
together, of a few calls that each change several things; then, where these do not fit, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from gradcheck.judging.contract.agreement import alike, first_difference, raising, table
from gradcheck.judging.contract.cotangents import ALL_DIGITS, all_digits, broadcast_term, plus, scaled
from gradcheck.judging.contract.further import STRIDED_BACKWARDS, Arrays, Call, call
from gradcheck.judging.contract.violation import Violation
from gradcheck.judging.near import moved
from gradcheck.judging.scene import Scene
from gradcheck.measuring.point import Point
from gradcheck.subjects.subject import Watched
from gradcheck.system.floats import precision
from gradcheck.system.raised import described, text_of

Place = tuple[int, int] | None  # order, position
Kind = tuple[str, str]  # of a violation, and its message


@dataclass(frozen=True)
class Relation:
    """What a further call must give.

    Attributes:
        expected: its gradients, orders by elements.
        message: the reason of the failure where it gives other values.
        power: of two, by which `expected` is larger than the first call's: rounding commutes with it. None
            where both may differ by rounding.
        unfit: replaces the message where the call raised, or its shapes do not fit.
        why: gives a more precise message, from the scene, this and the order.
        compare: finds the first element that is off.
        shows: the message ends with that element.
    """

    expected: np.ndarray
    other: Call
    message: str = ""
    power: float | None = None
    kind: str = "not linear in gy"
    unfit: str = ""
    why: Callable[[Scene, Relation, int], Kind | None] = lambda *_: None
    compare: Callable[..., Place] = first_difference
    shows: bool = False

    def off(self, scene: Scene) -> Place:
        """The first element that is not as expected; None where all are."""
        return self.compare(scene, self.expected, self.other, power=self.power)

    def violation(self, scene: Scene) -> Violation | None:
        """The violation; None where it holds."""
        if self.unfit and self.other.table is None:
            return Violation(self.kind, self.unfit)
        off = self.off(scene)
        if off is None:
            return None
        k, position = off
        kind, message = self.why(scene, self, k) or (self.kind, self.message)
        where = scene.case.place(position) if self.shows else ""
        return Violation.at(k, kind, f"{message}{where}", where)


def first_broken(scene: Scene, relations: Iterable[Relation]) -> Violation | None:
    """The violation of the first relation that does not hold; later ones are not tested."""
    return next((v for relation in relations if (v := relation.violation(scene)) is not None), None)


# All at once -----------------------------------------------------------------------------------------


class Calls(NamedTuple):
    """The further calls of a scene, at the highest order that fits."""

    raised: Call  # -c u, with c a large power of two, past what a backward may clip; negative strides
    part: Call  # u + r and d, times ALL_DIGITS; Fortran order; what it writes to is watched
    same: Call  # u; every other element of a larger array, from its end
    term: Call  # r, broadcast; read-only inputs
    moved: Call  # order 1 at other inputs
    zero: Call  # order 1 of a zero u
    plain: Call  # order 1 of u, with no graph of the gradient

    def fit_together(self, scene: Scene) -> bool:
        """Whether all relations hold, and no call left a trace."""
        return self._untouched(scene) and all(r.off(scene) is None for r in self._relations(scene))

    def fit_narrowly(self, scene: Scene) -> bool:
        """The same to the digits of the next narrower dtype, as where a gradient is rounded to it."""
        return self._untouched(scene) and all(_holds_narrowly(scene, r) for r in self._relations(scene))

    def _untouched(self, scene: Scene) -> bool:
        here = (other for other in self if other is not self.moved)
        return all(_untouched(scene, other) for other in here) and self.term.table is not None

    def _relations(self, scene: Scene) -> Iterator[Relation]:
        assert self.term.table is not None
        yield times(scene, -raising(scene.at.dtype), self.raised)
        yield part(table(scene) + self.term.table, self.part)
        yield Relation(table(scene), self.same)
        yield of_zero(scene, self.zero)
        yield without_graph(scene, self.plain)


def _untouched(scene: Scene, other: Call) -> bool:
    """Whether a call succeeded, with the values of the first, and wrote to nothing."""
    if other.trial is None or other.overwritten or other.trial.damage:
        return False
    return all(alike(y, z) for y, z in zip(scene.outputs, other.trial.outputs, strict=True))


def _holds_narrowly(scene: Scene, relation: Relation) -> bool:
    """Whether no element is further off than rounding the largest of its order to a narrower dtype."""
    got, expected = relation.other.table, relation.expected
    if relation.compare is not first_difference:
        return relation.off(scene) is None
    if got is None or got.shape != expected.shape:
        return False
    known = np.isfinite(table(scene)[: len(got)])
    sizes = np.where(known, np.abs(expected), 0.0).max(axis=1, initial=0.0).tolist()
    gaps = np.where(known, np.abs(got - expected), 0.0).max(axis=1, initial=0.0).tolist()
    return all(narrowly(scene, gap, size) for gap, size in zip(gaps, sizes, strict=True))


def further_calls(scene: Scene, plain: Call | None = None) -> Calls:
    """Make them.

    Args:
        plain: this one, where it was made before.
    """
    at, order = scene.at, scene.fitting
    term, views = broadcast_term(scene)
    paired: Watched = "pairings" if order > 1 else False
    return Calls(
        raised=call(scene, scaled(at, -raising(at.dtype)), order, "negative"),
        part=call(scene, all_digits(plus(at, term)), order, "fortran", watched=True),
        same=call(scene, at, order, STRIDED_BACKWARDS, watched=paired),  # d has the other sign
        term=call(scene, term, order, "readonly", cotangents=views),
        moved=call(scene, replace(at, inputs=moved(scene)), 1),
        zero=call(scene, scaled(at, 0.0), 1),
        plain=plain or call(scene, at, 1),
    )


# One by one -------------------------------------------------------------------------------------------


def linear(scene: Scene) -> Iterator[Relation]:
    """b(-v) = -b(v), b(2v) = 2 b(v), b(0) = 0 and b(v + w) = b(v) + b(w), up to rounding.

    From order 2 on, incoming gradients inside the graph follow the direction as well: of degree k - 1.
    """
    at, order, more = scene.at, scene.fitting, raising(scene.at.dtype)
    yield odd(scene, call(scene, scaled(at, -1.0), order))
    yield times(scene, 2.0, call(scene, scaled(at, 2.0), order))
    yield times(scene, more, call(scene, scaled(at, more), order))
    yield turned(scene, call(scene, at.with_direction(lambda d: np.asarray(-d)), order))
    yield of_zero(scene, call(scene, scaled(at, 0.0), 1))
    term, _ = broadcast_term(scene)
    one, both = call(scene, term, order), call(scene, plus(at, term), order)
    yield additive(scene, one, one if one.table is None else both)
    yield part(table(scene), call(scene, all_digits(at), order))


def laid_out(scene: Scene) -> Violation | None:
    """The first memory layout in which values or gradients differ from those of contiguous arrays."""
    for at, layout, cotangents in _layouts(scene):
        plain = call(scene, at, scene.fitting)
        if plain.table is not None:
            other = call(scene, at, scene.fitting, layout, cotangents=cotangents)
            violation = _in_layout(scene, layout, plain, other)
            if violation is not None:
                return violation
    return None


def _layouts(scene: Scene) -> Iterator[tuple[Point, str, Arrays | None]]:
    """Points, each with a memory layout of its own, and cotangents that are handed over as they are."""
    at = scene.at
    term, views = broadcast_term(scene)
    yield all_digits(at), "fortran", None
    yield plus(at, term), "strided", None
    yield at, "negative", None
    yield at, "readonly", None
    yield term, "readonly", views


def _in_layout(scene: Scene, layout: str, plain: Call, other: Call) -> Violation | None:
    if other.trial is None:
        return _refused(scene, layout, other)
    assert plain.trial is not None
    assert plain.table is not None
    given = f"{layout} inputs give"
    if not all(alike(y, z) for y, z in zip(plain.trial.outputs, other.trial.outputs, strict=True)):
        return Violation("layout", f"{given} other values of f itself")
    unfit = f"{given} a gradient of another shape"
    message = f"{given} another gradient at "
    return Relation(plain.table, other, message, kind="layout", unfit=unfit, shows=True).violation(scene)


def _refused(scene: Scene, layout: str, refused: Call) -> Violation:
    """What only runs on contiguous or writable arrays is the finding."""
    orders = range(1, scene.fitting + 1)
    k = next((k for k in orders if call(scene, refused.at, k, layout).trial is None), scene.fitting)
    error = refused.error
    assert error is not None
    if "read-only" in text_of(error):
        message = f"it writes into its input or into gy: {text_of(error)} (on a read-only array)"
        return Violation.at(k, "input overwritten", message)
    return Violation.at(k, "layout", f"{layout} inputs: {described(error)}")


# The relations ----------------------------------------------------------------------------------------

_NEGATIVE = "the negative of an incoming gradient does not give the negative gradient"


def times(scene: Scene, factor: float, other: Call) -> Relation:
    """b(c v) = c b(v) for a power of two c: exactly, unless b scales by the norm of v."""
    many = "twice" if factor == 2 else f"{factor:.0f} times"
    message = f"{many} the incoming gradient does not give {many} the gradient"
    return Relation(factor * table(scene), other, message, power=abs(factor))


def odd(scene: Scene, other: Call) -> Relation:
    """b(-v) = -b(v)."""
    unfit = "the negative of an incoming gradient makes backward fail"
    return replace(times(scene, -1.0, other), message=_NEGATIVE, unfit=unfit, why=_unmoved)


def turned(scene: Scene, other: Call) -> Relation:
    """G_k of -d is that of d but for its sign, which changes at each even order."""
    base = table(scene)
    return Relation((-1.0) ** np.arange(len(base))[:, None] * base, other, _NEGATIVE, power=1.0)


def additive(scene: Scene, term: Call, both: Call) -> Relation:
    """b(v + w) = b(v) + b(w)."""
    expected = table(scene) + (0.0 if term.table is None else term.table)
    message = "the gradient for v + w is not the sum of those for v and w"
    unfit = "the gradient's shape depends on the incoming gradient"
    return Relation(expected, both, message, unfit=unfit, why=_digits_lost)


def part(base: np.ndarray, other: Call) -> Relation:
    """What u and d times ALL_DIGITS give, where u and d give `base`: G_k is of degree 1 in u, k - 1 in d."""
    orders = np.arange(1, len(base) + 1)[:, None]
    message = "a part of an incoming gradient does not give that part of the gradient"
    return Relation(ALL_DIGITS**orders * base, other, message, why=_digits_lost)


def of_zero(scene: Scene, zero: Call) -> Relation:
    """b(0) = 0, where the first call was finite."""
    is_nan = zero.table is not None and bool(np.isnan(zero.table).any())
    message = f"a zero incoming gradient gives {'NaN' if is_nan else 'a gradient that is not zero'}"
    return Relation(table(scene)[:1], zero, message, compare=_not_zero)


def without_graph(scene: Scene, plain: Call) -> Relation:
    """The gradient does not depend on whether a graph of it is wanted."""
    message = "with create_graph=True backward gives another gradient than without, at "
    return Relation(table(scene)[:1], plain, message, kind="depends on the graph", shows=True)


# More precise messages -------------------------------------------------------------------------------


def _not_zero(scene: Scene, first: np.ndarray, zero: Call, power: float | None) -> Place:
    known = np.isfinite(first[0])
    return (1, 0) if zero.table is None or (zero.table[0].astype(bool) & known).any() else None


def _unmoved(scene: Scene, negative: Relation, k: int) -> Kind | None:
    """That the negative of a cotangent gives the same gradient of order k, and whether twice that does."""
    if not _gives_the_same(scene, negative.other, k):
        return None
    if _gives_the_same(scene, call(scene, scaled(scene.at, 2.0), k), k):
        return "ignores gy", "the gradient does not depend on the incoming gradient"
    return negative.kind, "the negative of an incoming gradient gives the same gradient (an absolute value?)"


def _gives_the_same(scene: Scene, other: Call, k: int) -> bool:
    if other.table is None:
        return False
    place = first_difference(scene, table(scene)[: len(other.table)], other, power=1.0)
    return place is None or place[0] > k


def _digits_lost(scene: Scene, relation: Relation, k: int) -> Kind | None:
    """That numbers as large as these are off by no more than a narrower dtype rounds."""
    if relation.other.table is None:
        return None
    base, expected, got = table(scene)[k - 1], relation.expected[k - 1], relation.other.table[k - 1]
    largest = max(float(np.nanmax(np.abs(x), initial=0.0)) for x in (base, expected))
    if not narrowly(scene, float(np.nanmax(np.abs(expected - got), initial=0.0)), largest):
        return None
    return "precision lost", f"{relation.message}, but for the digits of a narrower dtype"


def narrowly(scene: Scene, gap: float, size: float) -> bool:
    """Whether an error is as small as if the next narrower dtype had rounded."""
    narrower = np.float32 if precision(scene.at.dtype) > precision(np.float32) else np.float16
    return bool(gap <= 4 * 2.0 ** -precision(narrower) * size)
