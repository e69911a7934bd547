"""Plots on a page: what a reader does with one, and what is asked of all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

CUT_OFF = """() => [...document.querySelectorAll("svg.plot")].flatMap((svg) => {
  const image = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.left < image.left - 1 || box.right > image.right + 1 || box.top < image.top - 1;
  }).map((text) => text.textContent);
})"""
CONTRASTS = """() => {
  const light = (text) => {
    const parts = text.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const frame = document.querySelector("svg.plot .frame");
  return [..."012345"].map((n) => {
    const group = document.createElementNS(frame.namespaceURI, "g");
    group.setAttribute("class", `line s${n}`);
    frame.append(group);
    const [low, high] = [paper, light(getComputedStyle(group).stroke)].sort((a, b) => a - b);
    group.remove();
    return (high + 0.05) / (low + 0.05);
  });
}"""
EVERY_KEY = """() => [...document.querySelectorAll("figure")].flatMap((figure) => {
  const svg = figure.querySelector("svg.plot"), output = figure.querySelector("output"), wrong = [];
  const press = (key) => svg.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const told = (ok, what) => ok || wrong.push(`${figure.dataset.file}: ${what}`);
  const whole = svg.querySelector(".frame").innerHTML;
  for (const key of ["ArrowRight", "ArrowDown", "End", "ArrowUp", "ArrowLeft", "Home"]) {
    press(key);
    told(/ = /.test(output.textContent) && !/NaN|undefined/.test(output.textContent), output.textContent);
  }
  for (const key of ["+", "+", "+", "-", "+", "+", "+"]) {
    press(key);
    told(!/NaN|Infinity|undefined/.test(svg.innerHTML), "no number");
    const image = svg.getBoundingClientRect();
    const texts = (axis) => [...svg.querySelectorAll(`.${axis} text:not(.name)`)];
    const boxes = (axis) => texts(axis).map((text) => text.getBoundingClientRect());
    told(boxes("y").every((box) => box.left >= image.left - 1), "a label is cut off");
    const across = boxes("x").sort((a, b) => a.left - b.left);
    told(across.slice(1).every((box, n) => box.left >= across[n].right), "labels overlap");
  }
  press("0");
  svg.querySelector(".here").remove();
  told(svg.querySelector(".frame").innerHTML === whole, "not as it was");
  return wrong;
})"""
PLACES = """() => [...document.querySelectorAll("main h2, figure, figcaption, .legend li")].map((each) => {
  const { x, y, width, height } = each.getBoundingClientRect();
  return [x, y, width, height].map(Math.round);
})"""


class Figure:
    """A plot on a page, and what a reader does with it."""

    def __init__(self, page: Any, section: str, number: int = 0) -> None:
        self.page = page
        self.element = page.locator(f"section:has(#{section}) figure").nth(number)
        self.svg = self.element.locator("svg.plot")
        self.svg.scroll_into_view_if_needed()

    @property
    def told(self) -> str:
        return str(self.element.locator("output").text_content())

    def button(self, name: str) -> Any:
        return self.element.get_by_role("button", name=name, exact=True)

    def press(self, *keys: str) -> str:
        self.svg.focus()
        for key in keys:
            self.page.keyboard.press(key)
        return self.told

    def at(self, across: float, up: float) -> tuple[float, float]:
        """Of shares of the area inside the axes the place on the screen."""
        place = self.svg.locator(".frame").evaluate(
            "(frame, [across, up]) => { const { width, height } = frame.viewBox.baseVal;"
            "const p = new DOMPoint(across * width, (1 - up) * height).matrixTransform(frame.getScreenCTM());"
            "return [p.x, p.y]; }",
            [across, up],
        )
        return place[0], place[1]

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=3)
        self.page.mouse.up()

    @property
    def ticks(self) -> list[str]:
        return list(self.svg.locator(":is(.x, .y) text:not(.name)").all_text_contents())

    def saved(self, name: str) -> tuple[str, bytes]:
        """What the link or button of that name saves: the file's name and its bytes."""
        with self.page.expect_download() as waiting:
            self.element.locator(".under > *", has_text=re.compile(f"^{name}$")).click()
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()
