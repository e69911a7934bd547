"""Graphs of dezero as the laboratory looks into them: their functions, and the arrays between these."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dezero import Function, Variable, cuda
from dezero.core import Constant, Copy, array_of, as_result
from dezero.utils.graph import functions_behind
from gradcheck.subjects.positions import ActiveInputs
from gradcheck.subjects.signatures import argument_names
from gradcheck.subjects.subject import Damage


def first_not_finite(roots: Sequence[Variable | None], level: int) -> str | None:
    """The first function behind `roots` that makes an infinity or NaN of finite numbers, in words.

    >>> import numpy as np
    >>> import dezero.functions as F
    >>> with np.errstate(over="ignore"):
    ...     y = 1 / (1 + F.exp(Variable(np.array([1.0, 800.0]))))
    >>> first_not_finite([y], 0)
    'Exp(800.0) = inf, inside f'
    """
    sources = [func for func in functions_behind(*roots, nearest_first=True) if _makes_not_finite(func)]
    if not sources:
        return None
    func = min(sources, key=lambda func: func.generation)
    y = next(y for y in _outputs(func) if not np.isfinite(y).all())
    place = tuple(np.argwhere(~np.isfinite(y))[0])
    operands = _operands(func)
    shown = [str(x[place]) if x.shape == y.shape else str(x[()]) if not x.shape else "..." for x in operands]
    graph = "f" if level == 0 else f"the gradient of order {level}"
    return f"{type(func).__name__}({', '.join(shown)}) = {y[place]}, inside {graph}"


def _makes_not_finite(func: Function) -> bool:
    finite = all(np.isfinite(x).all() for x in _operands(func))
    return finite and not all(np.isfinite(y).all() for y in _outputs(func))


def _operands(func: Function) -> list[np.ndarray]:
    """The arrays of the inputs, on the host."""
    return [cuda.as_numpy(x) for x in func.inputs]


def _outputs(func: Function) -> list[np.ndarray]:
    """The arrays of the outputs that are still there, on the host."""
    return [cuda.as_numpy(y) for y in (reference() for reference in func.outputs) if y is not None]


class Watch:
    """Copies of all arrays of a graph on the host, taken as the graph grows; eyes on what goes back in it.

    Args:
        leaves: of these, the dtypes of what backward returns are noted.
        known: arrays that others look after.

    Attributes:
        returned: by each look, the dtype of what had come back to each leaf since the last one (None:
            nothing), before it was cast to the leaf's.

    >>> from dezero.tape import watching
    >>> x = Variable(np.array([1.0, 2.0]))
    >>> y = x + 1
    >>> watch = Watch([x], [x.data])
    >>> with watching(watch.pulled):
    ...     watch.look([y])
    ...     y.backward()
    ...     watch.look([x.grad])
    ...     y.data[0] = 5.0
    >>> watch.returned, watch.damage()
    ([[None], [dtype('float64')]], [Damage(kind='output overwritten', where='an output of f', order=0)])
    """

    def __init__(self, leaves: Sequence[Variable], known: Sequence[Any]) -> None:
        self._known = list(known)
        self._seen = {id(array) for array in known}
        self._kept: list[tuple[Any, Any, int, Function | None]] = []  # array, copy, order, whose input
        self._met: set[Function] = set()
        self.returned: list[list[Any]] = []
        self._dtypes: dict[int, Any] = {id(x): None for x in leaves}
        self._written: list[Damage] = []
        self._order = 0

    def look(self, roots: Sequence[Variable | None]) -> None:
        """Note what is new behind `roots`: f's outputs first, then the gradients of each order."""
        waiting = deque[Any]()
        for root in roots:
            if root is not None:
                self._keep(root.data, None)
                waiting.append(root.creator)
        while waiting:
            func = waiting.popleft()
            if func is not None and func not in self._met:  # what is behind a function does not change
                self._met.add(func)
                for x in func.inputs:
                    self._keep(x.data, func)
                    waiting.append(x.creator)
        self.returned.append(list(self._dtypes.values()))
        self._dtypes = dict.fromkeys(self._dtypes)
        self._order += 1

    def _keep(self, array: Any, func: Function | None) -> None:
        if id(array) not in self._seen and array.dtype.kind != "O":  # numbers of the oracles never change
            self._seen.add(id(array))
            self._kept.append((array, _frozen(array), self._order, func))

    def damage(self) -> list[Damage]:
        """What is no longer as it was."""
        changed = [kept for kept in self._kept if not _unchanged(kept[0], kept[1])]
        return [_damage(order, func) for _, _, order, func in changed] + self._written

    def pulled(self, func: Function, gys: Sequence[Any], pull: Callable[..., Any]) -> Sequence[Any]:
        """What `func` passes back, for `watching`; the gys are looked after here, as no graph holds them."""
        held = [
            (array, _frozen(array))
            for array in map(array_of, gys)
            if cuda.is_array(array) and array.dtype.kind != "O"
        ]
        gxs = pull(gys)
        for array, before in held if self._order else ():  # at order 0 it is f that calls backward
            if not _unchanged(array, before):
                where = f"the incoming gradient of {type(func).__name__}"
                self._written.append(Damage("gy overwritten", where, self._order))
                break
        self._note(func, gxs)
        return gxs

    def _note(self, func: Function, gxs: Sequence[Any]) -> None:
        for x, gx in zip(func.inputs, gxs, strict=False):
            if gx is not None and id(x) in self._dtypes:
                dtype, before = as_result(array_of(gx), func.inputs).dtype, self._dtypes[id(x)]
                self._dtypes[id(x)] = dtype if before is None else np.result_type(before, dtype)


