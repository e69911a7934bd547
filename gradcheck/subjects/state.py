"""What a call of f could change: found from f, kept, and put back.

f reaches objects by its closure, its defaults, the globals that its code names, the object that it is bound
to, and by the attributes, classes and elements of these. A Snapshot keeps what all of them hold. It looks
into the user's own code and data only (NumPy, dezero and other libraries are taken to keep nothing), and
calls nothing of it.
"""

from __future__ import annotations

import functools
import types
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np

from dezero import Function, Variable, cuda
from dezero.layers import Layer
from gradcheck.subjects.chance import GENERATORS, Chance, chance_of, global_generators
from gradcheck.subjects.kept import (
    Bindings,
    Elements,
    Kept,
    Memo,
    Numbers,
    attributes,
    class_attributes,
    enclosed,
    module_names,
    slots,
)
from gradcheck.subjects.ownership import dict_of, mro_of, users_own

MOST_OBJECTS = 4000  # what is found later is not kept
MOST_BYTES = 2**26  # of all arrays

# What dezero itself notes at each call in a function, a Variable or a layer.
_NOTED = frozenset({"_operands", "_outputs", "generation", "output_types", "creator", "output_index"})
_NOTED_BY_LAYERS = frozenset({"inputs", "outputs"})

_PLAIN = frozenset({int, float, complex, str, bytes, bool, type(None), types.CodeType, slice, range})


class Snapshot:
    """What f holds at one moment.

    Args:
        f: any callable.
        chance: keep the state of NumPy's and Python's global generators of random numbers, too.

    >>> def f(x, seen=[]):
    ...     seen.append(x)
    >>> before = Snapshot(f)
    >>> f(1)
    >>> before.changed()
    ['seen']
    >>> before.restore()
    >>> f.__defaults__
    ([],)
    """

    def __init__(self, f: Callable[..., Any], *, chance: bool = False) -> None:
        self._kept: Sequence[Kept] = _Walk(f).kept
        self._chance: Sequence[Chance] = global_generators() if chance else ()

    def restore(self, *, chance: bool = True, drawing: bool = False, but_logs: bool = False) -> None:
        """Put back everything that has changed.

        Args:
            chance: the global generators, too.
            drawing: leave the generators that f holds.
            but_logs: leave lists to which something was added, and nothing else done.
        """
        for kept in (*self._kept, *self._chance) if chance else self._kept:
            if drawing and isinstance(kept, Chance):
                continue
            if but_logs and isinstance(kept, Elements) and kept.is_log():
                continue
            _put_back(kept)

    def release(self) -> None:
        """Take away what stands in for generators of random numbers."""
        for kept in self._chance:
            kept.release()

    def intact(self) -> bool:
        """Whether nothing that f reaches has changed; the global generators aside."""
        return all(kept.intact() for kept in self._kept)

    def changed(self) -> list[str]:
        """The names of what has changed, but for what dezero itself notes."""
        return list(dict.fromkeys(name for kept in (*self._kept, *self._chance) for name in kept.changed()))

    def drawn(self) -> list[str]:
        """Those of the generators of random numbers that have moved on."""
        every = (kept for kept in (*self._kept, *self._chance) if isinstance(kept, Chance))
        return [name for kept in every for name in kept.changed()]


def _put_back(kept: Kept) -> None:
    try:
        kept.restore()
    except Exception:  # an array that was made read-only, say
        return


def bindings(f: Callable[..., Any]) -> list[Bindings | Elements]:
    """The names and containers through which f reaches what it holds."""
    return [kept for kept in _Walk(f).kept if isinstance(kept, (Bindings, Elements))]


