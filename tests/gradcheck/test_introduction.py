"""The introduction: its numbers are recomputed by other ways, and without rows it has none."""

from __future__ import annotations

import html as markup
import math
import re
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from gradcheck.experiments.studies import catalogue, step_size
from gradcheck.records.jsonl import Row, read, row, write
from gradcheck.report import html, schemes
from gradcheck.report.function_page import function_pages
from gradcheck.report.introduction import Introduction, introduction
from gradcheck.report.lessons import convergence
from gradcheck.report.study_page import INTRODUCED, study_pages
from gradcheck.report.summary import summarize
from gradcheck.specs import specs
from tests.gradcheck.markup import all_spelled_out
from tests.gradcheck.sample_rows import case_row, curve_row, end_row, exempt_row, on_gpu, run_row, study_row
from tests.gradcheck.studied import studied

STUDIES = [name for name in catalogue.STUDIES if name in INTRODUCED]
KEPT = {"float16": (3.3, 3.1), "float32": (7.2, 6.9), "float64": (15.9, 15.4)}  # of exp, at orders 1 and 2
WORDS = 1_400  # on one page
#: Terms, each of which stands for the first time where it is defined.
DEFINED = ("truncation", "order", "ULP", "rounding", "kink", "stencil", "cotangent", "direction", "layout")


def exp_rows() -> list[Row]:
    """The curves of exp, and cases of it and of sin."""
    curves = [row("curve", fields) for fields in step_size.curves(specs()["exp"], 3)]
    cases = []
    for op, less in (("exp", 0.0), ("sin", 1.0)):
        for dtype, orders in KEPT.items():
            for order, digits in enumerate(orders, 1):
                for layout, lost in (("c", 0.0), ("strided", 0.25)):
                    name = f"{op}/{dtype}/cpu/{layout}"
                    shown = {"op": op, "dtype": dtype, "order": order, "layout": layout, "case": name}
                    cases.append(case_row(**shown, digits=digits - less - lost))
    return [*curves, *cases]


def read_back(folder: Path, *names: str) -> list[Row]:
    """The rows of these studies, as they are read from a file."""
    write(folder / "studied.jsonl", [each for name in names for each in studied(name)])
    return read(folder / "studied.jsonl")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """A run with the studies and what is measured of exp."""
    left_out = exempt_row(op="exp", what="needs a GPU: not run on this machine", count=7)
    found = read_back(tmp_path_factory.mktemp("studies"), *STUDIES)
    return [run_row(declared=12), *exp_rows(), *found, left_out, end_row(declared=12, executed=12)]


def made(rows: list[Row]) -> Introduction | None:
    summary = summarize(rows)
    return introduction(function_pages(rows, summary), study_pages(rows, summary.networks), summary)


@pytest.fixture(scope="module")
def found(rows: list[Row]) -> Introduction:
    found = made(rows)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def pages(rows: list[Row]) -> dict[str, str]:
    return all_spelled_out(html.render(rows))


def text_of(page: str) -> str:
    """What is read: without pictures, tags and the list of works."""
    main = page.partition("<main")[2].partition("</main>")[0].partition('<h2 id="references"')[0]
    plain = re.sub(r"<[^>]+>", "", re.sub(r"<svg.*?</svg>", "", main, flags=re.DOTALL))
    return " ".join(markup.unescape(plain).split())


# Steps ----------------------------------------------------------------------------------------------


def exactly(scheme: str, x: mpmath.mpf, h: mpmath.mpf) -> mpmath.mpf:
    """The relative error of a scheme for exp at x without any rounding."""

    def central(h: mpmath.mpf) -> mpmath.mpf:
        return (mpmath.exp(x + h) - mpmath.exp(x - h)) / (2 * h)

    quotient = {
        "forward": lambda: (mpmath.exp(x + h) - mpmath.exp(x)) / h,
        "central": lambda: central(h),
        "five-point": lambda: (4 * central(h) - central(2 * h)) / 3,
        "richardson": lambda: (64 * central(h) - 20 * central(2 * h) + central(4 * h)) / 45,
        "complex-step": lambda: mpmath.exp(x + 1j * h).imag / h,
    }[scheme]()
    return abs(quotient / mpmath.exp(x) - 1)


def test_the_orders_are_those_of_differences_without_rounding(found: Introduction) -> None:
    assert found.steps is not None
    known = {"forward": 1, "central": 2, "five-point": 4, "richardson": 6, "complex-step": 2}
    with mpmath.workdps(60):
        for name, scheme in found.steps.first.items():
            large, small = (exactly(name, mpmath.mpf(1), mpmath.mpf(h)) for h in ("0.002", "0.001"))
            assert float(mpmath.log(large / small, 2)) == pytest.approx(known[name], abs=0.01)
            assert scheme.order == pytest.approx(known[name], abs=0.1)


