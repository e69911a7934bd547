"""One thread for all sides."""

from __future__ import annotations

import os
import sys

SETTINGS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread(module: str) -> None:
    """Begin `python -m module` anew with the libraries' settings, which are read when NumPy loads."""
    wanted = dict.fromkeys(SETTINGS, "1")
    named = os.environ.pop("OPENBLAS_CORETYPE", None)  # a core type may name an older processor
    if named or wanted.items() - os.environ.items():
        os.environ.update(wanted)
        os.execv(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]])
