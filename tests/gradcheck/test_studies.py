"""The studies measure what they say: known errors, sizes and digits come out."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from gradcheck.errors import SpecError
from gradcheck.experiments.studies import catalogue, differences, higher_order, peers, three_ways
from gradcheck.experiments.studies.study import Study, study_rows
from gradcheck.records.jsonl import read, validate
from gradcheck.report import console, html
from gradcheck.report.study_page import study_pages
from tests.gradcheck.sample_rows import study_row
from tests.gradcheck.studied import studied

QUICK = ["step-schemes", "three-ways", "peers", "higher-order", "on-a-gpu", "judgements"]


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return [row for name in QUICK for row in studied(name)]


def test_rows_are_what_the_schema_says(rows):
    for row in rows:
        validate(row)
    assert {row["study"] for row in rows} == set(QUICK)
    assert {row["kind"] for row in rows} == {"study", "figure", "table"}


def test_every_figure_says_what_to_see_and_has_named_axes(rows):
    for row in rows:
        if row["kind"] == "figure":
            assert len(row["caption"]) > 40
            assert row["x"]["label"]
            assert row["y"]["label"]
            for line in row["lines"]:
                assert len(line["x"]) == len(line["y"]) > 0


def test_tables_are_rectangular(rows):
    for row in rows:
        if row["kind"] == "table":
            assert {len(cells) for cells in row["cells"]} == {len(row["columns"])}


def test_the_places_of_a_study_are_numbered():
    places = [row["place"] for row in studied("higher-order") if row["kind"] != "study"]
    assert places == list(range(1, len(places) + 1))


def test_the_report_has_the_studies_in_the_catalogues_order():
    backwards = [study_row(study=name) for name in reversed(catalogue.STUDIES)]
    assert [page.name for page in study_pages(backwards, [])] == list(catalogue.STUDIES)


def test_an_unknown_study_is_refused_with_the_names_that_there_are():
    with pytest.raises(SpecError, match="no study 'nothing'; there are differences, "):
        catalogue.run("nothing")


# Three ways -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2, 3])
def test_three_ways_give_one_derivative(order: int):
    ways = (three_ways.symbolic, three_ways.automatic, three_ways.numeric)
    values = [way(3, order).value for way in ways]
    assert values[1] == pytest.approx(values[0], rel=1e-13)
    assert values[2] == pytest.approx(values[0], rel=1e-6)


def test_sizes_grow_with_the_order():
    sizes = three_ways.sizes_by_order(2, 4)
    trees = [each.tree or 0 for each in sizes]
    assert trees == sorted(trees)
    assert trees[-1] > 10 * trees[0]
    assert all((each.shared or 0) <= (each.tree or 0) for each in sizes)


def test_an_expression_that_is_too_large_is_not_differentiated_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(three_ways, "LARGEST", 20)
    sizes = three_ways.sizes_by_order(2, 4)
    assert [each.tree is None for each in sizes] == [False, False, True, True]
    assert all(each.graph for each in sizes)


# Higher order ---------------------------------------------------------------------------------------


def test_derivatives_of_sin_are_sin_and_cos():
    orders = higher_order.measure(higher_order.F.sin, 5)
    x = np.linspace(higher_order.LOW, higher_order.HIGH, higher_order.POINTS)
    for each, wanted in zip(orders, [np.cos, np.sin, np.cos, np.sin, np.cos], strict=True):
        np.testing.assert_allclose(np.abs(each.values), np.abs(wanted(x)), rtol=1e-14)
        assert max(each.errors) < 4
    functions = [each.functions for each in orders]
    assert functions == sorted(functions)


# Peers ----------------------------------------------------------------------------------------------


def test_dezero_keeps_digits_that_torch_loses():
    (table,) = [part for part in peers.study().parts if isinstance(part, peers.Table)]
    rows = {row[0]: row for row in table.cells}
    assert float(rows["tanh"][2]) < 8
    assert rows["tanh"][3].endswith("·10¹⁴")
    assert 0 < float(rows["sin"][3]) < 1


def test_truths_have_more_digits_than_floats():
    """A derivative of sin is off by a fraction of an ULP: whole ULPs would be those of a rounded truth."""
    errors = [error for order in higher_order.measure(higher_order.F.sin, 3) for error in order.errors]
    assert max(errors) < 0.6
    assert sum(0.01 < error < 0.49 for error in errors) > len(errors) / 2


def test_the_stored_figures_say_what_was_measured():
    stored = json.loads(peers.FILE.read_text(encoding="utf-8"))
    assert stored["version"].startswith("2.")
    assert set(stored["errors"]) == set(peers.IN_TORCH)
    for of_op in stored["errors"].values():
        assert [len(of_order) for of_order in of_op] == [peers.POINTS] * len(peers.ORDERS)


def test_what_is_not_finite_is_worst():
    assert peers._worst([[1.0, math.inf], [math.nan]]) == math.inf


# On pages and in a terminal -------------------------------------------------------------------------


def test_studies_are_printed_with_their_tables():
    text = console.studies(study_rows("x", Study("Title", "Lead.", [differences.digit_by_digit()]), 1.0))
    assert text.startswith("Title\n=====\nLead.")
    assert "2.7182818|32989910" in text


def test_studies_alone_are_a_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from gradcheck.cli import main

    assert main(["study", "higher-order", "--out", str(tmp_path)]) == 0
    assert "Higher-order derivatives" in capsys.readouterr().out
    kinds = [row["kind"] for row in read(tmp_path / "records.jsonl")]
    assert (kinds[0], kinds[-1]) == ("run", "end")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Studies alone" in page
    assert "studies/higher-order.html" in html.render(read(tmp_path / "records.jsonl"))


def test_an_unknown_study_is_misuse(capsys: pytest.CaptureFixture[str]):
    from gradcheck.cli import main

    assert main(["study", "nothing"]) == 2
    assert "no study 'nothing'" in capsys.readouterr().err
