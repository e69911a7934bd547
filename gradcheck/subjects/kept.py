"""What is kept of one object, so that it can be compared and put back: its names, its elements, its numbers.

Objects are read and written by the methods of the built-in types, never by those of a user's class.
"""

from __future__ import annotations

import operator
import pickle
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from dezero import cuda
from gradcheck.subjects.ownership import dict_of

_MISSING = object()
_NUMBERS = (int, float, complex, str, bytes, bool, np.generic)


class Kept(Protocol):
    """What one object held at one moment."""

    def intact(self) -> bool:
        """Whether it holds the same objects, to the last bit."""

    def changed(self) -> list[str]:
        """The names of what holds another value."""

    def restore(self) -> None:
        """Let it hold again what it held."""


# Names --------------------------------------------------------------------------------------------------


class Bindings:
    """Names and what they are bound to.

    Args:
        prefix: of the names, as they are told.
        silent: names that are put back and never told.
    """

    def __init__(self, prefix: str, silent: Iterable[str] = ()) -> None:
        self._prefix = prefix
        self._silent = silent
        self.kept = self.read()

    def read(self) -> dict[str, Any]:
        raise NotImplementedError

    def write(self, name: str, value: Any) -> None:
        raise NotImplementedError

    def erase(self, name: str) -> None:
        raise NotImplementedError

    def intact(self) -> bool:
        now, kept = self.read(), self.kept
        return len(now) == len(kept) and all(kept.get(name, _MISSING) is value for name, value in now.items())

    def changed(self) -> list[str]:
        now = self.read()
        return [
            self.label(name)
            for name in {**self.kept, **now}
            if name not in self._silent and not _equal(self.kept.get(name, _MISSING), now.get(name, _MISSING))
        ]

    def restore(self) -> None:
        now = self.read()
        for name in now.keys() - self.kept.keys():
            self.erase(name)
        for name, value in self.kept.items():
            if now.get(name, _MISSING) is not value:
                self.write(name, value)

    def exchange(self, change: Callable[[Any], Any]) -> None:
        """Bind each name to what `change` makes of its value, until `restore`."""
        for name, value in self.kept.items():
            other = change(value)
            if other is not value:
                self.write(name, other)

    def label(self, name: str) -> str:
        return self._prefix + name

    def inside(self) -> Iterable[tuple[Any, str]]:
        """What is bound, with its name, but for silent ones."""
        return [(value, self.label(name)) for name, value in self.kept.items() if name not in self._silent]


class Attributes(Bindings):
    """Those in the `__dict__` of an object."""

    def __init__(self, prefix: str, held: dict[str, Any], silent: Iterable[str] = ()) -> None:
        self._held = held
        super().__init__(prefix, silent)

    def read(self) -> dict[str, Any]:
        return dict.copy(self._held)

    def write(self, name: str, value: Any) -> None:
        dict.__setitem__(self._held, name, value)

    def erase(self, name: str) -> None:
        dict.__delitem__(self._held, name)


class Globals(Attributes):
    """Some names of a module."""

    def __init__(self, prefix: str, held: dict[str, Any], names: Sequence[str]) -> None:
        self._names = names
        super().__init__(prefix, held)

    def read(self) -> dict[str, Any]:
        held = self._held
        return {name: held[name] for name in self._names if name in held}


class Slots(Bindings):
    """Those that an object keeps in slots."""

    def __init__(self, prefix: str, owner: Any, members: dict[str, Any], silent: Iterable[str] = ()) -> None:
        self._owner = owner
        self._members = members
        super().__init__(prefix, silent)

    def read(self) -> dict[str, Any]:
        found = {}
        for name, member in self._members.items():
            try:
                found[name] = member.__get__(self._owner)
            except AttributeError:  # an empty slot
                continue
        return found

    def write(self, name: str, value: Any) -> None:
        self._members[name].__set__(self._owner, value)

    def erase(self, name: str) -> None:
        self._members[name].__delete__(self._owner)


class ClassAttributes(Bindings):
    """Those of a class."""

    def __init__(self, cls: type) -> None:
        self._cls = cls
        super().__init__(f"{cls.__name__}.")

    def read(self) -> dict[str, Any]:
        return {name: value for name, value in dict_of(self._cls).items() if name[:2] != "__"}

    def write(self, name: str, value: Any) -> None:
        type.__setattr__(self._cls, name, value)

    def erase(self, name: str) -> None:
        type.__delattr__(self._cls, name)


class Enclosed(Bindings):
    """A variable of an enclosing function."""

    def __init__(self, name: str, cell: types.CellType) -> None:
        self._cell = cell
        self._name = name
        super().__init__("")

    def read(self) -> dict[str, Any]:
        try:
            return {self._name: self._cell.cell_contents}
        except ValueError:  # not assigned yet
            return {}

    def write(self, name: str, value: Any) -> None:
        self._cell.cell_contents = value

    def erase(self, name: str) -> None:
        del self._cell.cell_contents


def _equal(old: Any, new: Any) -> bool:
    """The same object, or the same number or text."""
    if old is new:
        return True
    return type(old) is type(new) and issubclass(type(old), _NUMBERS) and bool(old == new)


# Contents -----------------------------------------------------------------------------------------------


class Elements:
    """The elements of a list, deque, dict or set."""

    def __init__(self, name: str, held: Any) -> None:
        self._name = name
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


class Numbers:
    """The elements of an array."""

    def __init__(self, name: str, array: Any) -> None:
        self._name = name
        self._array = array
        self._bytes = cuda.as_numpy(array).tobytes()
        self._objects = array.copy() if array.dtype.hasobject else None
        self._like = array.dtype, array.shape

    def intact(self) -> bool:
        return bool(cuda.as_numpy(self._array).tobytes() == self._bytes)

    def changed(self) -> list[str]:
        return [] if self.intact() else [self._name]

    def restore(self) -> None:
        if not self.intact():
            dtype, shape = self._like
            kept = self._objects
            if kept is None:
                kept = cuda.get_array_module(self._array).asarray(np.frombuffer(self._bytes, dtype))
            self._array[...] = kept.reshape(shape)


class Chance:
    """The state of a generator of random numbers."""

    def __init__(self, name: str, read: Callable[[], Any], write: Callable[[Any], object]) -> None:
        self._name = name
        self._read = read
        self._write = write
        self._state = read()
        self._written = pickle.dumps(self._state)

    def intact(self) -> bool:
        return pickle.dumps(self._read()) == self._written

    def changed(self) -> list[str]:
        return [] if self.intact() else [self._name]

    def restore(self) -> None:
        if not self.intact():
            self._write(self._state)

    def release(self) -> None:
        """Take away what stands in for the generator: nothing does."""


class Memo:
    """What functools.lru_cache has kept: it can be emptied, no more."""

    def __init__(self, name: str, function: Any) -> None:
        self._name = name
        self._function = function
        self._size = self._now()

    def _now(self) -> int:
        return int(self._function.cache_info().currsize)

    def intact(self) -> bool:
        return self._now() == self._size

    def changed(self) -> list[str]:
        return [] if self.intact() else [self._name]

    def restore(self) -> None:
        if self._size == 0 and not self.intact():
            self._function.cache_clear()
