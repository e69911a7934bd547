"""Layer: a function with parameters.

A layer registers each Parameter and each Layer that is assigned to one of its attributes, in the
order of assignment.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Iterator, MutableSet, Sequence
from os import PathLike
from typing import Any

from dezero.core import Parameter
from dezero.layers import weights
from dezero.refusal import operands_of, raise_named
from dezero.utils import notebook

__all__ = ["Layer"]


class Names(MutableSet[str]):
    """A set of names that keeps the order in which they came, which a set would forget.

    >>> names = Names(["W", "b"])
    >>> names, list(names), "b" in names
    ({'W', 'b'}, ['W', 'b'], True)
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._order = dict.fromkeys(names)

    def __contains__(self, name: object) -> bool:
        return name in self._order

    def __iter__(self) -> Iterator[str]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self)) + "}" if self else "set()"

    def add(self, name: str) -> None:
        """Put a name at the end, if it is new."""
        self._order[name] = None

    def discard(self, name: str) -> None:
        """Take a name out, if it is there."""
        self._order.pop(name, None)

    def update(self, *others: Iterable[str]) -> None:
        """Add the names of others."""
        for names in others:
            self._order.update(dict.fromkeys(names))


class Layer:
    """The base of layers and models: a subclass assigns its parameters and gives `forward`.

    Attributes:
        inputs, outputs: of the last call, weak references (a plain number or None: a function
            that returns it).

    >>> import numpy as np
    >>> class Scale(Layer):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = Parameter(np.array(2.0), name="factor")
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> layer = Scale()
    >>> layer(np.array(3.0)), list(layer.params())
    (variable(6.0), [variable(2.0)])
    """

    _params: Names
    inputs: Sequence[Callable[[], Any]] = ()
    outputs: Sequence[Callable[[], Any]] = ()

    def __init__(self) -> None:
        self.__dict__.setdefault("_params", Names())

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (Parameter, Layer)):
            self.__dict__.setdefault("_params", Names()).add(name)
        elif name in self.__dict__.get("_params", ()):
            self.__dict__["_params"].remove(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self.__dict__.get("_params", set()).discard(name)

    def __getstate__(self) -> dict[str, Any]:
        """All attributes but the references to inputs and outputs, which belong to one process."""
        return {k: v for k, v in self.__dict__.items() if k not in ("inputs", "outputs")}

    def __call__(self, *inputs: Any) -> Any:
        try:
            outputs = self.forward(*inputs)
        except Exception as error:
            if type(self).__module__.startswith("dezero.layers."):  # models call what a program wrote
                raise_named(error, type(self).__name__, **dict(operands_of(self, inputs)))
            raise
        if isinstance(outputs, tuple) and len(outputs) == 1:
            outputs = outputs[0]
        many = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
        self.__dict__.update(inputs=[*map(_reference, inputs)], outputs=[*map(_reference, many)])
        return outputs

    def forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.forward is not written")

    def _members(self) -> Iterator[tuple[str, Any]]:
        """Each Parameter and Layer that is an attribute, with its name."""
        for name in self._params:
            yield name, getattr(self, name)

    def params(self) -> Iterator[Parameter]:
        """Each Parameter of this layer and of those within, once, in the order of assignment."""
        seen = set()
        for _, value in self._members():
            for param in value.params() if isinstance(value, Layer) else (value,):
                if id(param) not in seen:
                    seen.add(id(param))
                    yield param

    def named_params(self, parent_key: str = "") -> Iterator[tuple[str, Parameter]]:
        """Each Parameter with its path, such as "l1/W"."""
        for name, value in self._members():
            key = f"{parent_key}/{name}" if parent_key else name
            if isinstance(value, Layer):
                yield from value.named_params(key)
            else:
                yield key, value

    def _flatten_params(self, params_dict: dict[str, Parameter], parent_key: str = "") -> None:
        """Put each Parameter into `params_dict` under its path: the book's name for `named_params`."""
        params_dict.update(self.named_params(parent_key))

    def cleargrads(self) -> None:
        """Forget the gradient of each parameter."""
        for param in self.params():
            param.cleargrad()

    def to_cpu(self) -> None:
        """Move the parameters to the host; those that have no data yet, when these are loaded."""
        for param in self.params():
            param.to_cpu()

    def to_gpu(self) -> None:
        """Move the parameters to the device; those that have no data yet, when these are loaded.

        Weights that take their size from the first input are made where that input is.
        """
        for param in self.params():
            param.to_gpu()

    def save_weights(self, path: str | PathLike[str]) -> None:
        """Write the parameters into an npz file: it is there whole or not at all.

        Args:
            path: of the file; as by `numpy.savez`, a name without the ending .npz is given it.

        Raises:
            ValueError: a parameter has no size yet.
        """
        weights.save(self._by_path(), _npz(path))

    def load_weights(self, path: str | PathLike[str]) -> None:
        """Read the parameters that `save_weights` wrote: all or, if anything is wrong, none.

        A file from a stranger is safe to read: nothing in it is executed, and no memory is taken for
        what does not fit. A parameter that has no size yet gets its size from the file, and is held
        against what is known of it; it takes 64 MiB, or 64 times as much as it has in the file.

        Args:
            path: of the file; where there is none of this name, with the ending .npz.

        Raises:
            ValueError: the file holds other parameters, other shapes or other kinds of numbers (no
                integers for floats), or is no npz file.
            OSError: the file cannot be read.
        """
        found = os.path.exists(path) or not os.path.exists(_npz(path))
        owners = {id(param): (owner, name) for owner, name, param in self._owned()}
        wanted = {key: _wanted(key, param, *owners[id(param)]) for key, param in self._by_path().items()}
        weights.load(wanted, path if found else _npz(path))

    def _repr_html_(self) -> str:
        """What a notebook shows: a table of the parameters."""
        return notebook.layer_html(self)

    def _by_path(self) -> dict[str, Parameter]:
        params: dict[str, Parameter] = {}
        self._flatten_params(params)
        return params

    def _owned(self) -> Iterator[tuple[Layer, str, Parameter]]:
        """Each Parameter with the layer that it belongs to, and its name there."""
        for name, value in self._members():
            if isinstance(value, Layer):
                yield from value._owned()
            else:
                yield self, name, value

    def _sizes(self, name: str) -> Sequence[int | str] | None:
        """The shape of a parameter that has no data yet: a letter for a size that is open.

        None where nothing is known. The same letter in two parameters of a layer is the same size.
        """
        return None


def _wanted(path: str, param: Parameter, owner: Layer, name: str) -> weights.Wanted:
    """What is known of a parameter before it is loaded."""
    return weights.Wanted(param, path.rpartition("/")[0], owner._sizes(name), getattr(owner, "dtype", None))


def _npz(path: str | PathLike[str]) -> str:
    name = os.fsdecode(path)
    return name if name.endswith(".npz") else name + ".npz"


def _reference(x: Any) -> Callable[[], Any]:
    """A weak reference; where there is none (of None, of numbers), a function that gives x."""
    try:
        return weakref.ref(x)
    except TypeError:
        return lambda: x
