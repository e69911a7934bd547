"""A subject is measured at a point, and jets are asked for the truth: the scene that is judged."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.judging.contract import run_to_run
from gradcheck.judging.proof import distrust
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring import probes
from gradcheck.measuring.measure import measure
from gradcheck.measuring.point import Point
from gradcheck.measuring.work import MOST_WORK, work
from gradcheck.oracles import jet
from gradcheck.subjects.subject import Subject
from gradcheck.system import progress

FULL_COLUMNS = 32  # with at most so many elements, each has its own certified truth


def observe(case: Case, subject: Subject, at: Point, outputs: list[np.ndarray]) -> Scene:
    """Measure the subject at the point, and ask for the truth."""
    if work(subject, at, outputs) > MOST_WORK:
        scene = Scene(case, subject, at, outputs, measure(subject, at, balls=False), large=True)
        return replace(scene, runs=run_to_run.measured(scene))
    progress.tell("backward in floats and balls")
    scene = Scene(case, subject, at, outputs, measure(subject, at))
    progress.tell("jets")
    scene = replace(scene, columns=_columns(scene))
    started = time.perf_counter()
    truth = obstacle = None
    try:
        truth = scene.ask(scene.columns)
    except jet.NotApplicableError as error:
        obstacle = f"jets do not apply: {error}"
    seconds = time.perf_counter() - started
    scene = _trusted(replace(scene, truth=truth, obstacle=obstacle, truth_seconds=seconds))
    return replace(scene, runs=run_to_run.measured(scene))


def _columns(scene: Scene) -> list[Probe]:
    """The probes: every element where there are few, else those in which no error hides."""
    at = scene.at
    if at.size <= FULL_COLUMNS:
        return at.units()
    rng = np.random.default_rng([at.size, scene.case.seed])
    return probes.columns(rng, at.inputs, at.active, scene.measured.got)


def _trusted(scene: Scene) -> Scene:
    """The scene; without jets where these belong to another function."""
    found = distrust.obstacle(scene)
    if found is None:
        return scene
    obstacle = f"jets do not apply: {found}"
    measured = replace(scene.measured, high=None, obstacle=obstacle)
    return replace(scene, obstacle=obstacle, truth=None, measured=measured)
