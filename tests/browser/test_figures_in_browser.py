"""Plots in a real browser: values, switches, zoom, files, a dark scheme; what is there without scripts."""

from __future__ import annotations

import csv
import io
import itertools
import re
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.browser.conftest import Watched
from tests.browser.figures import CONTRASTS, CUT_OFF, EVERY_KEY, PLACES, Figure
from tests.gradcheck.sample_rows import curve_row

pytestmark = pytest.mark.browser
PAGES = ["functions/tanh.html", "studies/newton.html", "studies/networks.html"]
EACH = pytest.mark.parametrize("path", PAGES)
MINUS = "\N{MINUS SIGN}"
SCHEMES = ("forward", "central", "five-point")
IN_FILES = 5e-3  # an error has three digits in the data of a plot


@pytest.fixture
def steps(site: Path, desktop: Watched) -> Figure:
    """The plot of errors against the step, of the first derivative of tanh."""
    desktop.page.goto((site / "functions" / "tanh.html").as_uri())
    return Figure(desktop.page, "steps")


def as_number(text: str) -> float:
    powers = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    mantissa, _, power = text.replace(MINUS, "-").partition("10⁻")
    if not power:
        return float(mantissa)
    return float(f"{mantissa.rstrip('·') or 1}e-{power.translate(powers)}")


def values(told: str) -> tuple[str, float, float]:
    """The line, x and y of what a plot says."""
    found = re.fullmatch(r"(.*): step size h = (.*), relative error = (.*)", told)
    assert found, told
    return found[1], as_number(found[2]), as_number(found[3])


# Values ---------------------------------------------------------------------------------------------


def test_arrow_keys_read_the_recorded_values(steps: Figure) -> None:
    schemes = curve_row()["schemes"]
    for n in range(3):
        name, h, error = values(steps.press("ArrowRight"))
        assert name == "forward"
        assert h == pytest.approx(schemes["forward"]["step"][n], rel=5e-4)
        assert error == pytest.approx(schemes["forward"]["error"][n], rel=IN_FILES)
    for scheme in ("central", "five-point", "forward"):
        name, h, error = values(steps.press("ArrowDown"))
        assert (name, h) == (scheme, pytest.approx(schemes["forward"]["step"][2], rel=5e-4))
        assert error == pytest.approx(schemes[scheme]["error"][2], rel=IN_FILES)
    assert values(steps.press("End"))[1] == pytest.approx(1.0)
    assert values(steps.press("ArrowRight"))[1] == pytest.approx(1.0)
    assert values(steps.press("ArrowUp", "Home")) == ("five-point", pytest.approx(1e-15), pytest.approx(
        schemes["five-point"]["error"][0], rel=IN_FILES))  # fmt: skip
    assert steps.element.locator("output").get_attribute("aria-live") in (None, "polite")
    assert steps.svg.locator(".here").count() == 1


def test_the_pointer_reads_the_nearest_value(steps: Figure) -> None:
    scheme = curve_row()["schemes"]["central"]
    steps.press("ArrowDown", *["ArrowRight"] * 40, "ArrowDown")
    name, _, error = values(steps.told)
    box = steps.svg.locator(".here").bounding_box()
    steps.press("Home")
    steps.page.mouse.move(box["x"] + box["width"] / 2 + 1, box["y"] + box["height"] / 2 - 1)
    assert (name, values(steps.told)[0]) == ("central", "central")
    assert values(steps.told)[2] == error
    assert error == pytest.approx(scheme["error"][40], rel=IN_FILES)
    steps.page.mouse.move(*steps.at(0.5, 0.99))  # nothing is near
    steps.page.mouse.move(*steps.at(0.05, 0.05))
    assert steps.svg.locator(".here").count() == 0


def test_a_circle_is_read_with_its_bound(site: Path, desktop: Watched) -> None:
    desktop.page.goto((site / "functions" / "tanh.html").as_uri())
    first = Figure(desktop.page, "shape", 1)
    assert first.press("ArrowRight").startswith("backward: ")
    assert re.fullmatch(
        rf"differences: .* = {MINUS}2, first derivative = {MINUS}0.482, bound 10⁻⁹", first.press("ArrowDown")
    )


