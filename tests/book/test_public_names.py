"""What the book's package shows, name by name and parameter by parameter, is here too."""

from __future__ import annotations

import builtins
import importlib.util
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dezero.functions as F

LIST = Path(__file__).with_name("public_names.txt")
OPTIONAL = {"plt": "matplotlib", "Image": "PIL"}  # shown where they are installed
NAMESPACE = {"np": np, "F": F, "int": int}  # in which the defaults of the list are written


def entries() -> Iterator[tuple[str, str]]:
    """(module, line) for each line of the list; several for a line of names."""
    module = ""
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            module = line.strip("[]")
        elif line.startswith("also "):
            yield from ((module, name) for name in line.split()[1:])
        elif line and not line.startswith("#"):
            yield module, line


def find(module: str, path: str) -> Any:
    found = import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def parameters(signature: inspect.Signature) -> list[inspect.Parameter]:
    """Those that a caller gives."""
    return [p for p in signature.parameters.values() if p.name != "self"]


def listed_parameters(arguments: str) -> list[inspect.Parameter]:
    """Of a line such as `f(x, axis=None, *more)`, through a function that has them."""
    scope: dict[str, Any] = {}
    exec(f"def f({arguments}): ...", NAMESPACE, scope)
    return parameters(inspect.signature(scope["f"]))


def same_default(wanted: Any, ours: Any) -> bool:
    return ours is not inspect.Parameter.empty if wanted is ... else wanted == ours


def differences(wanted: list[inspect.Parameter], ours: list[inspect.Parameter]) -> list[str]:
    """Why a call that is right for `wanted` could go wrong with `ours`."""
    missing = [p.name for p in wanted[len(ours) :]]
    found = [f"lacks {name}" for name in missing]
    for want, our in zip(wanted, ours, strict=False):
        if (want.name, want.kind) != (our.name, our.kind):
            found.append(f"has {our} where {want} is expected")
        elif not same_default(want.default, our.default):
            found.append(f"has {our} with another default than {want}")
    found += [f"asks for {p.name} besides" for p in ours[len(wanted) :] if p.default is p.empty]
    return found


@pytest.mark.parametrize(("module", "line"), [pytest.param(*e, id=":".join(e)) for e in entries()])
def test_a_public_name(module: str, line: str) -> None:
    path, call, arguments = line.partition("(")
    found = find(module, path)
    if call:
        ours = parameters(inspect.signature(found))
        assert differences(listed_parameters(arguments.removesuffix(")")), ours) == []


@pytest.mark.parametrize(
    ("wanted", "ours", "why"),
    [
        ("x, axis=None", "x", ["lacks axis"]),
        ("x, axis=None", "axis, x=None", ["has axis where x is expected"]),
        ("x, axis=None", "x, axis=1", ["has axis=1 with another default than axis=None"]),
        ("x, axis=...", "x, axis", ["has axis with another default than axis=Ellipsis"]),
        ("x", "*x", ["has *x where x is expected"]),
        ("x", "x, rng", ["asks for rng besides"]),
        ("x", "x, rng=None, *, dtype=None", []),
        ("x, axis=...", "x, axis=0", []),
    ],
)
def test_the_comparison_sees(wanted: str, ours: str, why: list[str]) -> None:
    found = differences(listed_parameters(wanted), listed_parameters(ours))
    assert [reason.replace("'", "") for reason in found[: len(why)]] == why
    assert bool(found) == bool(why)


def test_the_list_has_all_modules() -> None:
    book = "core core_simple cuda dataloaders datasets functions functions_conv layers models"
    more = "optimizers transforms utils"
    wanted = {"dezero"} | {f"dezero.{name}" for name in (book + " " + more).split()}
    assert {module for module, _ in entries()} == wanted


@pytest.mark.parametrize("module", sorted({module for module, _ in entries()}))
def test_a_star_import_gives_them_all(module: str) -> None:
    scope: dict[str, Any] = {}
    exec(f"from {module} import *", scope)
    wanted = {line.partition("(")[0].partition(".")[0] for its, line in entries() if its == module}
    absent = {name for name in OPTIONAL if importlib.util.find_spec(OPTIONAL[name]) is None}
    assert wanted - absent <= scope.keys()


def test_a_star_import_hides_no_builtin_but_those_of_the_book() -> None:
    scope: dict[str, Any] = {}
    exec("from dezero.functions import *", scope)
    assert scope.keys() & vars(builtins).keys() == {"max", "min", "pow", "sum"}
