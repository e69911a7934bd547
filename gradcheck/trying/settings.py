"""Arguments that are no inputs (an axis, a slope): how they are bound, and which values are tried."""

from __future__ import annotations

import ast
import inspect
import itertools
import shlex
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from gradcheck.errors import SpecError

Settings = Mapping[str, Any]

MOST = 24  # combinations that are tried
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

# The values that are tried of an argument, by its name, the likeliest first: with the shapes that are tried
# (2x3 is the first) these fit, and each means something else.
_AXES = ("axis", "axes", "dim", "dims")
_KEEP = ("keepdims", "keepdim")
_NUMBERS = (
    "slope", "negative_slope", "alpha", "beta", "gamma", "delta", "scale", "factor", "coef", "weight", "lam",
    "lambd", "lambda_", "sigma", "mu", "tau", "temperature", "threshold", "margin", "c",
)  # fmt: skip
_SHAPES = ((2, 3), (3, 2), (-1,), (6,))
_BY_NAME: dict[str, tuple[Any, ...]] = {
    name: values
    for names, values in (
        (_AXES, (0, 1, -1, (0, 1), None)),
        (_KEEP, (False, True)),
        (_NUMBERS, (0.5, 3.0, 2)),
        (("power", "exponent", "p", "ord", "order", "base"), (2, 3, 0.5)),
        (("eps", "epsilon"), (0.01, 0.1)),
        (("rate", "ratio", "dropout_ratio", "momentum", "decay", "prob"), (0.5, 0.25)),
        (("low", "lower", "min", "a_min", "x_min", "min_val", "lo"), (-0.5, 0.25)),
        (("high", "upper", "max", "a_max", "x_max", "max_val", "hi"), (0.5, 1.0)),
        (("shape", "newshape"), _SHAPES),
        (("pad", "padding"), (1, 0)),
        (("stride", "dilation"), (1, 2)),
        (("kernel_size", "kernel", "ksize", "window", "pool_size"), (2, 3, (2, 2))),
        (("n", "k", "num", "groups", "num_heads", "heads", "shift", "shifts", "index"), (2, 1, 3)),
        (("num_classes", "n_classes", "n_class", "classes", "depth"), (3, 2, 4)),
        (("in_size", "in_features", "input_size", "n_in", "in_dim"), (3, 2, 4)),
        (("in_channels", "channels", "num_channels"), (2, 3, 1)),
        (("out_size", "out_features", "output_size", "n_out", "out_dim", "out_channels"), (2, 3, 1)),
        (("hidden_size", "n_hidden", "hidden", "units", "width"), (2, 3, 1)),
        (("reduction",), ("mean", "sum", "none")),
    )
    for name in names
}
_SIZES_LISTED = ((3, 2), (2,), (4, 3, 2))  # of fully connected layers
_NO_ARRAYS = frozenset({*_AXES, *_KEEP, "shape", "newshape"})
_UNKNOWN = (1, 2, 0.5, True, None, (0,))
# Of a layer an unknown argument is a number of features, likely.
_OF_LAYERS = (3, 2, 4, 1, (3, 2), 0.5, True, None)


# What is given -----------------------------------------------------------------------------------------


def parse_setting(text: str) -> tuple[str, str]:
    """The name, and its value as a Python literal, of `axis=1`, `shape=(2,3)` or `mode=same` (a string).

    Raises:
        ValueError: it is none of these.

    >>> parse_setting("axis=(0,1)"), parse_setting("mode=same")
    (('axis', '(0, 1)'), ('mode', "'same'"))
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name.isidentifier() or not value:
        raise ValueError(f"expected NAME=VALUE such as axis=1, got {text!r}")
    try:
        return name, repr(ast.literal_eval(value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        if not value.isidentifier():
            raise ValueError(
                f"expected a Python literal after {name}=, such as 1, 0.5, (0,1), None or same, got {value!r}"
            ) from None
    return name, repr(value)


def given(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The values of settings as they were asked for: names and Python literals."""
    return {name: ast.literal_eval(value) for name, value in pairs}