def test_errors_over_the_domain_share_the_table_of_the_sections(site: Path, desktop: Watched) -> None:
    desktop.page.goto((site / "functions" / "tanh.html").as_uri())
    told = Figure(desktop.page, "accuracy").press("ArrowRight")
    assert re.fullmatch(rf"x = {MINUS}\d+, error in ULP = [\d.]+", told)


# Switches -------------------------------------------------------------------------------------------


def test_lines_are_switched_off_and_on(steps: Figure) -> None:
    legend = steps.page.locator("section:has(#steps) .legend")
    switch = legend.get_by_role("button", name="central", exact=True)
    lines = steps.page.locator("section:has(#steps) .frame > .line.s1")
    assert switch.get_attribute("aria-pressed") == "true"
    assert [each.is_visible() for each in lines.all()] == [True] * lines.count()
    switch.focus()
    steps.page.keyboard.press("Space")
    assert switch.get_attribute("aria-pressed") == "false"
    assert [each.is_visible() for each in lines.all()] == [False] * lines.count()
    heard = {values(steps.press(key))[0] for key in ("ArrowRight", "ArrowDown", "ArrowDown")}
    assert heard == {"forward", "five-point"}
    _, text = steps.saved("SVG")
    assert titles(text)[1:3] == ["forward", "five-point"]
    steps.press("+")
    assert not lines.first.is_visible()
    switch.click()
    assert lines.first.is_visible()
    assert set(SCHEMES) <= set(titles(steps.saved("SVG")[1]))


def titles(svg: bytes) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [str(each.text) for each in root.iter("{http://www.w3.org/2000/svg}title")]


# Zoom -----------------------------------------------------------------------------------------------


def test_a_rectangle_is_shown_large_and_all_of_it_again(steps: Figure) -> None:
    before, drawn = steps.ticks, without_reading(steps)
    steps.drag((0.5, 0.2), (0.8, 0.6))
    zoomed = steps.ticks
    assert zoomed != before
    spans = [steps.svg.locator(f".{axis} text:not(.name)").count() for axis in "xy"]
    assert min(spans) >= 2
    assert steps.button("show all").is_visible()
    marks = steps.svg.locator(".s0 .marks").get_attribute("d")
    assert 3 < marks.count("M") < 46  # each point that is seen
    steps.button("show all").click()
    assert steps.ticks == before
    assert without_reading(steps) == drawn
    assert not steps.button("show all").is_visible()


def without_reading(figure: Figure) -> str:
    """The plot's content but for the ring around what is read."""
    return re.sub(r'<circle class="here".*?</circle>', "", figure.svg.inner_html())


def test_keys_zoom_around_what_is_read(steps: Figure) -> None:
    before = steps.ticks
    told = steps.press("ArrowRight", *["ArrowRight"] * 30, "+", "+")
    assert steps.ticks != before
    assert steps.told == told
    steps.press("-", "-", "-", "-")
    assert steps.ticks == before
    steps.press("+", "0")
    assert steps.ticks == before
    steps.press(*["+"] * 60)  # ends somewhere
    assert all(text and "NaN" not in text for text in steps.ticks)


@EACH
def test_every_plot_answers_every_key(site: Path, desktop: Watched, path: str) -> None:
    desktop.page.goto((site / path).as_uri())
    assert desktop.page.locator("figure").count() > 0
    assert desktop.page.evaluate(EVERY_KEY) == []


# Files ----------------------------------------------------------------------------------------------


def test_the_csv_holds_the_rows(steps: Figure) -> None:
    name, text = steps.saved("CSV")
    assert name == "tanh-steps.csv"
    lines = list(csv.DictReader(io.StringIO(text.decode())))
    for order, scheme in itertools.product((1, 2, 3), SCHEMES):
        found = [float(line[f"order {order}: {scheme}"]) for line in lines]
        assert found == pytest.approx(list(curve_row(order)["schemes"][scheme]["error"]), rel=IN_FILES)
    second = Figure(steps.page, "steps", 1)
    assert second.saved("CSV") == (name, text)