def _damage(order: int, func: Function | None) -> Damage:
    """What was written to: an input of a function in the graph of an order (0: of f), or else its end."""
    if func is None:
        return Damage(
            "output overwritten", f"a gradient of order {order}" if order else "an output of f", order
        )
    name = f"an input of {type(func).__name__}"
    if order:
        return Damage("gy overwritten", f"an array of the graph of order {order}, {name}", order)
    return Damage("input overwritten", f"{name}, inside f", order)


def _frozen(array: Any) -> Any:
    """What an array holds: as bytes, which are quickly compared, or on a device as another array."""
    return array.tobytes() if type(array) is np.ndarray else array.copy()


def _unchanged(array: Any, before: Any) -> bool:
    if type(before) is bytes:
        if array.tobytes() == before:
            return True
        before = np.frombuffer(before, array.dtype).reshape(array.shape)
    return bool(((array == before) | ((array != array) & (before != before))).all())


# Functions one by one ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part(ActiveInputs):
    """A function of the graph of order `level` (0: of f itself), with the arrays that it was called with.

    Attributes:
        function: the class.
        f: calls it again, with a Variable for each input.
        values: the same of arrays, which gives a list of arrays.
        names: those of its inputs.
        active: which of its inputs have a gradient.
        own: it is not one of dezero's.
        copies: it is the identity, into another dtype, say.
    """

    function: type[Function]
    level: int
    f: Callable[..., Any]
    values: Callable[[list[Any]], list[Any]]
    inputs: Sequence[Any]
    names: Sequence[str]
    active: Sequence[bool]
    own: bool
    copies: bool

    @property
    def name(self) -> str:
        """That of the class."""
        return self.function.__name__

    @property
    def where(self) -> str:
        """The function in words."""
        shapes = ", ".join(f"{x.dtype}{list(x.shape)}" for x in self.inputs)
        graph = "f" if self.level == 0 else f"the gradient of order {self.level}"
        return f"{self.name} of {shapes}, inside {graph}"


def kind(func: Function) -> Any:
    """What functions have in common that are judged alike: class, settings, shapes, which are constants."""
    given = {k: v for k, v in vars(func).items() if k not in _RECORDED}
    settings = [(k, v) for k, v in given.items() if isinstance(v, _SETTING) or callable(v)]
    return type(func), str(settings), tuple((isinstance(x, Constant), x.dtype, x.shape) for x in func.inputs)


_RECORDED = frozenset({"_operands", "_outputs", "generation", "output_types"})  # what a call leaves
_SETTING = (int, float, str, tuple, type(None))


def part(func: Function, level: int, roots: Sequence[Variable | None]) -> Part:
    """`func`, of a graph that ends in `roots`, as a function of those of its inputs that are no constants."""
    given = func.inputs

    def again(*xs: Variable, graph: Any = roots) -> Any:  # the graph is kept, so `func` is called as another
        pairs = zip(given, xs, strict=True)
        return func(*[Constant(x.data.copy()) if isinstance(c, Constant) else x for c, x in pairs])

    def values(arrays: list[Any]) -> list[Any]:
        ys = again(*map(Variable, arrays))
        return [y.data for y in (ys if isinstance(ys, (tuple, list)) else (ys,))]

    return Part(
        function=type(func),
        level=level,
        f=again,
        values=values,
        inputs=[x.data for x in given],
        names=argument_names(func.forward, len(given)),
        active=[not isinstance(x, Constant) and x.dtype.kind == "f" for x in given],
        own=not type(func).__module__.startswith("dezero."),
        copies=isinstance(func, Copy),
    )
