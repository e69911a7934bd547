"""Variable: an array that remembers its gradient and the Function that made it.

Its operators are Functions of `dezero.arithmetic`, its methods those of `dezero.functions`, and
`backward` is the walk of `dezero.tape`. These are built on Variable: see `dezero.above`.
"""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np
from numpy import ndarray

from dezero import above, cuda
from dezero.config import recording
from dezero.protocols import ArrayProtocols
from dezero.refusal import naming

__all__ = ["Constant", "Parameter", "Variable", "array_of"]


class Variable(ArrayProtocols):
    """An array, its gradient, and the Function that made it.

    It speaks the protocols of arrays: see `dezero.protocols`.

    Attributes:
        data: an array of NumPy or CuPy, any shape and dtype, or None (a parameter not yet sized). A
            number that is assigned becomes an array of shape (), of a Variable its data are taken.
        grad: the gradient as a Variable of the shape and dtype of `data`, or None. `backward` adds
            to it; `cleargrad` forgets it. Its array belongs to it alone and may be written to. An
            array that is assigned becomes a Variable, a number fills the shape of `data`.
        name: shown in graph pictures.
        creator: the Function whose output this is; None for a leaf.

    A program may give it attributes of its own.

    Raises:
        TypeError: what is given or assigned is none of these.

    >>> x = Variable(np.array(2.0))
    >>> y = x ** 2 + 3 * x
    >>> y.backward()
    >>> x.grad
    variable(7.0)
    """

    # What nearly every Variable has lies in slots; the rest in `__dict__`, which is made when it is needed.
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

    def _repr_svg_(self) -> str | None:
        """The graph as a picture for a notebook: see `dezero.utils.dot_svg`."""
        return above.functions.utils.dot_svg(self)

    def set_creator(self, func: Any) -> None:
        """Make this Variable an output of `func`."""
        self.creator = func

    def cleargrad(self) -> None:
        """Forget the gradient."""
        self._grad = None

    def unchain(self) -> None:
        """Cut this Variable from the Function that made it: it becomes a leaf."""
        self.creator = None

    def unchain_backward(self) -> None:
        """Cut every link from here to the leaves (truncated backpropagation through time)."""
        functions = [self.creator] if self.creator is not None else []
        self.unchain()
        while functions:
            for x in functions.pop().inputs:
                if x.creator is not None:
                    functions.append(x.creator)
                    x.unchain()

    def backward(self, retain_grad: bool = False, create_graph: bool = False) -> None:
        """Add to the `grad` of every leaf the derivative of this Variable with respect to it.

        The cotangent is `self.grad`, or ones where that is None. One pass over the graph, without
        recursion, in time linear in its size.

        Args:
            retain_grad: intermediate Variables get their gradients too.
            create_graph: record backward itself, so that gradients can be differentiated.

        >>> x = Variable(np.array(3.0))
        >>> y = x ** 3
        >>> y.backward(create_graph=True)
        >>> gx, x.grad = x.grad, None
        >>> gx.backward()
        >>> x.grad
        variable(18.0)
        """
        if self._grad is None:
            with naming("backward", y=self):
                self._grad = Variable(cuda.get_array_module(self._data).ones_like(self._data))
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

    # Shape and reduction: the functions package does the work.

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
        wanted_on_device: whether `to_gpu` was the last move. Data that are loaded into a parameter that
            has none yet go there.
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
    """What an operand becomes that was no Variable: nobody can ask for its gradient."""

    __slots__ = ()


def array_of(x: Any) -> Any:
    """The array of a Variable; anything else as it is."""
    return x._data if isinstance(x, Variable) else x


def _as_data(given: Any) -> Any:
    """What a Variable holds once `given` is assigned to its data."""
    if isinstance(given, Variable):  # of `x.data -= lr * x.grad`
        return given._data
    if given is None or cuda.is_array(given):
        return given
    if isinstance(given, (Number, np.generic)):
        return np.asarray(given)
    raise TypeError(f"Variable: data must be an array (numpy or cupy) or None, got {type(given)}")


def _as_grad(given: Any, data: Any) -> Variable:
    """The gradient that `given` is beside `data`."""
    if cuda.is_array(given):
        return Variable(given)
    if not isinstance(given, (Number, np.generic)):
        raise TypeError(f"Variable: grad must be a Variable, an array, a number or None, got {type(given)}")
    return Variable(cuda.filled(given, data) if cuda.is_array(data) else np.asarray(given))
