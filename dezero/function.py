"""Function: a differentiable operation, which remembers what it was called with.

Letters: x input, y output, gx and gy their cotangents (gradients of the final scalar).
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

import numpy as np
from numpy import asarray, generic, ndarray

from dezero import cuda
from dezero.config import recording
from dezero.constants import as_gradient, spread
from dezero.fusion import forward_of, switch
from dezero.refusal import arguments_of, name_of, raise_refusal
from dezero.variable import Constant, Variable, array_of, as_array

NUMBERS = frozenset({float, int})  # the types of operands that may stay what they are
FIXED = frozenset({Constant, float, int})  # the types of operands whose gradient nobody can ask for

# For each kind of formulas (the name of an attribute) the `backward` that is made of them.
BACKWARD_OF: dict[str, Callable[..., Any]] = {}

_OBJECT = np.dtype(object)


class Function:
    """A differentiable operation: a subclass gives `forward` on arrays, `backward` on Variables.

    `forward(*xs)` takes arrays and returns an array or a tuple of arrays. `backward(*gys)` takes a
    Variable for each output and returns one (or None) for each input; `self.inputs` holds the
    input Variables, `self.outputs` weak references to the outputs. The constructor takes settings.

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
    # What the recorded call was given: Variables, and numbers where `_accept` lets them pass.
    _operands: tuple[Any, ...] = ()
    # A weak reference to the output, or a tuple of them: one object less for each call.
    _outputs: Any = None
    # Shape and dtype of each of several outputs: an unused one needs a zero cotangent.
    output_types: Sequence[tuple[tuple[int, ...], Any]] = ()

    def __init_subclass__(cls, **settings: Any) -> None:
        """Formulas in a subclass are its `backward`, whatever the classes above it have."""
        super().__init_subclass__(**settings)
        if "backward" not in vars(cls):
            for name, backward in BACKWARD_OF.items():
                if name in vars(cls):
                    cls.backward = backward  # type: ignore[method-assign]

    @property
    def inputs(self) -> Sequence[Variable]:
        """The operands of the recorded call, a Constant for each that was no Variable."""
        if not NUMBERS.isdisjoint(map(type, self._operands)):
            self._operands = _as_variables(self._operands, self)
        return self._operands

    @inputs.setter
    def inputs(self, given: Sequence[Variable]) -> None:
        self._operands = tuple(given)

    @property
    def outputs(self) -> Sequence[Any]:
        """Weak references to the outputs of the recorded call."""
        if self._outputs is None:
            return ()
        return self._outputs if type(self._outputs) is tuple else (self._outputs,)

    def __call__(self, *operands: Any) -> Any:
        if self._outputs is not None and _any_alive(self.outputs):
            fresh = copy.copy(self)  # as the earlier outputs need what forward left in this one
            fresh._outputs = None
            return fresh(*operands)
        try:
            for x in operands:
                if not isinstance(x, Variable):
                    operands = self._accept(operands)
                    break
            y = self._compute(operands)
        except Exception as error:
            if isinstance(error, (TypeError, ValueError)):
                _refuse_mixture(operands, self, error)
            raise_refusal(error, self, operands)
        if type(y) is tuple:
            return self._several(operands, y)
        if isinstance(y, generic):
            y = asarray(y)
        elif type(y) is not ndarray:
            y = self._as_array(y, operands)
        output = Variable(y)
        if recording.get():
            self._record(operands)
            self._outputs = weakref.ref(output)
            output.creator = self
        return output

    def _as_array(self, y: Any, operands: tuple[Any, ...]) -> Any:
        """What forward gave, where that was no array of NumPy: a device's, or an object."""
        try:
            if isinstance(y, (str, bytes)):  # a product of a string and an integer is one
                raise TypeError("strings are no numbers")
            _refuse_mixture(operands, self)
            return as_result(y, _as_variables(operands, self))
        except Exception as error:
            raise_refusal(error, self, operands)

    def _accept(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a call computes with and remembers where not all operands are Variables."""
        return _as_variables(operands, self)

    def _compute(self, operands: tuple[Any, ...]) -> Any:
        """`forward` on what the operands hold."""
        return self.forward(*[x._data for x in operands])

    def _record(self, operands: tuple[Any, ...]) -> None:
        """Remember the operands, and come one generation after the latest of them."""
        generation = 0
        for x in operands:
            if isinstance(x, Variable):
                creator = x.creator
                if creator is not None and creator.generation >= generation:
                    generation = creator.generation + 1
        self.generation = generation
        self._operands = operands

    def _several(self, operands: tuple[Any, ...], ys: tuple[Any, ...]) -> Any:
        """What a call returns where forward returned a tuple: a list, or its only element."""
        given = _as_variables(operands, self)
        outputs = [Variable(as_result(y, given)) for y in ys]
        if recording.get():
            self._record(operands)
            self._outputs = tuple(weakref.ref(y) for y in outputs)
            self.output_types = [(y.shape, y.dtype) for y in outputs]
            for index, y in enumerate(outputs):
                y.creator, y.output_index = self, index
        return outputs if len(outputs) > 1 else outputs[0]

    @classmethod
    def of(cls, *operands: Any, **settings: Any) -> Any:
        """`cls(**settings)(*operands)` where one is a Variable, else its plain forward on arrays.

        Derivatives that use it run on arrays when no graph is wanted, and on Variables when one is.
        """
        for x in operands:
            if isinstance(x, Variable):
                return cls(**settings)(*operands)
        func = cls(**settings) if settings else cls()  # empty ** costs 0.1 us
        return (forward_of(func) if switch.on else func.forward)(*operands)

    def pull(self, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        """The cotangents of the inputs from those of the outputs (None: none).

        With `record` they are Variables, else arrays or scalars: what `backward` is to its callers,
        without a Variable for each intermediate result.
        """
        gxs = self.backward(*(gys if record else map(Variable, self._as_arrays(gys))))
        if type(gxs) is not tuple:
            gxs = (gxs,)
        if len(gxs) > len(self._operands):
            raise TypeError(
                f"{type(self).__name__}.backward must return a gradient per input: "
                f"{len(self._operands)} at most, got {len(gxs)}"
            )
        for gx in gxs:
            if gx is not None and not isinstance(gx, Variable):
                name = f"{type(self).__name__}.backward"
                gxs = [as_gradient(gx, x, name) for gx, x in zip(gxs, self.inputs, strict=False)]
                break
        return gxs if record else [None if gx is None else gx._data for gx in gxs]

    def _as_arrays(self, gys: Sequence[Any]) -> list[Any]:
        """Cotangents as arrays, where they came as scalars."""
        return [gy if type(gy) is ndarray else as_result(gy, self.inputs) for gy in gys]

    def forward(self, *xs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.forward is not written")

    def backward(self, *gys: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.backward is not written")


class Formula(Function):
    """A Function whose cotangents are formulas that hold for arrays and for Variables alike.

    A subclass gives `cotangents` instead of `backward`. It runs on Variables where a graph of backward
    is wanted, and otherwise on arrays, without a Variable for each intermediate result.
    """

    def pull(self, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        try:
            by_cotangents = self.backward.__func__ is _BY_COTANGENTS  # type: ignore[attr-defined]  # a method has it
        except AttributeError:  # it was given to this instance
            by_cotangents = False
        if not by_cotangents:
            return super().pull(gys, record)
        if record:
            gxs = self.cotangents(gys, *self.inputs)
        else:
            gxs = self.cotangents(self._as_arrays(gys), *[x._data for x in self.inputs])
        for gx in gxs:
            if type(gx) in NUMBERS:
                return [spread(gx, x) for gx, x in zip(gxs, self.inputs, strict=False)]
        return gxs

    def backward(self, *gys: Variable) -> Any:
        return one_or_all(self.cotangents(gys, *self.inputs))

    def cotangents(self, gys: Sequence[Any], *xs: Any) -> Sequence[Any]:
        """The cotangent of each input (None: none) from those of the outputs and the inputs."""
        raise NotImplementedError(f"{type(self).__name__}.cotangents is not written")


_BY_COTANGENTS = BACKWARD_OF["cotangents"] = Formula.backward


def one_or_all(gxs: Sequence[Any]) -> Any:
    """What `backward` returns: a tuple, or its only element."""
    return tuple(gxs) if len(gxs) > 1 else gxs[0]


def as_result(y: Any, inputs: Sequence[Variable]) -> Any:
    """What a formula on the arrays of `inputs` gave, as an array.

    NumPy's reductions and its operations on 0-d arrays give scalars, or elements of object arrays.
    """
    if isinstance(y, np.generic):
        return np.asarray(y)
    if cuda.is_array(y):
        return y
    if any(x.data.dtype == object for x in inputs):
        array = np.empty((), dtype=object)
        array[()] = y
        return array
    return (cuda.get_array_module(inputs[0].data) if inputs else np).asarray(y)


def is_real(x: Any) -> bool:
    """Whether the elements of `x` are floats of NumPy: neither complex numbers nor objects."""
    return getattr(x, "dtype", _OBJECT).kind == "f"


def is_integer(x: Any) -> bool:
    """Whether the elements of `x` are integers or booleans of NumPy."""
    return getattr(x, "dtype", _OBJECT).kind in "biu"


def describe(inputs: Sequence[Variable]) -> str:
    """Dtypes and shapes for an error message."""
    return ", ".join("None" if x.data is None else f"{x.dtype}{list(x.shape)}" for x in inputs)


def _as_variables(operands: tuple[Any, ...], func: Function) -> tuple[Variable, ...]:
    """The operands of `func` with a Constant for each that is no Variable.

    A scalar takes the dtype and the device of the first operand that is none.
    """
    for x in operands:
        if not isinstance(x, Variable):
            break
    else:
        return operands
    arrays = [array_of(x) for x in operands]
    like = next((array for array in arrays if cuda.is_array(array)), None)
    return tuple([x if isinstance(x, Variable) else _as_constant(x, like, func) for x in operands])


def _as_constant(x: Any, like: Any, func: Function) -> Constant:
    if cuda.is_array(x):
        return Constant(x)
    if not isinstance(x, (Number, np.number, np.bool_)):
        raise TypeError(
            f"{type(func).__name__}: an operand must be a Variable, an array or a number, got {type(x)}"
        )
    if like is None:
        return Constant(as_array(x))
    xp, dtype = cuda.get_array_module(like), _scalar_dtype(x, like.dtype)
    # A device fills a new array faster than it is sent one.
    return Constant(np.asarray(x, dtype) if xp is np else xp.full((), x, dtype))


def _scalar_dtype(x: Any, dtype: np.dtype) -> np.dtype:
    """The dtype that the scalar `x` takes beside an array of `dtype`: float32 stays float32."""
    if getattr(x, "dtype", None) == _OBJECT:
        return _OBJECT
    if dtype.kind in "fcO" and not isinstance(x, (complex, np.complexfloating)):
        return dtype
    return np.result_type(dtype, x.item() if isinstance(x, np.generic) else x)


def _refuse_mixture(operands: tuple[Any, ...], func: Function, cause: Exception | None = None) -> None:
    """Raises TypeError if the arrays of a call lie on the host and on a device.

    CuPy refuses most mixtures itself, but takes an array of shape () for a number.
    """
    modules = {cuda.get_array_module(x) for x in operands if isinstance(x, Variable)}
    if cause is None and len(modules) == 1:
        return
    given = ((name, array_of(x)) for name, x in arguments_of(func, operands))
    parts = ((name, x) for name, value in given for x in (value if type(value) is tuple else (value,)))
    arrays = [(name, x) for name, x in parts if cuda.is_array(x)]
    if len({cuda.get_array_module(x) for _, x in arrays}) > 1:
        places = ", ".join(
            f"{name} {x.dtype}{list(x.shape)} on the {'host' if type(x) is ndarray else 'device'}"
            for name, x in arrays
        )
        raise TypeError(
            f"{name_of(func)}: all arrays must lie on one side, got {places}; move them with to_gpu or to_cpu"
        ) from cause


def _any_alive(references: Sequence[Any]) -> bool:
    return any(reference() is not None for reference in references)
