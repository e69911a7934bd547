"""A Spec as a parametrised test: `test_softsign = gradcheck.spec_test(SOFTSIGN)`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import FrameType
from typing import Any

import pytest

from gradcheck.cases.case import Case
from gradcheck.cases.display import require_fitting_display
from gradcheck.cases.from_spec import case_of
from gradcheck.cases.key import DTYPES, Key
from gradcheck.errors import GradientError, InputError, SpecError
from gradcheck.judging.finding import Result
from gradcheck.records.judged_rows import GAP
from gradcheck.running import spec_checks, tasks
from gradcheck.running.availability import available
from gradcheck.running.pytest_checks import Checker
from gradcheck.running.pytest_settings import WANTED, Settings
from gradcheck.specs import Spec

ARGUMENT = "gradcheck_case"  # of such a test: what it checks


@dataclass(frozen=True)
class Wanted:
    """What a call of `spec_test` asks for."""

    specs: tuple[Spec, ...]
    order: int | None
    dtypes: tuple[str, ...]


def spec_test(*specs: Spec, order: int | None = None, dtypes: Sequence[str] = spec_checks.DTYPES) -> Any:
    """A test for each variant and dtype of these specs, and for each declaration of theirs.

    What is checked is what `gradcheck check` and `gradcheck run` check: derivatives, forward against the
    formula, conventions, which orders vanish. What a spec omits is skipped with its reason, and a gap that it
    declares is an expected failure, which fails once it passes. Also in a class, and under pytest-xdist.

    Args:
        order: the highest order; by default what a marker or `--gradcheck-order` says, else the spec's own.
        dtypes: of "float64", "float32", "float16" and "longdouble".

    Raises:
        SpecError: what is given is no Spec, or no such dtype.
        InputError: order is no integer of at least 1.

    >>> from gradcheck.specs import specs
    >>> test_tanh = spec_test(specs()["tanh"], order=2)
    """
    if not specs or not all(isinstance(spec, Spec) for spec in specs):
        got = ", ".join(type(spec).__name__ for spec in specs) or "nothing"
        raise SpecError(f"spec_test: expected one Spec or several, got {got}")
    if isinstance(dtypes, str) or not dtypes or not set(dtypes) <= set(DTYPES):
        raise SpecError(f"spec_test: dtypes: expected a tuple of {', '.join(DTYPES)}, got {dtypes!r}")
    if order is not None and (isinstance(order, bool) or not isinstance(order, int) or order < 1):
        raise InputError(f"spec_test: order must be an integer of at least 1, got {order!r}")
    test = _placed(lambda _gradcheck_checker, gradcheck_case: gradcheck_case.test(_gradcheck_checker))
    setattr(test, WANTED, Wanted(specs, order, tuple(dtypes)))
    return _Test(test)


class _Test(staticmethod):
    """A test that takes no self in a class either; its marks are the function's, also in older pytests."""

    @property
    def pytestmark(self) -> list[pytest.Mark]:
        found: list[pytest.Mark] = self.__func__.pytestmark  # type: ignore[attr-defined]
        return found

    @pytestmark.setter
    def pytestmark(self, marks: list[pytest.Mark]) -> None:
        self.__func__.pytestmark = marks  # type: ignore[attr-defined]


def _placed(test: Callable[..., Any]) -> Callable[..., Any]:
    """The test, as if it stood in the line that calls `spec_test`: pytest says where a test is."""
    caller: FrameType = sys._getframe(2)
    code, line = caller.f_code.co_filename, caller.f_lineno
    test.__code__ = test.__code__.replace(co_filename=code, co_firstlineno=line, co_name="spec_test")
    test.__module__ = caller.f_globals.get("__name__", __name__)
    test.__name__ = test.__qualname__ = "spec_test"
    return test


# Its parameters ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SpecCase:
    """One check of a spec.

    Attributes:
        key: of the case; None for a declaration.
        id: of the case, or of the declaration.
        order: None for the spec's own.
        seed: 0 for the points of a run.
        time_limit: seconds for a case; a declaration has none.
    """

    spec: Spec
    key: Key | None
    id: str
    order: int | None = None
    seed: int = 0
    time_limit: float | None = None

    def test(self, checker: Checker) -> None:
        """Check it as the running test."""
        __tracebackhide__ = True
        try:
            result = checker.recorded(
                partial(self._checked, checker),
                self.spec.call,
                spec=self.spec,
                drawn=self.key is not None,
            )
        except GradientError as error:  # less accurate than a baseline says
            pytest.fail(str(error), pytrace=False)
        if result.verdict == "inconclusive" and result.reason.startswith(GAP):
            pytest.xfail(result.reason)
        if not result:
            pytest.fail(str(result), pytrace=False)

    def _checked(self, checker: Checker, name: str, command: str) -> tuple[Case, Result]:
        """The check, in a report by this name, and what came of it."""
        available(self.id.split("/")[2])
        if self.key is None:
            case, result = tasks.judged(self.spec, self.id)
            result = replace(result, title=self.id.partition("/")[0], reproduce=command)
        else:
            case = replace(case_of(self.spec, self.key, self.order, self.seed), reproduce=command)
            measure = partial(tasks.measured, self.spec, self.key, seed=self.seed)
            result = checker.examined(case, self.time_limit, measure)
        return replace(case, id=name, reproduce=command), result


def parameters(wanted: Wanted, settings: Settings) -> list[Any]:
    """The parameters of such a test, with the settings of its markers and of the session.

    Raises:
        SpecError: a field of a spec does not fit.
    """
    return [each for spec in wanted.specs for each in _parameters(spec, wanted, settings)]


def _parameters(spec: Spec, wanted: Wanted, settings: Settings) -> list[Any]:
    require_fitting_display(spec)
    device, order = settings.device or "cpu", wanted.order or settings.order
    found = []
    for key, reason in spec_checks.keys_of(spec, wanted.dtypes, device).items():
        skipped = [pytest.mark.skip(reason=f"the spec omits it: {reason}")] if reason else []
        case = SpecCase(spec, key, key.id, order, settings.seed or 0, settings.time_limit)
        found.append(pytest.param(case, id=key.id, marks=skipped))
    for declared in spec_checks.declared_ids(spec, device):
        found.append(pytest.param(SpecCase(spec, None, declared), id=declared))
    return found
