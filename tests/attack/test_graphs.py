"""The machine of graphs as a test: the same ones each time, and what fails is made small."""

from __future__ import annotations

from hypothesis import settings

from tests.attack.graphs import Graphs

TestGraphs = Graphs.TestCase
TestGraphs.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, database=None, derandomize=True
)
