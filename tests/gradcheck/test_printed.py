"""Plots for papers show what the rows say; their files are fit for print, and the same each time."""

from __future__ import annotations

import copy
import gc
import io
import math
import os
import pickle
import re
import subprocess
import sys
import time
import weakref
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import gradcheck
from dezero import Variable
from dezero import functions as F
from gradcheck import printed
from gradcheck.cases.calls import build_case
from gradcheck.cli import main
from gradcheck.experiments.studies import own_op
from gradcheck.judging.finding import Evidence, Result
from gradcheck.judging.side_by_side import SideBySide
from tests.gradcheck.sample_rows import SAMPLES, curve_row, range_row, section_row
from tests.gradcheck.studied import studied
from tests.gradcheck.zoo.specimen import floats, op, several

matplotlib = pytest.importorskip("matplotlib")
from gradcheck.printed import style  # noqa: E402
from gradcheck.printed.lettering import plain  # noqa: E402
from gradcheck.printed.page import Page  # noqa: E402

HERE = Path(__file__).resolve().parents[2]
HOSTILE = "f(x) = $x_1 + $\\frac \u51fd \U0001f600 \u202e \x1b[31m \ud800 {0} %s ^_~"
RUNNING_SUM = op(np.cumsum, lambda gy, x: gy)


def figure(*lines: dict[str, Any], log: tuple[bool, bool] = (False, False), **names: str) -> dict[str, Any]:
    labels = {"x": "x", "y": "error"} | names
    axes = {n: {"label": labels[n], "log": log_} for n, log_ in zip("xy", log, strict=True)}
    return {"kind": "figure", "study": "s", "place": 1, "title": "T", "lines": list(lines)} | axes


def line(label: str, x: Any, y: Any, style: str = "line") -> dict[str, Any]:
    return {"label": label, "style": style, "x": list(x), "y": list(y)}


def written(page: Page, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    page.savefig(stream, format=kind, **options)
    return stream.getvalue()


def drawn(page: Page) -> Page:
    """The page after its layout is done."""
    with style.in_style():
        page.draw_without_rendering()
    return page


def named(page: Page) -> dict[str, Any]:
    """The lines of a plot by their names."""
    return {each.get_label(): each for each in page.axes[0].get_lines()}


def texts(page: Page) -> list[str]:
    return [text.get_text() for text in page.findobj(matplotlib.text.Text) if text.get_text()]


# Files ------------------------------------------------------------------------------------------------

RESULT = Result("pass", "", title="f(x)", evidence=[Evidence(1, "jet", "pass", "", digits=15.2)])
ELSEWHERE = """
import sys
from gradcheck import printed
from gradcheck.judging.finding import Evidence, Result
from tests.gradcheck.sample_rows import SAMPLES, curve_row
pages = {
    "figure": printed.draw({"kind": "figure", **SAMPLES["figure"]}),
    "curve": printed.draw(curve_row()),
    "result": Result("pass", "", title="f(x)", evidence=[Evidence(1, "jet", "pass", "", digits=15.2)]).plot(),
}
for name, page in pages.items():
    for kind in printed.FORMATS:
        page.write(f"{sys.argv[1]}/{name}.{kind}", kind)
print("matplotlib.pyplot" in sys.modules)
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of plots that another process has written, without pyplot."""
    folder = tmp_path_factory.mktemp("elsewhere")
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(folder)], cwd=HERE, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(HERE), "PYTHONHASHSEED": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "False\n"
    return folder


@pytest.fixture(scope="module")
def curve() -> Page:
    """The plot of a curve, which tests look at and write: neither moves anything, as the next one shows."""
    return printed.draw(curve_row())


def test_the_same_rows_give_the_same_bytes(elsewhere: Path, curve: Page) -> None:
    pages = {
        "figure": printed.draw({"kind": "figure", **SAMPLES["figure"]}),
        "curve": curve,
        "result": RESULT.plot(),
    }
    for name, page in pages.items():
        for kind in reversed(printed.FORMATS):  # what is written before moves nothing
            assert written(page, kind) == (elsewhere / f"{name}.{kind}").read_bytes()


