"""gradcheck: a laboratory for derivatives.

    result = gradcheck.check(f, x, y, order=2)      a finding: verdict, reason, diagnosis, evidence
    gradcheck.assert_gradients(f, x, y, order=2)    the same as an assertion

What is needed is imported when it is first used: `gradcheck.report` reads records without dezero, and the
command takes Ctrl-C before it imports anything.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know this name; so the module typing need not be imported
if TYPE_CHECKING:
    from typing import Any

    from gradcheck.checking import assert_gradients, check
    from gradcheck.errors import GradcheckError, GradientError, InputError, SpecError
    from gradcheck.judging.finding import Evidence, Result
    from gradcheck.running.pytest_specs import spec_test

    __version__: str

_HOMES = {
    "Evidence": "judging.finding",
    "GradcheckError": "errors",
    "GradientError": "errors",
    "InputError": "errors",
    "Result": "judging.finding",
    "SpecError": "errors",
    "assert_gradients": "checking",
    "check": "checking",
    "spec_test": "running.pytest_specs",
}

__all__ = [
    "Evidence",
    "GradcheckError",
    "GradientError",
    "InputError",
    "Result",
    "SpecError",
    "assert_gradients",
    "check",
    "spec_test",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from gradcheck.system.installation import version

        return version()
    if name not in _HOMES:
        raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")
    from importlib import import_module

    try:
        value = getattr(import_module(f"gradcheck.{_HOMES[name]}"), name)
    except ImportError as error:
        from gradcheck.system.installation import explained

        raise explained(error) from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
