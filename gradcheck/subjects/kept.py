"""What is kept of one object, so that it can be compared and put back: its names, its elements, its numbers.

Objects are read and written by the methods of the built-in types, never by those of a user's class.
"""

from __future__ import annotations

import operator
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from dezero import cuda
from gradcheck.subjects.ownership import dict_of

_MISSING = object()
_NUMBERS = (int, float, complex, str, bytes, bool, np.generic)


class Kept:
    """What one object held at one moment; `name` is what it is called."""

    def __init__(self, name: str) -> None:
        self._name = name

    def intact(self) -> bool:
        """Whether it holds the same objects, to the last bit."""
        raise NotImplementedError

    def changed(self) -> list[str]:
        """The names of what holds another value."""
        return [] if self.intact() else [self._name]

    def restore(self) -> None:
        """Let it hold again what it held."""
        raise NotImplementedError


# Names --------------------------------------------------------------------------------------------------


class Bindings(Kept):
    """Names and what they are bound to: see the functions below.

    Args:
        prefix: comes before each name that is reported.
        read: gives what each name is bound to now.
        write: binds a name to a value.
        erase: takes a name away.
        silent: names that are put back and never reported.
    """

    def __init__(
        self,
        prefix: str,
        read: Callable[[], dict[str, Any]],
        write: Callable[[str, Any], object],
        erase: Callable[[str], object],
        silent: Iterable[str] = (),
    ) -> None:
        super().__init__(prefix)
        self._read, self._write, self._erase = read, write, erase
        self._silent = silent
        self.kept = read()

    def intact(self) -> bool:
        now, kept = self._read(), self.kept
        return now.keys() == kept.keys() and all(map(operator.is_, now.values(), map(kept.get, now)))

    def changed(self) -> list[str]:
        now = self._read()
        return [
            self._name + name
            for name in {**self.kept, **now}
            if name not in self._silent and not _equal(self.kept.get(name, _MISSING), now.get(name, _MISSING))
        ]

    def restore(self) -> None:
        if self.intact():  # as after nearly every call
            return
        now = self._read()
        for name in now.keys() - self.kept.keys():
            self._erase(name)
        for name, value in self.kept.items():
            if now.get(name, _MISSING) is not value:
                self._write(name, value)

    def holds(self, sought: Callable[[Any], bool]) -> bool:
        """Whether a name is bound to what is sought."""
        return any(map(sought, self.kept.values()))

    def exchange(self, change: Callable[[Any], Any]) -> None:
        """Bind each name to what `change` makes of its value, until `restore`."""
        for name, value in self.kept.items():
            other = change(value)
            if other is not value:
                self._write(name, other)

    def inside(self) -> Iterable[tuple[Any, str]]:
        """What is bound, with its name, but for silent ones."""
        return [(value, self._name + name) for name, value in self.kept.items() if name not in self._silent]


def attributes(prefix: str, held: dict[str, Any], silent: Iterable[str] = ()) -> Bindings:
    """Those in `held`, the `__dict__` of an object."""
    write, erase = partial(dict.__setitem__, held), partial(dict.__delitem__, held)
    return Bindings(prefix, partial(dict.copy, held), write, erase, silent)


def module_names(prefix: str, held: dict[str, Any], names: Sequence[str]) -> Bindings:
    """Some names of a module, of which `held` is the `__dict__`."""

    def read() -> dict[str, Any]:
        return {name: held[name] for name in names if name in held}

    return Bindings(prefix, read, partial(dict.__setitem__, held), partial(dict.__delitem__, held))


def slots(prefix: str, owner: Any, members: dict[str, Any], silent: Iterable[str] = ()) -> Bindings:
    """Those that an object keeps in slots."""

    def read() -> dict[str, Any]:
        found = {}
        for name, member in members.items():
            with suppress(AttributeError):  # an empty slot
                found[name] = member.__get__(owner)
        return found

    def write(name: str, value: Any) -> None:
        members[name].__set__(owner, value)

    return Bindings(prefix, read, write, lambda name: members[name].__delete__(owner), silent)