class _Walk:
    """All that can be reached from an object, each thing once, and what is kept of it."""

    def __init__(self, f: Any) -> None:
        self.kept: list[Kept] = []
        self._waiting: deque[tuple[Any, str]] = deque()
        self._seen: dict[int, Any] = {}
        self._room = MOST_BYTES
        self._add([(f, "f")])
        while self._waiting and len(self._seen) < MOST_OBJECTS:
            value, name = self._waiting.popleft()
            with suppress(Exception):  # an object may be as strange as it likes
                self._visit(value, name)

    def _add(self, found: Iterable[tuple[Any, str]]) -> None:
        for value, name in found:
            if type(value) not in _PLAIN and id(value) not in self._seen:
                self._seen[id(value)] = value
                self._waiting.append((value, name))

    def _keep(self, kept: Any) -> None:
        self.kept.append(kept)
        self._add(kept.inside())

    def _visit(self, value: Any, name: str) -> None:
        kind = type(value)  # not value.__class__, which may be the user's code
        if kind is types.FunctionType:
            self._function(value)
        elif issubclass(kind, type):
            self._class(value)
        elif kind in _WITHIN:
            self._add((inner, name) for inner in _WITHIN[kind](value))
        elif not self._contents(value, kind, name) or _own(kind):
            self._instance(value, kind, name)

    # Code ---------------------------------------------------------------------------------------------

    def _function(self, f: types.FunctionType) -> None:
        code = f.__code__
        for name, cell in zip(code.co_freevars, f.__closure__ or (), strict=True):
            self._keep(enclosed(name, cell))
        if f.__defaults__:
            self._add(zip(f.__defaults__, _defaulted(f), strict=True))
        if f.__kwdefaults__:
            self._add((value, name) for name, value in f.__kwdefaults__.items())
        if _of_user(f):
            self._keep(attributes(f"{f.__name__}.", f.__dict__))
            self._named(_names(code), f.__globals__, "")

    def _named(self, names: Sequence[str], held: dict[str, Any], prefix: str) -> None:
        """The globals that code names, and those of the user's modules among them."""
        kept = module_names(prefix, held, names)
        self._keep(kept)
        for value, name in kept.inside():
            if type(value) is types.ModuleType and users_own(value.__name__):
                self._named_once(names, value, f"{name}.")

    def _named_once(self, names: Sequence[str], module: types.ModuleType, prefix: str) -> None:
        key = hash((id(module), names))
        if key not in self._seen:
            self._seen[key] = module
            self._named(names, vars(module), prefix)

    def _class(self, cls: Any) -> None:
        for base in mro_of(cls):
            if base is cls and _own(base):
                self._keep(class_attributes(base))
            else:
                self._add([(base, base.__name__)])

    # Data ---------------------------------------------------------------------------------------------

    def _contents(self, value: Any, kind: type, name: str) -> bool:
        """What a container, an array or a generator holds; False if it is none of these."""
        if issubclass(kind, (dict, list, deque, set)):
            self._keep(Elements(name, value))
        elif issubclass(kind, (tuple, frozenset)):
            self._add((item, name) for item in _items(value))
        elif issubclass(kind, np.ndarray):
            self._array(np.ndarray.view(value, np.ndarray), name)
        elif issubclass(kind, GENERATORS):
            self.kept.append(chance_of(value, name))
        elif kind is _MEMO:
            self.kept.append(Memo(name, value))
            self._add([(value.__wrapped__, name)])
        elif not _own(kind) and cuda.is_array(value):
            self._array(value, name)
        else:
            return False
        return True

    def _array(self, array: Any, name: str) -> None:
        if array.nbytes <= self._room and getattr(array.flags, "writeable", True):
            self._room -= array.nbytes
            self.kept.append(Numbers(name, array))

    def _instance(self, value: Any, kind: type, name: str) -> None:
        if not _own(kind) and not issubclass(kind, _OF_DEZERO):
            return
        prefix = f"{name if issubclass(kind, Variable) else kind.__name__}."
        silent = _NOTED | _NOTED_BY_LAYERS if issubclass(kind, (Layer, Function)) else _NOTED
        held, members = _storage(kind)
        if held is not None:
            self._keep(attributes(prefix, held.__get__(value), silent))
        if members:
            self._keep(slots(prefix, value, members, silent))
        self._add([(kind, kind.__name__)])


_MEMO = type(lru_cache(lambda: None))
_OF_DEZERO = (Variable, Layer, Function, types.SimpleNamespace)

_WITHIN: dict[type, Callable[[Any], Sequence[Any]]] = {
    types.MethodType: lambda m: (m.__self__, m.__func__),
    types.BuiltinMethodType: lambda m: () if type(m.__self__) is types.ModuleType else (m.__self__,),
    functools.partial: lambda p: (p.func, p.args, p.keywords),
    functools.cached_property: lambda p: (p.func,),
    staticmethod: lambda m: (m.__func__,),
    classmethod: lambda m: (m.__func__,),
    property: lambda p: (p.fget, p.fset),
}


def _items(value: Any) -> Iterable[Any]:
    return tuple.__iter__(value) if issubclass(type(value), tuple) else frozenset.__iter__(value)


# Code and classes ----------------------------------------------------------------------------------------


_DESCRIPTORS = (types.GetSetDescriptorType, types.MemberDescriptorType)


def _defaulted(f: types.FunctionType) -> Sequence[str]:
    """The names of the arguments that have a default."""
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    return names[len(names) - len(f.__defaults__ or ()) :]


@lru_cache(maxsize=4096)
def _names(code: types.CodeType) -> tuple[str, ...]:
    """All names that code mentions, that of the functions inside it too."""
    inner = [_names(c) for c in code.co_consts if type(c) is types.CodeType]
    return tuple(dict.fromkeys(name for names in (code.co_names, *inner) for name in names))


@lru_cache(maxsize=4096)
def _storage(kind: type) -> tuple[Any, dict[str, Any]]:
    """How instances of a class hold attributes: the descriptor of their dict or None, and their slots."""
    held: Any = None
    members: dict[str, Any] = {}
    for base in mro_of(kind):
        for name, value in dict_of(base).items():
            if name == "__dict__" and type(value) in _DESCRIPTORS:
                held = held or value
            elif type(value) is types.MemberDescriptorType:
                members.setdefault(name, value)
    return held, members


def _own(kind: type) -> bool:
    return users_own(dict_of(kind).get("__module__"))


def _of_user(f: types.FunctionType) -> bool:
    return users_own(f.__module__, f.__globals__.get("__file__"))