def test_the_svg_stands_alone(steps: Figure) -> None:
    steps.press("ArrowRight")
    name, text = steps.saved("SVG")
    assert name == "tanh-steps-order-1.svg"
    root = ElementTree.fromstring(text)
    assert root.attrib["viewBox"] == "0 0 340 250"
    assert titles(text)[0].startswith("Relative error of numerical derivatives")
    plain = text.decode()
    for stranger in ("var(", "light-dark", "class=", "data-", "aria-", "here"):
        assert stranger not in plain
    strokes = set(re.findall(r'stroke="(rgb[^"]*)"', plain))
    assert {"rgb(138, 75, 8)", "rgb(11, 83, 148)", "rgb(27, 107, 58)"} <= strokes
    assert 'fill="#fff"' in plain


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_files_are_of_light_paper(steps: Figure, scheme: str) -> None:
    image = pytest.importorskip("PIL.Image")
    steps.page.emulate_media(color_scheme="light")
    expected = steps.saved("SVG")[1]
    steps.page.emulate_media(color_scheme=scheme)
    assert steps.saved("SVG")[1] == expected
    name, data = steps.saved("PNG")
    assert name == "tanh-steps-order-1.png"
    with image.open(io.BytesIO(data)) as opened:
        assert opened.size == (680, 500)
        pixels = opened.convert("RGB")
        colors = {color for _, color in pixels.getcolors(1 << 24)}
        assert pixels.getpixel((2, 300)) == (255, 255, 255)
    assert (11, 83, 148) in colors  # a line


# Dark, print, no script -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PAGES[0], "index.html"])
def test_dark_paper_is_dark(site: Path, desktop: Watched, path: str) -> None:
    desktop.page.emulate_media(color_scheme="dark")
    desktop.page.goto((site / path).as_uri())
    assert desktop.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 23, 21)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_stand_out_from_the_paper(site: Path, desktop: Watched, scheme: str) -> None:
    desktop.page.emulate_media(color_scheme=scheme)
    desktop.page.goto((site / PAGES[0]).as_uri())
    assert min(desktop.page.evaluate(CONTRASTS)) >= 4.5


def test_paper_is_white(site: Path, desktop: Watched) -> None:
    desktop.page.emulate_media(media="print", color_scheme="dark")
    desktop.page.goto((site / PAGES[0]).as_uri())
    ink = desktop.page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(28, 28, 26)"
    assert not desktop.page.locator(".under").first.is_visible()


def test_without_scripts_the_plots_and_their_data_are_there(site: Path, still: Any) -> None:
    still.goto((site / PAGES[0]).as_uri())
    steps = Figure(still, "steps")
    assert steps.svg.is_visible()
    assert still.locator("section:has(#steps) .legend li").count() == 6
    assert still.get_by_role("button").count() == 0
    assert steps.saved("CSV")[0] == "tanh-steps.csv"


def after_a_while(route: Any) -> None:
    time.sleep(0.3)
    route.continue_()


@EACH
def test_nothing_moves_when_the_script_starts(site: Path, watched: Watched, still: Any, path: str) -> None:
    page = watched.page
    still.set_viewport_size(page.viewport_size)
    page.route("**/figures.js", after_a_while)  # the page is seen before it starts
    for each in (page, still):
        each.goto((site / path).as_uri())
    assert page.evaluate(PLACES) == still.evaluate(PLACES)
    shifts = page.evaluate(
        "new Promise((done) => { new PerformanceObserver((list) => done(list.getEntries().length))"
        ".observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(0), 200); })"
    )
    assert shifts == 0


@EACH
def test_no_label_is_cut_off_in_the_fonts_that_there_are(site: Path, watched: Watched, path: str) -> None:
    watched.page.goto((site / path).as_uri())
    assert watched.page.evaluate(CUT_OFF) == []
