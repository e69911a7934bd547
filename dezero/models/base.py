"""Model, and the models that are made of given parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dezero.functions as F
import dezero.layers as L
from dezero import utils
from dezero.arguments import function, integer
from dezero.refusal import described, naming

WEIGHTS = "https://github.com/koki0702/dezero-models/releases/download/v0.1/"


class Model(L.Layer):
    """A Layer that can draw itself."""

    def plot(self, *inputs: Any, to_file: str = "model.png") -> Any:
        """Draw the graph of a call into a file: see `dezero.utils.plot_dot_graph`.

        Raises:
            TypeError: the model returns several Variables: plot the one you mean yourself.
            RuntimeError: Graphviz is not installed.
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
    """The attributes l0, l1, ..., one after the other."""

    def __init__(self, layers: Sequence[Callable[[Any], Any]]) -> None:
        super().__init__()
        self.depth = len(layers)
        for i, layer in enumerate(layers):
            setattr(self, f"l{i}", layer)

    @property
    def layers(self) -> list[Any]:
        """l0, l1, ... as they are now: one may be replaced by assignment."""
        return [getattr(self, f"l{i}") for i in range(self.depth)]


class Sequential(_Chain):
    """Layers or functions, one after the other: they are the attributes l0, l1, ...

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
    """Linear layers l0, l1, ... with an activation between them, none after the last.

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

    def __init__(
        self, fc_output_sizes: Sequence[int], activation: Callable[[Any], Any] = F.sigmoid
    ) -> None:
        if not isinstance(fc_output_sizes, Sequence):
            raise TypeError(
                f"MLP: fc_output_sizes must be a sequence of integers, got {fc_output_sizes!r}"
            )
        if not fc_output_sizes:
            raise ValueError("MLP: fc_output_sizes must name one layer or more, got none")
        for size in fc_output_sizes:
            integer(size, "MLP: each of fc_output_sizes", least=1)
        function(activation, "MLP: activation")
        with naming("MLP", fc_output_sizes=fc_output_sizes):
            super().__init__([L.Linear(size) for size in fc_output_sizes])
        self.activation = activation

    def forward(self, x: Any) -> Any:
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)
