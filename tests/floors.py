"""The floors of a package, read from its imports: `python -m tests.floors [PACKAGE]` prints them.

A room is a folder, or a module next to folders. It stands one floor above the highest room that it imports.
Every import counts: at the top of a file, inside a function, for type checkers only, a submodule that is
reached as an attribute of its package, and what `import_module` may load: of an f-string, the modules that
the file names in other strings; where it names none, all that the f-string can mean.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@cache
def modules(package: str) -> dict[str, Path]:
    """The modules of a package by their dotted names."""
    files = sorted((ROOT / package).rglob("*.py"))
    dotted = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in files}
    return {name.removesuffix(".__init__"): path for name, path in dotted.items()}


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a file may import, by the longest reading of each import."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    yield from _names(_tree(path), ".".join(parts[:-1]), modules(parts[0]))


@cache
def _tree(path: Path) -> ast.AST:
    return ast.parse(path.read_text(encoding="utf-8"))


def _names(tree: ast.AST, package: str, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Attribute():
                yield ast.unparse(node)
            case ast.Call(func=func, args=[name, *_]) if ast.unparse(func).endswith("import_module"):
                yield from _meant(name, tree, package, known)


def _meant(name: ast.expr, tree: ast.AST, package: str, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules that the argument of `import_module` may stand for."""
    match name:
        case ast.Constant(value=str(written)):
            yield written
        case ast.JoinedStr(values=[first, *_]):  # f"gradcheck.specs.{topic}", f"{__package__}.{oracle}"
            start = str(first.value) if isinstance(first, ast.Constant) else f"{package}."
            constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
            written = {start + value for value in constants if isinstance(value, str)} & set(known)
            yield from written or {module for module in known if module.startswith(start)}


def _is_named(tree: ast.AST, package: str) -> bool:
    """Whether the name of the package itself is bound: then its submodules are reached as attributes."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import))
    return any(alias.name.split(".")[0] == package for node in imports for alias in node.names)


@cache
def imports(package: str) -> Mapping[str, frozenset[str]]:
    """For each module of a package the modules of the same package that it imports."""
    known = modules(package)
    found = {}
    for name, path in known.items():
        reached = set()
        for dotted in imported(path):
            while dotted not in known and dotted:
                dotted = dotted.rpartition(".")[0]
            reached.add(dotted)
        if not _is_named(_tree(path), package):
            reached.discard(package)  # the name of a variable, or `from package import submodule`
        found[name] = frozenset(reached - {name, ""})
    return found


def rooms(package: str) -> dict[str, set[str]]:
    """For each room of a package (the package itself: "") the other rooms that it imports."""
    inside = f"{package}."

    def room(module: str) -> str | None:
        return module[len(inside) :].split(".")[0] if f"{module}.".startswith(inside) else None

    arrows: dict[str, set[str]] = {}
    for module, reached in imports(package.split(".")[0]).items():
        here = room(module)
        if here is not None:
            there = {room(other) for other in reached}
            arrows.setdefault(here, set()).update(r for r in there if r is not None and r != here)
    return arrows


def circles(arrows: Mapping[str, set[str] | frozenset[str]]) -> list[list[str]]:
    """Groups of names each of which reaches itself, by way of the others of its group."""
    reach = {name: set(there) for name, there in arrows.items()}
    for middle in reach:
        for there in reach.values():
            if middle in there:
                there |= reach[middle]
    inside = [name for name in reach if name in reach[name]]
    groups = {tuple(sorted(n for n in inside if n in reach[m] and m in reach[n])) for m in inside}
    return sorted(map(list, groups))


def floors(arrows: Mapping[str, set[str]]) -> list[list[str]]:
    """Names by floor, from the ground up; what is in a circle comes last, together."""
    placed: list[list[str]] = []
    left = {name: there & set(arrows) for name, there in arrows.items()}
    while left:
        done = {name for floor in placed for name in floor}
        ready = sorted(name for name, there in left.items() if there <= done) or sorted(left)
        placed.append(ready)
        left = {name: there for name, there in left.items() if name not in ready}
    return placed


def table(package: str) -> str:
    arrows = rooms(package)
    found = floors(arrows)
    count = sum(map(len, arrows.values()))
    lines = [
        f"{package}: {len(arrows)} rooms on {len(found)} floors, {count} arrows, circles: {circles(arrows)}"
    ]
    for number, floor in reversed(list(enumerate(found, 1))):
        lines.append(f"{number:3}  {', '.join(name or '__init__' for name in floor)}")
    return "\n".join(lines)


if __name__ == "__main__":
    for name in sys.argv[1:] or ["gradcheck"]:
        print(table(name))
