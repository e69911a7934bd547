"""Whether this folder is one installation. PyPI has another `dezero`, the book's: pip mixes their files.

Every package in here imports this module before others, because pip may have left any `dezero/__init__.py`:
ours, the other's, or none.
"""

import os
import sys
import warnings

VERSION = "0.1.0"
CURE = (
    "to mend it: pip uninstall -y dezero, then install dezero-gradcheck again with pip install "
    "--force-reinstall --no-deps"
)


def check() -> None:
    """Look for the one file that only the other distribution has.

    Raises:
        ImportError: this installation lacks files, or has the other's in place of its own.
    """
    folder, package = os.path.dirname(__file__), sys.modules["dezero"]
    if getattr(package, "__file__", None) is None:
        raise ImportError(
            f"dezero: {folder} has no __init__.py: another distribution, called dezero, was uninstalled and "
            f"took files of dezero-gradcheck along; {CURE}"
        )
    if getattr(package, "__distribution__", None) != "dezero-gradcheck":
        raise ImportError(
            "dezero: another distribution, called dezero, was installed over dezero-gradcheck in "
            f"{folder}; {CURE}"
        )
    if os.path.exists(os.path.join(folder, "functions.py")):
        warnings.warn(
            f"dezero: {folder} also holds files of another distribution, called dezero; to uninstall that "
            f"one takes files of dezero-gradcheck along; {CURE}",
            stacklevel=2,
        )


check()