def test_a_pdf_is_a_column_wide_and_has_its_fonts_within(elsewhere: Path) -> None:
    for path in elsewhere.glob("*.pdf"):
        content = path.read_bytes()
        (width,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) [\d.]+ \]", content)
        assert float(width) == pytest.approx(3.35 * 72)
        assert b"/FontFile2" in content
        assert b"/Type3" not in content
        assert b"CreationDate" not in content


def test_an_svg_is_whole_and_needs_no_font_and_no_date(elsewhere: Path) -> None:
    for path in elsewhere.glob("*.svg"):
        root = ElementTree.fromstring(path.read_bytes())
        assert root.get("width") == "241.2pt"
        assert not [e for e in root.iter() if e.tag.endswith(("}text", "}date"))]


def test_settings_of_the_user_change_nothing(elsewhere: Path) -> None:
    theirs = {
        "font.size": 20, "pdf.fonttype": 3, "svg.fonttype": "none", "axes.grid": False,
        "savefig.bbox": "tight", "axes.prop_cycle": matplotlib.cycler(color=["red"]),
    }  # fmt: skip
    with matplotlib.rc_context(theirs):
        page = printed.draw(curve_row())
        for kind in ("pdf", "svg"):
            assert written(page, kind) == (elsewhere / f"curve.{kind}").read_bytes()
        assert matplotlib.rcParams["font.size"] == 20


def test_a_users_own_metadata_are_kept() -> None:
    page = printed.draw(figure(line("a", [1, 2], [1, 2])))
    assert b"My figure" in written(page, "pdf", metadata={"Title": "My figure"})


def test_a_notebook_shows_it(curve: Page) -> None:
    assert ElementTree.fromstring(curve._repr_svg_()).tag.endswith("}svg")


def test_a_file_that_was_there_is_replaced_whole(tmp_path: Path, curve: Page, elsewhere: Path) -> None:
    path = tmp_path / "new" / "f.png"
    for _ in range(2):
        curve.write(path, "png")
    assert path.read_bytes() == (elsewhere / "curve.png").read_bytes()
    assert [each.name for each in path.parent.iterdir()] == ["f.png"]


# Nothing is cut or covered ----------------------------------------------------------------------------

LONG = "a label that says at length, with its unit, what stands on this axis and how it was measured"
ROWS = [
    figure(line(LONG, range(5), range(5)), line("b", [1], [2], "marks"), x=LONG, y=LONG),
    figure(line(HOSTILE, range(1, 5), range(1, 5)), log=(True, True), x=HOSTILE, y=HOSTILE),
    figure(*(line(f"line {n}", range(9), np.arange(9) * n) for n in range(9))),
    figure(line("", [1, 2], [3, 4])),
    figure(),
    *(curve_row(order) for order in (2, 3)),
    section_row(2),
    range_row(),
]


@pytest.mark.parametrize("row", ROWS)
def test_nothing_is_cut_off(row: dict[str, Any]) -> None:
    _whole(printed.draw(row))


def test_nothing_of_a_curve_is_cut_off(curve: Page) -> None:
    _whole(curve)


@pytest.mark.parametrize("name", ["higher-order", "peers", "three-ways"])
def test_nothing_of_a_study_is_cut_off(name: str) -> None:
    for row in studied(name):
        if row["kind"] == "figure":
            _whole(printed.draw(row))


def _whole(page: Page) -> None:
    """All is on the page, and the names of the lines are below the plot."""
    box = drawn(page).get_tightbbox()
    width, height = page.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01
    for legend in page.legends:
        assert legend.get_window_extent().y1 <= page.axes[0].get_tightbbox().y0 + 1


