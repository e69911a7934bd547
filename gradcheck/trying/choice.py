"""The shapes that an op accepts, of those given or of those that are tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gradcheck.errors import SpecError
from gradcheck.trying import given, search, shapes
from gradcheck.trying.attempt import NOT_FINITE, Attempts, Backward, Outcome
from gradcheck.trying.domain import BINARY, ONE_HOT, Domain
from gradcheck.trying.op import LeftOut, NothingAcceptedError
from gradcheck.trying.saying import Refusal, folded
from gradcheck.trying.source import Source, has_several, inputs_of, square
from gradcheck.trying.wanted import Asked, Input

# Names of inputs that are no variables: that such a one gets no gradient is as it should be.
LABELS = frozenset({"t", "target", "targets", "label", "labels", "y_true"})
COUNTS = (2, 1, 3)  # of inputs, tried where a signature does not tell
SLOW = "calls take too long to look for them all; give --domain"
STACK = "it takes one matrix, and was not tried on stacks of them; give --shape 2x3x3 if it is for these"
MOST = 8  # shapes that are checked
MOST_MIXED = 12  # of what was refused, tried with other domains for each input


class Accepted(NamedTuple):
    """Inputs that the op accepts, and one call of it."""

    sources: Sequence[Source]
    names: Sequence[str]
    outcome: Outcome


class Choice:
    """The inputs with which an op is checked.

    Attributes:
        accepted: those that it accepts.
        refused: the others that were tried, each with what it said.
        left_out: what else could not be tried.

    Raises:
        SpecError: it accepts nothing of what was tried, or an option does not suit it.
    """

    def __init__(self, attempts: Attempts) -> None:
        self.op, self.asked = attempts.op, attempts.asked
        self._attempts = attempts
        self._names: list[str] = []
        self.refused: list[Refusal] = []
        self.left_out: list[LeftOut] = []
        self.accepted = self._given() if self.asked.inputs else self._chosen()

    def _given(self) -> list[Accepted]:
        """The inputs that were asked for."""
        names = self._attempts.names([np.zeros(())] * self.op.count) if self.op.count else []
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
        if all(source.floating for each in found for source in each.sources):
            self.refused = [row for row in self.refused if all(each.kind == "float" for each in row[0])]
        return self._meant(found)

    def _meant(self, found: list[Accepted]) -> list[Accepted]:
        """Without inputs that nobody asked for and of which backward makes nothing, if it does of tables.

        NumPy's functions take many shapes that an op is not meant for. But an op whose backward works for one
        axis alone, or where an axis has one element, is more likely wrong than meant for these.
        """
        came = [self._backward(each) for each in found]
        works = any(_is_table(each) and not of.why for each, of in zip(found, came, strict=True))
        meant = []
        for each, of in zip(found, came, strict=True):
            if of.why and works:
                words = f"forward takes them, but backward {of.why}"
                self.refused.append((inputs_of(each.sources), "", words))
            else:
                meant.append(self._with_labels(each, of.without))
        return meant

    def _backward(self, each: Accepted) -> Backward:
        return self._attempts.backward(each.outcome.case) if each.outcome.case else Backward()

    def _with_labels(self, each: Accepted, without: Sequence[int]) -> Accepted:
        """With labels for inputs that are called so and get no gradient, if the op takes them."""
        changed = list(each.sources)
        labels = [n for n in without if n < len(changed) and each.names[n] in LABELS]
        labels = [n for n in labels if not changed[n].declared]
        if not labels:
            return each
        for n in labels:
            classes = bool(changed[n].shape) and changed[n].shape[-1] > 1
            changed[n] = changed[n].within(Domain(words=(ONE_HOT if classes else BINARY,)))
        outcome = self._attempts.drawn(changed)
        any_left = any(source.active for source in changed)
        return Accepted(changed, each.names, outcome) if outcome.accepted and any_left else each

    def _of_count(self, count: int) -> list[Accepted]:
        found: list[Accepted] = []
        refused: list[list[Source]] = []
        for group in shapes.groups(count):
            if found and not any(each.kind == "float" for each in group[0]):
                break  # what is accepted as floats is no integer
            before = len(refused)
            for inputs in group:
                self._tried(inputs, found, refused)
            found = [*self._with_known(refused[before:], found), *found]
            if any(has_several(each.sources) for each in found):
                return found[:MOST]
        return found or self._further(count, refused)

    def _tried(self, inputs: shapes.Inputs, found: list[Accepted], refused: list[list[Source]]) -> None:
        """Add these shapes to what is accepted, or refused."""
        sources = self._suited(inputs)
        known = [inputs_of(each.sources) for each in found]
        if sources is None or shapes.is_redundant(inputs, known):
            return
        if shapes.is_stack(inputs, known):
            self.refused.append((inputs, "", STACK))
            return
        one = self._known(sources, found) or self._searched(sources)
        if one is None and self.refused[-1][-1] == NOT_FINITE:
            one = self._searched(sources, mixed=True)
        if one is None:
            refused.append(sources)
        else:
            found.append(one)

    def _further(self, count: int, refused: Sequence[list[Source]]) -> list[Accepted]:
        """What takes longer: other domains for each input, other shapes together, narrow ranges."""
        one = next(
            filter(None, (self._searched(sources, mixed=True) for sources in refused[:MOST_MIXED])), None
        )
        one = one or self._together(count) or self._narrowly(refused)
        if one is None:
            return []
        others = [sources for sources in refused if inputs_of(sources) != inputs_of(one.sources)]
        return [one, *self._with_known(others, [one])][:MOST]

    def _with_known(self, refused: Sequence[list[Source]], found: Sequence[Accepted]) -> list[Accepted]:
        """What was refused, now that domains are known."""
        again = [self._known(sources, found) for sources in refused]
        return [each for each in again if each is not None]

    def _together(self, count: int) -> Accepted | None:
        """Shapes that belong together, whichever they are."""
        for inputs in shapes.combinations(count):
            if self._attempts.exhausted:
                break
            sources = self._suited(inputs)
            if sources is not None and self._attempts.drawn(sources).accepted:
                return self._searched(sources)
        return None

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
        self._names = self._attempts.names(self._attempts.draw(plain))
        return given.sources(self.asked, inputs, self._names)

    def _known(self, sources: Sequence[Source], found: Sequence[Accepted]) -> Accepted | None:
        """With the domains that were found at other shapes."""
        if not found:
            return None
        moved = [_moved(to, source) for to, source in zip(sources, found[0].sources, strict=True)]
        if any(source is None for source in moved):
            return None
        known = [source for source in moved if source is not None]
        if not any(source.active for source in known):
            return None
        outcome = self._attempts.drawn(known)
        if not outcome.accepted:
            return None
        self._forget(known)
        return Accepted(known, self._names, outcome)

    def _searched(self, sources: Sequence[Source], *, mixed: bool = False) -> Accepted | None:
        found, outcome = search.accepted(self._attempts, sources, mixed=mixed)
        if not outcome.accepted:
            if not mixed:
                self.refused.append((inputs_of(sources), "", outcome.why))
            return None
        self._forget(sources)
        return self._explored(found)

    def _narrowly(self, refused: Sequence[list[Source]]) -> Accepted | None:
        for sources in refused[:3]:
            found, outcome = search.accepted_narrowly(self._attempts, sources)
            if outcome is not None:
                self._forget(sources)
                return self._explored(found)
        return None

    def _explored(self, sources: Sequence[Source]) -> Accepted:
        found = search.explored(self._attempts, sources)
        if self._attempts.exhausted:
            self.left_out.append(LeftOut("domains of the inputs", SLOW))
        return Accepted(found, self._names, self._attempts.at(found, self._attempts.draw(found)))

    def _forget(self, sources: Sequence[Source]) -> None:
        """These shapes were accepted after all."""
        self.refused = [row for row in self.refused if row[0] != inputs_of(sources)]

    def _nothing(self) -> NothingAcceptedError:
        """Nothing that was tried is accepted."""
        reasons = (
            "; ".join(f"{what}: {why}" for what, why in folded(self.refused)) or "none suits the options"
        )
        first = self.refused[0][0] if self.refused else [Input((2, 3))]
        example = " ".join("--shape 2x3" for _ in first)
        return NothingAcceptedError(
            f"{self.op.text} fails on every shape tried{_under(self.asked)} ({reasons}); give its own: "
            f"{example}, --shape 4:int for integers, --values 1,0,2 for its values, --domain 0:1 for where "
            "it is defined",
            [why for _, _, why in self.refused],
        )


def _is_table(each: Accepted) -> bool:
    """Whether an input has two axes or more, and no axis of a floating input has one element."""
    floats = [source.shape for source in each.sources if source.floating]
    return any(len(shape) > 1 for shape in floats) and not any(1 in shape for shape in floats)


def _moved(to: Source, known: Source) -> Source | None:
    """The source of another shape, with what is known of its domain; None where it has to be looked for."""
    if not to.floating or to.declared or to.ranged:
        return to if to.floating or known.range is None else None
    moved = replace(to, domain=known.domain, range=known.range)
    return moved if moved.fits else None


def _under(asked: Asked) -> str:
    """The options that say at which points, where there are some."""
    given = [each.option for each in asked.inputs if each.values]
    given += [f"--domain {name and f'{name}='}{domain}" for name, domain in asked.domains]
    given += [f"--range {name and f'{name}='}{interval}" for name, interval in asked.ranges]
    given += ["--symmetric"] if asked.symmetric else []
    return f" with {' '.join(given)}" if given else ""
