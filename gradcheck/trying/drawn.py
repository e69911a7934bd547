"""The points of an op at accepted inputs: each dtype, ordinary draws and awkward ones."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.cases.key import DTYPES
from gradcheck.trying import points
from gradcheck.trying.attempt import Attempts
from gradcheck.trying.choice import Accepted
from gradcheck.trying.op import Op
from gradcheck.trying.saying import Refusal, options
from gradcheck.trying.settings import as_options
from gradcheck.trying.source import has_several, inputs_of
from gradcheck.trying.wanted import DRAWS, ORDINARY, Asked

LARGE = 2000  # elements of all inputs above which awkward points are drawn only where they are asked for
AWKWARD = 2  # shapes at which awkward points are drawn, too
TOO_LARGE = " with zeros, ties and points near the edges: too large"
ONCE = ("one-zero", "zeros-in-a-column", "ties", "equal-inputs")  # at the first of these shapes only
OF_SEVERAL = ("two-zeros", "zeros-in-a-column", "ties")  # nothing new where elements do not meet
ORDER = {"ties": 1}  # the highest at such points, where higher orders take long and tell nothing more


class Drawn:
    """The cases of an op.

    Attributes:
        cases: the points that it accepts.
        refused: those that it does not, each with what it said.
    """

    def __init__(self, attempts: Attempts, accepted: Sequence[Accepted]) -> None:
        self.op, self.asked = attempts.op, attempts.asked
        self._attempts = attempts
        self.refused: list[Refusal] = []
        self.cases = [*self._ordinary(accepted), *(() if self.op.further else self._awkward(accepted))]

    def _ordinary(self, accepted: Sequence[Accepted]) -> Iterator[Case]:
        for each in accepted if self._wants(ORDINARY) else ():
            for dtype in self.asked.dtypes[:1] if self.op.further else self.asked.dtypes:
                yield from self._case(each, self._inputs(each, dtype), dtype, ORDINARY)

    def _awkward(self, accepted: Sequence[Accepted]) -> Iterator[Case]:
        dtype = next(d for d in self.asked.dtypes if DTYPES[d] is self._attempts.dtype)
        for n, each in enumerate(_apart(accepted)):
            if sum(int(np.prod(s.shape)) for s in each.sources) > LARGE and not self.asked.draws:
                self.refused.append((inputs_of(each.sources), TOO_LARGE, "give a smaller --shape for these"))
                continue
            alone = not self.asked.draws and self._is_elementwise(each)
            known = (ORDINARY, *(ONCE if n else ()), *(OF_SEVERAL if alone else ()))
            for word in DRAWS:
                if self._wants(word) and word not in known:
                    inputs = points.awkward(word, each.sources, self._inputs(each, dtype))
                    yield from self._case(each, inputs, dtype, word) if inputs else ()

    def _is_elementwise(self, each: Accepted) -> bool:
        """Whether the first and the last element of the output depend on those of the inputs alone."""
        first, other = (self._attempts.draw(each.sources, again) for again in (0, 1))
        for x, y in zip(first, other, strict=True):
            y.reshape(-1)[[0, -1]] = x.reshape(-1)[[0, -1]]
        before, after = (self._attempts.at(each.sources, inputs).outputs for inputs in (first, other))
        shapes = {x.shape for x in (*first, *before, *after)}
        if len(shapes) > 1 or not before or not after:
            return False
        return all(
            np.array_equal(x.reshape(-1)[[0, -1]], y.reshape(-1)[[0, -1]])
            for x, y in zip(before, after, strict=True)
        )

    def _wants(self, word: str) -> bool:
        return word in (self.asked.draws or DRAWS)

    def _inputs(self, each: Accepted, dtype: str) -> list[np.ndarray]:
        return self._attempts.draw(each.sources, dtype=DTYPES[dtype])

    def _case(self, each: Accepted, inputs: Sequence[np.ndarray], dtype: str, word: str) -> Iterator[Case]:
        """The case, if the op accepts it."""
        case, why, _ = self._attempts.at(each.sources, inputs)
        title = f", {DRAWS[word]}" if DRAWS[word] else ""
        if case is None or why:
            self.refused.append((inputs_of(each.sources), f" in {dtype}{title}", why))
            return
        order = min(self.asked.order, ORDER.get(word, self.asked.order))
        yield replace(
            case,
            op=f"{self.op.name}{title}",
            order=order,
            reproduce=command(self.op, self.asked, each, f"--dtype {dtype} --order {order}", word),
        )


def command(op: Op, asked: Asked, each: Accepted, how: str, word: str) -> str:
    """The command that makes one check again."""
    words = [given.option for given in asked.inputs or inputs_of(each.sources)]
    words += options(each.sources, each.names)
    words += [as_options(op.settings)] if op.settings else []
    words += [f"{how} --seed {asked.seed}"]
    words += [] if all(source.values is not None for source in each.sources) else [f"--draw {word}"]
    words += [] if asked.device == "cpu" else [f"--device {asked.device}"]
    return f"gradcheck check {shlex.quote(op.text)} {' '.join(words)}"


def _apart(accepted: Sequence[Accepted]) -> list[Accepted]:
    """Of inputs with several elements the first, and the next with another number of axes."""
    found: list[Accepted] = []
    for each in accepted:
        axes = [len(source.shape) for source in each.sources]
        known = [[len(source.shape) for source in other.sources] for other in found]
        if len(found) < AWKWARD and axes not in known and has_several(each.sources):
            found.append(each)
    return found