def test_what_the_font_lacks_is_named() -> None:
    assert plain("\u51fd x\u00b2 \u2081") == "\\u51fd x\u00b2 \u2081"
    assert plain("\x1b[31m") == "\\x1b[31m"


# Looks ------------------------------------------------------------------------------------------------


def test_lines_are_told_apart_without_colour() -> None:
    assert len({(look.dash, look.mark) for look in style.LOOKS}) == len({x.mark for x in style.LOOKS}) == 6
    for one, next_ in pairwise(style.LOOKS):
        assert abs(_luminance(one.color) - _luminance(next_.color)) > 0.03


def test_lines_are_seen_on_white() -> None:
    for look in (*style.LOOKS, *style.GUIDES, style.THIN, style.RING):
        assert 1.05 / (_luminance(look.color) + 0.05) >= 3


def _luminance(color: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = np.array(matplotlib.colors.to_rgb(color))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_lines_of_one_name_look_alike_and_are_named_once() -> None:
    page = printed.draw(figure(line("a", [1, 2], [1, 2]), line("b", [1], [1]), line("a", [3, 4], [1, 2])))
    first, other, again = page.axes[0].get_lines()
    assert first.get_color() == again.get_color() != other.get_color()
    assert [text.get_text() for text in page.legends[0].get_texts()] == ["a", "b"]


# What the rows say ------------------------------------------------------------------------------------


def test_points_are_where_the_row_has_them() -> None:
    row = {"kind": "figure", **SAMPLES["figure"]}
    page = printed.draw(row)
    (drawn_line,) = page.axes[0].get_lines()
    np.testing.assert_array_equal(drawn_line.get_xydata(), [(0, 1.0), (1, 1e-4), (2, 1e-16)])
    assert page.axes[0].get_yscale() == "log"
    assert (page.axes[0].get_xlabel(), page.axes[0].get_ylabel()) == ("step", "error")


def test_a_zero_has_a_mark_of_its_own_on_a_logarithmic_axis() -> None:
    page = drawn(printed.draw(figure(line("a", [1, 2, 3, 4], [0.0, 1e-9, -1.0, 1e-3]), log=(False, True))))
    (axes,) = page.axes
    zero, low, negative, high = axes.get_lines()[0].get_ydata()
    ticks = {
        text.get_text(): place for place, text in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    }
    assert ticks.pop("0") == zero < low
    assert all(place >= low / 1.01 for place in ticks.values())
    assert math.isnan(negative)
    assert (low, high) == (1e-9, 1e-3)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e308])
@pytest.mark.parametrize("log", [False, True])
def test_what_has_no_place_is_left_out(bad: float, log: bool) -> None:
    page = drawn(printed.draw(figure(line("a", [1, 2, 3], [1.0, bad, 2.0]), log=(False, log))))
    np.testing.assert_array_equal(page.axes[0].get_lines()[0].get_ydata(), [1.0, math.nan, 2.0])
    assert page.axes[0].get_ylim()[1] < 10


def test_a_line_of_which_nothing_is_seen_has_no_name() -> None:
    page = printed.draw(figure(line("a", [1], [1]), line("b", [1], [math.nan])))
    assert [text.get_text() for text in page.legends[0].get_texts()] == ["a"]


def test_values_that_hardly_differ_are_no_mountains() -> None:
    page = printed.draw(figure(line("a", [1, 2, 3], [0.5, 0.5 + 1e-12, 0.5])))
    low, high = page.axes[0].get_ylim()
    assert high - low > 0.1


def test_a_curve_has_its_schemes_the_model_and_the_step_that_was_chosen(curve: Page) -> None:
    row = curve_row()
    lines = named(curve)
    assert set(lines) == {*row["schemes"], "chosen step", "predicted truncation", "predicted rounding"}
    for name, scheme in row["schemes"].items():
        np.testing.assert_array_equal(lines[name].get_xdata(), scheme["step"])
        np.testing.assert_array_equal(lines[name].get_ydata(), scheme["error"])
    ((step, error),) = lines["chosen step"].get_xydata()
    assert (step, error) == (row["chosen_step"], row["chosen_error"])


