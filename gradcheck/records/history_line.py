"""A line of a history of runs: the types of which the published schema is made.

`python -m gradcheck.records.schema` writes ``history.schema.json`` anew.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from gradcheck.records import fields as f
from gradcheck.records.judged_rows import Machine, Selected

HISTORY_VERSION = 1


class KeptDigits(TypedDict):
    """Correct decimal digits that the values of one order and dtype keep, over all cases of a run."""

    order: f.Order
    dtype: f.DType
    cases: f.Count
    fewest: f.Digits
    median: f.Digits


class HistoryLine(TypedDict):
    """What a history keeps of one run."""

    run: f.Name
    started: f.Time
    commit: Annotated[f.Text, "As a run's row has it; empty where not known."]
    profile: f.Name
    selection: Annotated[Selected, f.Rule("selected", {}), "Which part of the table."]
    machine: Annotated[Machine, f.Rule("machine", {})]
    versions: f.NamedTexts
    source: Annotated[f.Text, "A digest of both packages' Python files; empty where not known."]
    declared: Annotated[f.Count, "Cases that the run set out to execute."]
    counts: Annotated[dict[f.Verdict, f.Count], "Cases with each verdict."]
    certified: Annotated[f.Count, "Cases that passed by proof."]
    digits: Annotated[list[KeptDigits], f.within(maxItems=1000)]
    seconds: Annotated[f.Seconds, "From the start of the run to its end, by the clock."]
    measured_seconds: Annotated[f.Seconds, "Time of all checks, added up over the workers."]
