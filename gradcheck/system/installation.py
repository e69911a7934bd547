"""Whether the `dezero` that Python finds is the one that comes with gradcheck: PyPI has another one.

It is looked at where an import has failed, and costs nothing where none does. And which version it is, told
without an import of dezero, which takes NumPy.
"""

from __future__ import annotations

import os
from ast import literal_eval
from importlib.util import find_spec

CURE = (
    "to mend it: pip uninstall -y dezero, then install dezero-gradcheck again with pip install "
    "--force-reinstall --no-deps"
)


def explained(error: ImportError) -> ImportError:
    """The error itself; or one that says what is wrong with dezero, if that is why an import failed."""
    reason = problem()
    return error if reason is None else ImportError(f"gradcheck: {reason}")


def version() -> str:
    """The version of dezero and gradcheck, which are one distribution, installed or not.

    Raises:
        ImportError: dezero is missing, or another one.

    >>> import dezero
    >>> version() == dezero.__version__
    True
    """
    with open(os.path.join(place(), "_installation.py"), encoding="utf-8") as file:
        (line,) = (line for line in file if line.startswith("VERSION = "))
    return str(literal_eval(line.partition("=")[2].strip()))


def place() -> str:
    """The folder of dezero.

    Raises:
        ImportError: dezero is missing, or another one.
    """
    reason = problem()
    if reason is not None:
        raise ImportError(f"gradcheck: {reason}")
    spec = find_spec("dezero")
    assert spec is not None
    assert spec.origin is not None
    return os.path.dirname(spec.origin)


def problem() -> str | None:
    """What is wrong with dezero and how to mend it; None if nothing is."""
    try:
        spec = find_spec("dezero")
    except ValueError:  # imported, and nowhere from
        return None
    if spec is None:
        return f"dezero, which comes with gradcheck, is not installed; {CURE}"
    if spec.origin is None:
        folders = ", ".join(spec.submodule_search_locations or ())
        return f"dezero is an empty folder, {folders}: a part of the package is gone; {CURE}"
    folder = os.path.dirname(spec.origin)
    if not os.path.exists(os.path.join(folder, "_installation.py")):
        return f"{folder} is another dezero, not the one that comes with gradcheck; {CURE}"
    if os.path.exists(os.path.join(folder, "functions.py")):
        return f"{folder} holds files of two distributions, dezero and dezero-gradcheck; {CURE}"
    return None
