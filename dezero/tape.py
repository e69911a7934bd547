"""The walk from an output back to the leaves.

Where a graph of backward is wanted, cotangents are Variables. Otherwise they are plain arrays, and scalars
in place of 0-d arrays: with scalars NumPy is several times quicker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from operator import add
from typing import Any

from dezero import cuda
from dezero.arithmetic import Copy
from dezero.config import recording
from dezero.function import FIXED, Function
from dezero.fusion import fused, switch
from dezero.refusal import raise_backward
from dezero.results import as_result
from dezero.variable import Seed, Variable, array_of

__all__ = ["propagate"]

# The functions that have cotangents, by generation: {generation: {function: cotangents}}.
Waiting = dict[int, dict[Function, list[Any]]]

# Gives what a function passes back, of: the function, the cotangents of its outputs, its own `pull` of these.
Watcher = Callable[[Function, Sequence[Any], Callable[[Sequence[Any]], Sequence[Any]]], Sequence[Any]]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)

SEVERAL = 16  # terms of a gradient


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Within the block, `watcher(func, gys, pull)` sees and decides what each function passes back.

    `gys` are the cotangents of the outputs of `func`, and `pull(gys)` gives those of its inputs (None: none),
    which the watcher returns, or others in their place. Where a graph of backward is wanted
    (`Config.enable_backprop`) both are Variables, else arrays or scalars. What the watcher raises,
    `Variable.backward` raises. Of nested blocks the inner watcher's `pull` asks the outer one.

    >>> import dezero.functions as F
    >>> def doubled(func, gys, pull):
    ...     print(type(func).__name__)
    ...     return [2 * gx for gx in pull(gys)]
    >>> x = Variable(cuda.np.array(0.0))
    >>> with watching(doubled):
    ...     F.exp(F.sin(x)).backward()
    Exp
    Sin
    >>> x.grad
    variable(4.0)
    """
    outer = _watcher.get()

    def nested(func: Function, gys: Sequence[Any], pull: Callable[..., Any]) -> Sequence[Any]:
        return watcher(func, gys, lambda given: outer(func, given, pull))  # type: ignore[misc]  # there is one

    token = _watcher.set(nested if outer else watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def propagate(root: Variable, cotangent: Variable, retain_grad: bool) -> None:
    """Carry `cotangent` from `root` to the leaves.

    All consumers of a function's outputs have a higher generation. So the walk goes down the generations:
    it meets each function once, when its cotangents are complete.
    """
    func = root.creator
    assert func is not None
    record, watcher = recording.get(), _watcher.get()
    waiting: Waiting = {}
    leaves: dict[Variable, tuple[Any, bool]] = {}  # gradient so far, and whether it is shared
    _send(root, cotangent if record else cotangent._data[()], func, waiting)
    generation = func.generation
    while waiting:
        level = waiting.pop(generation, {})
        generation -= 1
        for func, gys in level.items():
            if len(gys) > 1:
                _complete(func, gys, record)
            if retain_grad:
                _retain(func, gys, root)
            try:
                gxs = func.pull(gys, record) if watcher is None else _watched(watcher, func, gys, record)
            except Exception as error:
                raise_backward(error, func, gys)
            for x, gx in zip(func._operands, gxs):  # noqa: B905  # the book's losses return gx alone
                if gx is None or type(x) in FIXED:
                    continue
                creator = x.creator
                if creator is None:
                    if x in leaves:
                        leaves[x] = _plus(leaves[x][0], gx), False
                    else:
                        leaves[x] = gx, _is_shared(gx, gys, gxs, func)
                elif creator.generation in waiting or creator.output_types:
                    _send(x, gx, creator, waiting)
                else:  # what `_send` would do, nearly always
                    waiting[creator.generation] = {creator: [gx]}
    for x, (gx, shared) in leaves.items():
        _deposit(x, _added_up(*gx) if type(gx) is list else gx, shared)


def _watched(watcher: Watcher, func: Function, gys: list[Any], record: bool) -> Sequence[Any]:
    return watcher(func, gys, lambda given: func.pull(given, record))


def _plus(before: Any, gx: Any) -> Any:
    """before + gx. Where a device fuses, a list of terms, which one launch adds up.

    A weight of a recurrent network gets a term for each time step: the list holds SEVERAL at most.
    """
    if not switch.on or isinstance(gx, Variable):
        return before + gx
    terms = [*before, gx] if type(before) is list else [before, gx]
    return terms if len(terms) < SEVERAL else _added_up(*terms)


@fused("x", "x", "x", "x")
def _added_up(*terms: Any) -> Any:
    return reduce(add, terms)


def _send(y: Variable, gy: Any, creator: Function, waiting: Waiting) -> None:
    """Add `gy` to the cotangent of `y` that waits at its creator."""
    level = waiting.get(creator.generation)
    if level is None:
        level = waiting[creator.generation] = {}
    gys = level.get(creator)
    if gys is None:
        gys = level[creator] = [None] * (len(creator.output_types) or 1)
    index = y.output_index
    before = gys[index]
    gys[index] = gy if before is None else before + gy


def _complete(func: Function, gys: list[Any], record: bool) -> None:
    """The cotangent of an unused output is zero."""
    for index, (shape, dtype) in enumerate(func.output_types):
        if gys[index] is None:
            zeros = cuda.get_array_module(func.inputs[0].data).zeros(shape, dtype)
            gys[index] = Variable(zeros) if record else zeros


def _retain(func: Function, gys: list[Any], root: Variable) -> None:
    """Give the outputs of `func` their gradients; the root has its own already."""
    for reference, gy in zip(func.outputs, gys, strict=True):
        y = reference()
        if y is not None and y is not root:
            _deposit(y, gy, shared=True)


def _deposit(x: Variable, gx: Any, shared: bool) -> None:
    """Add `gx` to the gradient of `x`. The gradient has the dtype of x, and an array of its own."""
    before = x._grad
    if before is not None:
        if before._data.shape != x._data.shape:
            raise ValueError(
                f"backward: the grad that a Variable of shape {x.shape} has must have its shape, "
                f"got {before.shape}"
            )
        gx, shared = (before if isinstance(gx, Variable) else before._data) + gx, False
    if not isinstance(gx, Variable):
        gx = Variable(as_result(gx, (x,)))
    dtype = _gradient_dtype(x._data.dtype, gx._data.dtype)
    if shared or gx._data.dtype != dtype:
        gx = Copy(dtype)(gx) if recording.get() else Variable(gx._data.astype(dtype))
    x._grad = Variable(gx._data) if type(gx) is Seed else gx


def _gradient_dtype(dtype: Any, computed: Any) -> Any:
    """The dtype of a gradient: that of its Variable, whatever dtype the other operands have.

    An integer Variable keeps the computed dtype; so does a real Variable of a complex function.
    """
    same_kind = dtype.kind == computed.kind and dtype.kind in "fc"
    return dtype if same_kind or dtype.kind == "O" else computed


def _is_shared(gx: Any, gys: Sequence[Any], gxs: Sequence[Any], func: Function) -> bool:
    """Whether the array of `gx` may be in use elsewhere: a view, an operand, or another cotangent."""
    array = array_of(gx)
    if not cuda.is_array(array):
        return False  # a scalar: it gets an array of its own
    if getattr(array, "base", None) is not None:
        return True
    for other in (*gys, *func._operands, *[reference() for reference in func.outputs]):
        if array_of(other) is array:
            return True
    return len(gxs) > 1 and [array_of(other) is array for other in gxs].count(True) > 1
