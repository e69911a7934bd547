"""The tables of a function's page: the case of a figure, the bound that decides, why something is no pass."""

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from gradcheck.cases import laboratory
from gradcheck.cases.table import matching
from gradcheck.report import anchors, html
from gradcheck.report.judged import cases, cells_of_cases
from gradcheck.report.summary import summarize
from tests.gradcheck.markup import spelled_out
from tests.gradcheck.sample_rows import case_row, run_row


def page_of(*rows):
    return html.render([run_row(), *rows])["functions/tanh.html"]


def words(text):
    return " ".join(unescape(re.sub("<[^>]*>", " ", text)).split())


def oracles_of(page):
    page = spelled_out(page)
    table = page[page.index('<table class="figures sure">') :]
    return table[: table.index("</table>")]


def test_the_figures_of_an_oracle_name_the_case_and_link_to_its_row():
    exact = case_row(case="tanh/float64/cpu", digits=15.9, error_ulp=0.5)
    coarse = case_row(case="tanh/float16/cpu", dtype="float16", digits=2.0, error_ulp=0.25)
    page = page_of(exact, coarse)
    table = oracles_of(page)
    assert '<a href="#case-float16-cpu">tanh/float16/cpu</a>' in table
    assert "tanh/float64/cpu" not in table
    assert spelled_out(page).count('id="case-float16-cpu"') == 1
    assert spelled_out(page).count('id="case-float64-cpu"') == 1


def test_what_is_no_pass_has_its_reason_in_the_table():
    sure = case_row(case="tanh/float64/cpu", digits=1.0)
    reason = "order 1: no oracle's bound is tight enough here"
    unsure = case_row(case="tanh/float32/cpu", verdict="inconclusive", reason=reason, digits=7.0)
    table = words(oracles_of(page_of(sure, unsure)))
    assert "inconclusive no oracle's bound is tight enough here" in table
    assert "tanh/float32/cpu" in table


def test_nothing_is_called_certified_beside_its_digits():
    page = words(page_of(case_row(digits=0.0, certified=True, formula="proven")))
    assert "certified" not in page.lower()
    assert "proven 0.0 of 15.9" in page


def test_orders_that_are_zero_throughout_take_one_line():
    rows = [case_row(order=1)]
    rows += [case_row(order=2, oracle=oracle, expected="0", got="0") for oracle in ("jet", "symbolic")]
    table = words(oracles_of(page_of(*rows)))
    assert "2nd jet, symbolic: pass; at the worst element of every case expected and got are 0" in table
    other = words(
        oracles_of(page_of(*rows, case_row(order=2, case="tanh/float32/cpu", expected="1", got="1")))
    )
    assert "expected and got are 0" not in other


def test_ulps_of_two_dtypes_are_not_in_one_figure():
    coarse = case_row(case="tanh/float16/cpu", dtype="float16", digits=0.5, error_ulp=3.0)
    fine = case_row(case="tanh/float64/cpu", digits=15.0, error_ulp=40.0)
    finer = case_row(case="tanh:0d/float16/cpu", dtype="float16", digits=3.0, error_ulp=4.0)
    cell = cells_of_cases(cases([coarse, fine, finer]))[1]
    assert (cell.case, cell.dtype, cell.digits.kept, cell.error_ulp) == (
        "tanh/float16/cpu",
        "float16",
        0.5,
        4.0,
    )


def test_the_cases_of_a_dtype_are_together():
    found = [
        case_row(case=f"tanh{variant}/{dtype}/cpu", dtype=dtype)
        for variant in ("", ":0d")
        for dtype in ("float16", "float64", "float32")
    ]
    page = words(page_of(*found))
    assert (
        page.index("float64: digits of 15.9")
        < page.index("float32: digits of 7.2")
        < page.index("float16: digits of 3.3")
    )
    assert page.rindex("tanh:0d/float64/cpu") < page.index("float32: digits of 7.2")


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_every_case_of_dezero_has_an_anchor_of_its_own(profile):
    for spec in matching("*"):
        ids = [key.id for key in laboratory.keys(laboratory.Selection(spec.name, profile=profile))]
        assert len({anchors.case(each) for each in ids}) == len(set(ids))


def test_the_bound_that_is_shown_is_the_one_that_decides():
    """A value past the tighter of the two fails, whichever it is."""
    from gradcheck.cases.from_spec import case_of
    from gradcheck.cases.key import Key
    from gradcheck.judging.examine import examine
    from gradcheck.records.recording import case_rows
    from gradcheck.report.answers import allowed
    from gradcheck.specs import specs

    case = case_of(specs()["tanh"], Key("tanh"), 2)
    bounds = (0.5, 0.125)
    strict = replace(case, bounds=bounds, inputs=[np.linspace(-3, 3, 101)])
    rows = [row for row in case_rows(strict, examine(strict)) if row["oracle"] == "jet"]
    for row in rows:
        bound = allowed(row)
        assert bound.by == "declared"
        assert (row["verdict"] == "pass") == (row["error_ulp"] <= bound.ulp)
    assert summarize(rows).failed


def test_what_the_data_excuse_stands_beside_the_declared_bound():
    row = case_row(error_ulp=23.0, tolerance_ulp=1280.0, declared_ulp=8.0, excused_ulp=837.0, digits=1.8)
    assert "845 declared, 837 excused" in words(oracles_of(page_of(row)))
    assert "excused" not in words(oracles_of(page_of(case_row(declared_ulp=8.0))))


@pytest.mark.parametrize(
    ("warnings", "said"), [([], True), (["order 1: 1.8 of 15.9 digits are kept"], False)]
)
def test_few_digits_without_a_warning_are_those_that_the_data_excuse(warnings, said):
    page = words(page_of(case_row(digits=1.8, warnings=warnings)))
    assert "the worst value keeps 1.8 of 15.9 digits (float64)" in page
    assert ("where rounding of the data costs as many" in page) == said
