"""The whole table: dezero's own rows, and those that other packages contribute by an entry point.

A package names in its pyproject.toml what holds its specs:

    [project.entry-points."gradcheck.specs"]
    ops = "my_package.specs"            # a module: the Specs that it has, alone or in a list
    more = "my_package.losses:SPECS"    # a Spec, or a list of Specs

In the table a spec's name begins with that of its distribution ("my-package.softsign"), so that no two
packages clash, and its topic is the package's. Where the environment variable GRADCHECK_NO_ENTRY_POINTS is
set, to anything, dezero's rows are all.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from gradcheck.cases import variants
from gradcheck.errors import SpecError
from gradcheck.specs import Spec, specs
from gradcheck.system.raised import described, is_ctrl_c

GROUP = "gradcheck.specs"
OFF = "GRADCHECK_NO_ENTRY_POINTS"


@dataclass(frozen=True)
class Broken:
    """What a package contributes and what cannot be measured, and why.

    >>> print(Broken("my-ops", "ops = my_ops.specs", "ModuleNotFoundError: No module named 'my_ops'"))
    my-ops, entry point ops = my_ops.specs: ModuleNotFoundError: No module named 'my_ops'
    """

    package: str
    entry: str
    why: str

    def __str__(self) -> str:
        return f"{self.package}, entry point {self.entry}: {self.why}"


@dataclass(frozen=True)
class Contributed:
    """What other packages contribute: specs by their names in the table, and what is broken."""

    specs: Mapping[str, Spec]
    broken: tuple[Broken, ...] = ()


def spec_of(name: str) -> Spec:
    """The spec of that name in the table; packages are loaded only where dezero has none.

    Raises:
        SpecError: there is none.

    >>> spec_of("tanh").topic
    'elementwise'
    """
    found = specs().get(name) or contributed().specs.get(name)
    if found is None:
        raise SpecError(f"the table has no function {name!r}{_hint(name)}")
    return found


def matching(pattern: str) -> list[Spec]:
    """The specs whose names match one of the shell patterns that commas separate.

    A pattern that matches no name as it is may match one without its package.

    Raises:
        SpecError: no spec matches.

    >>> [spec.name for spec in matching("tanh,si[nx]")]
    ['sin', 'tanh']
    """
    parts = [part.strip() for part in pattern.split(",")]
    own = specs()
    rows = own if all(part in own for part in parts) else {**own, **contributed().specs}
    names = {name for part in parts for name in _names(part, rows)}
    if not names:
        raise SpecError(
            f"no function of the table matches {pattern!r}; `gradcheck list` names them{_hint(pattern)}"
        )
    return [spec for name, spec in rows.items() if name in names]


def _names(part: str, rows: Mapping[str, Spec]) -> list[str]:
    found = [name for name in rows if fnmatch.fnmatchcase(name, part)]
    guests = (spec for spec in rows.values() if spec.package)
    return found or [spec.name for spec in guests if fnmatch.fnmatchcase(spec.own_name, part)]


def broken(pattern: str = "*") -> list[Broken]:
    """What a pattern would select, were it not broken."""
    parts = [part.strip() for part in pattern.split(",")]
    if all(part in specs() for part in parts):
        return []
    return [
        each
        for each in contributed().broken
        if any(fnmatch.fnmatchcase(f"{each.package}.", part) for part in parts)
        or any(part.startswith(f"{each.package}.") for part in parts)
    ]


def _hint(name: str) -> str:
    """What is broken of the package that a name begins with."""
    return "".join(f"; {each}" for each in broken(name))


@cache
def contributed() -> Contributed:
    """What the packages that are installed contribute. Nothing that they raise escapes but Ctrl-C."""
    if os.environ.get(OFF):
        return Contributed({})
    found: dict[
        str, tuple[Spec, Spec, str]
    ] = {}  # by its name in the table: as it is there, as it came, where from
    wrong: list[Broken] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (_package(entry), entry.name)):
        package, written = _package(entry), f"{entry.name} = {entry.value}"
        specs_, why = _loaded(entry)
        wrong += [Broken(package, written, why)] if why else []
        for spec in specs_:
            row = _in_table(spec, package)
            _, there, where = found.setdefault(row.name, (row, spec, f"entry point {written}"))
            if there is not spec or row.name in specs():
                other = "dezero's own table" if row.name in specs() else where
                said = f"the name {spec.name} stands for two specs, one of them in {other}"
                wrong.append(Broken(package, written, said))
    rows = {name: row for name, (row, _, _) in found.items() if name not in specs()}
    return Contributed(rows, tuple(wrong))


def _package(entry: EntryPoint) -> str:
    try:
        return str((entry.dist and entry.dist.name) or "unknown")
    except Exception:  # its metadata cannot be read
        return "unknown"


def _loaded(entry: EntryPoint) -> tuple[list[Spec], str]:
    """The specs of an entry point, at whose points inputs can be drawn; else none, and why."""
    try:
        loaded = entry.load()
        found = list(_specs_in(loaded))
        for spec in found:
            variants.require_drawable(spec)
    except BaseException as error:
        if is_ctrl_c(error):
            raise
        return [], str(error) if isinstance(error, SpecError) else described(error)
    expected = "a Spec, a list of Specs or a module that has some"
    return found, "" if found else f"expected {expected}, got {_kind(loaded)}"


def _specs_in(loaded: Any) -> Iterator[Spec]:
    """Each Spec once: itself, of a list, or of the names of a module that do not begin with _."""
    members = [loaded]
    if isinstance(loaded, ModuleType):
        members = [member for name, member in vars(loaded).items() if not name.startswith("_")]
    met: set[int] = set()
    for member in members:
        listed = list(member) if isinstance(member, (list, tuple)) else [member]
        for each in listed if all(isinstance(each, Spec) for each in listed) else ():
            if id(each) not in met:
                met.add(id(each))
                yield each


def _kind(loaded: Any) -> str:
    if isinstance(loaded, ModuleType):
        return f"the module {loaded.__name__}, which has none"
    return f"an object of type {type(loaded).__name__}"


def _in_table(spec: Spec, package: str) -> Spec:
    topic = package if spec.topic == package else f"{package}: {spec.topic}"
    return replace(spec, name=f"{package}.{spec.name}", topic=topic, package=package)
