"""Where an op, and the backward that is wrong, are written: files and lines for annotations."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from dezero import Function, Variable
from dezero.utils.graph import functions_behind
from gradcheck.cli.checks.plain import Place
from gradcheck.specs import Spec
from gradcheck.subjects import written

_OF_FORWARD = ("graph cut in f", "f ")  # diagnoses and reasons that blame f, not its backward


def of(target: Any) -> Place | None:
    """Where a target is written; None where that cannot be seen.

    >>> from pathlib import Path
    >>> import dezero.functions as F
    >>> Path(of(F.matmul).file).name
    'linear_algebra.py'
    """
    place = written.place_of(target.call if isinstance(target, Spec) else target)
    return None if place is None else Place(*place)


def of_failure(target: Any, case: Any, result: Any) -> Place | None:
    """Where the mistake is likely to be: a backward of the user's, else the target itself."""
    said = result.diagnosis or result.reason
    if not said.startswith(_OF_FORWARD):
        for cls in _suspects(target, case, said):
            place = written.derivative_of(cls)
            if place is not None:
                return Place(*place)
    return of(target)


def _suspects(target: Any, case: Any, said: str) -> Iterator[type]:
    """Classes whose backward may be wrong, the likeliest first."""
    if inspect.isclass(target) and issubclass(target, Function):
        yield target
        return
    inside = _inside(case)
    found = re.search(r"found in (\w+) of ", said)
    yield from (cls for cls in inside if found and cls.__name__ == found[1])
    own = [cls for cls in inside if not written.is_dezeros(cls)]
    if len(own) == 1 and not found:
        yield own[0]


def _inside(case: Any) -> list[type]:
    """The classes of the Functions that a call goes through, the first called first."""
    if case is None:
        return []
    try:
        outputs = case.f(*(Variable(x.copy()) for x in case.inputs))
        ends = outputs if isinstance(outputs, list | tuple) else [outputs]
        behind = [type(f) for y in ends for f in reversed(list(functions_behind(y)))]
    except BaseException:  # it is the finding that says what is wrong with the call
        return []
    return list(dict.fromkeys(behind))
