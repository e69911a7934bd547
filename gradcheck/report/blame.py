"""What each failure is put down to: a Function class, or the op itself.

1. Its diagnosis blames one function, or its op is one function and fails at order 1: that class.
2. Else, if the graph of the op holds a class that is wrong by itself, or the graph of its gradient does at a
   lower order: it follows from that class.
3. Else the op.

Rows of older runs have no culprit in structure: then the words of the diagnosis say it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gradcheck.records.jsonl import Row
from gradcheck.system.alike import kind_of_failure

_FOUND_IN = re.compile(r"; found in (\w+) of ")
_ORDER = re.compile(r"\(order (\d+)")
#: So begin diagnoses of f as a whole, whose functions are right by themselves.
_OF_F = ("graph cut in f", "a kink inside f")
_GAP = "a declared gap now passes"


class Site(NamedTuple):
    """A class whose derivative is wrong from an order on; ``found`` where it was found to be by itself.

    ``place`` is where its derivative is written, as the failure itself says it.
    """

    function: str
    order: int
    found: bool
    place: tuple[str, int] | None = None


@dataclass(frozen=True)
class Failure:
    """One order of a case that fails."""

    case: str
    row: Row

    @property
    def op(self) -> str:
        return str(self.row["op"])

    @property
    def order(self) -> int:
        return int(self.row["order"])

    @property
    def culprit(self) -> Row | None:
        return self.row.get("culprit") if self.order else None

    @property
    def diagnosis(self) -> str:
        """That of backward, so none of a value; empty where there is none."""
        return str(self.row["diagnosis"] or "") if self.order else ""

    @property
    def kind(self) -> str:
        """Of the mistake, the same for all cases that show it."""
        if self.culprit:
            return str(self.culprit["kind"])
        return kind_of_failure(self.diagnosis, self.row["reason"])

    @property
    def plainness(self) -> tuple[object, ...]:
        """A key that sorts the plainest first: low order, contiguous, float64, a first variant, small."""
        size = sum(math.prod(shape) for shape in self.row["shapes"])
        another = self.case.startswith(f"{self.op}:")
        plain = (self.row["layout"] != "contiguous", self.row["dtype"] != "float64", another)
        return (self.order, *plain, size, len(self.case), self.case)


# What ops are made of -------------------------------------------------------------------------------


@dataclass
class Anatomy:
    """``graphs``: op and order -> the classes in the graph of the op (0), and of its gradient (1).
    ``places``: class -> where its derivative is written."""

    graphs: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    _sources: dict[str, list[Row]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Anatomy:
        made = cls()
        for row in rows:
            if row["kind"] == "graph":
                labels = (node["label"] for node in row["nodes"] if node["function"])
                made.graphs.setdefault((row["op"], row["order"]), list(dict.fromkeys(labels)))
            elif row["kind"] == "source":
                made._sources.setdefault(row["op"], []).append(row)
                made.places.setdefault(row["name"].partition(".")[0], (row["path"], row["line"]))
        for op, sources in made._sources.items():
            only = made.only_class(op)
            if only and len(sources) == 1:  # it may inherit its backward
                made.places[only] = (sources[0]["path"], sources[0]["line"])
        return made

    def only_class(self, op: str) -> str | None:
        """The class that an op is, where it is one."""
        classes = self.graphs.get((op, 0), ())
        return classes[0] if len(classes) == 1 else None

    def place_of_op(self, op: str) -> tuple[str, int]:
        """Where the one backward that is shown of an op is written."""
        sources = self._sources.get(op, ())
        return (sources[0]["path"], sources[0]["line"]) if len(sources) == 1 else ("", 0)


# Who is to blame ------------------------------------------------------------------------------------


class Blamed(NamedTuple):
    """What one mistake makes fail.

    Attributes:
        function: the classes that share the backward, or the op where no class is known.
        order: the lowest at which it is wrong by itself.
        path, line: where it is written; an empty path where that is not known.
        failures: the plainest of the function itself first.
        own: ops that are this function and nothing else.
    """

    function: str
    order: int
    path: str
    line: int
    failures: Sequence[Failure]
    own: Sequence[str]


def put_down(failures: Sequence[Failure], anatomy: Anatomy) -> list[Blamed]:
    """The failures by what they are put down to."""
    places = dict(anatomy.places)
    for failure in failures:
        if failure.culprit and failure.culprit["path"]:
            places[failure.culprit["function"]] = _place(failure.culprit)

    def key(failure: Failure, site: Site | None) -> Key:
        """The same for what one mistake makes fail: the place of a backward, which classes may share."""
        if site is not None:
            return "class", *(site.place or places.get(site.function) or (site.function,))
        return ("op", failure.op) if failure.diagnosis else ("op", failure.op, failure.order, failure.kind)

    groups: dict[Key, list[tuple[Failure, Site | None]]] = {}
    for failure, site in _sites(failures, anatomy):
        groups.setdefault(key(failure, site), []).append((failure, site))
    return [_blamed(same, anatomy, places) for same in groups.values()]


Key = tuple[object, ...]


def _sites(failures: Sequence[Failure], anatomy: Anatomy) -> Iterator[tuple[Failure, Site | None]]:
    """Each failure with the class that it is put down to, if there is one.

    First what follows from classes that were found to be wrong by themselves; what then remains of ops that
    are one class is put down to that class, and what holds it follows.
    """
    sites = [_site(failure, anatomy) for failure in failures]
    for _ in range(2):
        sites = _followed(failures, sites, anatomy)
        sites = [None if site is None else site._replace(found=True) for site in sites]
    yield from zip(failures, sites, strict=True)


def _followed(
    failures: Sequence[Failure], sites: Sequence[Site | None], anatomy: Anatomy
) -> list[Site | None]:
    """The sites; where one was not found by itself, that of a class inside the op which was, if any."""
    pairs = list(zip(failures, sites, strict=True))
    orders: dict[str, int] = {}
    for site in sites:
        if site is not None and site.found:
            orders[site.function] = min(site.order, orders.get(site.function, site.order))
    also = Counter((f.op, site.function) for f, site in pairs if site is not None and site.found)

    def followed(failure: Failure, site: Site | None) -> Site | None:
        if site is not None and site.found:
            return site
        inside = _inside(failure, orders, anatomy)
        # That which other cases of the op blame, if there is one.
        best = max(inside, key=lambda name: (also[failure.op, name], -orders[name]), default=None)
        return site if best is None else Site(best, orders[best], found=True)

    return [followed(failure, site) for failure, site in pairs]


def _site(failure: Failure, anatomy: Anatomy) -> Site | None:
    """The class that a failure's diagnosis blames; None where it blames none, or f as a whole."""
    said, blamed = failure.diagnosis, failure.culprit
    inside = _FOUND_IN.search(said)
    if blamed:
        place = _place(blamed) if blamed["path"] else None
        return Site(blamed["function"], blamed["order"], bool(inside) or blamed["order"] < 2, place)
    if not said or said.startswith(_OF_F):
        return None
    if inside:
        order = _ORDER.search(said)
        return Site(inside[1], int(order[1]) if order else 1, found=True)
    only = anatomy.only_class(failure.op)
    return Site(only, failure.order, failure.order < 2) if only else None