def test_a_scheme_whose_order_is_known_says_it() -> None:
    row = curve_row()
    for power, scheme in zip((1, 2, 4), row["schemes"].values(), strict=True):
        scheme["power"] = power
    assert {"forward, ~ h", "central, ~ h\u00b2", "five-point, ~ h\u2074"} <= set(named(printed.draw(row)))


def test_of_the_model_only_what_is_in_sight_is_drawn(curve: Page) -> None:
    row = curve_row()
    measured = [e for scheme in row["schemes"].values() for e in scheme["error"]]
    model = named(curve)["predicted truncation"].get_ydata()
    assert min(measured) <= np.nanmin(model) <= np.nanmax(model) <= max(measured)


def test_a_section_has_the_differences_that_have_a_bound() -> None:
    row = section_row()
    row["numeric"]["bound"][0] = math.inf
    lines = named(printed.draw(row))
    np.testing.assert_array_equal(lines["backward"].get_ydata(), row["analytic"])
    np.testing.assert_array_equal(lines["differences"].get_xdata(), row["numeric"]["x"][1:])


def test_a_pole_does_not_dwarf_the_rest() -> None:
    x = np.linspace(-1, 1, 41)
    with np.errstate(divide="ignore"):
        row = section_row(analytic=1 / x, x=x, numeric={"x": [], "value": [], "bound": []})
    assert printed.draw(row).axes[0].get_ylim()[1] < 100


def test_where_an_error_is_not_finite_a_mark_stands_above_the_rest() -> None:
    page = printed.draw(range_row(x=[-1.0, 0.0, 1.0, 2.0], error_ulp=[0.5, math.inf, math.nan, 1.5]))
    lines = named(page)
    ((where, height),) = lines["not finite"].get_xydata()
    assert where == 0.0
    assert 1.5 < height < page.axes[0].get_ylim()[1]
    assert page.axes[0].get_yscale() == "linear"


def test_large_errors_and_far_points_have_logarithmic_axes() -> None:
    (axes,) = printed.draw(range_row(x=[1e-3, 1.0, 1e3], error_ulp=[0.0, 1e9, 1.0])).axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_a_row_without_a_plot_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^draw: expected a row of the kind figure, curve, .*, got 'case'$"):
        printed.draw({"kind": "case"})


# Findings ---------------------------------------------------------------------------------------------


def test_a_pass_has_a_bar_for_each_order_of_the_digits_that_there_are() -> None:
    result = gradcheck.check(F.tanh, np.array([0.5, 18.0]), order=3)
    page = result.plot(steps=False)
    (axes,) = page.axes
    orders = [row for row in result.evidence if row.digits is not None]
    assert [bar.get_width() for bar in axes.patches[: len(orders)]] == [row.digits for row in orders]
    assert "correct digits (of 15.9 in float64)" in texts(page)
    assert {"PASS  tanh(x: float64[2])", "order 1, jet", "order 3, jet"} <= set(texts(page))
    (full,) = axes.get_lines()
    assert full.get_xdata()[0] == pytest.approx(53 * math.log10(2))
    _whole(page)


def test_a_failure_has_the_jacobian_expected_got_and_the_difference() -> None:
    result = gradcheck.check(RUNNING_SUM, several(3))
    page = result.plot(steps=False)
    expected, got, off = (np.array(axes.images[0].get_array()) for axes in page.axes[1:4])
    np.testing.assert_array_equal(expected, np.tri(3))
    np.testing.assert_array_equal(got, np.eye(3))
    np.testing.assert_array_equal(off, np.eye(3) - np.tri(3))
    frames = {(round(p.get_y() + 0.5), round(p.get_x() + 0.5)) for p in page.axes[2].patches}
    assert frames == {(1, 0), (2, 0), (2, 1)}
    assert {"expected", "FAIL  f(x0: float64[3])"} <= set(texts(page))
    _whole(page)


