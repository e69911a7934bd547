"""The bugs that are planted, each with the words of a diagnosis that names it rightly."""

from __future__ import annotations

from dataclasses import dataclass

from dezero import functions as F
from gradcheck.experiments.mutation import changes as c
from gradcheck.experiments.mutation.changes import Change, each


@dataclass(frozen=True)
class Mutant:
    """A kind of bug.

    Attributes:
        name: stable; part of a mutant's id.
        text: what is wrong.
        change: gives the wrong gradients.
        causes: words of a diagnosis that names this bug rightly.
    """

    name: str
    text: str
    change: Change
    causes: tuple[str, ...] = ()


_FACTOR = ("constant factor", "batch-size factor")
_MISSING = ("gradient missing",)
_PERMUTED = ("transposed", "permuted")
_SUM = ("sum over a broadcast axis missing",)
_NONLINEAR = ("ignores gy", "not linear in gy")
_CUT = ("graph cut in backward", "a factor of the gradient is cut")
_LOST = ("precision lost",)

# A bug's name, what is wrong, the change, and the causes that name it.
_TABLE: tuple[tuple[str, str, Change, tuple[str, ...]], ...] = (
    ("control", "nothing is wrong: must not be killed", lambda backward, func, gys: backward(gys), ()),
    ("sign", "the negative gradient", each(lambda gx: -gx), ("sign",)),
    ("last-sign", "the last input's gradient negative", c.last_sign, ("sign",)),
    ("factor-2", "twice the gradient", each(lambda gx: gx * 2), _FACTOR),
    ("factor-1.0003", "off by 3 in 10,000", each(lambda gx: gx * 1.0003), _FACTOR),
    ("batch", "divided by the length of the first axis", each(c.batch_mean), _FACTOR),
    ("dropped", "None for the last input", c.dropped, _MISSING),
    ("zero", "zeros", each(c.zero), _MISSING),
    ("swapped", "the first two gradients exchanged", c.swapped, ("swapped", "shape", "sum", "transposed")),
    ("transposed", "axes reversed", each(c.transposed), (*_PERMUTED, "wrong shape")),
    ("reversed", "the last axis reversed", each(c.flipped), _PERMUTED),
    ("no-sum", "not summed over a broadcast axis", c.sums(c.NotSummed), _SUM),
    ("first-term", "one term of the sum over a broadcast axis", c.sums(c.FirstTerm), _SUM),
    ("one-element", "the last element doubled", each(c.doubled_element), ("elements of the gradient",)),
    ("ignores-gy", "ones in place of gy", c.incoming(lambda gy: gy * 0 + 1), _NONLINEAR),
    ("absolute-gy", "|gy| in place of gy", c.incoming(F.abs), _NONLINEAR),
    ("detached", "computed from arrays, not Variables", each(c.detached), _CUT),
    ("detached-inputs", "inputs taken as constants", c.detached_inputs, _CUT),
    ("second", "the gradient's derivative doubled", each(lambda gx: c.Doubling()(gx)), (*_CUT, *_FACTOR)),
    ("third", "wrong from the third derivative on", each(lambda gx: c.Bent()(gx)), (*_CUT, "there is none")),
    ("rounded", "through the next narrower dtype", each(lambda gx: c.Rounded(False)(gx)), _LOST),
    ("rounded-floats", "the same, on floats only", each(lambda gx: c.Rounded(True)(gx)), _LOST),
    ("dtype", "in the next narrower dtype", each(c.narrow), (*_LOST, "dtype")),
    ("nan", "NaN in the last element", each(c.nan_element), ("NaN",)),
    ("overwrites-gy", "gy doubled in place", c.overwrites_gy, ("gy overwritten",)),
    ("overwrites-input", "the first input doubled in place", c.overwrites_input, ("input overwritten",)),
    ("changing", "another factor in each call", c.changing(), ("not deterministic",)),
    ("contiguous-only", "doubled unless gy is contiguous", c.contiguous_only, ("layout",)),
)

MUTANTS: dict[str, Mutant] = {row[0]: Mutant(*row) for row in _TABLE}
CONTROL = MUTANTS["control"]