def _inside(failure: Failure, orders: Mapping[str, int], anatomy: Anatomy) -> list[str]:
    """The classes inside an op that are wrong by themselves, at an order that shows at the failure's."""
    said = failure.diagnosis or failure.row["reason"]
    if said.startswith((*_OF_F, _GAP)):
        return []
    return [
        name
        for level in (0, 1)
        for name in anatomy.graphs.get((failure.op, level), ())
        if name in orders and level + orders[name] <= failure.order
    ]


def _blamed(
    found: Sequence[tuple[Failure, Site | None]], anatomy: Anatomy, places: Mapping[str, tuple[str, int]]
) -> Blamed:
    failures = [failure for failure, _ in found]
    sites = [site for _, site in found if site is not None]
    if not sites:
        op, order = failures[0].op, min(failure.order for failure in failures)
        return Blamed(op, order, *anatomy.place_of_op(op), _plainest_first(failures, [op]), [op])
    names = sorted({site.function for site in sites})
    path, line = sites[0].place or places.get(names[0], ("", 0))
    alone = {
        failure.op for failure in failures if failure.culprit and not _FOUND_IN.search(failure.diagnosis)
    }
    ops = dict.fromkeys(failure.op for failure in failures)
    own = [op for op in ops if op in alone or op in names or anatomy.only_class(op) in names]
    own = own or [min(failures, key=lambda failure: failure.plainness).op]
    order = min(site.order for site in sites)
    return Blamed(" and ".join(names), order, path, line, _plainest_first(failures, own), own)


def _place(blamed: Row) -> tuple[str, int]:
    return blamed["path"], blamed["line"]


def _plainest_first(failures: Sequence[Failure], own: Sequence[str]) -> list[Failure]:
    themselves = set(own)
    return sorted(failures, key=lambda failure: (failure.op not in themselves, failure.plainness))