def class_attributes(cls: type) -> Bindings:
    """Those of a class."""

    def read() -> dict[str, Any]:
        return {name: value for name, value in dict_of(cls).items() if name[:2] != "__"}

    write, erase = partial(type.__setattr__, cls), partial(type.__delattr__, cls)
    return Bindings(f"{cls.__name__}.", read, write, erase)


def enclosed(name: str, cell: types.CellType) -> Bindings:
    """A variable of an enclosing function."""

    def read() -> dict[str, Any]:
        try:
            return {name: cell.cell_contents}
        except ValueError:  # not assigned yet
            return {}

    def write(_: str, value: Any) -> None:
        cell.cell_contents = value

    def erase(_: str) -> None:
        del cell.cell_contents

    return Bindings("", read, write, erase)


def _equal(old: Any, new: Any) -> bool:
    """The same object, or the same number or text."""
    if old is new:
        return True
    return type(old) is type(new) and issubclass(type(old), _NUMBERS) and bool(old == new)


# Contents -----------------------------------------------------------------------------------------------


class Elements(Kept):
    """The elements of a list, deque, dict or set."""

    def __init__(self, name: str, held: Any) -> None:
        super().__init__(name)
        self._held = held
        self._kind: Any = next(k for k in (OrderedDict, dict, list, deque, set) if issubclass(type(held), k))
        self.kept = self.read()

    def read(self) -> list[Any]:
        """All elements in order: of a dict its keys and then its values."""
        found = list(self._kind.__iter__(self._held))
        if issubclass(self._kind, dict):
            found += self._kind.values(self._held)
        return sorted(found, key=id) if self._kind is set else found

    def intact(self) -> bool:
        now = self.read()
        return len(now) == len(self.kept) and all(map(operator.is_, now, self.kept))

    def changed(self) -> list[str]:
        now = self.read()
        same = len(now) == len(self.kept) and all(map(_equal, now, self.kept))
        return [] if same else [self._name]

    def restore(self) -> None:
        if not self.intact():
            self._write(self.kept)

    def holds(self, sought: Callable[[Any], bool]) -> bool:
        """Whether an element is what is sought."""
        return any(map(sought, self.kept))

    def exchange(self, change: Callable[[Any], Any]) -> None:
        """Hold what `change` makes of each element, until `restore`."""
        changed = list(map(change, self.kept))
        if not all(map(operator.is_, changed, self.kept)):
            self._write(changed)

    def _write(self, elements: list[Any]) -> None:
        kind, half = self._kind, len(elements) // 2
        kind.clear(self._held)
        if issubclass(kind, dict):
            for key, value in zip(elements[:half], elements[half:], strict=True):
                kind.__setitem__(self._held, key, value)
        else:
            (set.update if kind is set else kind.extend)(self._held, elements)

    def is_log(self) -> bool:
        """Whether it is a list to which elements were added at the end, and nothing else done."""
        return self._kind is list and all(map(operator.is_, self.kept, self._held))

    def inside(self) -> Iterable[tuple[Any, str]]:
        return [(value, self._name) for value in self.kept]


class Numbers(Kept):
    """The elements of an array."""

    def __init__(self, name: str, array: Any) -> None:
        super().__init__(name)
        self._array = array
        self._bytes = cuda.as_numpy(array).tobytes()
        self._objects = array.copy() if array.dtype.hasobject else None
        self._like = array.dtype, array.shape

    def intact(self) -> bool:
        return bool(cuda.as_numpy(self._array).tobytes() == self._bytes)

    def restore(self) -> None:
        if not self.intact():
            dtype, shape = self._like
            kept = self._objects
            if kept is None:
                kept = cuda.get_array_module(self._array).asarray(np.frombuffer(self._bytes, dtype))
            self._array[...] = kept.reshape(shape)


class Memo(Kept):
    """What functools.lru_cache has kept: it can be emptied, no more."""

    def __init__(self, name: str, function: Any) -> None:
        super().__init__(name)
        self._function = function
        self._size = self._now()

    def _now(self) -> int:
        return int(self._function.cache_info().currsize)

    def intact(self) -> bool:
        return self._now() == self._size

    def restore(self) -> None:
        if self._size == 0 and not self.intact():
            self._function.cache_clear()
