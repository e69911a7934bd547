"""A layer as a function of its parameters: what a derivative by them is taken of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
        *within, name = path.split("/")
        owner = layer
        for part in within:
            owner = getattr(owner, part)
        setattr(owner, name, value)


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
        bind(layer, dict(zip(paths, parameters, strict=True)))
        return layer(x) if use is None else use(layer, x)

    return f
