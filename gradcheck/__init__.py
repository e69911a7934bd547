"""gradcheck: a laboratory for derivatives.

    result = gradcheck.check(f, x, y, order=2)      a finding: verdict, reason, diagnosis, evidence
    gradcheck.assert_gradients(f, x, y, order=2)    the same as an assertion
"""

from gradcheck.check import assert_gradients, check
from gradcheck.errors import GradcheckError, GradientError, InputError, SpecError
from gradcheck.finding import Evidence, Result

__all__ = [
    "Evidence",
    "GradcheckError",
    "GradientError",
    "InputError",
    "Result",
    "SpecError",
    "assert_gradients",
    "check",
]
