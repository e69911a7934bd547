"""When a result is right: how far it may be from the reference, by its dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.attack.jets import Array

ULPS = 24  # of the size of the terms: some for each of a few operations and a sum of some ten terms


class Rule:
    """What the dtypes of the operands promise of the result.

    Attributes:
        dtype: of the result.
        kind: f, c, or i where an operand holds integers.
        stretch: by how much an error of the operands grows in the result.
        special: whether an operand has values that are not plain; finite: whether all are; huge: whether
            some are next to overflow.
        scale: the largest of what the result was multiplied with, by which an underflow grows.
    """

    def __init__(self, inputs: Sequence[Array]) -> None:
        kinds = {x.dtype.kind for x in inputs}
        self.kind = "i" if kinds - {"f", "c"} else "c" if "c" in kinds else "f"
        self.dtype = np.result_type(*inputs)
        self.special = False
        self.stretch = 8.0 if self.dtype == np.longdouble else 1.0  # the reference is no better
        self.finite = True
        self.huge = False
        self.scale = 1.0
        coarse = np.dtype(np.float64)
        if self.kind != "i":
            coarse = max((x.dtype for x in inputs), key=lambda dtype: np.finfo(dtype).eps)
        info = np.finfo(coarse)
        if self.kind != "i":
            values = np.concatenate([abs(x).reshape(-1).astype(np.longdouble) for x in inputs])
            values = values[values != 0]
            self.finite = bool(np.isfinite(values).all())
            self.special = not ((values > info.tiny) & (values < 1e3)).all()
            self.huge = bool(((values > info.max / 4096) & np.isfinite(values)).any())
        self.eps = np.longdouble(info.eps)
        self.floor = np.longdouble(info.smallest_subnormal) * ULPS
        if self.special:  # a subnormal in between has few digits, and may be divided by what is small
            self.floor *= 4096
        self.largest = np.longdouble(info.max)

    def quiet(self, wanted: Array, size: Array) -> bool:
        """Whether no alarm may be raised: all is finite, and far enough from overflow."""
        if self.kind != "f" or not self.finite:
            return False
        return bool(((abs(wanted) <= self.largest / 4) & (size <= self.largest / 4)).all())


def differs(
    got: Any, wanted: Array, size: Array, rule: Rule, reach: Array | None = None, free: bool = False
) -> str:
    """How `got` differs from `wanted`, or "".

    Args:
        size: of the terms that the result is the sum of.
        reach: how large an intermediate result may be; if that overflows, so may the result.
        free: where the reference is 0 with a cotangent that is not finite, NaN and infinity are as good.
    """
    eps = rule.eps
    if got.dtype.kind in "fc":
        own = np.longdouble(np.finfo(got.dtype).eps)
        eps = own if rule.kind == "i" else max(eps, own)
    with np.errstate(all="ignore"):
        wide = got.astype(wanted.dtype, copy=False)
        error = abs(wide - wanted)
        grown: Any = rule.scale if reach is None else np.fmax(rule.scale, np.fmin(reach, rule.largest))
        right = error <= ULPS * eps * rule.stretch * size + rule.floor * grown
        if right.all():
            return ""
        right |= (wide == wanted) | np.isnan(wide) & np.isnan(wanted)
        beyond = ~np.isfinite(wanted) | (abs(wanted) > rule.largest / 2)
        if rule.kind != "c":
            right |= beyond & np.isinf(wide) & (np.sign(wide) == np.sign(wanted))
        else:
            right |= beyond
        reached = size if reach is None else reach
        right |= np.isfinite(reached) & (reached > rule.largest / 4) & ~np.isfinite(wide)
        if rule.huge:  # a sum of them may pass infinity and meet the other one
            right |= np.isinf(size) & np.isnan(wide)
        if free:
            right |= (wanted == 0) & ~np.isfinite(wide)
    if right.all():
        return ""
    at = tuple(int(k) for k in np.argwhere(~right)[0])
    return f"at {at}: {got[at]!r} should be {wanted[at]!r}"