def require_known(text: str, f: Callable[..., Any], settings: Settings) -> None:
    """
    Raises:
        SpecError: f takes no argument of such a name; the message says which it takes.
    """
    parameters = all_parameters(f)
    known = {p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    for name in settings:
        if name not in known:
            takes = " and ".join(p.name for p in parameters if p.name in known) or "no arguments"
            raise SpecError(f"{text}: --set {name}: there is no argument {name}; it takes {takes}")


def as_options(settings: Settings) -> str:
    """As the user can write them again.

    >>> as_options({"axis": (0, 1), "mode": "same"})
    "--set 'axis=(0,1)' --set mode=same"
    """
    return " ".join(f"--set {shlex.quote(f'{name}={_literal(value)}')}" for name, value in settings.items())


def as_arguments(settings: Settings) -> str:
    """As arguments of a call.

    >>> as_arguments({"axis": (0, 1), "mode": "same"})
    "axis=(0, 1), mode='same'"
    """
    return ", ".join(f"{name}={value!r}" for name, value in settings.items())


def _literal(value: Any) -> str:
    if isinstance(value, str) and value.isidentifier() and value not in ("None", "True", "False"):
        return value
    return repr(value).replace(", ", ",")


def least_axes(
    parameters: Sequence[inspect.Parameter], settings: Settings, held: Settings = MappingProxyType({})
) -> int:
    """How many axes an input must have, for the axis that is set, the default, or held by an object.

    >>> f = lambda x, axis=(0, 1): x
    >>> least_axes(all_parameters(f), {}), least_axes(all_parameters(f), {"axis": -1})
    (2, 1)
    """
    known = {p.name: p.default for p in parameters} | {**held, **settings}
    values = [value for name, value in known.items() if name in _AXES]
    if any(isinstance(value, tuple) for name, value in known.items() if name.endswith("shape")):
        values.append(0)  # NumPy spreads a number to any shape
    each = [n for value in values for n in (value if isinstance(value, tuple) else (value,))]
    return max((n + 1 if n >= 0 else -n for n in each if type(n) is int), default=0)


# What is bound -----------------------------------------------------------------------------------------


def all_parameters(f: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function, or of the constructor of a class; none where they cannot be seen."""
    try:
        found = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in found if p.name != "self"]


def bound(f: Callable[..., Any], settings: Settings) -> Callable[..., Any]:
    """The function of the other arguments of f, which are given by position.

    >>> halved = bound(lambda x, n, y: (x, n, y), {"n": 2})
    >>> halved(1, 3), str(inspect.signature(halved))
    ((1, 2, 3), '(x, y)')
    """
    parameters = all_parameters(f)

    def call(*inputs: Any) -> Any:
        waiting, arguments, by_name = list(inputs), [], dict(settings)
        for p in parameters:
            if p.kind not in _POSITIONAL or not (p.name in by_name or waiting):
                break
            arguments.append(by_name.pop(p.name) if p.name in by_name else waiting.pop(0))
        return f(*arguments, *waiting, **by_name)

    free = [p for p in parameters if p.name not in settings]
    call.__signature__ = inspect.Signature(_without_gaps(free))  # type: ignore[attr-defined]
    return call


def made_anew(cls: type, values: Settings) -> Callable[..., Any]:
    """A call of a new instance of a Function subclass with these settings."""

    def call(*inputs: Any) -> Any:
        return cls(**values)(*inputs)

    call.__signature__ = inspect.Signature(all_parameters(cls.forward))  # type: ignore[attr-defined]
    return call


def _without_gaps(parameters: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    """Without defaults that stand before an argument that has none."""
    last = max((n for n, p in enumerate(parameters) if p.kind in _POSITIONAL and _is_needed(p)), default=-1)
    return [p.replace(default=p.empty) if n < last else p for n, p in enumerate(parameters)]


# What is tried -----------------------------------------------------------------------------------------


def needed(parameters: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    """Those that must be given."""
    return [p for p in parameters if _is_needed(p)]


def _is_needed(p: inspect.Parameter) -> bool:
    return p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)


def says_setting(p: inspect.Parameter) -> bool:
    """Whether the name or the annotation says that an argument is no array."""
    return (
        p.name in _NO_ARRAYS
        or bool(_annotated(p))
        or _type_name(p) in ("str", "tuple[int, ...]", "Sequence[int]")
    )


def may_be_setting(p: inspect.Parameter) -> bool:
    """Whether an argument may be no array."""
    return p.name in _BY_NAME or says_setting(p)


def combinations(
    parameters: Sequence[inspect.Parameter], *, of_layer: bool = False
) -> Iterator[dict[str, Any]]:
    """Values of arguments that must be given, the likeliest first."""
    options = [_options(p, of_layer) for p in parameters]
    choices = itertools.product(*(range(len(values)) for values in options))
    ordered = sorted(itertools.islice(choices, 10_000), key=lambda each: (sum(each), each[::-1]))
    for choice in ordered[:MOST]:
        yield {p.name: values[n] for p, values, n in zip(parameters, options, choice, strict=True)}


def others(parameters: Sequence[inspect.Parameter]) -> Iterator[dict[str, Any]]:
    """Further values of arguments that have a default: of all at once, and of each.

    Many a bug shows up with another axis, or another slope, only.
    """
    options = {p.name: [v for v in _BY_NAME[p.name] if v != p.default] for p in parameters if _is_telling(p)}
    if options:
        yield {name: values[0] for name, values in options.items()}
        yield {name: values[min(1, len(values) - 1)] for name, values in options.items()}
    for name, values in options.items():
        yield from ({name: value} for value in values[:2])


def _is_telling(p: inspect.Parameter) -> bool:
    """Whether another value of an argument that has a default may show another bug."""
    if p.name in _AXES:
        return p.default is None or isinstance(p.default, (int, tuple))
    if p.name in _KEEP:
        return isinstance(p.default, bool)
    return p.name in _NUMBERS and type(p.default) in (int, float)


def optional_inputs(parameters: Sequence[inspect.Parameter]) -> int:
    """How many arguments with the default None may be arrays that are left out: those after the inputs."""
    after = itertools.dropwhile(_is_needed, (p for p in parameters if p.kind in _POSITIONAL))
    return sum(1 for _ in itertools.takewhile(_may_be_left_out, after))


def _may_be_left_out(p: inspect.Parameter) -> bool:
    return p.default is None and (p.name in _NUMBERS or not may_be_setting(p))


def _options(p: inspect.Parameter, of_layer: bool) -> Sequence[Any]:
    """The values that are tried of an argument."""
    if of_layer and p.name.startswith("dim"):
        return _OF_LAYERS
    if p.name in _BY_NAME:
        return _BY_NAME[p.name]
    if p.name.endswith("sizes"):
        return _SIZES_LISTED
    if p.name.endswith("shape"):
        return _SHAPES
    return (_OF_LAYERS if of_layer and _type_name(p) in ("", "int") else ()) or _annotated(p) or _UNKNOWN


_OF_TYPE = {"bool": (True, False), "int": (1, 2, 0), "tuple": ((0,), (2, 3))}


def _annotated(p: inspect.Parameter) -> Sequence[Any]:
    """The values that the annotation of an argument suggests."""
    if typing.get_origin(p.annotation) is typing.Literal:
        return typing.get_args(p.annotation)
    name = _type_name(p)
    if name.startswith("Literal["):
        return _literals(name.removeprefix("Literal"))
    return _OF_TYPE.get(name.removesuffix(" | None"), ())


def _literals(text: str) -> Sequence[Any]:
    try:
        return list(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return ()


def _type_name(p: inspect.Parameter) -> str:
    """The annotation as text, which it is with `from __future__ import annotations`; empty without one."""
    if p.annotation is p.empty:
        return ""
    return p.annotation if isinstance(p.annotation, str) else getattr(p.annotation, "__name__", "")
