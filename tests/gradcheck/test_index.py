"""The summary's figures, each found in the rows by another way; its cells, and what changed in them."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re

import numpy as np
import pytest

from gradcheck.records.jsonl import Row
from gradcheck.report import anchors, html, most
from gradcheck.report.changed import compare
from gradcheck.report.matrix import Matrix, matrix
from gradcheck.report.overview import overview
from gradcheck.report.since import WORDS, marks
from gradcheck.report.summary import summarize
from gradcheck.report.totals import Proven, key_figures, proven
from tests.gradcheck.markup import spelled_out
from tests.gradcheck.sample_rows import OPS, case_row, end_row, on_gpu, run_row, whole_run
from tests.gradcheck.test_report import Page, page_of, shown

DTYPES = {"float64": 15.95, "float32": 7.22, "float16": 3.31}
NAMES = [op for ops in OPS.values() for op in ops.split()]


def many(seed: int = 0, names: list[str] = NAMES) -> list[Row]:
    """Functions in three dtypes and orders, the digits at random: some keep all, a few none."""
    rng = np.random.default_rng(seed)
    rows = []
    for op, dtype, order in itertools.product(names, DTYPES, range(4)):
        for layout in ("c", "strided"):
            digits = DTYPES[dtype] * min(1.0, rng.gamma(4.0, 0.4)) if rng.random() > 0.02 else 0.0
            case = f"{op}/{dtype}/cpu/{layout}"
            rows.append(case_row(op=op, case=case, dtype=dtype, layout=layout, order=order, digits=digits))
    return rows


def tenths(digits: float) -> str:
    return f"{math.floor(10 * digits) / 10:.1f}"


# Digits kept ----------------------------------------------------------------------------------------


def test_the_key_figures_are_the_fewest_digits_of_each_dtype_and_order_alone():
    rows = many()
    found = key_figures(summarize(rows))
    assert [figures.dtype for figures in found] == list(DTYPES)
    for figures, order in itertools.product(found, range(4)):
        worst = min(
            (row for row in rows if (row["dtype"], row["order"]) == (figures.dtype, order)),
            key=lambda row: row["digits"],
        )
        assert figures.fewest[order].digits.kept == worst["digits"]
        assert figures.fewest[order].digits.dtype == figures.dtype
    text = page_of(rows).text
    for dtype, order in itertools.product(DTYPES, range(4)):
        digits = min(row["digits"] for row in rows if (row["dtype"], row["order"]) == (dtype, order))
        assert f"{tenths(digits)} " in text


def test_devices_have_key_figures_of_their_own():
    rows = [case_row(digits=12.0), *on_gpu([case_row()], digits=9.0)]
    found = {figures.device: figures.fewest[1].digits.kept for figures in key_figures(summarize(rows))}
    assert found == {"cpu": 12.0, "gpu": 9.0}
    assert "float64 of 15.9 on the gpu9.0 tanh" in "".join(shown(*rows)).replace(" 9.0", "9.0")


def test_of_equally_few_digits_the_key_figures_name_the_function_that_the_overview_names():
    rows = [case_row(op=op, case=op, topic=topic, digits=0.0) for op, topic in (("rdiv", "a"), ("exp", "z"))]
    (figures,) = key_figures(summarize([run_row(), *rows, end_row()]))
    assert figures.fewest[1].op == "exp"


def test_where_nothing_is_lost_no_function_is_named():
    assert "15.9 all functions" in shown(case_row(digits=15.95))
    assert "8.3 all" not in shown(case_row(digits=8.36))


def test_the_overview_counts_the_functions_and_names_the_worst():
    rows = many(3)
    for panel in overview(matrix(summarize(rows))):
        full = DTYPES[panel.dtype]
        for order in range(4):
            kept = {
                op: min(
                    row["digits"]
                    for row in rows
                    if (row["op"], row["dtype"], row["order"]) == (op, panel.dtype, order)
                )
                for op in NAMES
            }
            whole = sum(tenths(digits) == tenths(full) for digits in kept.values())
            place = {0: "value", 1: "1st", 2: "2nd", 3: "3rd"}[order]
            assert f"{place} {whole} of {len(NAMES)}" in panel.caption
            fewest = min(kept.values())
            worst = min(op for op, digits in kept.items() if digits == fewest)
            assert f"{place} {tenths(fewest)} {worst}" in panel.caption


def test_every_function_is_a_dot_at_its_digits_above_its_order():
    rows = many()
    for panel in overview(matrix(summarize(rows))):
        for order, column in enumerate(panel.columns):
            worst = [
                min(row["digits"] for row in rows if (row["op"], row["dtype"], row["order"]) == place)
                for place in ((op, panel.dtype, order) for op in NAMES)
            ]
            assert list(column.y) == sorted(worst)
            assert all(abs(x - order) < 0.45 for x in column.x)
            assert len(set(zip(column.x, column.y, strict=True))) == len(NAMES)  # none hides another


@pytest.mark.parametrize("count", [1, most.FEW - 1, most.FEW])
def test_few_functions_need_no_overview_and_no_filter(count: int):
    page = page_of(many(names=NAMES[:count]))
    many_ = count >= most.FEW
    assert ("at a glance" in page.text) == many_
    assert ("filter" in page.attributes("id")) == many_
    assert len(page.named("figure")) == (len(DTYPES) if many_ else 0)


# Both answers ---------------------------------------------------------------------------------------


def test_proven_formulas_are_counted_beside_what_their_values_keep():
    rows = [
        case_row(case="whole", digits=15.9),
        case_row(case="none", digits=0.0, verdict="inconclusive"),
        case_row(case="excused", digits=0.29),
        case_row(case="few", digits=7.9),
        case_row(case="half", digits=8.0),
        case_row(case="half precision", dtype="float16", digits=1.6),
        case_row(case="unknown", digits=None),
        case_row(case="at a value", order=0, oracle="formula", formula="unknown", digits=0.0),
        case_row(case="measured", formula="supported", certified=False, digits=0.0),
        case_row(case="kink", oracle="convention", formula="unknown", digits=None),
    ]
    found = proven(summarize(rows))
    assert found == Proven(asked=8, proven=7, none=2, bad=1, few=2, unknown=1, conventions=1)
    assert (
        "The formula is proven in 7 of 8 cases (beside 1 case of a declared convention); there the worst "
        "value keeps no correct digit in 2 (1 did not pass), less than half of its digits in 2 more, "
        "an unknown number of digits in 1."
    ) in shown(*rows)


def test_a_case_is_proven_where_each_of_its_derivatives_is():
    rows = [case_row(order=1), case_row(order=2, formula="supported", digits=0.0)]
    assert str(proven(summarize(rows))) == "The formula is proven in 0 of 1 case."


def test_what_is_certified_is_not_said_to_agree():
    words = shown(case_row(digits=0.0, verdict="inconclusive"))
    assert "agrees with a truth" not in words
    assert "no correct digit in 1 (1 did not pass)" in words


# Cells ----------------------------------------------------------------------------------------------


def cells(page: Page) -> list[str]:
    """Where the cells of the matrix lead."""
    links = page.attributes("href")
    return [link for link in links if re.match("functions/.*#case-", link)]


def test_a_cell_leads_to_the_case_that_is_furthest_off():
    rows = many(5, NAMES[:3])
    table = html.render(rows)
    page = Page(table["index.html"])
    for op, dtype, order in itertools.product(NAMES[:3], DTYPES, range(4)):
        same = [row for row in rows if (row["op"], row["dtype"], row["order"]) == (op, dtype, order)]
        worst = min(same, key=lambda row: row["digits"])
        assert f"functions/{op}.html#{anchors.case(worst['case'])}" in cells(page)
    for link in cells(page):
        path, anchor = link.split("#")
        assert anchor in Page(table[path]).attributes("id")


def test_of_a_failure_the_cell_leads_to_the_failing_case():
    rows = [case_row(case="a", digits=0.0), case_row(case="b", verdict="fail", digits=15.0)]
    assert "functions/tanh.html#case-b" in cells(page_of(rows))


def test_a_cell_is_one_link_and_errors_wait_in_the_row():
    rows = many(names=NAMES[:1])
    page = page_of(rows)
    assert len(page.attributes("data-ulp")) == 1
    assert page.attributes("data-ulp")[0].split(" ") == ["0.47"] * 12
    assert "0.47" not in page.text
    plain = spelled_out(html.render(rows)["index.html"])
    cell = re.search(r'<td[^>]*><a href="functions/[^"]*">[0-9.]+</a></td>', plain)
    assert cell


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verdict": "fail", "formula": "wrong"}, "fail, formula wrong"),
        ({"verdict": "inconclusive"}, "inconclusive, formula proven"),
        ({"verdict": "not-tested", "formula": "unknown"}, "not tested, formula unknown"),
        ({"certified": False, "formula": "supported"}, "pass, measured only, formula supported"),
    ],
)
def test_what_is_no_certified_pass_is_said_in_words(changes: dict[str, str], words: str):
    found = shown(case_row(**changes))
    assert f"15.9 {words}" in found
    assert f"15.9 {words}" not in shown(case_row())


def test_the_data_of_the_overview_is_that_of_the_matrix():
    site = html.render(many())
    cells_ = list(csv.DictReader(io.StringIO(site["data/matrix.csv"])))
    assert len(cells_) == len(NAMES) * len(DTYPES) * 4
    for panel in overview(matrix(summarize(many()))):
        _, *rows = csv.reader(io.StringIO(panel.picture.written()))
        kept = {(order, row[3 * order + 2]): float(row[3 * order + 1]) for row in rows for order in range(4)}
        for cell in (each for each in cells_ if each["dtype"] == panel.dtype):
            found = kept[int(cell["order"]), cell["function"]]
            assert found == pytest.approx(float(cell["digits"]), rel=1e-3)


# What changed ---------------------------------------------------------------------------------------


def changed(old: list[Row], new: list[Row]) -> dict[tuple[str, str, int, str], str]:
    return marks(compare(old, new), summarize(new).cases)


def test_what_changed_stands_in_its_cell():
    old = [case_row(order=order, error_ulp=2.0) for order in (1, 2, 3)]
    new = [case_row(order=order, error_ulp=error) for order, error in ((1, 500.0), (2, 2.1), (3, 0.0))]
    place = ("tanh", "cpu")
    assert changed(old, new) == {(*place, 1, "float64"): "less", (*place, 3, "float64"): "more"}
    page = Page(html.render(new, baseline=old)["index.html"])
    classes = [(attrs.get("class") or "").split() for attrs in page.named("td")]
    assert ["less"] in classes
    assert ["more"] in classes
    for what in ("less", "more"):
        assert f"15.9 pass, certified, formula proven, {WORDS[what]}" in page.words
    others = many(names=NAMES[: most.FEW])
    large = Page(html.render([*new, *others], baseline=[*old, *others])["index.html"])
    assert "filter-changed" in large.attributes("id")


def test_a_changed_verdict_stands_where_the_verdict_is():
    old = [case_row(order=order) for order in (1, 2)]
    new = [case_row(), case_row(order=2, verdict="fail", reason="wrong")]
    assert changed(old, new) == {("tanh", "cpu", 2, "float64"): "worse"}
    assert changed(new, old) == {("tanh", "cpu", order, "float64"): "better" for order in (1, 2)}
    measured = [case_row(), case_row(order=2, certified=False)]
    assert changed(old, measured) == {("tanh", "cpu", 2, "float64"): "worse"}


def test_of_several_changes_in_a_cell_the_worst_is_said():
    old = [case_row(case=name, error_ulp=5.0) for name in "ab"]
    new = [case_row(case="a", error_ulp=0.0), case_row(case="b", error_ulp=50.0)]
    assert changed(old, new) == {("tanh", "cpu", 1, "float64"): "less"}


def test_without_a_baseline_nothing_is_marked():
    page = page_of(whole_run())
    assert "filter-changed" not in page.attributes("id")
    assert "in the baseline" not in page.text


# The run, and a user's ops --------------------------------------------------------------------------


def test_the_run_is_told_in_a_line():
    words = shown(run_row(commit="1b70f9b + uncommitted changes"), case_row(), end_row())
    assert (
        "Run of 2026-11-21 10:00:00 UTC, commit 1b70f9b + uncommitted changes, profile quick, "
        "Linux 6.1, x86_64, 2 cores. Environment"
    ) in words
    assert "commit" not in shown(run_row(), case_row(), end_row())


def test_a_report_of_a_few_ops_of_a_user_has_no_heading_about_others():
    rows = [
        run_row(profile="check", declared=2),
        case_row(op="mine", case="mine"),
        case_row(op="b", case="b"),
    ]
    page = page_of([*rows, end_row()])
    headings = [text for _, text in page.headings]
    assert headings[0] == "How accurate are the derivatives of 2 ops?"
    assert "dezero" not in "".join(headings)
    assert "Studies" not in headings
    assert "at a glance" not in page.text


def table(rows: list[Row]) -> Matrix:
    return matrix(summarize(rows))


def test_the_columns_are_orders_and_dtypes_in_their_order():
    found = table(many())
    assert found.columns == list(itertools.product(range(4), DTYPES))


def test_of_functions_that_keep_as_few_digits_every_place_names_the_same():
    topics = {"zeta": "activation", "alpha": "loss"}
    rows = [
        case_row(op=op, topic=topic, case=f"{op}/float16/cpu", dtype="float16", order=1, digits=0.0)
        for op, topic in topics.items()
    ]
    others = [case_row(op=f"f{n}", case=f"f{n}/float16/cpu", dtype="float16", digits=3.0) for n in range(8)]
    summary = summarize([*rows, *others])
    (figures,) = key_figures(summary)
    assert figures.fewest[1].op == "alpha"
    (panel,) = overview(matrix(summary))
    assert panel.caption.endswith("The fewest: 1st 0.0 alpha")


def test_what_compares_a_declaration_is_not_said_to_compare_a_derivative():
    derived = [case_row(case=f"tanh/float64/cpu/{n}") for n in range(3)]
    declared = case_row(case="tanh:vanishes/float64/cpu", oracle="convention", formula="unknown")
    page = html.render([run_row(declared=4), *derived, declared])["index.html"]
    text = " ".join(re.sub("<[^>]+>", "", page).split())
    assert (
        "4 of 4 cases pass and are certified: in 3 of them each derivative was compared with a truth" in text
    )
    assert "is a proof; 1 compare what is declared with what backward gives" in text
    alone = " ".join(re.sub("<[^>]+>", "", html.render([run_row(), *derived])["index.html"]).split())
    assert "3 of 3 cases pass and are certified: each derivative was compared with a truth whose" in alone
