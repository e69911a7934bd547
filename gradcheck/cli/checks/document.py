"""What `gradcheck check --json` prints: `gradcheck.records.check_document` says what its fields are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.cli.checks.plain import Checked, Numbered, Place
from gradcheck.cli.checks.table import relative
from gradcheck.records.check_document import CHECK_VERSION
from gradcheck.records.machine import versions
from gradcheck.records.rows import json_values
from gradcheck.system.texts import storable


def text(targets: Sequence[Checked], command: str, repeat: str | None, interrupted: bool, status: int) -> str:
    """The document, in lines as people can read them."""
    found = {
        "schema_version": CHECK_VERSION,
        "command": command,
        "versions": versions(),
        "targets": [_target(each) for each in targets],
        "counts": _counts(targets),
        "repeat": repeat,
        "interrupted": interrupted,
        "status": status,
    }
    return json.dumps(json_values(_storable(found)), indent=2, ensure_ascii=True, allow_nan=False)


def _counts(targets: Sequence[Checked]) -> dict[str, int]:
    verdicts = [verdict for target in targets for verdict in target.verdicts]
    return {
        "checks": len(verdicts),
        "passed": verdicts.count("pass"),
        "failed": verdicts.count("fail"),
        "inconclusive": verdicts.count("inconclusive"),
        "not_tested": verdicts.count("not-tested"),
        "refused": sum(bool(target.refused) for target in targets),
    }


def _target(target: Checked) -> dict[str, Any]:
    return {
        "target": target.text,
        **_place(target.place),
        "found": list(target.found),
        "left_out": [{"what": what, "why": why} for what, why in target.left_out],
        "doubt": "; ".join(target.doubts) or None,
        "refused": target.refused or None,
        "seconds": round(target.seconds, 6),
        "checks": [_check(each, target.place) for each in target.checks],
    }


def _check(each: Numbered, place: Place | None) -> dict[str, Any]:
    found = each.finding
    where = (found.place or place) if found.verdict != "pass" else None
    return {
        "number": each.number,
        "title": found.title,
        "inputs": [one._asdict() for one in found.inputs],
        "verdict": found.verdict,
        "reason": found.reason,
        "diagnosis": found.diagnosis or None,
        "formula": found.formula,
        "digits": found.kept,
        "jacobian": list(found.jacobian),
        "warnings": list(found.warnings),
        "notes": list(found.notes),
        "seconds": round(found.seconds, 6),
        "reproduce": found.reproduce,
        **_place(where),
        "evidence": [_evidence(row) for row in found.evidence],
    }


def _evidence(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "position"}


def _place(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": None}
    return {"file": relative(place, os.getcwd()), "line": place.line}


def _storable(value: Any) -> Any:
    """The value with its texts as a file can hold them."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {name: _storable(each) for name, each in value.items()}
    return [_storable(each) for each in value] if isinstance(value, list | tuple) else value
