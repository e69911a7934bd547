"""The errors that gradcheck raises.

GradcheckError
├── InputError (ValueError)         the call cannot be carried out; the message says what to do
├── SpecError (ValueError)          a spec, a target or a case id does not name what it should
├── RecordError (ValueError)        a row or a file of records is not what the schema says
├── ClusterError                    a Dask cluster cannot be measured on
└── GradientError (AssertionError)  assert_gradients found a gradient that is not a pass
"""

from __future__ import annotations


class GradcheckError(Exception):
    """What every error of gradcheck is."""


class InputError(GradcheckError, ValueError):
    """check was called with something that it cannot check."""


class SpecError(GradcheckError, ValueError):
    """A spec, a target or a case id is wrong."""


class RecordError(GradcheckError, ValueError):
    """A row or a file of records is not what the schema says; the message says where and why."""


class ClusterError(GradcheckError):
    """A Dask cluster cannot be reached, or measures with other software."""


class GradientError(GradcheckError, AssertionError):
    """A gradient was checked and is not a pass; the message is the whole finding."""
