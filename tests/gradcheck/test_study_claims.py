"""What the other studies say, found once more by another way; how each study is made again."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

import dezero.functions as F
from dezero import Variable
from dezero.utils.graph import functions_behind
from gradcheck.experiments.studies import (
    higher_order,
    judgements,
    peers,
    three_ways,
)
from gradcheck.experiments.studies.study import Figure, Table
from gradcheck.specs import specs

ROOT = Path(__file__).parents[2]

# Three ways -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ways() -> Any:
    return three_ways.study()


def test_errors_of_the_three_ways_are_those_beside_mpmath(ways: Any) -> None:
    table = ways.parts[-1]
    with mpmath.workdps(60):
        truths = [
            mpmath.diff(lambda x: mpmath.tanh(mpmath.tanh(mpmath.tanh(mpmath.tanh(x)))), three_ways.X, k)
            for k in three_ways.ORDERS
        ]
    errors: dict[str, list[float]] = {"numeric": [], "symbolic": [], "automatic": []}
    for order, truth in zip(three_ways.ORDERS, truths, strict=True):
        for way, found in errors.items():
            value = getattr(three_ways, way)(three_ways.DEEP, order).value
            with mpmath.workdps(60):
                found.append(float(abs(value / truth - 1)))
            (shown,) = [row[1] for row in table.cells if row[0] == f"order {order}, {way}"]
            assert shown == pytest.approx(found[-1], rel=0.01, abs=1e-20)
    assert errors["numeric"] == sorted(errors["numeric"])  # it loses digits with every order
    exact = max(errors["symbolic"] + errors["automatic"])
    assert exact < 1e-15
    assert re.search(rf"off by {exact * 1e16:.1f}·10⁻¹⁶ at most", ways.lead)


def test_sizes_are_those_of_another_count(ways: Any) -> None:
    x = sympy.Symbol("x", real=True)
    expression: Any = x
    for _ in range(three_ways.DEEP):
        expression = sympy.tanh(expression)
    derivative = expression
    for _ in range(three_ways.HIGHEST):
        derivative = derivative.diff(x)
    written = sum(1 for _ in sympy.postorder_traversal(derivative))
    assert f"has {written:,} nodes" in ways.lead
    assert f"counted once {len(set(sympy.postorder_traversal(derivative)))} are left" in ways.lead
    v = Variable(np.array(three_ways.X))
    y: Any = v
    for _ in range(three_ways.DEEP):
        y = F.tanh(y)
    for _ in range(three_ways.HIGHEST):
        v.cleargrad()
        y.backward(create_graph=True)
        y = v.grad
    functions = list(functions_behind(y))
    assert f"has {len(functions):,} functions" in ways.lead
    assert _distinct(functions) < len(functions)  # branches of backward compute the same


def _distinct(functions: list[Any]) -> int:
    """How many of the functions compute something of their own."""
    numbers: dict[int, int] = {}
    known: dict[Any, int] = {}
    for f in sorted(functions, key=lambda f: f.generation):
        inputs = tuple(("leaf", id(v)) if v.creator is None else numbers[id(v.creator)] for v in f.inputs)
        numbers[id(f)] = known.setdefault((type(f), inputs), len(known))
    return len(known)


def test_what_the_captions_say_of_growth_is_so(ways: Any) -> None:
    by_order, by_depth = (part for part in ways.parts if isinstance(part, Figure))
    grown = [line.y[-1] / line.y[0] for line in by_order.lines]
    assert all((np.diff(line.y) > 0).all() for line in by_order.lines)
    assert grown[1] == min(grown)
    assert "the expression that shares equal parts least" in by_order.caption
    written, shared, graph = (np.diff(line.y[1:]) / np.diff(line.x[1:]) for line in by_depth.lines)
    assert len(set(shared)) == len(set(graph)) == 1  # the same amount for each function from the second on
    assert (np.diff(written) > 0).all()


# Higher order ---------------------------------------------------------------------------------------


def test_errors_of_high_orders_are_those_beside_mpmath() -> None:
    orders = higher_order.measure(F.tanh, 4)
    x = np.linspace(higher_order.LOW, higher_order.HIGH, higher_order.POINTS)
    with mpmath.workdps(60):
        for each in orders[::3]:
            truths = [mpmath.diff(mpmath.tanh, float(v), each.order) for v in x]
            errors = [
                float(abs(mpmath.mpf(float(got)) - truth) / np.spacing(abs(float(truth))))
                for got, truth in zip(each.values, truths, strict=True)
            ]
            np.testing.assert_allclose(errors, each.errors, rtol=1e-3, atol=1e-3)


def test_what_is_said_of_graphs_of_high_order_is_so() -> None:
    study = higher_order.study()
    for name, f, highest in higher_order.SUBJECTS:
        x = Variable(np.array(0.5))
        sizes, names = [], []
        y = f(x)
        for _ in range(highest):
            x.cleargrad()
            y.backward(create_graph=True)
            y = x.grad
            sizes.append(len(list(functions_behind(y))))
            names.append({type(each).__name__ for each in functions_behind(y)})
        told = (
            f"stays at {sizes[0]} functions"
            if len(set(sizes)) == 1
            else f"grows from {sizes[0]} to {sizes[-1]}"
        )
        assert f"Up to order {highest} the graph of {name} {told}" in study.lead
        assert f"{name} {', '.join(map(str, sizes))}" in study.parts[0].caption
        assert sizes[:3] == [2, 2, 2]  # one function of x, times the cotangent
        assert all("Mul" in each for each in names)
    medians = {
        table.caption.split()[2]: max(float(row[3]) for row in table.cells)
        for table in study.parts
        if isinstance(table, Table)
    }
    assert [float(n) for n in re.findall(r"no more than (\S+) ULP", study.lead)] == list(medians.values())
    times = study.parts[1]
    assert all((np.diff(line.y) >= 0).all() for line in times.lines)  # each run measures the orders in turn


# Peers ----------------------------------------------------------------------------------------------


def test_the_tails_in_which_torch_loses_digits_are_those_of_one_minus_y_squared() -> None:
    """In plain NumPy: backward from the rounded y, as torch has it, is as far off as the study says."""
    torch = peers._stored() if not _has_torch() else peers.torch_measured()
    x = peers._points(specs()["tanh"])
    with mpmath.workdps(60):
        truths = [mpmath.sech(mpmath.mpf(float(v))) ** 2 for v in x]
    from_y = 1 - np.tanh(x) ** 2
    errors = [float(abs(g - t)) / np.spacing(float(t)) for g, t in zip(from_y.tolist(), truths, strict=True)]
    assert max(torch["errors"]["tanh"][0]) == pytest.approx(max(errors), rel=0.5)
    lost = [op for op, found in torch["errors"].items() if max(map(max, found)) > 1e4]
    lead = peers.study().lead
    assert lead.split("lose digits in the tails of ")[1].startswith(f"{', '.join(lost[:-1])} and {lost[-1]}:")
    for op in lost:
        worst = torch["errors"][op][1]
        middle = len(worst) // 2
        assert max(worst[middle - 4 : middle + 5]) < 100  # it is the tails


def _has_torch() -> bool:
    import importlib.util

    return importlib.util.find_spec("torch") is not None


def test_dezeros_errors_are_those_beside_mpmath() -> None:
    """Whole errors in ULPs, of which the study takes off what half an ULP of x causes."""
    study = peers.study()
    (table,) = [part for part in study.parts if isinstance(part, Table)]
    shown = {row[0]: (float(row[2]), float(row[4])) for row in table.cells}
    for op, f in (("tanh", mpmath.tanh), ("sigmoid", lambda x: 1 / (1 + mpmath.exp(-x)))):
        x = peers._points(specs()[op])
        v = Variable(x)
        specs()[op].call(v).backward(create_graph=True)
        worst = 0.0
        with mpmath.workdps(80):
            for got, at in zip(v.grad.data.tolist(), x.tolist(), strict=True):
                truth, bend = (mpmath.diff(f, at, k) for k in (1, 2))
                spacing = float(np.spacing(abs(float(truth))))
                caused = abs(float(bend)) * float(np.spacing(abs(at))) / 2 / spacing
                worst = max(worst, float(abs(got - truth)) / spacing - caused)
        assert shown[op][0] == pytest.approx(worst, abs=0.06)
    told = re.search(r"off by (\S+) ULP at most", study.lead)
    assert told
    assert float(told[1]) == max(max(each) for each in shown.values())


# Judgements -----------------------------------------------------------------------------------------


def test_judgements_are_counted_once_more() -> None:
    found = json.loads(judgements.FILE.read_text(encoding="utf-8"))
    right: Counter[tuple[str, str]] = Counter()
    for row in found["rows"]:
        accepted_too = {"right": [], "narrow": [], "open": ["inconclusive", "not-tested"]}
        wanted = ["rejected"] if row["group"] == "wrong" else ["accepted", *accepted_too[row["group"]]]
        for checker, (said, *_) in row["said"].items():
            right[checker, row["group"]] += said in wanted
    study = judgements.study()
    totals, unseen, kinds = study.parts
    for name, *counts, whole, _, _ in totals.cells:
        assert counts == [right[name, group] for group in judgements.GROUPS]
        assert whole == sum(counts)
    groups = Counter(row["group"] for row in found["rows"])
    assert study.lead.startswith(f"{groups['wrong']} operations with a wrong backward and ")
    all_of = {name: sum(right[name, group] for group in groups) for name, *_ in totals.cells}
    others = [count for name, count in all_of.items() if name != "gradcheck"]
    assert f"gradcheck judges {all_of['gradcheck']} of {len(found['rows'])} rightly" in study.lead
    assert f"the others {min(others)} to {max(others)}" in study.lead
    assert sum(row[1] for row in kinds.cells) == len(found["rows"])
    assert [row[0] for row in unseen.cells] == [row[0] for row in kinds.cells if not any(row[3:])]
    assert kinds.folded == f"All {len(kinds.cells)} kinds"
