"""An op on all shapes, dtypes and draws: the cases that it accepts, and what it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.cases.key import DTYPES
from gradcheck.errors import GradcheckError, SpecError
from gradcheck.subjects.signatures import argument_names
from gradcheck.trying import given, points, search, shapes
from gradcheck.trying.attempt import NOT_FINITE, Attempts, Outcome
from gradcheck.trying.op import LeftOut, Op
from gradcheck.trying.source import Source, square
from gradcheck.trying.wanted import DRAWS, Asked, Input

COUNTS = (2, 1, 3)  # of inputs, tried where a signature does not tell
MOST = 8  # shapes that are checked
AWKWARD = 2  # shapes at which awkward points are drawn, too
ROWS = 6  # of what was refused, each with another reason, that are told
ELSEWHERE = ("zeros-in-a-column", "tie", "repeats", "equal-inputs")  # drawn at the first of these shapes only


class Accepted(NamedTuple):
    """Inputs that the op accepts, and one call of it."""

    sources: Sequence[Source]
    outcome: Outcome


class Trials:
    """What becomes of an op.

    Attributes:
        cases: the points to be examined.
        found: what was found of its inputs, as options.
        left_out: what could not be tried.
        doubt: why passes do not make it green.

    Raises:
        SpecError: it accepts nothing of what was tried, or an option does not suit it.
    """

    def __init__(self, op: Op, asked: Asked) -> None:
        self.op, self.asked = op, asked
        self.left_out: list[LeftOut] = []
        self._attempts = Attempts(op, asked, _widest(asked.dtypes))
        self._refused: list[tuple[Sequence[Input], str]] = []
        self._names: list[str] = []
        accepted = self._given() if asked.inputs else self._chosen()
        self.found = list(dict.fromkeys(text for each in accepted for text in self._found(each.sources)))
        self.cases = list(self._cases(accepted))
        if not self.cases:
            raise SpecError(f"{op.text}: {'; '.join(f'{what}: {why}' for what, why in self.left_out)}")
        self.left_out[:0] = _folded(self._refused)
        self.doubt = self._doubt(accepted)

    # Shapes ---------------------------------------------------------------------------------------------

    def _given(self) -> list[Accepted]:
        """The inputs that were asked for."""
        names = argument_names(self.op.f, self.op.count or 0)
        inputs = given.given_inputs(self.asked, names)
        sources = self._sources(inputs)
        found = self._searched(sources) or self._searched(sources, mixed=True) or self._narrowly([sources])
        if found is None:
            raise self._nothing()
        return [found]

    def _chosen(self) -> list[Accepted]:
        """The first group of shapes of which something is accepted that has more than one element."""
        if self.op.count == 0:
            raise SpecError(f"{self.op.text} takes no inputs")
        found: list[Accepted] = []
        for count in COUNTS if self.op.count is None else (self.op.count,):
            found = self._of_count(count)
            if found:
                break
        if not found:
            raise self._nothing()
        return found

    def _of_count(self, count: int) -> list[Accepted]:
        found: list[Accepted] = []
        refused: list[list[Source]] = []
        for group in shapes.groups(count):
            for inputs in group:
                sources = self._suited(inputs)
                if sources is None:
                    continue
                one = self._known(sources, found) or self._searched(sources)
                if one is None and self._refused[-1][1] == NOT_FINITE:
                    one = self._searched(sources, mixed=True)
                if one is None:
                    refused.append(sources)
                else:
                    found.append(one)
            if any(_several(each.sources) for each in found):
                return found[:MOST]
        return found or self._further(count, refused)

    def _further(self, count: int, refused: Sequence[list[Source]]) -> list[Accepted]:
        """What takes longer: other domains for each input, other shapes together, narrow ranges."""
        for sources in refused:
            one = self._searched(sources, mixed=True)
            if one is not None:
                return [one]
        for inputs in shapes.combinations(count):
            sources = self._suited(inputs)
            if sources is not None and self._attempts.drawn(sources).accepted:
                one = self._searched(sources)
                return [one] if one else []
        one = self._narrowly(refused)
        return [one] if one else []

    def _suited(self, inputs: Sequence[Input]) -> list[Source] | None:
        """The sources of chosen shapes; None where these do not suit what was asked for."""
        if self.asked.symmetric and not any(square(each.shape) for each in inputs if each.kind == "float"):
            return None
        try:
            return self._sources([(each, None) for each in inputs])
        except SpecError:
            if not any(domain.words for _, domain in self.asked.domains):
                raise
            return None

    def _sources(self, inputs: Sequence[given.Given]) -> list[Source]:
        plain = [Source(each, n, values=values) for n, (each, values) in enumerate(inputs)]
        try:
            self._names = self._attempts.names(self._attempts.draw(plain))
        except GradcheckError:  # it refuses these shapes
            self._names = argument_names(self.op.f, len(inputs))
        return given.sources(self.asked, inputs, self._names)

    def _known(self, sources: Sequence[Source], found: Sequence[Accepted]) -> Accepted | None:
        """With the domains that were found at other shapes."""
        if not found:
            return None
        moved = [_moved(to, source) for to, source in zip(sources, found[0].sources, strict=True)]
        if any(source is None for source in moved):
            return None
        known = [source for source in moved if source is not None]
        outcome = self._attempts.drawn(known)
        return Accepted(known, outcome) if outcome.accepted else None

    def _searched(self, sources: Sequence[Source], *, mixed: bool = False) -> Accepted | None:
        found, outcome = search.accepted(self._attempts, sources, mixed=mixed)
        if not outcome.accepted:
            if not mixed:
                self._refused.append(([s.input for s in sources], outcome.why))
            return None
        self._refused = [row for row in self._refused if row[0] != [s.input for s in sources]]
        return self._explored(found)

    def _narrowly(self, refused: Sequence[list[Source]]) -> Accepted | None:
        for sources in refused[:3]:
            found, outcome = search.accepted_narrowly(self._attempts, sources)
            if outcome is not None:
                self._refused = [row for row in self._refused if row[0] != [s.input for s in sources]]
                return self._explored(found)
        return None

    def _explored(self, sources: Sequence[Source]) -> Accepted:
        found = search.explored(self._attempts, sources)
        if self._attempts.exhausted:
            self._leave("domains of the inputs", "calls take too long to look for them; give --domain")
        return Accepted(found, self._attempts.at(found, self._attempts.draw(found)))

    def _nothing(self) -> SpecError:
        """Nothing that was tried is accepted."""
        refused = _folded(self._refused)
        reasons = "; ".join(f"{what}: {why}" for what, why in refused)
        first = self._refused[0][0] if self._refused else [Input((2, 3))]
        example = " ".join("--shape 2x3" for _ in first)
        return SpecError(
            f"{self.op.text} fails on every shape tried ({reasons}); give its own: {example}, --shape 4:int for "
            "an input of integers, --values 1,0,2 for its values, --domain 0:1 for where it is defined"
        )

    # Points ---------------------------------------------------------------------------------------------

    def _cases(self, accepted: Sequence[Accepted]) -> Iterator[Case]:
        wanted = self.asked.draws or tuple(DRAWS)
        for sources, _ in accepted if "ordinary" in wanted else ():
            for dtype in self.asked.dtypes:
                case = self._case(sources, self._attempts.draw(sources, dtype=DTYPES[dtype]), dtype, "ordinary")
                if case is not None:
                    yield case
        dtype = next((d for d in self.asked.dtypes if DTYPES[d] is self._attempts.dtype), self.asked.dtypes[0])
        for n, (sources, _) in enumerate(_apart(accepted)):
            for word in DRAWS:
                if word in wanted and word != "ordinary" and not (n and word in ELSEWHERE):
                    changed = points.awkward(word, sources, self._attempts.draw(sources, dtype=DTYPES[dtype]))
                    case = None if changed is None else self._case(sources, changed, dtype, word)
                    if case is not None:
                        yield case

    def _case(self, sources: Sequence[Source], inputs: list[np.ndarray], dtype: str, word: str) -> Case | None:
        case, why, _ = self._attempts.at(sources, inputs)
        if case is None or why:
            of = f", {DRAWS[word]}" if DRAWS[word] else ""
            self._leave(f"{shapes.named([s.input for s in sources])} in {dtype}{of}", why)
            return None
        op = f"{self.op.name}, {DRAWS[word]}" if DRAWS[word] else case.op
        return replace(case, op=op, reproduce=self._command(sources, dtype, word))

    def _command(self, sources: Sequence[Source], dtype: str, word: str) -> str:
        """The command that makes one check again."""
        asked = self.asked
        words = [each.option for each in asked.inputs or [s.input for s in sources]]
        words += self._options(sources)
        words += [self.op.settings] if self.op.settings else []
        words += [f"--dtype {dtype} --order {asked.order} --seed {asked.seed}"]
        words += [] if all(s.values is not None for s in sources) else [f"--draw {word}"]
        words += [] if asked.device == "cpu" else [f"--device {asked.device}"]
        return f"gradcheck check {self.op.text} {' '.join(words)}"

    def _options(self, sources: Sequence[Source]) -> list[str]:
        """The domains and ranges of the inputs."""
        alone = len(sources) == 1
        pairs = zip(sources, self._names, strict=True)
        return [option for source, name in pairs for option in source.options("" if alone else name)]

    # What is said ---------------------------------------------------------------------------------------

    def _found(self, sources: Sequence[Source]) -> Iterator[str]:
        """What was not given, with what it means."""
        for source, name in zip(sources, self._names, strict=True):
            if source.declared and source.ranged:
                continue
            for option in source.options("" if len(sources) == 1 else name):
                yield f"{option}{_meaning(source, name)}"

    def _doubt(self, accepted: Sequence[Accepted]) -> str:
        """Why what passes may still be wrong."""
        if not any(outcome.floating for _, outcome in accepted):
            return "no output is floating, so nothing was differentiated; return floats, or leave the op out"
        if not any(any(case.active) for case in self.cases):
            return "no input is floating, so nothing was differentiated; give it one: --shape 2x3"
        if not self.asked.inputs and not any(_several(each.sources) for each in accepted):
            reason = self._refused[0][1] if self._refused else "nothing else was tried"
            return (
                f"only inputs of one element were accepted ({reason}); give the shapes it is for: --shape 2x3, "
                "or --shape scalar if it is for these alone"
            )
        return ""

    def _leave(self, what: str, why: str) -> None:
        left = LeftOut(what, why)
        if left not in self.left_out:
            self.left_out.append(left)


def _meaning(source: Source, name: str) -> str:
    """What a domain means for the check, where that is more than where values are drawn."""
    if source.where.of_matrices:
        return f"  (checked as a function of symmetric matrices: of ({name} + {name}^T) / 2)"
    if source.onto() is not None:
        return f"  (checked as a function of {name} / sum of {name} along the last axis)"
    return f"  ({name} is not differentiated)" if source.floating and source.where.discrete else ""


def _moved(to: Source, known: Source) -> Source | None:
    """The source of another shape, with what is known of its domain; None where it has to be looked for."""
    if not to.floating or to.declared or to.ranged:
        return to if to.floating or known.range is None else None
    moved = replace(to, domain=known.domain, range=known.range)
    return moved if moved.fits else None


def _apart(accepted: Sequence[Accepted]) -> list[Accepted]:
    """Of inputs with several elements the first, and the next with another number of axes."""
    found: list[Accepted] = []
    for each in accepted:
        axes = [len(s.shape) for s in each.sources]
        known = [[len(s.shape) for s in other.sources] for other in found]
        if len(found) < AWKWARD and axes not in known and _several(each.sources):
            found.append(each)
    return found


def _several(sources: Sequence[Source]) -> bool:
    """Whether an input that is differentiated has more than one element."""
    return any(s.floating and int(np.prod(s.shape)) > 1 for s in sources)


def _widest(dtypes: Sequence[str]) -> Any:
    """The dtype in which domains are looked for."""
    return DTYPES["float64" if "float64" in dtypes else dtypes[0]]


def _folded(refused: Sequence[tuple[Sequence[Input], str]]) -> list[LeftOut]:
    """What was refused, with the same reason in one row; numbers in reasons make no difference."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for inputs, why in refused:
        rows.setdefault(re.sub(r"\d+", "n", why), []).append((shapes.named(inputs), why))
    found = [LeftOut(", ".join(dict.fromkeys(what for what, _ in row)), row[0][1]) for row in rows.values()]
    more = len(found) - ROWS
    return found[:ROWS] + ([LeftOut(f"{more} more", "for other reasons")] if more > 0 else [])
