"""The op that `gradcheck init` writes a first Spec for: as it is found, or an example."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from gradcheck.trying.attempt import Attempts
    from gradcheck.trying.choice import Accepted
    from gradcheck.trying.op import Op
    from gradcheck.trying.source import Source

EXAMPLE_OP = "example_op.py"
MOST_VARIANTS = 4
SIXTEENTHS = 16  # short, and exact in every dtype


class Argument(NamedTuple):
    """An argument of an op: its shape, and the domain that was found for it or the values that it holds.

    Attributes:
        drawn: where to draw, where that is not left to the Spec.
        words: of `gradcheck.trying.domain.WORDS`.
    """

    name: str
    shape: tuple[int, ...]
    domain: tuple[float, float] = (-inf, inf)
    drawn: tuple[float, float] | None = None
    words: Sequence[str] = ()
    values: Any = None


class OpFound(NamedTuple):
    """An op as a Spec is to call it.

    Attributes:
        file: that it is written in; empty where that is not known.
        module: by which it was named; empty where it was named by its file.
        name: in there; it may have parts (a method).
        made: it is a class, of Functions or of layers, of which each call makes one.
        arguments: with the first shapes that it accepts.
        others: further shapes of the arguments.
        formula: its mathematics, where they are known.
        settings: the values of its other arguments, those of the first call first.
        parameters: of a layer, as paths; they are its last arguments.
        by_name: its inputs have to be given by name, as a setting comes before one.
    """

    file: str
    module: str
    name: str
    made: bool
    arguments: Sequence[Argument]
    others: Sequence[tuple[tuple[int, ...], ...]] = ()
    formula: str = ""
    settings: Sequence[Mapping[str, Any]] = ({},)
    parameters: Sequence[str] = ()
    by_name: bool = False

    @property
    def constant(self) -> str:
        return self.name.replace(".", "_").upper()


EXAMPLE = OpFound(
    EXAMPLE_OP,
    "",
    "log_odds",
    False,
    [Argument("p", (2, 3), (0.0, 1.0))],
    [((),), ((1, 3),)],
    "m.log(p / (1 - p))",
)
EXAMPLE_SOURCE = '''\
"""An op to begin with: put yours in its place."""

import numpy as np
from dezero import Function


class LogOdds(Function):
    def forward(self, p):
        return np.log(p / (1 - p))

    def backward(self, gy):
        (p,) = self.inputs
        return gy / (p * (1 - p))


def log_odds(p):
    return LogOdds()(p)
'''


def found_in(text: str) -> OpFound:
    """The op that FILE.py:NAME or MODULE:NAME names, with inputs that it accepts. It runs the op.

    Raises:
        SpecError: there is no such op, it is none, or it accepts nothing that was tried.
    """
    from gradcheck.cli import loading
    from gradcheck.errors import SpecError
    from gradcheck.specs import Spec
    from gradcheck.trying.in_file import is_wrapped
    from gradcheck.trying.kinds import is_function_class, ops_of
    from gradcheck.trying.wanted import Asked

    asked = Asked((), ("float64",), 1, 0)
    targets = [target for target in loading.load(text) if not isinstance(target.object, Spec)]
    if len(targets) > 1:  # a class and the function that wraps it are one
        targets = [t for t in targets if not (is_function_class(t.object) and is_wrapped(t.object, asked))]
    if len(targets) != 1:
        names = ", ".join(target.text for target in targets) or "none"
        raise SpecError(f"{text}: expected one op, got {names}; name one: FILE.py:NAME")
    (target,) = targets
    _require_op(target.text, target.object)
    place, _, name = target.text.rpartition(":")
    module = "" if place.endswith(".py") else place
    file = getattr(sys.modules[module], "__file__", None) if module else place
    op = OpFound(str(file or ""), module, name, isinstance(target.object, type), ())
    return _tried(op, ops_of(target.text, target.object, asked).ops, asked, target.object)


def _require_op(text: str, target: Any) -> None:
    """
    Raises:
        SpecError: it is a class, but not of Functions or layers.
    """
    from dezero import Function
    from dezero.layers import Layer
    from gradcheck.errors import SpecError

    if isinstance(target, type) and not issubclass(target, (Function, Layer)):
        raise SpecError(
            f"{text} is a class and no Function or layer: write a function of Variables that makes and calls "
            "it"
        )


# What it accepts ------------------------------------------------------------------------------------


def _tried(op: OpFound, ops: Sequence[Op], asked: Any, target: Any) -> OpFound:
    """With inputs and settings that it accepts.

    Raises:
        SpecError: it accepts nothing that was tried, or is a layer of several inputs.
    """
    import numpy as np

    from gradcheck.errors import SpecError
    from gradcheck.trying.attempt import Attempts
    from gradcheck.trying.choice import Choice

    usual, *further = [Attempts(each, asked, np.float64) for each in ops if each.count == ops[0].count]
    accepted = Choice(usual).accepted
    first = accepted[0]
    sources = _drawn_by_a_spec(usual, first.sources)
    inputs = [_argument(name, source) for name, source in zip(first.names, sources, strict=True)]
    parameters = _parameters(first)
    if parameters:
        if len(inputs) > 1:
            raise SpecError(
                f"{op.name} is a layer of {len(inputs)} inputs: write a function of Variables that uses it"
            )
        paths = [each.name.replace(".", "/") for each in parameters]
        settings: list[Mapping[str, Any]] = [usual.op.settings]
        return op._replace(arguments=[*inputs, *parameters], settings=settings, parameters=paths)
    settings = _settings(usual.op, [each for each in further if each.drawn(first.sources).accepted], target)
    return op._replace(
        arguments=inputs,
        others=list(_other_shapes(accepted))[: MOST_VARIANTS - 1],
        settings=settings[:MOST_VARIANTS],
        by_name=_by_name(target, settings[0]),
    )


def _drawn_by_a_spec(attempts: Attempts, sources: Sequence[Source]) -> Sequence[Source]:
    """The sources, with ranges where the op refuses what a Spec draws of their domains by itself."""
    from dataclasses import replace

    from gradcheck.specs.intervals import drawn_from
    from gradcheck.trying.domain import Interval

    free = [source.active and source.where.free and source.range is None for source in sources]
    pairs = list(zip(sources, free, strict=True))
    usual = [replace(s, range=Interval(*drawn_from(s.where.interval))) if on else s for s, on in pairs]
    if attempts.drawn(usual).accepted:
        return sources
    return [replace(s, range=s.interval) if on else s for s, on in pairs]


def _argument(name: str, source: Source) -> Argument:
    if _is_written_down(source):
        return Argument(name, source.shape, values=_values(source))
    low, high = source.where.interval
    drawn = None if source.range is None else (source.range.low, source.range.high)
    return Argument(name, source.shape, (low, high), drawn, source.where.words)


def _is_written_down(source: Source) -> bool:
    """Whether a Spec cannot draw such values: labels, and rows that sum to 1 of which each is moved."""
    from gradcheck.trying.domain import SHARES

    return not source.active or SHARES in source.where.words


def _values(source: Source) -> Any:
    """What it holds: integers, which are not differentiated, or sixteenths that sum to 1."""
    values = source.draw(0, "float64")
    if not source.active:
        return (values if values.dtype.kind == "b" else values.astype(int)).tolist()
    parts = (values * SIXTEENTHS).clip(1).astype(int)
    parts[..., 0] += SIXTEENTHS - parts.sum(axis=-1)
    return (parts / SIXTEENTHS).tolist()


def _parameters(accepted: Accepted) -> list[Argument]:
    """The inputs after those that were drawn: the parameters of a layer."""
    case, count = accepted.outcome.case, len(accepted.sources)
    if case is None:
        return []
    return [Argument(n, x.shape) for n, x in zip(case.names[count:], case.inputs[count:], strict=True)]


def _other_shapes(accepted: Sequence[Accepted]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Further shapes with the same domains; those of values that are written down, and of matrices, stay."""
    first, *rest = accepted
    for each in rest:
        pairs = list(zip(each.sources, first.sources, strict=False))
        fit = all(source.where == known.where and source.range == known.range for source, known in pairs)
        stays = all(
            len(source.shape) == len(known.shape) if known.where.of_matrices else source.shape == known.shape
            for source, known in pairs
            if known.where.of_matrices or _is_written_down(known)
        )
        if len(each.sources) == len(first.sources) and fit and stays:
            yield tuple(source.shape for source in each.sources)


def _settings(usual: Op, further: Sequence[Attempts], target: Any) -> list[Mapping[str, Any]]:
    """Those of the first call and of others, each with all names: defaults are written down, too."""
    from gradcheck.trying.settings import all_parameters

    found = [usual.settings, *(each.op.settings for each in further)]
    names = dict.fromkeys(name for values in found for name in values)
    known = {p.name: p.default for p in all_parameters(target)} | {**usual.settings}
    return [{name: {**known, **values}[name] for name in names} for values in found]


def _by_name(target: Any, settings: Mapping[str, Any]) -> bool:
    """Whether a function has a setting before an input."""
    from gradcheck.trying.settings import all_parameters

    set_so = [p.name in settings for p in all_parameters(target) if not isinstance(target, type)]
    return set_so != sorted(set_so)
