"""The values that are tried of arguments that are no inputs, where none are given: by names and types."""

from __future__ import annotations

import ast
import inspect
import itertools
import typing
from collections.abc import Iterator, Sequence
from typing import Any

from gradcheck.trying.settings import AXES, POSITIONAL, is_needed

MOST = 24  # combinations that are tried

# The values that are tried of an argument, by its name, the likeliest first: with the shapes that are tried
# (2x3 is the first) these fit, and each means something else.
_KEEP = ("keepdims", "keepdim")
_NUMBERS = (
    "slope", "negative_slope", "alpha", "beta", "gamma", "delta", "scale", "factor", "coef", "weight", "lam",
    "lambd", "lambda_", "sigma", "mu", "tau", "temperature", "threshold", "margin", "c",
)  # fmt: skip
_SHAPES = ((2, 3), (3, 2), (-1,), (6,))
_BY_NAME: dict[str, tuple[Any, ...]] = {
    name: values
    for names, values in (
        (AXES, (0, 1, -1, (0, 1), None)),
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
_NO_ARRAYS = frozenset({*AXES, *_KEEP, "shape", "newshape"})
_WORDS = frozenset(
    {"mode", "method", "kind", "type", "activation", "name", "how", "function", "func", "fn", "f"}
)
_UNKNOWN = (1, 2, 0.5, True, (0,))
# Of a layer an unknown argument is a number of features, likely.
_OF_LAYERS = (3, 2, 4, 1, (3, 2), 0.5, True)


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
    """Values of arguments that must be given, the likeliest first. None is none of them."""
    options = [[v for v in _options(p, of_layer) if v is not None] for p in parameters]
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
    if p.name in AXES:
        return p.default is None or isinstance(p.default, (int, tuple))
    if p.name in _KEEP:
        return isinstance(p.default, bool)
    return p.name in _NUMBERS and type(p.default) in (int, float)


def optional_inputs(parameters: Sequence[inspect.Parameter]) -> int:
    """How many arguments with the default None may be arrays that are left out: those after the inputs."""
    after = itertools.dropwhile(is_needed, (p for p in parameters if p.kind in POSITIONAL))
    return sum(1 for _ in itertools.takewhile(_may_be_left_out, after))


def _may_be_left_out(p: inspect.Parameter) -> bool:
    return p.default is None and (p.name in _NUMBERS or not may_be_setting(p))


def _options(p: inspect.Parameter, of_layer: bool) -> Sequence[Any]:
    """The values that are tried of an argument."""
    if of_layer and p.name.startswith("dim"):
        return _OF_LAYERS
    if p.name in _BY_NAME:
        return _BY_NAME[p.name]
    if p.name in _WORDS:  # any other value means nothing
        return _annotated(p)
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
