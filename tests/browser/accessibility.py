"""What axe-core has to say of a page."""

from __future__ import annotations

from typing import Any

#: Marks the first text of each kind: those of a kind look alike in all that a contrast depends on, and so
#: does what is around them. A table has thousands of cells of few kinds, and axe-core takes long for each.
MARK_KINDS = """() => {
  const looks = ["color", "backgroundColor", "backgroundImage", "opacity", "fontSize", "fontWeight",
                 "textShadow", "filter", "position", "clipPath", "display"];
  const numbers = new Map(), kinds = new Map(), marked = new Set();
  const isText = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim();
  for (const each of document.querySelectorAll("*")) {
    const style = getComputedStyle(each);
    const around = [kinds.get(each.parentElement), each.checkVisibility()];
    const seen = [...around, ...looks.map((name) => style[name])].join();
    if (!numbers.has(seen)) numbers.set(seen, numbers.size);
    const kind = numbers.get(seen);
    kinds.set(each, kind);
    const told = each.matches("input, select") || [...each.childNodes].some(isText);
    if (told && !marked.has(kind)) {
      marked.add(kind);
      each.dataset.kind = kind;
    }
  }
}"""
OPTIONS = {"resultTypes": ["violations"], "preload": False}
OF_KINDS = "axe.configure({rules: [{id: 'color-contrast', selector: '[data-kind]'}]})"


def violations(page: Any, axe: str) -> list[str]:
    """What axe-core has to say of the page, with what is folded unfolded, on light and on dark paper.

    Args:
        axe: the source of axe-core.
    """
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    page.evaluate(axe)
    page.evaluate(OF_KINDS)
    light = _violations(page, {})
    page.emulate_media(color_scheme="dark")
    dark = _violations(page, {"runOnly": ["color-contrast"]})  # colours are all that is otherwise there
    page.emulate_media(color_scheme="light")
    return light + dark


def _violations(page: Any, options: dict[str, Any]) -> list[str]:
    page.evaluate(MARK_KINDS)
    found = page.evaluate("(options) => axe.run(options)", {**OPTIONS, **options})
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"][:9]
    ]
