"""Function: a differentiable operation. It remembers the operands of its call.

x is an input, y an output; gx and gy are their cotangents (gradients of the final scalar).
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from numpy import asarray, generic, ndarray

from dezero.config import recording
from dezero.fusion import forward_of, switch
from dezero.operands import as_operands, refuse_mixture
from dezero.refusal import raise_refusal
from dezero.results import as_gradient, as_result
from dezero.variable import Constant, Seed, Variable

__all__ = ["Function"]

NUMBERS = frozenset({float, int})  # the types of operands that may stay numbers
FIXED = NUMBERS | {Constant, Seed}  # the types of operands that get no gradient

# The attributes that hold formulas (`vjps`, `cotangents`), each with the method that evaluates them.
FORMULAS: dict[str, Callable[..., Any]] = {}


class Function:
    """A differentiable operation. A subclass writes `forward` on arrays and `backward` on Variables.

    `forward(*xs)` takes arrays and returns an array or a tuple of arrays. `backward(*gys)` takes a
    Variable for each output and returns a Variable (or None) for each input. `self.inputs` holds the
    input Variables, `self.outputs` weak references to the outputs. The constructor takes settings.

    >>> import numpy as np
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
    # The operands of the recorded call: `inputs`, but that the operators + - * / keep numbers here.
    _operands: tuple[Any, ...] = ()
    # A weak reference to the output, or a tuple of them. A tuple of one would be one more object for the
    # garbage collector to visit, for each call.
    _outputs: Any = None
    # Shape and dtype of each of several outputs: an unused output needs a zero cotangent.
    output_types: Sequence[tuple[tuple[int, ...], Any]] = ()

    def __init_subclass__(cls, **settings: Any) -> None:
        """A subclass that writes formulas is differentiated by them, not by an inherited `backward`."""
        super().__init_subclass__(**settings)
        if "backward" in vars(cls):
            return
        for name, by_formulas in FORMULAS.items():
            if name in vars(cls):
                cls.backward, cls.by_formulas = Function.backward, by_formulas  # type: ignore[method-assign]

    @property
    def inputs(self) -> Sequence[Variable]:
        """The operands of the recorded call: Variables, and Constants for arrays and numbers."""
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
        if self._outputs is not None and any(y() is not None for y in self.outputs):
            fresh = copy.copy(self)  # the earlier outputs need the state of their own call
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
                refuse_mixture(operands, self, error)
            raise_refusal(error, self, operands)
        if type(y) is tuple:
            return self._several(operands, y)
        if isinstance(y, generic):
            y = asarray(y)
        elif type(y) is not ndarray:
            y = self._as_array(y, operands)
        if operands and (type(operands[0]) is Seed or type(operands[-1]) is Seed) and _are_fixed(operands):
            return Seed(y)
        output = Variable(y)
        if recording.get():
            self._record(operands)
            self._outputs = weakref.ref(output)
            output.creator = self
        return output

    def _as_array(self, y: Any, operands: tuple[Any, ...]) -> Any:
        """The result of forward as an array, where it is no array of NumPy: a device array or an object."""
        try:
            if isinstance(y, (str, bytes)):  # a product of a string and an integer is one
                raise TypeError("strings are no numbers")
            refuse_mixture(operands, self)
            return as_result(y, as_operands(operands, self))
        except Exception as error:
            raise_refusal(error, self, operands)

    def _accept(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """The operands that a call computes with and remembers, where not all of them are Variables."""
        return as_operands(operands, self)

    def _compute(self, operands: tuple[Any, ...]) -> Any:
        """`forward` on the arrays of the operands."""
        return self.forward(*[x._data for x in operands])

    def _record(self, operands: tuple[Any, ...]) -> None:
        """Remember the operands. The generation is one more than that of the latest of them."""
        generation = 0
        for x in operands:
            if isinstance(x, Variable):
                creator = x.creator
                if creator is not None and creator.generation >= generation:
                    generation = creator.generation + 1
        self.generation = generation
        self._operands = operands

    def _several(self, operands: tuple[Any, ...], ys: tuple[Any, ...]) -> Any:
        """The outputs of a forward that returned a tuple: a list of Variables, or the only one."""
        given = as_operands(operands, self)
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
        """This function of operands: a recorded call if one is a Variable, else plain `forward` on arrays.

        A derivative that is written with `of` runs on arrays, and on Variables where a graph of backward
        is wanted.
        """
        for x in operands:
            if isinstance(x, Variable):
                return cls(**settings)(*operands)
        func = cls(**settings) if settings else cls()  # empty ** costs 0.1 us
        return (forward_of(func) if switch.on else func.forward)(*operands)

    def pull(self, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        """The cotangents of the inputs (None: none) from those of the outputs.

        With `record` they are Variables, else arrays or scalars. They come from `backward` where a program
        wrote one (in a subclass, or on this instance), else from the formulas of the class.
        """
        try:
            own = self.backward.__func__ is not _BY_FORMULAS  # type: ignore[attr-defined]  # a method has it
        except AttributeError:  # it was given to this instance
            own = True
        return self._by_backward(gys, record) if own else self.by_formulas(gys, record)

    def _by_backward(self, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        gxs = self.backward(*(gys if record else map(Variable, self._as_arrays(gys))))
        if type(gxs) is not tuple:
            gxs = (gxs,)
        if len(gxs) > len(self._operands):
            raise TypeError(
                f"{type(self).__name__}.backward must return a gradient per input: "
                f'{len(self._operands)} at most, got {len(gxs)} (None means "no gradient")'
            )
        for gx in gxs:
            if gx is not None and not isinstance(gx, Variable):
                name = f"{type(self).__name__}.backward"
                gxs = [as_gradient(gx, x, name) for gx, x in zip(gxs, self.inputs, strict=False)]
                break
        return gxs if record else [None if gx is None else gx._data for gx in gxs]

    def _as_arrays(self, gys: Sequence[Any]) -> list[Any]:
        """The cotangents as arrays: those that are scalars, too."""
        return [gy if type(gy) is ndarray else as_result(gy, self.inputs) for gy in gys]

    def forward(self, *xs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__}.forward is not written")

    def backward(self, *gys: Any) -> Any:
        gxs = self.by_formulas(gys, record=True)
        return tuple(gxs) if len(gxs) > 1 else gxs[0]

    def by_formulas(self, gys: Sequence[Any], record: bool) -> Sequence[Any]:
        """`pull` by the formulas of the class: see `dezero.formulas`."""
        raise NotImplementedError(f"{type(self).__name__}.backward is not written")


def _are_fixed(operands: tuple[Any, ...]) -> bool:
    return FIXED.issuperset(map(type, operands))


_BY_FORMULAS = Function.backward