def test_a_failure_without_a_matrix_names_the_worst_element() -> None:
    result = gradcheck.check(op(lambda x: x * x, lambda gy, x: gy * x), np.linspace(1, 2, 1000))
    assert not result.matrices
    page = result.plot(steps=False)
    worst = next(row for row in result.evidence if row.verdict == "fail")
    assert f"order 1, {worst.where}\nexpected {worst.expected}\ngot {worst.got}" in texts(page)
    _whole(page)


def test_elements_that_are_not_finite_have_no_colour() -> None:
    got = ((1.0, math.nan), (math.inf, 0.0))
    matrix = SideBySide("J", ((1.0, 2.0), (3.0, 0.0)), got, ((False, True), (True, False)), 5)
    page = Result("fail", "", matrices=[matrix]).plot()
    np.testing.assert_array_equal(page.axes[2].images[0].get_array().mask, [[False, True], [True, False]])
    _whole(page)


def test_any_finding_is_drawn() -> None:
    row = Evidence(1, "jet", "fail", "", digits=-1.0, where=HOSTILE * 9, expected=HOSTILE, got="1" * 10_000)
    for result in (
        Result("not-tested", "nothing was compared"),
        Result("inconclusive", "", evidence=[Evidence(1, "jet", "inconclusive", "")], title=HOSTILE * 9),
        Result("fail", "", evidence=[row] * 60, dtype="float16"),
        replace(gradcheck.check(RUNNING_SUM, several(3)), title=HOSTILE),
    ):
        _whole(result.plot())


# Error against step, below a finding ------------------------------------------------------------------


class Noted:
    """tanh, which notes its calls in a file, that nobody puts back, and keeps its last value."""

    def __init__(self, path: Path) -> None:
        self.path, self.last = path, ""

    def __call__(self, x: Variable) -> Variable:
        with self.path.open("a") as file:
            file.write(".")
        y = F.tanh(x)
        self.last = repr(y)
        return y


def test_error_against_step_is_drawn_from_the_rows_of_a_users_page() -> None:
    x = np.array([0.5, 1.8])
    page = gradcheck.check(F.tanh, x, order=2).plot()
    case = build_case(F.tanh, (x,), 2, 0, None)
    rows = [row for row in own_op.rows("tanh", case, 2) if row["kind"] == "curve"]
    assert [row["order"] for row in rows] == [1, 2]
    for axes, row in zip(page.axes[1:], rows, strict=True):
        drawn = {each.get_label().split(",")[0]: each for each in axes.get_lines()}
        for name, scheme in row["schemes"].items():
            steps, errors = drawn[name].get_xydata().T
            seen = np.isfinite(errors)
            np.testing.assert_array_equal(steps, scheme["step"])
            np.testing.assert_array_equal(errors[seen], np.array(scheme["error"])[seen])
        assert drawn["chosen step"].get_xydata().tolist() == [[row["chosen_step"], row["chosen_error"]]]
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("step h", "relative error")
    said = " ".join(" ".join(texts(page)).split())
    for order in (1, 2):
        assert f"numerical derivative of order {order} of y[0] by x[0] at 0.5: error against the step" in said
    _whole(page)


def test_the_error_of_central_differences_is_that_of_a_sum_by_hand() -> None:
    """At a large step, where rounding plays no part: of e to the x sinh(h)/h - 1. Rows have four digits."""
    page = gradcheck.check(F.exp, np.array(0.25)).plot()
    lines = {each.get_label(): each for each in page.axes[1].get_lines()}
    (steps, errors) = lines["central, ~ h²"].get_xydata().T
    large = steps > 0.01
    assert large.sum() > 3
    np.testing.assert_allclose(errors[large], np.sinh(steps[large]) / steps[large] - 1, rtol=5e-4)