def test_the_smallest_errors_are_no_smaller_than_truncation_allows(found: Introduction) -> None:
    assert found.steps is not None
    with mpmath.workdps(60):
        for name, scheme in found.steps.first.items():
            left = float(exactly(name, mpmath.mpf(1), mpmath.mpf(scheme.step)))
            assert abs(scheme.error - left) <= 1.2e-16 * 8 / min(scheme.step, 1) or name == "complex-step"
    central = found.steps.of("central")
    errors = [central[order].error for order in (1, 2, 3)]
    assert errors == sorted(errors)


def test_the_digits_at_the_chosen_step_are_those_of_a_difference_taken_there(
    found: Introduction, rows: list[Row]
) -> None:
    assert found.steps is not None
    x = next(each["x"] for each in rows if each["kind"] == "curve")
    h = found.steps.chosen_step
    values = np.exp(np.array([x + h, x - h]))
    off = abs((values[0] - values[1]) / (2 * h) / float(mpmath.exp(x)) - 1)
    assert found.steps.chosen.kept == pytest.approx(-math.log10(off), abs=1.5)
    assert found.steps.digits_there("complex-step").kept > 15
    assert found.steps.digits_there("central").kept < 4


def test_the_best_steps_are_near_the_third_root_of_the_precision(found: Introduction) -> None:
    assert [each.dtype for each in found.best_steps] == ["float16", "float32", "float64"]
    for each in found.best_steps:
        eps = float(np.finfo(each.dtype).eps)
        predicted = (1.5 * eps) ** (1 / 3)
        assert 0.1 < each.step / predicted < 10
        assert each.error <= predicted**2 / 2


def test_odd_curves_say_nothing_and_break_nothing() -> None:
    nothing: dict[str, Any] = {"step": [], "error": []}
    odd = {"step": [0.0, 1e-3, 1e-3, 1.0], "error": [math.nan, 0.0, math.inf, 1.0]}
    rows = [
        case_row(),
        curve_row(schemes={"central": odd, "forward": nothing}),
        *studied("higher-order"),
    ]
    found = made(rows)
    assert found is not None
    assert found.steps is not None
    assert found.steps.first["central"].order is None
    assert "forward" not in found.steps.first
    assert schemes.slope([(0.5, 0.1), (0.5, 0.2), (0.5, 1e-9)]) is None
    assert made([case_row(), curve_row(schemes={}), *studied("higher-order")]).steps is None  # type: ignore[union-attr]


# Studies --------------------------------------------------------------------------------------------


def test_newtons_digits_are_those_of_his_method_in_mpmath(found: Introduction) -> None:
    newton = found.newton
    assert newton is not None
    with mpmath.workdps(400):
        x, digits = mpmath.mpf(2), []
        for _ in range(10):
            x -= (4 * x**3 - 4 * x) / (12 * x**2 - 4)
            digits.append(float(-mpmath.log10(abs(x - 1))))
    assert newton.name.startswith("x⁴")
    assert list(newton.digits) == pytest.approx(digits[-4:], rel=1e-3)
    assert newton.order == pytest.approx(2, abs=0.01)


def test_gradient_descent_takes_as_many_steps_as_the_page_says(found: Introduction, rows: list[Row]) -> None:
    assert found.newton is not None
    told = next(each["text"] for each in rows if each.get("title") == found.newton.name)
    rate = float(re.findall(r"rate of ([0-9.]+)[ ,]", told)[0])
    x, steps = 2.0, 0
    while abs(x - 1) > 1e-6:
        x -= rate * (4 * x**3 - 4 * x)
        steps += 1
    assert found.newton.descent == steps
    assert found.newton.apart == pytest.approx(abs(x - 1), rel=1e-3)
    assert found.newton.steps < 10


def test_convergence_is_told_from_three_iterates() -> None:
    assert convergence([1.0, 3.0, 9.0, 27.0]) == pytest.approx(3)
    assert convergence([5.0]) is None


def test_numerical_errors_grow_with_the_order_and_those_of_backward_hardly(found: Introduction) -> None:
    assert found.ways is not None
    low, high = found.ways.errors.values()
    assert list(found.ways.errors) == [1, 4]
    assert high["numeric"] > 100 * low["numeric"]
    assert max(low["automatic"], high["automatic"], low["symbolic"], high["symbolic"]) < 1e-14


def test_sizes_are_counted_anew(found: Introduction) -> None:
    sympy = pytest.importorskip("sympy")
    x = sympy.Symbol("x")
    f = x
    for _ in range(4):
        f = sympy.tanh(f)
    assert found.growth is not None
    for _ in range(found.growth.order):
        f = sympy.diff(f, x)
    assert found.growth.written == sum(1 for _ in sympy.preorder_traversal(f))
    assert found.growth.shared < found.growth.graph < found.growth.written
    assert {each.name for each in found.sizes} == {"sin", "tanh"}


# Dtypes and devices ---------------------------------------------------------------------------------


def test_what_a_dtype_holds_is_what_numpy_says(found: Introduction) -> None:
    for each in found.held:
        info = np.finfo(each.dtype)
        assert each.ulp == info.eps
        assert each.full.kept == pytest.approx((info.nmant + 1) * math.log10(2))


