"""A layer as a function of its parameters: what a derivative by them is taken of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dezero import Variable
from dezero.layers import Layer


def bind(layer: Layer, parameters: Mapping[str, Variable]) -> None:
    """Put Variables where `layer` and the layers within keep parameters of these paths.

    The layer computes with them; it no longer counts them among its own parameters.

    >>> import numpy as np
    >>> import dezero.layers as L
    >>> layer = L.Linear(1)
    >>> bind(layer, {"W": Variable(np.array([[2.0], [3.0]])), "b": Variable(np.array([1.0]))})
    >>> layer(np.array([[1.0, 1.0]]))
    variable([[6.]])
    """
    for path, value in parameters.items():
        owner, name = _place(layer, path)
        setattr(owner, name, value)


def _place(layer: Layer, path: str) -> tuple[Layer, str]:
    """The layer that has the parameter of this path, and its name there."""
    *within, name = path.split("/")
    for part in within:
        layer = getattr(layer, part)
    return layer, name


@contextmanager
def holding(layer: Layer, parameters: Mapping[str, Variable]) -> Iterator[None]:
    """Within the block these Variables stand where `layer` keeps the parameters of these paths.

    They also stand for these parameters in lists, tuples and dictionaries of the layers.

    >>> import numpy as np
    >>> import dezero.layers as L
    >>> layer, w = L.Linear(1, in_size=1), Variable(np.array([[2.0]]))
    >>> with holding(layer, {"W": w}):
    ...     layer(np.array([[3.0]]))
    variable([[6.]])
    >>> layer.W is w, len(list(layer.params()))
    (False, 2)
    """
    places = [(*_place(layer, path), value) for path, value in parameters.items()]
    standing = {id(getattr(owner, name)): value for owner, name, value in places}
    owners = {id(owner): owner for owner, _, _ in places} | {id(layer): layer}
    taken = [(vars(owner), dict(vars(owner))) for owner in owners.values()]
    for held, before in taken:
        held.update({name: _exchanged(value, standing) for name, value in before.items()})
    try:
        yield
    finally:
        for held, before in taken:
            held.update({name: value for name, value in before.items() if _holds(value, standing)})


def _exchanged(value: Any, standing: Mapping[int, Variable]) -> Any:
    """A value, or a container, with what stands for each parameter in it."""
    if not _holds(value, standing):
        return value
    if isinstance(value, dict):
        return {key: _exchanged(each, standing) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_exchanged(each, standing) for each in value)
    return standing[id(value)]


def _holds(value: Any, standing: Mapping[int, Variable]) -> bool:
    if type(value) is dict:
        return any(_holds(each, standing) for each in value.values())
    if type(value) in (list, tuple):
        return any(_holds(each, standing) for each in value)
    return id(value) in standing


def parametrized(
    make: Callable[..., Layer], paths: Sequence[str], use: Callable[[Layer, Variable], Variable] | None = None
) -> Callable[..., Variable]:
    """The function (x, *parameters, **options) that `make(**options)` computes with these parameters.

    Args:
        make: gives a new layer at each call.
        paths: of the parameters, such as "l0/W".
        use: `use(layer, x)`, by default a call of the layer.

    >>> import numpy as np
    >>> import dezero.layers as L
    >>> linear = parametrized(lambda: L.Linear(1), ["W", "b"])
    >>> linear(np.array([[1.0]]), Variable(np.array([[2.0]])), Variable(np.array([0.5])))
    variable([[2.5]])
    """

    def f(x: Variable, *parameters: Variable, **options: Any) -> Variable:
        layer = make(**options)
        with holding(layer, dict(zip(paths, parameters, strict=True))):
            return layer(x) if use is None else use(layer, x)

    return f
