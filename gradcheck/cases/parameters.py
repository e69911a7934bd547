"""A layer as a function of its inputs and of its parameters: what `check` differentiates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from dezero import Parameter, Variable, cuda, using_config
from dezero.layers import Layer
from dezero.utils.graph import functions_behind
from gradcheck.cases.idle import idle
from gradcheck.specs.functional import holding
from gradcheck.subjects.dezero import to_device
from gradcheck.subjects.state import Snapshot

MOST_ELEMENTS = 100_000  # of all parameters: the largest of more are held fixed
TOO_MANY = f"the parameters have more than {MOST_ELEMENTS} elements"
IDLE = "the outputs do not depend on it; its gradient is zero up to rounding, and so it should be"
ELSEWHERE = "it is used from where nothing can stand in its place, such as a closure"


class Parametrized(NamedTuple):
    """A function of the inputs of a layer, and then of its parameters.

    Attributes:
        f: tells the names of its arguments as `argument_names`, and as `held_fixed` the parameters that are
            none, each with the reason.
        values: of the parameters that are, on the host.
    """

    f: Callable[..., Any]
    values: Sequence[np.ndarray] = ()


Found = dict[str, tuple[list[str], Parameter]]  # by its first path each parameter, with all its paths


def parametrized(
    layer: Layer, inputs: Sequence[np.ndarray], names: Sequence[str], device: str, *, own: bool = False
) -> Parametrized:
    """`layer` as a function of its parameters too: of the floats to which its forward does not write.

    They have the dtype in which the layer computes with these inputs. Sizes that are open until the first
    input comes are those for these inputs. The layer, and the generators of random numbers, are left as they
    were. A layer that cannot be called, or is recurrent, or makes parameters in its forward, is returned as
    it is.

    Args:
        own: the layer is the laboratory's own. Each call of f begins in its present state, if it is
            recurrent, and the parameters that its forward makes stay.

    >>> import dezero.layers as L
    >>> found = parametrized(L.Linear(2), [np.ones((1, 3))], ["x"], "cpu")
    >>> found.f(np.ones((1, 3)), *found.values).shape, found.f.argument_names
    ((1, 2), ('x', 'W', 'b'))
    """
    if is_recurrent(layer) and not own:
        return Parametrized(layer)
    known, begin, before = _paths(layer), _beginning(layer), Snapshot(layer, chance=True)
    made = False
    try:
        found = _read_only(layer, inputs, device, begin)
        values = {path: _value(p, inputs) for path, (_, p) in found.items()}
        fixed = dict.fromkeys(_elsewhere(layer, inputs, device, found, begin), ELSEWHERE)
        fixed |= dict.fromkeys(_too_large(values), TOO_MANY)
        free = [path for path in found if path not in fixed]
        f = _function(layer, len(inputs), [found[path][0] for path in free], [], begin)
        fixed |= dict.fromkeys(_idle(f, inputs, {path: values[path] for path in free}, device), IDLE)
        made = _paths(layer) != known
    except Exception:  # f may raise anything: `check` reports it
        return Parametrized(layer)
    finally:
        if not (made and own):
            before.restore()
        before.release()
    if made and not own:
        return Parametrized(layer)
    free = [path for path in free if path not in fixed]
    f = _function(layer, len(inputs), [found[p][0] for p in free], [*names, *map(_shown, free)], begin)
    f.held_fixed = {_shown(path): why for path, why in fixed.items()}  # type: ignore[attr-defined]
    return Parametrized(f, [values[path] for path in free])


def _idle(
    f: Callable[..., Any], inputs: Sequence[np.ndarray], values: Mapping[str, np.ndarray], device: str
) -> list[str]:
    with suppress(Exception):  # backward may raise anything
        positions = range(len(inputs), len(inputs) + len(values))
        found = idle(f, [*inputs, *values.values()], positions, device)
        return [path for n, path in zip(positions, values, strict=True) if n in found]
    return []


def held_fixed(f: Callable[..., Any]) -> Mapping[str, str]:
    """The parameters of a layer that are no inputs of f, each with the reason."""
    found = getattr(f, "held_fixed", {})
    return found if isinstance(found, dict) else {}


def _paths(layer: Layer) -> set[str]:
    return set(dict(layer.named_params()))


def _shown(path: str) -> str:
    return path.replace("/", ".")


def _too_large(values: Mapping[str, np.ndarray]) -> list[str]:
    """The largest, without which the others have few enough elements."""
    by_size = sorted(values, key=lambda path: values[path].size)
    sums = np.cumsum([values[path].size for path in by_size])
    return [path for path, elements in zip(by_size, sums, strict=True) if elements > MOST_ELEMENTS]


def _layers(layer: Layer) -> Iterator[Layer]:
    """It, and all within."""
    yield layer
    for name in layer._params:
        value = getattr(layer, name)
        if isinstance(value, Layer):
            yield from _layers(value)


def is_recurrent(layer: Layer) -> bool:
    """Whether it, or a layer within, says that it goes on from its last call."""
    return any(callable(getattr(each, "reset_state", None)) for each in _layers(layer))


def _beginning(layer: Layer) -> Callable[[], None]:
    """Puts a layer that goes on from its last call back into its present state: each call begins there."""
    if not is_recurrent(layer):
        return lambda: None
    before = Snapshot(layer)

    def begin() -> None:
        arrays = [(p, p.data) for p in layer.params()]
        before.restore()
        for p, data in arrays:  # sizes that were open are found once
            p.data = data

    return begin


def _call(f: Callable[..., Any], arrays: Sequence[np.ndarray], device: str) -> Any:
    with using_config("enable_backprop", True), np.errstate(all="ignore"):
        return f(*[Variable(to_device(x.copy(), device)) for x in arrays])


def _read_only(layer: Layer, inputs: Sequence[np.ndarray], device: str, begin: Callable[[], None]) -> Found:
    """The floating parameters to which a call does not write; a first call gives each a size."""
    _call(layer, inputs, device)
    first = {path: np.array(cuda.as_numpy(p)) for path, p in layer.named_params() if p.data is not None}
    begin()
    _call(layer, inputs, device)
    by_id: dict[int, tuple[list[str], Parameter]] = {}
    for path, p in layer.named_params():
        if path in first and p.dtype.kind == "f" and np.array_equal(first[path], cuda.as_numpy(p)):
            by_id.setdefault(id(p), ([], p))[0].append(path)
    return {paths[0]: (paths, p) for paths, p in by_id.values()}


def _value(p: Parameter, inputs: Sequence[np.ndarray]) -> np.ndarray:
    floats = [x.dtype for x in inputs if x.dtype.kind == "f"]
    return np.array(cuda.as_numpy(p)).astype(np.result_type(p.dtype, *floats))


def _elsewhere(
    layer: Layer, inputs: Sequence[np.ndarray], device: str, found: Found, begin: Callable[[], None]
) -> list[str]:
    """The parameters that a call uses even where others stand in their places.

    Of a copy of a layer, a closure uses those of the layer that was copied.
    """
    f = _function(layer, len(inputs), [paths for paths, _ in found.values()], [], begin)
    stand_ins = [Variable(to_device(cuda.as_numpy(p), device)) for _, p in found.values()]
    ys = _call(lambda *xs: f(*xs, *stand_ins), inputs, device)
    several = ys if isinstance(ys, (tuple, list)) else [ys]
    used = {id(x): x for func in functions_behind(*several) for x in func.inputs}
    own = {id(p) for p in layer.params()}
    of_others = any(isinstance(x, Parameter) and key not in own for key, x in used.items())
    pairs = zip(found.items(), stand_ins, strict=True)
    return [path for (path, (_, p)), x in pairs if id(p) in used or (of_others and id(x) not in used)]


def _function(
    layer: Layer,
    count: int,
    paths: Sequence[Sequence[str]],
    names: Sequence[str],
    begin: Callable[[], None],
) -> Callable[..., Any]:
    def f(*arguments: Any) -> Any:
        begin()
        pairs = zip(paths, arguments[count:], strict=True)
        with holding(layer, {path: value for several, value in pairs for path in several}):
            return layer(*arguments[:count])

    f.argument_names = tuple(names)  # type: ignore[attr-defined]
    return f
