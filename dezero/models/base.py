"""Model, and the models that are made of given parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import dezero.functions as F
import dezero.layers as L
from dezero import utils
from dezero.arguments import function, integer
from dezero.core import Parameter
from dezero.layers.base import Names
from dezero.refusal import described, naming

__all__ = ["MLP", "Model", "Sequential"]

_ELEMENT = re.compile(r"(?:l|layers)(0|[1-9][0-9]*)")
WEIGHTS = "https://github.com/koki0702/dezero-models/releases/download/v0.1/"


class Model(L.Layer):
    """A Layer that can draw itself."""

    def plot(self, *inputs: Any, to_file: str = "model.png") -> Any:
        """Draw the graph of a call into a file: see `dezero.utils.plot_dot_graph`.

        Raises:
            TypeError: the model returns several Variables: plot the one you mean yourself.
        """
        return utils.plot_dot_graph(self.forward(*inputs), verbose=True, to_file=to_file)

    def load_pretrained(self, url: str, sha256: str | None = None) -> None:
        """Load a weights file that is downloaded once and then kept: see `dezero.utils.get_file`.

        Args:
            url: such as the `WEIGHTS_PATH` of a model, a file that comes with the book. No checksums
                are published with these: that the file is as it was when it came is checked, and
                that it holds this model's parameters; that it came from their author is not.
            sha256: the checksum of the file, where one is known.

        Raises:
            dezero.utils.DownloadError: it is not here and cannot be had, or is damaged.
            ValueError: it holds other parameters, or is no npz file.
        """
        path = utils.get_file(url, sha256=sha256)
        try:
            self.load_weights(path)
        except ValueError as error:
            error.add_note(f"to have it downloaded again, delete {path}")
            raise


class _Chain(Model):
    """The elements of the list `layers`, one after the other; they are the attributes l0, l1, ... too.

    The list may be appended to, changed or replaced at any time: the model is what it holds. A layer
    that is an attribute besides goes by that name; where l<i> is another layer's, by "layers<i>".
    """

    layers: list[Any]

    def __init__(self, layers: Iterable[Callable[[Any], Any]]) -> None:
        super().__init__()
        self.layers = list(layers)

    def __getattr__(self, name: str) -> Any:
        index = self._index(name)
        if index is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.layers[index]

    def __setattr__(self, name: str, value: Any) -> None:
        index = self._index(name)
        if index is not None and self.__dict__.get(name, self.layers[index]) is self.layers[index]:
            self.layers[index] = value
            if name not in self.__dict__:
                return
        super().__setattr__(name, value)

    def _index(self, name: str) -> int | None:
        """i where `name` is "l<i>" or "layers<i>" and there is such an element."""
        element = _ELEMENT.fullmatch(name)
        if element is None or int(element[1]) >= len(self.__dict__.get("layers", ())):
            return None
        return int(element[1])

    def _members(self) -> Iterator[tuple[str, Any]]:
        attributes = self.__dict__
        own = {name: attributes[name] for name in attributes.get("_params", ())}
        named = set(map(id, own.values()))
        for i, layer in enumerate(attributes.get("layers", ())):
            if isinstance(layer, (L.Layer, Parameter)) and id(layer) not in named:
                yield f"layers{i}" if f"l{i}" in attributes else f"l{i}", layer
        yield from own.items()

    @property
    def _params(self) -> Names:  # type: ignore[override]  # asked for anew: the list may have changed
        """The names of the elements that have parameters, then those of other attributes."""
        return Names(name for name, _ in self._members())


class Sequential(_Chain):
    """Layers or functions, one after the other: the list `layers`, and the attributes l0, l1, ...

    Raises:
        TypeError: one of them cannot be called.

    >>> import numpy as np
    >>> model = Sequential(L.Linear(10), F.relu, L.Linear(2))
    >>> model(np.ones((3, 4), np.float32)).shape
    (3, 2)
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for i, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(
                    f"Sequential: layers must be Layers or functions, got {described(layer)} as number {i}"
                )
        super().__init__(layers)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


class MLP(_Chain):
    """Linear layers with an activation between them, none after the last: the list `layers`, l0, l1, ...

    Args:
        fc_output_sizes: the size of each layer's output.
        activation: a function of one Variable.

    Raises:
        TypeError: the sizes are no sequence of integers, or activation no function.
        ValueError: there are none, or one is less than 1.

    >>> import numpy as np
    >>> MLP((10, 1))(np.ones((3, 4), np.float32)).shape
    (3, 1)
    """

    def __init__(self, fc_output_sizes: Sequence[int], activation: Callable[[Any], Any] = F.sigmoid) -> None:
        if not isinstance(fc_output_sizes, Sequence):
            raise TypeError(f"MLP: fc_output_sizes must be a sequence of integers, got {fc_output_sizes!r}")
        if not fc_output_sizes:
            raise ValueError("MLP: fc_output_sizes must name one layer or more, got none")
        for size in fc_output_sizes:
            integer(size, "MLP: each of fc_output_sizes", least=1)
        function(activation, "MLP: activation")
        with naming("MLP", fc_output_sizes=fc_output_sizes):
            super().__init__(L.Linear(size) for size in fc_output_sizes)
        self.activation = activation

    def forward(self, x: Any) -> Any:
        if not self.layers:
            raise ValueError("MLP: layers must hold one layer or more, got none")
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)
