"""What a gradient tends to on the way to a point, along rays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb

from gradcheck.oracles.arithmetic import Arithmetic, working
from gradcheck.oracles.expansion import (
    BEYOND,
    START_BITS,
    Arrays,
    Forward,
    UndefinedError,
    contract_change,
    evaluate,
)

UNKNOWN = arb("nan")


def limits(
    f: Forward,
    inputs: Arrays,
    active: Sequence[bool],
    cotangents: Arrays,
    rays: Sequence[Sequence[Arrays]],
    probes: Sequence[Arrays],
    *,
    bits: int = START_BITS,
    length: int = 4,
) -> list[list[arb]]:
    """What the gradient of <u, f> tends to on the way to a point, seen through probes.

    For each ray (d1, d2, ...) and each probe e the limit, for t -> 0+, of
    <grad <u, f>(x + t d1 + t^2 d2 + ...), e>, as a ball. At a kink each ray has its own limit. A ball that
    is not finite says that nothing is known: the gradient grows without bound, or the ray runs along a
    kink, or a comparison could not be decided. One evaluation of `f` for each ray and probe, or a few.

    Args:
        f, inputs, active, cotangents, probes: as in `truth`.
        rays: each a sequence of d1, d2, ...; each of these a list with one array for each input.
        bits: working precision.
        length: how many coefficients in t are carried at least: a difference that vanishes to this order
            along the ray is taken for zero, and divisions by t use them up.

    Raises:
        NotApplicableError: forward does not run on object arrays.

    >>> import numpy as np
    >>> zero, one = [np.array([0.0])], [np.array([1.0])]
    >>> relu = lambda xs: [np.maximum(xs[0], 0)]
    >>> right, left = [one], [[-one[0]]]
    >>> limits(relu, zero, [True], one, [right, left], [one])
    [[1.00000000000000], [0]]
    """

    def limit(ray: Sequence[Arrays], probe: Arrays) -> arb:
        ball, singular = _limit(f, inputs, active, cotangents, ray, probe, bits, length)
        if singular and not ball.is_finite():  # more terms may be left
            ball, _ = _limit(f, inputs, active, cotangents, ray, probe, bits, length + BEYOND)
        return ball

    return [[limit(ray, probe) for probe in probes] for ray in rays]


def _limit(
    f: Forward,
    inputs: Arrays,
    active: Sequence[bool],
    cotangents: Arrays,
    ray: Sequence[Arrays],
    probe: Arrays,
    bits: int,
    length: int,
) -> tuple[arb, bool]:
    """One limit, and whether a singular operation was met."""
    rest = [[np.zeros(x.shape) for x in inputs]] * (length - 1 - len(ray))
    path = [*ray, *rest]

    def found(turned: bool) -> tuple[arb, Arithmetic]:
        outputs, met = evaluate(f, inputs, active, path, bits=bits, turned=turned, probes=[probe])
        with working(bits, len(path) + 1):
            return contract_change(outputs, cotangents, 1)[0], met

    try:
        ball, met = found(turned=False)
        if met.open:
            other, _ = found(turned=True)
            ball = ball.union(other) if ball.overlaps(other) else UNKNOWN
    except UndefinedError:
        return UNKNOWN, False
    return ball, met.singular > 0
