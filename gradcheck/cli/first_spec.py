"""The module that `gradcheck init` writes with a first Spec, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from math import inf, isfinite
from typing import Any

from gradcheck.cli.first_files import LINE, Imported, import_of
from gradcheck.cli.first_op import Argument, OpFound
from gradcheck.trying.domain import DEFINITE, DISTINCT, NONZERO, SIMPLEX, SYMMETRIC

NO_FORMULA = (
    "`formula` is the mathematics once more, which forward is held against and derivatives are taken of: "
    "lambda m, {}: ... with m.exp, m.log, m.where and the like."
)


def spec_text(op: OpFound, specs: str, imported: Imported) -> str:
    """The module of the Spec.

    Args:
        specs: its file, from the repository's root.
        imported: how it imports the op's module.

    >>> from gradcheck.cli.first_op import EXAMPLE
    >>> print(spec_text(EXAMPLE, "gradient_specs.py", Imported("example_op")))
    \"\"\"Specs of the ops here: `gradcheck check gradient_specs.py` checks them.\"\"\"
    <BLANKLINE>
    from gradcheck.specs import Arg, Spec, Variant
    <BLANKLINE>
    from example_op import log_odds
    <BLANKLINE>
    LOG_ODDS = Spec(
        name="log_odds",
        topic="example_op",
        call=log_odds,
        args=(Arg("p", domain=(0.0, 1.0)),),
        formula=lambda m, p: m.log(p / (1 - p)),
        variants=(
            Variant(),
            Variant(shapes=((),)),
            Variant(shapes=((1, 3),)),
        ),
        order=2,
    )
    <BLANKLINE>
    """
    lines = _onto_lines(op)
    formula = f"lambda m, {_names(op)}: {op.formula}" if op.formula else "None"
    fields = [
        f'name="{op.name}"',
        f'topic="{imported.module.rpartition(".")[2]}"',
        f"call={f'_{op.constant.lower()}' if lines else _call(op)}",
        f"args={_tuple([_arg(argument) for argument in op.arguments])}",
        f"formula={formula}",
    ]
    variants = _variants(op)
    if variants != ["Variant()"]:
        fields.append(f"variants={_tuple(variants)}")
    made = "".join(textwrap.indent(f"{field},\n", "    ") for field in [*fields, "order=2"])
    parts = [
        f'"""Specs of the ops here: `gradcheck check {specs}` checks them."""',
        "",
        *_imports(op, imported, lines, variants),
        "",
        *(_function(op, lines) if lines else []),
        *(
            []
            if op.formula
            else textwrap.wrap(
                NO_FORMULA.format(_names(op)), LINE, initial_indent="# ", subsequent_indent="# "
            )
        ),
        f"{op.constant} = Spec(\n{made})",
    ]
    return "\n".join(parts) + "\n"


# The call -------------------------------------------------------------------------------------------


def _names(op: OpFound) -> str:
    """The arguments of the formula, and of a call."""
    inputs = [argument.name.replace(".", "_") for argument in op.arguments]
    return ", ".join([*inputs, *([] if op.parameters else op.settings[0])])


def _call(op: OpFound) -> str:
    """What calls the op with its inputs, and with its settings by name.

    >>> leaky = OpFound("ops.py", "", "Leaky", True, [Argument("x", (2, 3))], settings=[{"slope": 0.5}])
    >>> _call(leaky), _call(leaky._replace(parameters=["W"])), _call(leaky._replace(made=False))
    ('lambda x, slope: Leaky(slope=slope)(x)', 'parametrized(lambda: Leaky(slope=0.5), ["W"])', 'Leaky')
    """
    if op.parameters:
        values = ", ".join(f"{name}={value!r}" for name, value in op.settings[0].items())
        name = op.name if op.made and not values else f"lambda: {op.name}{f'({values})' if op.made else ''}"
        paths = ", ".join(f'"{path}"' for path in op.parameters)
        return f"parametrized({name}, [{paths}])"
    return f"lambda {_names(op)}: {_called(op)}" if op.made or op.by_name else op.name


def _called(op: OpFound) -> str:
    inputs = [argument.name for argument in op.arguments]
    given = ", ".join(f"{name}={name}" for name in op.settings[0])
    if op.made:
        return f"{op.name}({given})({', '.join(inputs)})"
    by_name = [f"{name}={name}" for name in inputs] if op.by_name else inputs
    return f"{op.name}({', '.join([*by_name, *([given] if given else [])])})"


def _function(op: OpFound, lines: Sequence[str]) -> Iterator[str]:
    """The function that brings the inputs to their domains."""
    body = "".join(f"    {line}\n" for line in [*lines, f"return {_called(op)}"])
    yield f"\ndef _{op.constant.lower()}({_names(op)}):\n{body}\n"


def _onto_lines(op: OpFound) -> list[str]:
    """What brings drawn values to the domains that are no intervals."""
    return [line for argument in op.arguments for word in argument.words for line in _onto(argument, word)]


def _onto(argument: Argument, word: str) -> Iterator[str]:
    """
    >>> [*_onto(Argument("a", (3, 3)), SYMMETRIC), *_onto(Argument("a", (2, 3, 3)), SYMMETRIC)]
    ['a = (a + a.T) / 2  # symmetric', 'a = (a + functions.transpose(a, (0, 2, 1))) / 2  # symmetric']
    """
    x, axes = argument.name, list(range(len(argument.shape)))
    if word == SIMPLEX:
        yield f"{x} = {x} / functions.sum({x}, axis=-1, keepdims=True)  # rows that sum to 1"
    if word in (SYMMETRIC, DEFINITE):
        turned = (*axes[:-2], axes[-1], axes[-2])
        flipped = f"{x}.T" if len(axes) == 2 else f"functions.transpose({x}, {turned})"
        if word == SYMMETRIC:
            yield f"{x} = ({x} + {flipped}) / 2  # symmetric"
        else:
            one = f"np.eye({argument.shape[-1]}, dtype={x}.dtype)"
            yield f"{x} = functions.matmul({x}, {flipped}) + {one}  # positive definite"


# The arguments --------------------------------------------------------------------------------------


def _arg(argument: Argument) -> str:
    """
    >>> _arg(Argument("p", (), (0.0, inf))), _arg(Argument("t", (2,), values=[1, 0]))
    ('Arg("p", shape=(), domain=(0.0, float("inf")))', 'Arg("t", values=[1, 0])')
    >>> _arg(Argument("x", (2, 3), words=(NONZERO,))), _arg(Argument("x", (2, 3), drawn=(0.0, 9.0)))
    ('Arg("x", avoid=(0.0,))', 'Arg("x", low=0.0, high=9.0)')
    """
    parts = [f'"{argument.name}"']
    if argument.values is not None:
        return f"Arg({parts[0]}, values={argument.values})"
    if argument.shape != (2, 3):
        parts.append(f"shape={argument.shape}")
    low, high = (0.0, inf) if SIMPLEX in argument.words else argument.domain
    if (low, high) != (-inf, inf) and not {SYMMETRIC, DEFINITE} & set(argument.words):
        parts.append(f"domain=({_number(low)}, {_number(high)})")
    if argument.drawn is not None:
        parts.append("low={}, high={}".format(*map(_number, argument.drawn)))
    if NONZERO in argument.words:
        parts.append("avoid=(0.0,)")
    if DISTINCT in argument.words:
        parts.append("distinct=True")
    return f"Arg({', '.join(parts)})"


def _number(value: float) -> str:
    return str(float(value)) if isfinite(value) else f'float("{value}")'


def _variants(op: OpFound) -> list[str]:
    """The calls: with the first settings at all shapes, with the others at the first."""
    first, *rest = [{}] if op.parameters else op.settings
    shapes = [_variant(first, f"shapes={each}") for each in op.others]
    return [_variant(first), *shapes, *map(_variant, rest)]


def _variant(settings: Mapping[str, Any], shapes: str = "") -> str:
    values = ", ".join(f"{_quoted(name)}: {_quoted(value)}" for name, value in settings.items())
    return f"Variant({', '.join(filter(None, [f'{{{values}}}' if values else '', shapes]))})"


def _quoted(value: Any) -> str:
    """A Python literal, as formatters write it."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _tuple(items: Sequence[str]) -> str:
    """A tuple as formatters write it: several items one a line."""
    if len(items) == 1:
        return f"({items[0]},)"
    return "(\n" + "".join(f"    {item},\n" for item in items) + ")"


# The imports ----------------------------------------------------------------------------------------


def _imports(op: OpFound, imported: Imported, lines: Sequence[str], variants: Sequence[str]) -> Iterator[str]:
    """The import lines in the order of isort, with the folder of the op's module on the path where needed."""
    numpy = ["import numpy as np"] * any("np." in line for line in lines)
    dezero = ["from dezero import functions"] * any("functions." in line for line in lines)
    ours = [*dezero, f"from gradcheck.specs import Arg, Spec{', Variant' * (variants != ['Variant()'])}"]
    if op.parameters:
        ours.append("from gradcheck.specs.functional import parametrized")
    theirs = import_of(imported.module, op.name.partition(".")[0])
    if imported.third_party:
        yield from (*numpy, *sorted([*ours, theirs]))
    elif imported.path:
        parts = imported.path.split("/")
        up = ".parent" * (1 + parts.count(".."))
        down = "".join(f' / "{part}"' for part in parts if part != "..")
        yield from ("import sys", "from pathlib import Path", "", *numpy, *ours, "")
        yield f"sys.path.insert(0, str(Path(__file__).resolve(){up}{down}))"
        yield from ("", theirs)
    else:
        yield from (*numpy, *ours, "", theirs)
