"""Variable: an array that remembers its gradient and the Function that made it.

Its operators and methods call Functions, and `backward` is the walk of `dezero.tape`. All of these are
built on Variable: `dezero.above` says how Variable reaches them.
"""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np
from numpy import ndarray

from dezero import above, cuda
from dezero.config import recording
from dezero.protocols import ArrayProtocols
from dezero.refusal import raise_named

__all__ = ["Constant", "Parameter", "Seed", "Variable", "array_of"]


class Variable(ArrayProtocols):
    """An array, its gradient, and the Function that made it.

    NumPy and Python treat it as an array: see `dezero.protocols`.

    Attributes:
        data: an array of NumPy or CuPy, of any shape and dtype, or None (a parameter without a size). An
            assigned number becomes an array of shape (); of an assigned Variable the data are taken.
        grad: the gradient, a Variable of the shape and dtype of `data`, or None. `backward` adds to it;
            `cleargrad` removes it. No other Variable shares its array, so a program may write to it. An
            assigned array becomes a Variable; an assigned number fills the shape of `data`.
        name: the name in pictures of the graph.
        creator: the Function that made this Variable; None for a leaf.

    A program may add attributes of its own.

    Raises:
        TypeError: `data` or `grad` is none of these.

    >>> x = Variable(np.array(2.0))
    >>> y = x ** 2 + 3 * x
    >>> y.backward()
    >>> x.grad
    variable(7.0)
    """

    # Nearly every Variable has these. `__dict__` holds the rest; Python makes it when it is needed.
    __slots__ = ("__dict__", "__weakref__", "_data", "_grad", "creator")
    name: str | None = None
    output_index = 0  # among the creator's outputs

    def __init__(self, data: Any, name: str | None = None) -> None:
        if type(data) is not ndarray and data is not None and not cuda.is_array(data):
            raise TypeError(
                f"{type(self).__name__}: data must be an array (numpy or cupy) or None, got {type(data)}; "
                "dezero.as_variable makes a Variable of a number"
            )
        self._data = data
        self._grad: Variable | None = None
        self.creator: Any = None
        if name is not None:
            self.name = name

    @property
    def data(self) -> Any:
        return self._data

    @data.setter
    def data(self, given: Any) -> None:
        self._data = given if type(given) is ndarray else _as_data(given)

    @property
    def grad(self) -> Any:
        return self._grad

    @grad.setter
    def grad(self, given: Any) -> None:
        self._grad = given if given is None or isinstance(given, Variable) else _as_grad(given, self._data)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape

    @property
    def ndim(self) -> int:
        return self._data.ndim

    @property
    def size(self) -> int:
        return self._data.size

    @property
    def dtype(self) -> Any:
        return self._data.dtype

    @property
    def T(self) -> Variable:  # noqa: N802  # NumPy's name
        return above.functions.transpose(self)

    @property
    def generation(self) -> int:
        """0 for a leaf, one more than that of its creator otherwise."""
        return 0 if self.creator is None else self.creator.generation + 1

    def __repr__(self) -> str:
        if self.data is None:
            return "variable(None)"
        return "variable(" + str(self.data).replace("\n", "\n" + " " * 9) + ")"

    def _repr_html_(self) -> str:
        """What a notebook shows: properties, values and the graph."""
        return above.functions.utils.notebook.variable_html(self)

    def _repr_svg_(self) -> str | None:
        """The graph as a picture for a notebook: see `dezero.utils.dot_svg`."""
        return above.functions.utils.dot_svg(self)

    def set_creator(self, func: Any) -> None:
        """Make this Variable an output of `func`."""
        self.creator = func

    def cleargrad(self) -> None:
        """Remove the gradient."""
        self._grad = None

    def unchain(self) -> None:
        """Remove the link to the creator: this Variable becomes a leaf."""
        self.creator = None

    def unchain_backward(self) -> None:
        """Remove every link from here to the leaves (truncated backpropagation through time)."""
        functions = [self.creator] if self.creator is not None else []
        self.unchain()
        while functions:
            for x in functions.pop().inputs:
                if x.creator is not None:
                    functions.append(x.creator)
                    x.unchain()

    def backward(self, retain_grad: bool = False, create_graph: bool = False) -> None:
        """Add to the `grad` of every leaf the derivative of this Variable with respect to it.

        The cotangent of this Variable is `self.grad`, or ones where that is None. The walk visits each
        Function once, without recursion: its time is linear in the size of the graph.

        Args:
            retain_grad: give intermediate Variables their gradients, too.
            create_graph: record backward itself, so that the gradients can be differentiated.

        >>> x = Variable(np.array(3.0))
        >>> y = x ** 3
        >>> y.backward(create_graph=True)
        >>> gx, x.grad = x.grad, None
        >>> gx.backward()
        >>> x.grad
        variable(18.0)
        """
        if self._grad is None:
            try:  # by a context it would take a tenth of a small graph's time
                ones = cuda.get_array_module(self._data).ones(self._data.shape, self._data.dtype)
            except Exception as error:
                raise_named(error, "backward", y=self)
            stays = retain_grad or self.creator is None
            self._grad = Variable(ones) if stays else Seed(ones)
        if self._grad._data.shape != self._data.shape:
            raise ValueError(f"backward: grad must have the shape {self.shape}, got {self._grad.shape}")
        if self.creator is None:
            return
        token = recording.set(create_graph)
        try:
            above.tape.propagate(self, self._grad, retain_grad)
        finally:
            recording.reset(token)
        if not retain_grad:
            self._grad = None

    def to_cpu(self) -> None:
        """Move `data` to the host. Gradient and graph stay as they are."""
        if self.data is not None:
            self.data = cuda.as_numpy(self.data)

    def to_gpu(self) -> None:
        """Move `data` to the device. Gradient and graph stay as they are."""
        if self.data is not None:
            self.data = cuda.as_cupy(self.data)

    # Shape, reduction, products and powers.

    def reshape(self, *shape: Any) -> Variable:
        given = shape[0] if len(shape) == 1 else shape
        return above.functions.reshape(self, given)

    def transpose(self, *axes: Any) -> Variable:
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return above.functions.transpose(self, given or None)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Variable:
        return above.functions.sum(self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Variable:
        return above.functions.mean(self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Variable:
        return above.functions.max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Variable:
        return above.functions.min(self, axis, keepdims)

    def matmul(self, W: Any) -> Variable:  # noqa: N803  # the book's name
        return above.functions.matmul(self, W)

    matmaul = dot = __matmul__ = matmul  # also the book's names, a misspelling among them

    def __rmatmul__(self, other: Any) -> Variable:
        return above.functions.matmul(other, self)

    def pow(self, c: Any) -> Variable:
        return above.functions.pow(self, c)

    __pow__ = pow

    def __rpow__(self, base: Any) -> Variable:
        return above.functions.power(base, self)

    def __getitem__(self, slices: Any) -> Variable:
        return above.functions.get_item(self, slices)

    # Arithmetic.

    def __add__(self, other: Any) -> Variable:
        return above.functions.Add()(self, other)

    def __radd__(self, other: Any) -> Variable:
        return above.functions.Add()(other, self)

    def __sub__(self, other: Any) -> Variable:
        return above.functions.Sub()(self, other)

    def __rsub__(self, other: Any) -> Variable:
        return above.functions.Sub()(other, self)

    def __mul__(self, other: Any) -> Variable:
        return above.functions.Mul()(self, other)

    def __rmul__(self, other: Any) -> Variable:
        return above.functions.Mul()(other, self)

    def __truediv__(self, other: Any) -> Variable:
        return above.functions.Div()(self, other)

    def __rtruediv__(self, other: Any) -> Variable:
        return above.functions.Div()(other, self)

    def __neg__(self) -> Variable:
        return above.functions.Neg()(self)

    def __pos__(self) -> Variable:
        return self

    def __abs__(self) -> Variable:
        return above.functions.abs(self)


class Parameter(Variable):
    """A Variable that a Layer owns and an optimizer updates.

    Attributes:
        wanted_on_device: whether `to_gpu` was the last move. A parameter without data gets its data there
            when they are loaded.
    """

    __slots__ = ("wanted_on_device",)

    def __init__(self, data: Any, name: str | None = None) -> None:
        super().__init__(data, name)
        self.wanted_on_device = False

    def to_cpu(self) -> None:
        """Move `data` to the host, now or when they are loaded."""
        self.wanted_on_device = False
        super().to_cpu()

    def to_gpu(self) -> None:
        """Move `data` to the device, now or when they are loaded.

        Raises:
            RuntimeError: there is no device, or no CuPy.
        """
        cuda.device_module()
        self.wanted_on_device = True
        super().to_gpu()


class Constant(Variable):
    """An operand that was given as an array or a number: it gets no gradient."""

    __slots__ = ()


class Seed(Constant):
    """The cotangent that backward begins with where the program gave none, and what depends on it alone.

    Nobody can ask for its gradient. So no graph is made of it: a call with such operands is not recorded.
    """

    __slots__ = ()


def array_of(x: Any) -> Any:
    """The array of a Variable; anything else as it is."""
    return x._data if isinstance(x, Variable) else x


def _as_data(given: Any) -> Any:
    """The data of a Variable after `given` is assigned to them."""
    if isinstance(given, Variable):  # of `x.data -= lr * x.grad`
        return given._data
    if given is None or cuda.is_array(given):
        return given
    if isinstance(given, (Number, np.generic)):
        return np.asarray(given)
    raise TypeError(f"Variable: data must be an array (numpy or cupy) or None, got {type(given)}")


def _as_grad(given: Any, data: Any) -> Variable:
    """The gradient of a Variable with `data` after `given` is assigned to it."""
    if cuda.is_array(given):
        return Variable(given)
    if not isinstance(given, (Number, np.generic)):
        raise TypeError(f"Variable: grad must be a Variable, an array, a number or None, got {type(given)}")
    return Variable(cuda.filled(given, data) if cuda.is_array(data) else np.asarray(given))
