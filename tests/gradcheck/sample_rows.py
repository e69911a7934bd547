"""Rows such as a run of the laboratory writes, made up from a seed: for tests of the report."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.records.jsonl import VERDICTS, Row, row

OPS = {
    "elementwise": "abs add clip cos div exp log mul neg pow sin sqrt square sub tan tanh",
    "shape": "broadcast_to concatenate expand_dims flatten get_item reshape stack transpose",
    "reduction": "average logsumexp max mean min prod std sum sum_to var",
    "linear algebra": "linear matmul",
    "activation": "gelu leaky_relu log_softmax relu sigmoid silu softmax softplus",
    "loss": "binary_cross_entropy mean_squared_error sigmoid_cross_entropy softmax_cross_entropy",
}
#: Some of each topic, for what depends on the kinds of rows and not on how many there are.
FEW = {topic: " ".join(ops.split()[:2]) for topic, ops in OPS.items()} | {"elementwise": "exp sqrt tanh"}
ORDERS = (1, 2, 3)
RUN = "2026-11-21T10-00-00-cpu"
MATHML = "<mrow><mi>tanh</mi><mo>(</mo><mi>x</mi><mo>)</mo></mrow>"


SAMPLES: dict[str, dict[str, Any]] = {
    "run": {
        "run": RUN, "started": "2026-11-21T10:00:00+00:00", "command": "gradcheck run --profile quick",
        "profile": "quick", "seed": 0,
        "versions": {"python": "3.12.7", "numpy": "2.3.1", "sympy": "1.14.0"}, "source": "0123456789ab",
        "machine": {"system": "Linux 6.1", "processor": "x86_64", "cores": 2},
        "devices": [{"device": "cpu", "name": "x86_64", "properties": {}}], "declared": 1,
    },
    "case": {
        "run": RUN, "case": "tanh/float64/cpu/c", "op": "tanh", "topic": "elementwise", "params": "",
        "shapes": [[2, 3]], "order": 1, "dtype": "float64", "device": "cpu", "layout": "c", "oracle": "jet",
        "certified": True, "formula": "proven", "verdict": "pass", "reason": "within tolerance",
        "diagnosis": None, "warnings": [], "digits": 15.9, "error_ulp": 0.47, "error_abs": 5.2e-17,
        "error_rel": 1.1e-16, "bound_ulp": 1e-22, "tolerance_ulp": 4.0, "declared_ulp": None,
        "where": "input 0 (x), element (1, 2)", "expected": "0.41997434161402607",
        "got": "0.41997434161402614", "input_value": "1.0", "seconds": 0.0006, "seed": 0,
        "reproduce": "gradcheck reproduce tanh/float64/cpu/c",
    },
    "formula": {
        "op": "tanh", "topic": "elementwise",
        "mathml": {"value": MATHML, "first": "<mn>1</mn>", "second": "<mn>0</mn>"},
        "text": {"value": "tanh(x)", "first": "1", "second": "0"}, "covers": ["tanh"], "note": "",
    },
    "source": {
        "op": "tanh", "name": "Tanh.backward", "path": "dezero/functions/elementwise.py", "line": 12,
        "text": "def backward(self, gy):\n    return gy * sech2(*self.inputs)\n",
    },
    "study": {
        "study": "newton", "title": "Newton's method", "lead": "How fast does Newton's method converge?",
        "seconds": 2.5,
    },
    "figure": {
        "study": "newton", "place": 1, "title": "Digits double",
        "text": "Each step doubles the correct digits.",
        "caption": "The error falls from 1 to 10⁻¹⁶ in five steps.", "x": {"label": "step", "log": False},
        "y": {"label": "error", "log": True},
        "lines": [{"label": "Newton", "style": "line", "x": [0, 1, 2], "y": [1.0, 1e-4, 1e-16]}],
    },
    "table": {
        "study": "newton", "place": 2, "title": "", "text": "", "caption": "Steps to the minimum",
        "columns": ["Method", "Steps", "Error"],
        "cells": [["Newton", 5, 1e-16], ["gradient descent", 812, None]],
    },
    "network": {
        "run": RUN, "name": "two-layer network", "data": "3 images of handwritten digits",
        "parameter": "W1", "shape": [64, 50], "elements": 3200, "mean_abs_diff": 2.31e-13,
        "max_abs_diff": 4.7e-12, "error_ulp": 812.0, "verdict": "pass",
        "reason": "within the bound of the central difference", "seconds": 0.84,
    },
    "exempt": {
        "op": "accuracy", "reason": "counts hits", "what": "not differentiable", "count": 1,
    },
    "mutant": {
        "run": RUN, "mutant": "sign", "bug": "the negative gradient", "function": "Tanh",
        "case": "tanh/float64/cpu", "op": "tanh", "topic": "elementwise", "outcome": "killed",
        "verdict": "fail", "reason": "order 1: backward's formula is wrong (proven)", "order": 1,
        "visible_order": 1,
        "diagnosis": "sign: the gradient of input 0 (x) is the negative of the true one", "named": True,
        "seconds": 0.02, "reproduce": "gradcheck mutate sign/Tanh/tanh/float64/cpu",
    },
    "end": {
        "run": RUN, "finished": "2026-11-21T10:00:41+00:00", "seconds": 41.3, "declared": 1, "executed": 1,
        "interrupted": False, "counts": dict.fromkeys(VERDICTS, 0) | {"pass": 1},
    },
}  # fmt: skip


def _maker(kind: str) -> Callable[..., Row]:
    """A function that makes a row of a kind, as its sample but for what it is given."""
    return lambda **changes: row(kind, copy.deepcopy(SAMPLES[kind]) | changes)


run_row, end_row, exempt_row = _maker("run"), _maker("end"), _maker("exempt")
case_row, formula_row, source_row = _maker("case"), _maker("formula"), _maker("source")
study_row, figure_row, table_row = _maker("study"), _maker("figure"), _maker("table")
network_row, mutant_row = _maker("network"), _maker("mutant")


def curve_row(order: int = 1, **changes: Any) -> Row:
    step = np.logspace(-15, 0, 46)
    noise = np.random.default_rng(order).uniform(0.2, 1.5, (3, step.size))
    rounding = 1.1e-16 / step**order
    power = {"forward": 1, "central": 2, "five-point": 4}
    central = 0.3 * step**2 + rounding * noise[1]
    fields = {
        "op": "tanh",
        "order": order,
        "x": 0.5,
        "input": "x",
        "truth": "0.786447732965927410149698934343",
        "schemes": {
            name: {"step": step, "error": 0.3 * step**p + rounding * factor}
            for (name, p), factor in zip(power.items(), noise, strict=True)
        },
        "model": {"step": step, "truncation": 0.3 * step**2, "rounding": rounding},
        "chosen_step": step[central.argmin()],
        "chosen_error": central.min(),
    }
    return row("curve", fields | changes)


def range_row(order: int = 1, **changes: Any) -> Row:
    errors = np.random.default_rng(order).gamma(2.0, 0.2 * order, 181)
    fields = {"op": "tanh", "order": order, "x": np.linspace(-18, 18, 181), "error_ulp": errors}
    return row("range", fields | changes)


def section_row(order: int = 1, **changes: Any) -> Row:
    x = np.linspace(-2, 2, 21)
    fields = {
        "op": "tanh",
        "order": order,
        "input": "input 0 (x), element (0, 0)",
        "x": x,
        "analytic": np.tanh(x) / (order + 1),
        "error_ulp": np.random.default_rng(order).gamma(2.0, 0.2, 21),
        "numeric": {"x": x[::4], "value": np.tanh(x[::4]) / (order + 1), "bound": 1e-9 + 0 * x[::4]},
    }
    return row("section", fields | changes)


def graph_row(order: int = 0, **changes: Any) -> Row:
    nodes = [("x: (2, 3) float64", False), ("Tanh", True), ("y: (2, 3) float64", False)]
    fields = {
        "op": "tanh",
        "order": order,
        "nodes": [{"label": label, "function": function} for label, function in nodes],
        "edges": [[0, 1], [1, 2]],
    }
    return row("graph", fields | changes)


def one_of_each() -> list[Row]:
    """A small whole run, with every kind of row."""
    warning = row("warning", {"message": "no GPU was found"})
    rows = [run_row(), case_row(), formula_row(), curve_row(), range_row(), network_row()]
    rows += [section_row(), graph_row(), source_row(), study_row(), figure_row(), table_row()]
    return [*rows, exempt_row(), mutant_row(), warning, end_row()]


def whole_run(of: Mapping[str, str] = OPS) -> list[Row]:
    """A run over these functions of topics, with orders 1 to 3 and three oracles, where all passes."""
    names = [(topic, op) for topic, ops in of.items() for op in ops.split()]
    rng = np.random.default_rng(0)
    cases = [each for topic, op in names for each in _cases(topic, op, rng)]
    declared = len({each["case"] for each in cases})
    rows = [run_row(declared=declared), *cases]
    for topic, op in names:
        rows.append(formula_row(op=op, topic=topic, covers=[op]))
        rows += [curve_row(order, op=op) for order in ORDERS]
        rows += [range_row(order, op=op) for order in ORDERS]
    rows += [network_row(parameter=name) for name in ("W1", "b1", "W2", "b2")]
    counts = dict.fromkeys(VERDICTS, 0) | {"pass": declared}
    return [*rows, exempt_row(), end_row(declared=declared, executed=declared, counts=counts)]


GPU = {
    "device": "gpu",
    "name": "NVIDIA H100 80GB HBM3",
    "properties": {"compute capability": "9.0", "driver": "580.65.06", "CUDA runtime": "13.2", "TF32": "off"},
}


def on_gpu(rows: list[Row], **changes: Any) -> list[Row]:
    """What a run on a GPU writes where all is as in these rows of a CPU; `changes` are those of its cases."""
    return [_on_gpu(row, changes) for row in rows]


def _on_gpu(row: Row, changes: dict[str, Any]) -> Row:
    if row["kind"] == "run":
        return {**row, "run": "gpu", "devices": [GPU], "machine": {**row["machine"], "cores": 16}}
    moved = {**row, "run": "gpu"} if "run" in row else row
    if row["kind"] != "case":
        return moved
    names = {name: row[name].replace("/cpu", "/gpu") for name in ("case", "reproduce")}
    return {**moved, **names, "device": "gpu", **changes}


def _cases(topic: str, op: str, rng: np.random.Generator) -> list[Row]:
    rows = []
    for layout in ("c", "fortran", "strided"):
        case = f"{op}/float64/cpu/{layout}"
        shared = {"case": case, "op": op, "topic": topic, "layout": layout}
        shared["reproduce"] = f"gradcheck reproduce {case}"
        rows.append(_formula_case(shared, rng))
        rows += [each for order in ORDERS for each in _derivative_cases(order, shared, rng)]
    return rows


def _formula_case(shared: dict[str, Any], rng: np.random.Generator) -> Row:
    error = rng.gamma(2.0, 0.2)
    return case_row(**shared, order=0, oracle="formula", certified=False, formula="unknown", error_ulp=error)


def _derivative_cases(order: int, shared: dict[str, Any], rng: np.random.Generator) -> list[Row]:
    error = rng.gamma(2.0, 0.3 * order)
    digits = 15.9 - np.log10(1 + error)
    estimated = {"certified": False, "formula": "supported"}
    difference = {"oracle": "finite_difference", "error_ulp": error * 1e4, "digits": None, **estimated}
    difference |= {"bound_ulp": 3e6, "tolerance_ulp": 3e6, "seconds": 0.012}
    symbolic = {"oracle": "symbolic", "error_ulp": error, "digits": digits, "seconds": 0.02, **estimated}
    return [
        case_row(**shared, order=order, error_ulp=error, digits=digits),
        case_row(**shared, order=order, **symbolic),
        case_row(**shared, order=order, **difference),
    ]