def test_f_is_called_where_a_plot_asks_for_it_and_holds_what_it_held(tmp_path: Path) -> None:
    f = Noted(tmp_path / "calls")
    result = gradcheck.check(f, np.array([0.5]), order=1)
    in_check = f.path.stat().st_size
    result.plot(steps=False)
    assert f.path.stat().st_size == in_check
    f.last = "mine"
    result.plot()
    assert f.path.stat().st_size > in_check
    assert f.last == "mine"


def test_a_copy_of_a_result_draws_what_is_known_without_f() -> None:
    result = gradcheck.check(lambda x: F.tanh(x), np.array([0.5]))
    for other in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert other == result
        assert len(other.plot().axes) == 1


def test_large_inputs_have_no_curves_and_are_not_kept(tmp_path: Path) -> None:
    f = Noted(tmp_path / "calls")
    known = weakref.ref(f)
    result = gradcheck.check(f, np.ones(201))
    del f
    gc.collect()
    assert known() is None
    assert "inputs have 201 elements, more than 200" in " ".join(" ".join(texts(result.plot())).split())


@pytest.mark.parametrize(
    ("f", "why"),
    [
        (F.relu, "the derivative of y[0] by x[0] is not known here"),
        (lambda x: x * 0.0, "the derivative of y[0] by x[0] is 0"),
        (op(lambda x: np.sin(floats(x)), lambda gy, x: gy * F.cos(x)), "jets do not apply to f"),
    ],
)
def test_a_plot_says_why_there_is_no_error_against_step(f: Any, why: str) -> None:
    page = gradcheck.check(f, np.array([0.0])).plot()
    said = " ".join(" ".join(texts(page)).split())
    assert f"error against step is not drawn: {why}" in said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a time limit needs copies of a process")
def test_a_time_limit_of_a_check_holds_for_its_plot() -> None:
    waits = [0.0]

    def f(x: Variable) -> Variable:
        time.sleep(waits[0])
        return F.tanh(x)

    result = gradcheck.check(f, np.array([0.5]), time_limit=5)
    assert len(result.plot().axes) == 2
    waits[0] = 60.0
    assert "not finished within 5 s" in " ".join(" ".join(texts(result.plot())).split())


# Without matplotlib, and from the command line --------------------------------------------------------


def test_without_matplotlib_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (lambda: printed.draw(curve_row()), Result("pass", "").plot):
        with pytest.raises(ImportError, match=r"pip install 'dezero-gradcheck\[plot\]' brings it"):
            draw()
    assert main(["study", "newton", "--figures", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "pip install 'dezero-gradcheck[plot]'" in said.err


def test_the_figures_of_studies_are_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "figures"
    words = [
        "study",
        "higher-order",
        "judgements",
        "--figures",
        str(out),
        "--format",
        "svg",
        "--format",
        "png",
    ]
    assert main(words) == 0
    names = {path.name for path in out.iterdir()}
    stems = ["1-graphs-grow-with-the-order", "2-graphs-grow-with-the-order", "3-sin", "5-tanh"]
    assert names == {f"higher-order-{stem}.{kind}" for stem in stems for kind in ("svg", "png")}
    said = capsys.readouterr().out
    assert all(f"Figure: {out / name}" in said for name in names)
    assert "No figure: judgements has tables alone" in said


def test_formats_without_a_folder_are_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "newton", "--format", "svg"]) == 2
    assert "--format is the format of --figures DIR, which is missing" in capsys.readouterr().err


def test_an_unknown_format_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["study", "newton", "--figures", str(tmp_path), "--format", "gif"])
    assert exit_info.value.code == 2
    assert "invalid choice: 'gif'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_told_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["study", "newton", "--figures", str(tmp_path / "file")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{tmp_path / 'file'}: is no folder" in said.err


def test_an_unknown_study_leaves_no_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "nothing", "--figures", str(tmp_path / "figures")]) == 2
    assert "no study 'nothing'" in capsys.readouterr().err
    assert not [*(tmp_path / "figures").glob("*")]
