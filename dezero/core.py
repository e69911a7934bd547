"""The tape: Config, Variable, Parameter, Function, and the arithmetic that Variable's operators need.

A Function remembers the Variables it was called with; each output remembers the Function that made it.
`Variable.backward` walks these links from the output to the leaves. Backward methods compute with
Variables, so with `create_graph=True` the walk leaves a graph of its own, which can be differentiated
again: that is all there is to higher orders.

Letters: x input, y output, gx and gy their cotangents (gradients of the final scalar), f a Function.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from numbers import Number
from typing import Any

import numpy as np

import dezero
from dezero import cuda

# ---------------------------------------------------------------------------------------------------
# Config
# ---------------------------------------------------------------------------------------------------

_enable_backprop: ContextVar[bool] = ContextVar("enable_backprop", default=True)
_train: ContextVar[bool] = ContextVar("train", default=True)


def _switch(variable: ContextVar[bool], doc: str) -> property:
    return property(lambda self: variable.get(), lambda self, value: variable.set(bool(value)), doc=doc)


class _Config:
    """The two switches of the framework, one value each per thread and per asyncio task."""

    __slots__ = ()
    enable_backprop = _switch(_enable_backprop, "Whether calls are recorded for backward.")
    train = _switch(_train, "Whether dropout and batch normalization are in training mode.")

    def __repr__(self) -> str:
        return f"Config(enable_backprop={self.enable_backprop}, train={self.train})"


Config = _Config()


@contextmanager
def using_config(name: str, value: bool) -> Iterator[None]:
    """Within the block, `Config.<name>` is `value`; after it, what it was before.

    Raises:
        AttributeError: Config has no switch of that name.

    >>> with using_config("train", False):
    ...     Config.train
    False
    """
    if not isinstance(getattr(_Config, name, None), property):
        raise AttributeError(f"using_config: name must be 'enable_backprop' or 'train', got {name!r}")
    before = getattr(Config, name)
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, before)


def no_grad() -> AbstractContextManager[None]:
    """Within the block nothing is recorded: intermediate results are freed at once."""
    return using_config("enable_backprop", False)


def test_mode() -> AbstractContextManager[None]:
    """Within the block `Config.train` is False."""
    return using_config("train", False)


test_mode.__test__ = False  # type: ignore[attr-defined]  # the book's name looks like a test to pytest


# ---------------------------------------------------------------------------------------------------
# Variable
# ---------------------------------------------------------------------------------------------------


class Variable:
    """An array, its gradient, and the Function that made it.

    Attributes:
        data: an array of NumPy or CuPy, any shape and dtype, or None (a parameter not yet sized).
        grad: the gradient as a Variable of the shape and dtype of `data`, or None. `backward` adds to
            it; `cleargrad` forgets it. Its array belongs to it alone and may be written to.
        name: shown in graph pictures.
        creator: the Function whose output this is; None for a leaf.
        generation: 0 for a leaf, one more than its inputs' largest otherwise.

    Raises:
        TypeError: `data` is neither an array nor None.

    >>> x = Variable(np.array(2.0))
    >>> y = x ** 2 + 3 * x
    >>> y.backward()
    >>> x.grad
    variable(7.0)
    """

    __slots__ = ("__weakref__", "creator", "data", "generation", "grad", "name", "output_index")
    __array_priority__ = 200  # NumPy's operators leave `ndarray + Variable` to Variable.__radd__
    __array_ufunc__: Any = None

    def __init__(self, data: Any, name: str | None = None) -> None:
        if type(data) is not np.ndarray and data is not None and not cuda.is_array(data):
            raise TypeError(
                f"Variable: data must be an array (numpy or cupy) or None, got {type(data)}; "
                "dezero.as_variable makes a Variable of a number"
            )
        self.data = data
        self.name = name
        self.grad: Variable | None = None
        self.creator: Function | None = None
        self.generation = 0
        self.output_index = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    @property
    def T(self) -> Variable:  # noqa: N802  # NumPy's name
        return dezero.functions.transpose(self)

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        if self.data is None:
            return "variable(None)"
        return "variable(" + str(self.data).replace("\n", "\n" + " " * 9) + ")"

    def set_creator(self, func: Function) -> None:
        """Make this Variable an output of `func`."""
        self.creator = func
        self.generation = func.generation + 1

    def cleargrad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    def unchain(self) -> None:
        """Cut this Variable from the Function that made it: it becomes a leaf."""
        self.creator = None

    def unchain_backward(self) -> None:
        """Cut every link from here back to the leaves (truncated backpropagation through time)."""
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
        if self.grad is None:
            self.grad = Variable(cuda.get_array_module(self.data).ones_like(self.data))
        if self.creator is None:
            return
        token = _enable_backprop.set(create_graph)
        try:
            _propagate(self, self.grad, retain_grad)
        finally:
            _enable_backprop.reset(token)
        if not retain_grad:
            self.grad = None

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
        if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = tuple(shape[0])
        return dezero.functions.reshape(self, shape)

    def transpose(self, *axes: Any) -> Variable:
        if len(axes) == 1 and (isinstance(axes[0], (tuple, list)) or axes[0] is None):
            axes = axes[0]
        return dezero.functions.transpose(self, axes or None)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Variable:
        return dezero.functions.sum(self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Variable:
        return dezero.functions.mean(self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Variable:
        return dezero.functions.max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Variable:
        return dezero.functions.min(self, axis, keepdims)

    def matmul(self, W: Any) -> Variable:  # noqa: N803  # the book's name
        return dezero.functions.matmul(self, W)

    def dot(self, W: Any) -> Variable:  # noqa: N803  # the book's name
        return dezero.functions.matmul(self, W)

    def pow(self, c: Any) -> Variable:
        return pow(self, c)

    def __getitem__(self, slices: Any) -> Variable:
        return dezero.functions.get_item(self, slices)

    def __matmul__(self, other: Any) -> Variable:
        return dezero.functions.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Variable:
        return dezero.functions.matmul(other, self)

    # Arithmetic.

    def __add__(self, other: Any) -> Variable:
        return Add()(self, other)

    def __radd__(self, other: Any) -> Variable:
        return Add()(other, self)

    def __sub__(self, other: Any) -> Variable:
        return Sub()(self, other)

    def __rsub__(self, other: Any) -> Variable:
        return Sub()(other, self)

    def __mul__(self, other: Any) -> Variable:
        return Mul()(self, other)

    def __rmul__(self, other: Any) -> Variable:
        return Mul()(other, self)

    def __truediv__(self, other: Any) -> Variable:
        return Div()(self, other)

    def __rtruediv__(self, other: Any) -> Variable:
        return Div()(other, self)

    def __neg__(self) -> Variable:
        return Neg()(self)

    def __pos__(self) -> Variable:
        return self

    def __abs__(self) -> Variable:
        return dezero.functions.abs(self)

    def __pow__(self, c: Any) -> Variable:
        return pow(self, c)

    def __rpow__(self, base: Any) -> Variable:
        return dezero.functions.power(base, self)


class Parameter(Variable):
    """A Variable that a Layer owns and an optimizer updates."""

    __slots__ = ()


class Constant(Variable):
    """What an operand that was no Variable becomes: nobody can ask for its gradient, so none is made."""

    __slots__ = ()


def as_array(x: Any, array_module: Any = np) -> Any:
    """`x` as an array: arrays as they are, a scalar as a 0-d array of `array_module`.

    >>> as_array(np.float32(1.5)).dtype
    dtype('float32')
    """
    return x if cuda.is_array(x) else array_module.asarray(x)


def array_of(x: Any) -> Any:
    """The array of a Variable; anything else as it is."""
    return x.data if isinstance(x, Variable) else x


def sum_array(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """`x.sum(axis, keepdims)` of an array, in its dtype; float16 accumulates in float32."""
    if x.dtype.char == "e":
        return x.sum(axis=axis, keepdims=keepdims, dtype="float32").astype(x.dtype)
    return x.sum(axis=axis, keepdims=keepdims)


def as_variable(obj: Any) -> Variable:
    """`obj` as a Variable: Variables as they are, arrays and numbers wrapped.

    Raises:
        TypeError: `obj` is none of these.

    >>> as_variable(2.0)
    variable(2.0)
    """
    if isinstance(obj, Variable):
        return obj
    return Variable(as_array(obj) if isinstance(obj, (Number, np.generic)) else obj)


def _as_variables(operands: tuple[Any, ...], func: Function) -> list[Variable]:
    """The operands of `func` with a Constant for each that is no Variable.

    A scalar takes the dtype and the device of the first operand that is none.
    """
    like = None
    for x in operands:
        if isinstance(x, Variable):
            like = x.data
            break
        if cuda.is_array(x):
            like = x
            break
    return [x if isinstance(x, Variable) else _as_constant(x, like, func) for x in operands]


def _as_constant(x: Any, like: Any, func: Function) -> Constant:
    if type(x) is float and type(like) is np.ndarray and like.dtype.kind == "f":
        return Constant(np.array(x, like.dtype))
    if cuda.is_array(x):
        return Constant(x)
    if not isinstance(x, (Number, np.generic)):
        raise TypeError(
            f"{type(func).__name__}: each operand must be a Variable, an array or a number, got {type(x)}"
        )
    if like is None:
        return Constant(np.asarray(x))
    return Constant(cuda.get_array_module(like).asarray(x, _scalar_dtype(x, like.dtype)))


def _scalar_dtype(x: Any, dtype: np.dtype) -> np.dtype:
    """The dtype that the scalar `x` takes beside an array of `dtype`: float32 stays float32."""
    if dtype.kind in "fcO" and not isinstance(x, (complex, np.complexfloating)):
        return dtype
    return np.result_type(dtype, x.item() if isinstance(x, np.generic) else x)


# ---------------------------------------------------------------------------------------------------
# Function
# ---------------------------------------------------------------------------------------------------


class Function:
    """A differentiable operation: subclass it and write `forward` on arrays and `backward` on Variables.

    `forward(*xs)` takes arrays and returns an array or a tuple of arrays. `backward(*gys)` takes one
    Variable for each output and returns one Variable (or None) for each input; `self.inputs` holds the
    input Variables and `self.outputs` weak references to the outputs. Extra settings go through the
    constructor.

    >>> class Square(Function):
    ...     def forward(self, x):
    ...         return x ** 2
    ...     def backward(self, gy):
    ...         (x,) = self.inputs
    ...         return 2 * x * gy
    >>> x = Variable(np.array(3.0))
    >>> y = Square()(x)
    >>> y.backward()
    >>> y, x.grad
    (variable(9.0), variable(6.0))
    """

    generation = 0
    inputs: Sequence[Variable] = ()
    outputs: Sequence[weakref.ref[Variable]] = ()
    # Shape and dtype of each output, kept where some may be unused and then need a zero cotangent.
    _output_types: Sequence[tuple[tuple[int, ...], Any]] = ()

    def __call__(self, *inputs: Any) -> Any:
        for x in inputs:
            if not isinstance(x, Variable):
                inputs = _as_variables(inputs, self)
                break
        try:
            y = self.forward(*[x.data for x in inputs])
        except Exception as error:
            error.add_note(f"in dezero's {type(self).__name__} of {_describe(inputs)}")
            raise
        if type(y) is tuple:
            return self._outputs(inputs, y)
        output = Variable(y if type(y) is np.ndarray else _as_result(y, inputs))
        if _enable_backprop.get():
            self._record(inputs, (output,))
        return output

    @classmethod
    def of(cls, *operands: Any, **settings: Any) -> Any:
        """`cls(**settings)(*operands)` where one is a Variable, else its plain forward on arrays.

        Derivatives that use it run on arrays when no graph is wanted, and on Variables when one is.
        """
        for x in operands:
            if isinstance(x, Variable):
                return cls(**settings)(*operands)
        return cls(**settings).forward(*map(_as_operand, operands))

    def _outputs(self, inputs: Sequence[Variable], ys: tuple[Any, ...]) -> Any:
        """What __call__ returns where forward returned a tuple: a list, or the only element's Variable."""
        outputs = [Variable(_as_result(y, inputs)) for y in ys]
        for index, output in enumerate(outputs):
            output.output_index = index
        if _enable_backprop.get():
            self._record(inputs, outputs)
        return outputs if len(outputs) > 1 else outputs[0]

    def _record(self, inputs: Sequence[Variable], outputs: Sequence[Variable]) -> None:
        """Link outputs to inputs. An instance whose earlier outputs live is left to them: a copy is used."""
        if self.outputs and any(reference() is not None for reference in self.outputs):
            self = copy.copy(self)  # noqa: PLW0642  # the copy takes this call's place in the graph
        generation = 0
        for x in inputs:
            if x.generation > generation:
                generation = x.generation
        self.generation = generation
        self.inputs = inputs
        references = []
        for y in outputs:
            y.creator = self
            y.generation = generation + 1
            references.append(weakref.ref(y))
        self.outputs = references
        if len(outputs) > 1:
            self._output_types = [(y.shape, y.dtype) for y in outputs]

    def forward(self, *xs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.forward is not written")

    def backward(self, *gys: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.backward is not written")


def _as_operand(x: Any) -> Any:
    """An intermediate result as forward expects it: with dtype and shape (an element of an object array
    has none)."""
    return x if hasattr(x, "dtype") else np.asarray(x)


def _as_result(y: Any, inputs: Sequence[Variable]) -> Any:
    """A result of forward as an array; NumPy's reductions and 0-d operations give scalars."""
    if isinstance(y, np.generic):
        return np.asarray(y)
    if cuda.is_array(y):
        return y
    return (cuda.get_array_module(inputs[0].data) if inputs else np).asarray(y)


def _describe(inputs: Sequence[Variable]) -> str:
    """Dtypes and shapes for an error message."""
    return ", ".join("None" if x.data is None else f"{x.dtype}{list(x.shape)}" for x in inputs)


# ---------------------------------------------------------------------------------------------------
# Backward
# ---------------------------------------------------------------------------------------------------


def _propagate(root: Variable, cotangent: Variable, retain_grad: bool) -> None:
    """Carry `cotangent` from `root` to the leaves.

    Functions wait in one list per generation. A function's consumers all have a higher generation, so
    going down the generations meets each function once, when its cotangents are complete.
    """
    func = root.creator
    assert func is not None
    cotangents: dict[Function, Any] = {}
    waiting: dict[int, list[Function]] = {}
    _send(root, cotangent, func, cotangents, waiting)
    generation = func.generation
    while waiting:
        for func in waiting.pop(generation, ()):
            gys = cotangents.pop(func)
            if len(gys) > 1:
                gys = _complete(func, gys)
            if retain_grad:
                _retain(func, gys, root)
            try:
                gxs = func.backward(*gys)
            except Exception as error:
                error.add_note(f"in backward of dezero's {type(func).__name__} of {_describe(func.inputs)}")
                raise
            if type(gxs) is not tuple:
                gxs = (gxs,)
            for x, gx in zip(func.inputs, gxs, strict=False):  # the book's losses return gx alone
                if gx is None or type(x) is Constant:
                    continue
                if x.creator is None:
                    _deposit(x, gx, gys, func, gxs)
                else:
                    _send(x, gx, x.creator, cotangents, waiting)
        generation -= 1


def _send(
    y: Variable,
    gy: Variable,
    creator: Function,
    cotangents: dict[Function, Any],
    waiting: dict[int, list[Function]],
) -> None:
    """Add `gy` to what waits for `y` at its creator."""
    gys = cotangents.get(creator)
    if gys is None:
        cotangents[creator] = gys = [None] * len(creator.outputs)
        peers = waiting.get(creator.generation)
        if peers is None:
            waiting[creator.generation] = [creator]
        else:
            peers.append(creator)
    index = y.output_index
    before = gys[index]
    gys[index] = gy if before is None else before + gy


def _complete(func: Function, gys: list[Any]) -> list[Any]:
    """An output that nothing used contributes nothing: its cotangent is zero."""
    xp = cuda.get_array_module(func.inputs[0].data)
    return [
        Variable(xp.zeros(shape, dtype)) if gy is None else gy
        for gy, (shape, dtype) in zip(gys, func._output_types, strict=True)
    ]


def _retain(func: Function, gys: list[Any], root: Variable) -> None:
    for reference, gy in zip(func.outputs, gys, strict=True):
        y = reference()
        if y is not None and y is not root:
            y.grad = Copy()(gy) if y.grad is None else y.grad + gy


def _deposit(x: Variable, gx: Any, gys: list[Any], func: Function, gxs: tuple[Any, ...]) -> None:
    """Add `gx` to the gradient of the leaf `x`, which then owns its array."""
    if x.grad is not None:
        x.grad = x.grad + gx
    elif _is_shared(gx, gys, func.inputs, gxs):
        x.grad = Copy()(gx)
    else:
        x.grad = gx


def _is_shared(gx: Variable, gys: list[Any], inputs: Sequence[Variable], gxs: tuple[Any, ...]) -> bool:
    """Whether someone else may hold the array of `gx`: a view, or one that came in or goes out twice."""
    array = gx.data
    if getattr(array, "base", None) is not None:
        return True
    if any(v.data is array for v in gys) or any(v.data is array for v in inputs):
        return True
    return sum(g is not None and g.data is array for g in gxs) > 1


class Copy(Function):
    """The identity into fresh memory."""

    def forward(self, x: Any) -> Any:
        return x.copy()

    def backward(self, gy: Variable) -> Variable:
        return gy


# ---------------------------------------------------------------------------------------------------
# Arithmetic
# ---------------------------------------------------------------------------------------------------


class Elementwise(Function):
    """A function of broadcast operands, whose derivative is one expression for each operand.

    A subclass gives `forward` and, in `vjps`, one function `(gy, y, *xs) -> gx` for each input, written
    as if all shapes were equal; the sum over broadcast axes is added here, once for all. Operands that
    are constants cost nothing.
    """

    vjps: tuple[Any, ...] = ()

    def backward(self, gy: Variable) -> tuple[Variable | None, ...]:
        inputs = self.inputs
        y = self.outputs[0]()
        record = _enable_backprop.get()
        if record:
            xs: Sequence[Any] = inputs
        else:
            xs = [x.data for x in inputs]
            gy, y = gy.data, y.data
        gxs: list[Variable | None] = []
        for vjp, x in zip(self.vjps, inputs, strict=False):
            if type(x) is Constant:
                gxs.append(None)
                continue
            gx = vjp(gy, y, *xs)
            if not record and type(gx) is not np.ndarray:
                gx = _as_result(gx, inputs)
            if gx.shape != x.data.shape:
                gx = SumTo(x.data.shape)(gx) if record else SumTo(x.data.shape).forward(gx)
            if not record:
                gx = Variable(gx)
            gxs.append(gx)
        return tuple(gxs)


class Add(Elementwise):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 + x1

    vjps = (lambda gy, y, x0, x1: gy, lambda gy, y, x0, x1: gy)


class Sub(Elementwise):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 - x1

    vjps = (lambda gy, y, x0, x1: gy, lambda gy, y, x0, x1: -gy)


class Mul(Elementwise):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 * x1

    vjps = (lambda gy, y, x0, x1: gy * x1, lambda gy, y, x0, x1: gy * x0)


class Div(Elementwise):
    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 / x1

    vjps = (lambda gy, y, x0, x1: gy / x1, lambda gy, y, x0, x1: -gy * x0 / (x1 * x1))


class Neg(Elementwise):
    def forward(self, x: Any) -> Any:
        return -x

    vjps = (lambda gy, y, x: -gy,)


class Pow(Function):
    """x ** c for a number c. The derivative of a constant (c = 0) is zero also at x = 0."""

    def __init__(self, c: Any) -> None:
        self.c = c

    def forward(self, x: Any) -> Any:
        return x**self.c

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        if self.c == 0:
            return Variable(cuda.get_array_module(x.data).zeros_like(x.data))
        return gy if self.c == 1 else self.c * x ** (self.c - 1) * gy


class SumTo(Function):
    """The adjoint of broadcasting: sum over the axes that `shape` lacks or holds with size 1."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        lead = x.ndim - len(self.shape)
        kept = tuple(
            lead + axis
            for axis, size in enumerate(self.shape)
            if size == 1 and x.shape[lead + axis] != 1
        )
        return sum_array(x, (*range(lead), *kept), keepdims=True).reshape(self.shape)

    def backward(self, gy: Variable) -> Variable:
        return broadcast_to(gy, self.inputs[0].shape)


class BroadcastTo(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        return cuda.get_array_module(x).broadcast_to(x, self.shape)

    def backward(self, gy: Variable) -> Variable:
        return sum_to(gy, self.inputs[0].shape)


def sum_to(x: Any, shape: tuple[int, ...]) -> Variable:
    """Sum `x` over the axes along which `shape` would have to be broadcast to give `x.shape`.

    Raises:
        ValueError: `shape` does not broadcast to `x.shape`.

    >>> sum_to(np.ones((2, 3)), (1, 3))
    variable([[2. 2. 2.]])
    """
    x, shape = as_variable(x), tuple(shape)
    if x.shape == shape:
        return x
    if np.broadcast_shapes(shape, x.shape) != x.shape:
        raise ValueError(f"sum_to: shape {shape} does not broadcast to the shape of x, {x.shape}")
    return SumTo(shape)(x)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Variable:
    """Repeat `x` along new axes and along axes of size 1, as NumPy does.

    Raises:
        ValueError: `x` does not broadcast to `shape`.

    >>> broadcast_to(np.array([1.0, 2.0]), (2, 2))
    variable([[1. 2.]
              [1. 2.]])
    """
    x, shape = as_variable(x), tuple(shape)
    return x if x.shape == shape else BroadcastTo(shape)(x)


def add(x0: Any, x1: Any) -> Variable:
    """x0 + x1, broadcast."""
    return Add()(x0, x1)


def sub(x0: Any, x1: Any) -> Variable:
    """x0 - x1, broadcast."""
    return Sub()(x0, x1)


def mul(x0: Any, x1: Any) -> Variable:
    """x0 * x1, broadcast."""
    return Mul()(x0, x1)


def div(x0: Any, x1: Any) -> Variable:
    """x0 / x1, broadcast."""
    return Div()(x0, x1)


def neg(x: Any) -> Variable:
    """-x."""
    return Neg()(x)


def rsub(x0: Any, x1: Any) -> Variable:
    """x1 - x0 (the book's name for the reflected operator)."""
    return Sub()(x1, x0)


def rdiv(x0: Any, x1: Any) -> Variable:
    """x1 / x0 (the book's name for the reflected operator)."""
    return Div()(x1, x0)


def pow(x: Any, c: Any) -> Variable:
    """x ** c for a number, an array or a Variable c.

    >>> pow(Variable(np.array(2.0)), 3)
    variable(8.0)
    """
    if isinstance(c, (Number, np.generic)):
        return Pow(c)(x)
    return dezero.functions.power(x, c)
