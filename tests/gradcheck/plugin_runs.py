"""Sessions of pytest with the plugin, for the tests of it: in this process, or in one of their own."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

# pytester forgets what was first imported in a session in this process, and each would load it again.
import gradcheck.checking
import gradcheck.experiments.studies.own_op
import gradcheck.records.checkout
import gradcheck.records.recording
import gradcheck.report.html
import gradcheck.running.pytest_drawn
import gradcheck.running.pytest_keeper
import gradcheck.running.pytest_specs  # noqa: F401  # as all above

ROOT = Path(__file__).resolve().parents[2]

# Where the project is not installed but on the path, nothing tells pytest of its plugin.
_INSTALLED = "gradcheck" in entry_points(group="pytest11").names
OPTIONS = ["-p", "no:cacheprovider", *([] if _INSTALLED else ["-p", "gradcheck.pytest_plugin"])]


def run_here(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """A session in this process; with -n its workers are processes. It may be interrupted."""
    ctrl_c: Any = {"no_reraise_ctrlc": True}
    return pytester.runpytest_inprocess(*OPTIONS, *options, **ctrl_c)


def run_apart(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """A session in a process of its own, for what a process begins with or ends by.

    Without Hypothesis, whose plugin loads it at the end of each session.
    """
    return pytester.runpytest_subprocess(*OPTIONS, "-p", "no:hypothesispytest", *options)
