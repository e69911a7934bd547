"""The kinds of things that can be tried, and the ops that each stands for: one for each setting."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dezero import Function
from dezero.layers import Layer
from gradcheck.errors import SpecError
from gradcheck.subjects.signatures import arity
from gradcheck.system.raised import described
from gradcheck.trying import guesses, settings
from gradcheck.trying.layers import LayerOp, seeded
from gradcheck.trying.op import Op, Ops, Setting
from gradcheck.trying.refused import require_checkable
from gradcheck.trying.trial import distinct, fixed, tried, works
from gradcheck.trying.wanted import Asked
from gradcheck.trying.wrappers import wrapped_class

MOST_GUESSED = 3  # settings of arguments that must be given
MOST_FURTHER = 2  # of those that have a default; inputs that may be left out


def is_function_class(member: Any) -> bool:
    return inspect.isclass(member) and issubclass(member, Function)


def is_layer_class(member: Any) -> bool:
    return inspect.isclass(member) and issubclass(member, Layer)


def ops_of(text: str, target: Any, asked: Asked) -> Ops:
    """The ops that a target stands for.

    Raises:
        SpecError: it cannot be called, or has no such settings; the message says why, and what to do.
    """
    require_checkable(text, target)
    kind = _kind_of(text, target, asked)
    given = settings.given(asked.settings)
    settings.require_known(text, kind.settable, given)
    free = [p for p in settings.all_parameters(kind.settable) if p.name not in given]
    usual, *guessed = _usual(kind, given, free)
    ops = [usual.op, *(setting.op for setting in guessed)]
    others = ({**usual.values, **values} for values in guesses.others(kind.open(free)))
    further = distinct(_made(kind, others), asked, MOST_FURTHER, ops)
    more = distinct(_with_optional(kind, usual), asked, MOST_FURTHER, ops)
    wrapped = wrapped_class(kind.target, usual.op, asked)
    about = f" ({wrapped.__name__})" if wrapped else ""
    found = [usual.op, *(replace(s.op, further=True) for s in (*guessed, *further, *more))]
    return Ops([replace(op, title=op.name + about) for op in found], fixed(usual.op, asked))


def _with_axes(kind: _Kind, values: Mapping[str, Any]) -> Op:
    """The op with these settings, on inputs that have the axis. Making it may raise anything."""
    held = vars(kind.target) if isinstance(kind, _Instance) and not inspect.isclass(kind.target) else {}
    parameters = settings.all_parameters(kind.settable)
    if is_layer_class(kind.target):  # a dim of a layer is a number of features
        parameters = [p for p in parameters if not p.name.startswith("dim")]
    least = settings.least_axes(parameters, values, held)
    return replace(kind.op(values), axes=least)


# Kinds ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """A callable of Variables: a function, a method, a partial, an object."""

    text: str
    target: Any
    asked: Asked

    @property
    def settable(self) -> Any:
        """The callable whose arguments can be set."""
        return self.target

    @property
    def inputs(self) -> Any:
        """The callable whose other arguments are the inputs."""
        return self.target

    def unset(self, free: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
        """The arguments without a default that are no inputs; those given by position, where others are."""
        by_position = [p for p in free if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
        named = [p for p in settings.needed(free) if p.kind is p.KEYWORD_ONLY]
        found = [p for p in settings.needed(by_position) if guesses.says_setting(p)]
        return found + named if len(found) < len(by_position) else named

    def open(self, free: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
        """Those of which other values may be tried: not what a partial binds."""
        bound = getattr(self.target, "keywords", {}) if isinstance(self.target, functools.partial) else {}
        return [p for p in free if p.name not in bound]

    def op(self, values: Mapping[str, Any]) -> Op:
        """The op with these settings. Making it may raise anything."""
        f = settings.bound(self.target, values) if values else self.target
        return Op(self.text, f, arity(f), values, self._title(values))

    def _title(self, values: Mapping[str, Any]) -> str:
        name = self.text.rpartition(":")[2]
        return f"{name}({settings.as_arguments(values)})" if values else name


class _Instance(_Kind):
    """A Function or a Layer that was made."""

    @property
    def settable(self) -> Any:
        return _nothing

    @property
    def inputs(self) -> Any:
        return self.target.forward

    def op(self, values: Mapping[str, Any]) -> Op:
        return self._op_of(self.target, values)

    def _op_of(self, made: Any, values: Mapping[str, Any]) -> Op:
        count, title = arity(made.forward), self._title(values)
        if isinstance(made, Layer):
            device, seed = self.asked.device, self.asked.seed
            return LayerOp(self.text, made, count, values, title, device=device, seed=seed)
        return Op(self.text, made, count, values, title)


class _Class(_Instance):
    """A class of Functions or of Layers; each call of a Function is that of a new one."""

    @property
    def settable(self) -> Any:
        return self.target

    def unset(self, free: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
        return settings.needed(free)

    def op(self, values: Mapping[str, Any]) -> Op:
        with seeded(self.asked.seed):  # a layer draws its weights
            made = self.target(**values)
        if isinstance(made, Layer):
            return self._op_of(made, values)
        op = self._op_of(made, values)
        return replace(op, f=settings.made_anew(self.target, values) if values else self.target)


def _nothing() -> None:
    """Takes no arguments."""


def _kind_of(text: str, target: Any, asked: Asked) -> _Kind:
    if inspect.isclass(target):
        return _Class(text, target, asked)
    return (_Instance if isinstance(target, (Function, Layer)) else _Kind)(text, target, asked)


# Settings ------------------------------------------------------------------------------------------------


def _usual(kind: _Kind, given: Mapping[str, Any], free: Sequence[inspect.Parameter]) -> list[Setting]:
    """The one with all defaults; or some, with values of what must be given."""
    unset = kind.unset(free)
    if not unset:
        one = _as_given(kind, given)
        needed = settings.needed(free)
        names = [p for p in needed if guesses.may_be_setting(p)]
        some = type(kind) is _Kind and 0 < len(names) < len(needed)
        if not some or works(tried(one.op, kind.asked)):
            return [one]
        guessed = [each for each in _guessed(kind, given, names) if works(tried(each.op, kind.asked))]
        return guessed or [one]
    found = _guessed(kind, given, unset)
    if not found:
        raise _not_made(kind, given, unset)
    return found


def _as_given(kind: _Kind, given: Mapping[str, Any]) -> Setting:
    try:
        return Setting(given, _with_axes(kind, given))
    except Exception as error:
        how = f"with {settings.as_arguments(given)}" if given else "without arguments"
        raise SpecError(
            f"{kind.text} cannot be made {how} ({described(error)}); check a function that makes it, such "
            "as lambda x: MyFunction(axis=0)(x)"
        ) from error


def _guessed(kind: _Kind, given: Mapping[str, Any], unset: Sequence[inspect.Parameter]) -> list[Setting]:
    tries = guesses.combinations(unset, of_layer=is_layer_class(kind.target))
    candidates = _made(kind, ({**given, **values} for values in tries))
    first = [*itertools.islice(candidates, 1)]
    return distinct(itertools.chain(first, candidates), kind.asked, MOST_GUESSED) or first


def _not_made(kind: _Kind, given: Mapping[str, Any], unset: Sequence[inspect.Parameter]) -> SpecError:
    of_layer = is_layer_class(kind.target)
    tries = [{**given, **values} for values in guesses.combinations(unset, of_layer=of_layer)]
    shown = "; ".join(map(settings.as_arguments, tries[:3]))
    tried_so = f", nor with {shown}" if shown else ""
    names = " ".join(f"--set {p.name}=VALUE" for p in unset)
    return SpecError(
        f"{kind.text} cannot be made without arguments{tried_so}{_why_not(kind, tries)}; give them: {names}"
    )


def _why_not(kind: _Kind, tries: Sequence[Mapping[str, Any]]) -> str:
    """What the constructor says to the first settings."""
    try:
        kind.op(tries[0] if tries else {})
    except Exception as error:
        return f" ({described(error)})"
    return ""


def _made(kind: _Kind, several: Iterable[Mapping[str, Any]]) -> Iterator[Setting]:
    """Those that can be made."""
    for values in several:
        try:
            yield Setting(values, _with_axes(kind, values))
        except Exception:  # a constructor may refuse a value by any
            continue


def _with_optional(kind: _Kind, usual: Setting) -> Iterator[Setting]:
    """With inputs that may be left out, such as a bias."""
    op = usual.op
    if kind.asked.inputs or op.count is None:
        return
    parameters = [p for p in settings.all_parameters(kind.inputs) if p.name not in usual.values]
    for more in range(1, guesses.optional_inputs(parameters) + 1):
        yield Setting(usual.values, replace(op, count=op.count + more))
