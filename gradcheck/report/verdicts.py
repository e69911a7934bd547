"""The verdict on one function, as a sentence: what its page says first."""

from __future__ import annotations

from gradcheck.records.jsonl import Verdict, worst
from gradcheck.report.answers import Digits, fewest, keeps_all, part_lost, weakest
from gradcheck.report.formatting import kept_of, plural
from gradcheck.report.summary import FunctionSummary

_FORMULAS = {
    "proven": "backward's formula is proven",
    "supported": "backward's formula agrees with estimates of the derivative within their bounds",
}


def state(function: FunctionSummary) -> Verdict:
    """The verdict over all cases; of none, that nothing was tested."""
    return worst(case.verdict for case in function.cases) if function.cases else "not-tested"


def sentence(function: FunctionSummary) -> str:
    """What came of the cases, and why, where it is no pass.

    >>> sentence(FunctionSummary("f", "", {}, [], []))
    'nothing was measured'
    """
    cases, verdict = function.cases, state(function)
    if not cases:
        return "nothing was measured"
    same = [case for case in cases if case.verdict == verdict]
    if verdict == "pass":
        return f"{plural(len(cases), 'case')}{_found(function)}"
    every = "all " if len(same) == len(cases) > 1 else f"{len(same)} of " if len(same) < len(cases) else ""
    return f"{every}{plural(len(cases), 'case')}: {same[0].reason}"


def _found(function: FunctionSummary) -> str:
    """What passes say of the formula and of the digits."""
    derivatives = [cell for order, cell in function.cells.items() if order]
    formula = _FORMULAS.get(weakest(cell.formula for cell in derivatives) or "")
    digits = fewest(cell.digits for cell in derivatives)
    excuse = ", where rounding of the data costs as many" if _is_excused(function, digits) else ""
    said = "; ".join(filter(None, [formula, _kept(digits) + excuse]))
    return f": {said}" if said else ""


def _is_excused(function: FunctionSummary, digits: Digits | None) -> bool:
    """Whether passes of a proven formula keep so few digits without a warning: the data excuse that alone."""
    with_it = [case for case in function.cases if digits in [cell.digits for cell in case.cells.values()]]
    return part_lost(digits) > 0.5 and all(case.formula == "proven" and not case.warnings for case in with_it)


def _kept(digits: Digits | None) -> str:
    """The value that lost the largest part of its digits; dtypes have not equally many.

    >>> _kept(Digits(3.1, "float16")), _kept(Digits(7.22, "float32"))
    ('the worst value keeps 3.1 of 3.3 digits (float16)', 'each value keeps all digits')
    """
    if digits is None:
        return ""
    if keeps_all(digits):
        return "each value keeps all digits"
    return f"the worst value keeps {kept_of(digits)} digits ({digits.dtype})"
