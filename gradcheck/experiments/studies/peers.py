"""How accurate are the derivatives of others: dezero and torch, over the same ranges.

Torch is measured where it is importable; elsewhere what was measured before is shown, with its
provenance, from the file near this one, which `python -m gradcheck.experiments.studies.peers` writes.
"""

from __future__ import annotations

import importlib.util
import json
import math
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.experiments.studies.accuracy import derivatives, error_ulp, over_range, points
from gradcheck.experiments.studies.digits import shortened
from gradcheck.experiments.studies.study import Axis, Figure, Line, Study, Table
from gradcheck.records.literature import works
from gradcheck.report.formatting import ulp
from gradcheck.specs import Spec, specs
from gradcheck.subjects.dezero import DezeroSubject
from gradcheck.system import files

FILE = Path(__file__).with_name("peers_torch.json")
ORDERS = (1, 2)
POINTS = 81
LOST = 1e4  # ULPs from which on a derivative counts as having lost digits
DRAWN = ("tanh", "sigmoid", "expm1")
Errors = dict[str, list[list[float]]]  # op -> for each order the error at each point

#: dezero's functions with a range of their own, as torch has them.
IN_TORCH: Mapping[str, Callable[[Any, Any], Any]] = {
    "sin": lambda torch, x: torch.sin(x),
    "cos": lambda torch, x: torch.cos(x),
    "tan": lambda torch, x: torch.tan(x),
    "sinh": lambda torch, x: torch.sinh(x),
    "cosh": lambda torch, x: torch.cosh(x),
    "tanh": lambda torch, x: torch.tanh(x),
    "exp": lambda torch, x: torch.exp(x),
    "expm1": lambda torch, x: torch.expm1(x),
    "log": lambda torch, x: torch.log(x),
    "log1p": lambda torch, x: torch.log1p(x),
    "sqrt": lambda torch, x: torch.sqrt(x),
    "square": lambda torch, x: torch.square(x),
    "reciprocal": lambda torch, x: torch.reciprocal(x),
    "sigmoid": lambda torch, x: torch.sigmoid(x),
    "softplus": lambda torch, x: torch.nn.functional.softplus(x, threshold=1e9),
}


def study() -> Study:
    """Each function's worst error in both, and three pictures."""
    torch = torch_measured() if importlib.util.find_spec("torch") else _stored()
    ours = {op: _dezero(specs()[op]) for op in torch["errors"]}
    lost = [op for op, errors in torch["errors"].items() if _worst(errors) > LOST]
    worst = max(_worst(errors) for errors in ours.values())
    lead = (
        f"At {POINTS} points of the same ranges, tails included, the first {len(ORDERS)} derivatives of "
        f"dezero are off by {_ulps(worst)} at most, beyond what half an ULP of x causes (an ULP is the "
        f"spacing of floats at a value). Those of torch {torch['version']} are as accurate for most, and "
        f"lose digits in the tails of {_listed(lost)}: there its backward starts from a rounded result (1 - "
        "y², say, where y is 1 to the last place), dezero's from x."
    )
    return Study(
        "Accuracy of peers",
        lead,
        [_table(ours, torch), *(_figure(op, ours, torch) for op in DRAWN if op in ours)],
        REFERENCES,
    )


def _dezero(spec: Spec) -> list[list[float]]:
    return over_range(spec, max(ORDERS), _points(spec))


def _points(spec: Spec) -> np.ndarray:
    assert spec.sweep is not None
    return points(spec.sweep, POINTS)


def torch_measured() -> dict[str, Any]:
    """Torch's errors, measured now, and with what."""
    import torch  # type: ignore[import-not-found]  # not a dependency: there only where installed

    errors = {op: _of_torch(torch, op) for op in IN_TORCH if op in specs()}
    return {"version": torch.__version__, "machine": platform.machine(), "now": True, "errors": errors}


def _of_torch(torch: Any, op: str) -> list[list[float]]:
    spec = specs()[op]
    x = _points(spec)
    truth = derivatives(DezeroSubject(spec.call, [True]).values, x, max(ORDERS) + 1)
    v = torch.tensor(x, requires_grad=True)
    y, found = IN_TORCH[op](torch, v), []
    for k in range(len(ORDERS)):
        (y,) = torch.autograd.grad(y, v, torch.ones_like(y), create_graph=True)
        got = y.detach().numpy()
        found.append(shortened(error_ulp(g, truth[k][i], truth[k + 1][i], x[i]) for i, g in enumerate(got)))
    return found


def _stored() -> dict[str, Any]:
    """What was measured before; not finite numbers are strings in the file."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    errors = {
        op: [[float(e) for e in of_order] for of_order in of_op] for op, of_op in stored["errors"].items()
    }
    return {**stored, "now": False, "errors": errors}


def store(path: Path = FILE) -> None:
    """Measure torch and write the file."""
    found = {name: value for name, value in torch_measured().items() if name != "now"}
    found["errors"] = {
        op: [[e if math.isfinite(e) else str(e) for e in of_order] for of_order in of_op]
        for op, of_op in found["errors"].items()
    }
    files.write(path, json.dumps(found) + "\n")


def _worst(errors: list[list[float]]) -> float:
    """The largest error of all orders, infinite where something is not finite that should be."""
    return max(e for of_order in errors for e in of_order if not math.isnan(e))


def _ulps(error: float) -> str:
    return f"{ulp(error)} ULP"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "none of them"


def _table(ours: Errors, torch: dict[str, Any]) -> Table:
    how = "measured in this run" if torch["now"] else f"measured before on {torch['machine']}, and stored"
    columns = ["Function", "Range"]
    columns += [f"{who}, order {k}" for k in ORDERS for who in ("dezero", "torch")]
    cells: list[list[str | float | None]] = []
    for op, errors in torch["errors"].items():
        sweep = specs()[op].sweep
        assert sweep is not None
        row: list[str | float | None] = [op, f"{sweep.low:g} to {sweep.high:g}"]
        for k in range(len(ORDERS)):
            row += [ulp(_worst([ours[op][k]])), ulp(_worst([errors[k]]))]
        cells.append(row)
    return Table(
        "Worst errors",
        f"At {POINTS} points of each range, against certified truth, less what half an ULP of x would cause. "
        f"dezero is measured in this run; torch {torch['version']} was {how}.",
        "Worst error in ULPs of float64 over the range, by function and order",
        columns,
        cells,
    )


def _figure(op: str, ours: Errors, torch: dict[str, Any]) -> Figure:
    x = _points(specs()[op]).tolist()
    return Figure(
        f"First derivative of {op}",
        "",
        f"Error of the first derivative of {op} over its range: dezero's largest is "
        f"{_ulps(_worst([ours[op][0]]))}, torch's {_ulps(_worst([torch['errors'][op][0]]))}. "
        "Errors under a tenth of a ULP are drawn as a tenth.",
        Axis("x"),
        Axis("error in ULP", log=True),
        [
            Line(name, x, [max(e, 0.1) for e in errors[op][0]], "marks")
            for name, errors in (("dezero", ours), ("torch", torch["errors"]))
        ],
    )


REFERENCES = works("higham", "johansson")


if __name__ == "__main__":
    store()
