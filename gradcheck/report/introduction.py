"""What the introduction says in numbers: a student's lead through the studies, on one page.

Its sentences stand in introduction.html. Each that holds a number takes it from here, and here it is taken
from the rows; where these are not there the sentence is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from gradcheck.records.judged_rows import NEEDS_GPU
from gradcheck.report import data, dtypes_kept, lessons, schemes, study_plots
from gradcheck.report.by_device import Devices, devices
from gradcheck.report.conclusion import is_of_a_user
from gradcheck.report.data import Picture
from gradcheck.report.dtypes_kept import Held
from gradcheck.report.function_page import FunctionPage
from gradcheck.report.lessons import Growth, Newton, Part, Sizes, Ways
from gradcheck.report.schemes import BestStep, Steps
from gradcheck.report.study_page import INTRODUCED, StudyPage
from gradcheck.report.summary import Summary

#: Functions whose error against the step may lead the page.
LEADING = ("exp", "tanh")
DRAWN = "introduction-digits.csv"


@dataclass(frozen=True)
class Introduction:
    """What introduction.html shows; None or empty is what these rows do not say.

    Attributes:
        steps: the error of differences against the step, of one function.
        best_steps: where the error of a central difference was smallest, in each dtype.
        held: of each dtype, and what derivatives keep of its digits.
        digits, digits_legend: digits kept against the order, by backward and by differences.
        devices: what several devices say; `left_out` counts the cases that wait for a GPU.
        parts: where the studies say more: each by its name, and some parts by what is asked there.
    """

    steps: Steps | None
    best_steps: Sequence[BestStep]
    growth: Growth | None
    ways: Ways | None
    sizes: Sequence[Sizes]
    newton: Newton | None
    held: Sequence[Held]
    digits: Picture | None
    digits_legend: Sequence[tuple[Markup, str]]
    devices: Devices
    left_out: int
    parts: dict[str, Part]

    @property
    def shown_orders(self) -> list[int]:
        """The lowest order and the highest that every dtype has."""
        shared = set.intersection(*(set(each.kept) for each in self.held)) if self.held else set()
        return sorted({min(shared), max(shared)}) if shared else []


def introduction(
    functions: Sequence[FunctionPage], studies: Sequence[StudyPage], summary: Summary
) -> Introduction | None:
    """The introduction to a report; None where none of the studies is there that it leads through."""
    by_name = {study.name: study for study in studies}
    known = {name: by_name[name] for name in INTRODUCED if name in by_name}
    if not known or is_of_a_user(summary):
        return None
    leading = next((page for op in LEADING for page in functions if page.function.op == op), None)
    steps = schemes.steps(leading) if leading else None
    held = dtypes_kept.held(leading.function if leading else None, summary)
    row = _figure(steps, held)
    return Introduction(
        steps=steps,
        best_steps=lessons.best_steps(known),
        growth=lessons.growth(known),
        ways=lessons.ways(known),
        sizes=lessons.sizes(known),
        newton=lessons.newton(known),
        held=held,
        digits=_picture(row) if row else None,
        digits_legend=study_plots.figure_legend(row) if row else [],
        devices=devices(summary),
        left_out=sum(row["count"] for row in summary.exempt if row["what"] == NEEDS_GPU),
        parts=lessons.parts(known),
    )


def _figure(steps: Steps | None, held: Sequence[Held]) -> dict[str, object] | None:
    """Digits kept against the order: backward in each dtype, and differences in float64 at the best step."""
    kept = [(f"{each.dtype}, backward", [(n, d.kept) for n, d in each.kept.items()]) for each in held]
    if steps:
        for name in ("richardson", "central"):
            found = [(order, scheme.digits.kept) for order, scheme in steps.of(name).items()]
            kept.append((f"float64, {name} at its best step", found))
    lines = [
        {"label": label, "style": "line", "x": [float(n) for n, _ in found], "y": [kept for _, kept in found]}
        for label, found in kept
        if found
    ]
    if not held or not lines:
        return None
    return {
        "caption": f"Correct digits of the derivatives of {held[0].op}: of backward those of the worst "
        "element of all cases, of differences those at the step that happened to be best",
        "x": {"label": "order of the derivative", "log": False},
        "y": {"label": "digits kept", "log": False},
        "lines": lines,
    }


def _picture(row: dict[str, object]) -> Picture:
    drawn, written = partial(study_plots.figure, row), partial(data.figure_data, row)
    return Picture(drawn, str(row["caption"]), DRAWN, written)