def test_digits_are_the_fewest_of_a_function_and_those_of_half_of_all(found: Introduction) -> None:
    for each in found.held:
        exp = [digits - 0.25 for digits in KEPT[each.dtype]]
        assert [each.kept[order].kept for order in (1, 2)] == pytest.approx(exp)
        assert [each.half[order].kept for order in (1, 2)] == pytest.approx([kept - 1 for kept in exp])
        assert each.functions == 2
    assert found.shown_orders == [1, 2]


def test_what_waits_for_a_gpu_is_counted_until_one_has_measured(rows: list[Row], found: Introduction) -> None:
    assert found.left_out == 7
    assert "7 cases were left out" in text_of(html.render(rows)["introduction.html"])
    both = made([*rows, *on_gpu([each for each in rows if each["kind"] in ("run", "case", "end")])])
    assert both is not None
    assert both.devices.compared == 12
    assert both.left_out == 0


# The page -------------------------------------------------------------------------------------------


def test_each_part_has_its_numbers(found: Introduction, pages: dict[str, str]) -> None:
    """A study that is told otherwise than the introduction expects shows here."""
    asked = {"digits", "best step", "growth", "ways", "orders", "convergence"}
    asked |= {"richardson", "complex step"} if "step-schemes" in STUDIES else set()
    assert set(found.parts) == {*STUDIES, *asked}
    assert found.growth is not None
    page = text_of(pages["introduction.html"])
    for said in (
        "forward 1.0, central 2.0, five-point 4.0, richardson 6.0",
        "In the figure the ring is at",
        "the step with the smallest error was",
        "the smallest error of Richardson's scheme",
        "At the smallest step of the figure",
        f"{found.growth.written:,} nodes",
        "At order 1 the relative error is",
        "At their best steps central differences keep",
        "that of tanh has 2 functions at order 1",
        "an order of convergence of 2.00",
        "gradient descent takes",
        "half of 2 functions",
    ):
        assert said in page
    assert not re.search(r"\bNone\b|\bNaN\b|\bnan\b|∞", page)
    assert pages["introduction.html"].count("<figure") == 3


def test_it_is_one_page_long(pages: dict[str, str]) -> None:
    paragraphs = re.findall(r"<p[ >].*?</p>", pages["introduction.html"], re.DOTALL)
    read = " ".join(re.sub(r"<[^>]+>", "", each) for each in paragraphs).split()
    assert 900 < len(read) < WORDS


@pytest.mark.parametrize("term", DEFINED)
def test_a_term_is_defined_where_it_first_stands(pages: dict[str, str], term: str) -> None:
    main = pages["introduction.html"].partition("<main")[2]
    text = re.sub(r"<svg.*?</svg>|<(?!/?dfn)[^>]+>", "", main, flags=re.DOTALL)
    first = re.search(rf"\b{term}\b", text, re.IGNORECASE)
    assert first
    assert text[: first.start()].endswith("<dfn>")


def test_its_links_lead_somewhere(pages: dict[str, str]) -> None:
    links = re.findall(r'href="(?!data:)([^"#]*)(?:#([^"]*))?"', pages["introduction.html"])
    assert len(links) > 20
    for path, anchor in links:
        if path == "records.jsonl":
            continue
        there = pages[path or "introduction.html"]
        assert not anchor or f'id="{anchor}"' in there, (path, anchor)


def test_without_rows_there_are_no_numbers(tmp_path: Path) -> None:
    pages = html.render(read_back(tmp_path, "newton"))
    page = text_of(pages["introduction.html"])
    assert "an order of convergence of 2.00" in page
    for absent in (
        "Measured in",
        "In the figure",
        "smallest step",
        "relative error is",
        "best steps",
        "GPU:",
    ):
        assert absent not in page
    assert "<dfn>kink</dfn>" in pages["introduction.html"]


def test_the_index_of_studies_says_what_each_asks_and_how_to_make_it_again() -> None:
    again = {"command": "gradcheck study newton", "lines": 1457, "snippet": "x = 1\n\nprint(x)\n"}
    told = [study_row() | again, study_row(study="unheard-of", title="Unheard of", lead="Nothing.")]
    index = text_of(html.render(told)["studies/index.html"])
    assert "What do second derivatives buy?" in index
    assert "Again: gradcheck study newton, 1,457 lines of code; the core of it in 2" in index
    assert index.count("Again:") == 1


def test_every_study_of_the_catalogue_is_asked_something() -> None:
    index = html.render([study_row(study=name) for name in catalogue.STUDIES])["studies/index.html"]
    assert index.count("class=asked") == len(catalogue.STUDIES)


def test_without_studies_there_is_no_introduction(tmp_path: Path, rows: list[Row]) -> None:
    html.write(rows, tmp_path)
    assert (tmp_path / "introduction.html").is_file()
    html.write([run_row(), *exp_rows()], tmp_path)
    assert not (tmp_path / "introduction.html").exists()
    assert "introduction.html" not in (tmp_path / "index.html").read_text()
    assert made([study_row(study="judgements")]) is None
    assert made([run_row(profile="check"), *studied("higher-order"), case_row()]) is None
