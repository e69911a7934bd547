"""Whether the fields of a Spec fit one another: found when it is made, before anything is measured."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dezero import Function
from gradcheck.specs import fields
from gradcheck.specs.fields import require, wrong
from gradcheck.specs.parts import Arg, Convention, Gap, Omission, Sweep, Variant

# What has a meaning in a case's id, in a pattern of names or in a shell.
RESERVED = frozenset("/:,*?[]!")
LISTED: Mapping[str, tuple[type, str]] = {
    "args": (Arg, "Arg"),
    "variants": (Variant, "Variant"),
    "covers": (str, "names"),
    "conventions": (Convention, "Convention"),
    "gaps": (Gap, "Gap"),
    "omits": (Omission, "Omission"),
}


def fitting(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Spec that are tuples, as tuples.

    Raises:
        SpecError: a field does not fit; the message names the spec, the field, what was expected and what
            came.
    """
    name = given["name"]
    require(_is_name(name), "Spec", "name", f"a text without blanks and {' '.join(sorted(RESERVED))}", name)
    owner = f"spec {name}"
    listed = {
        field: fields.all_of(owner, field, given[field], kind, called)
        for field, (kind, called) in LISTED.items()
    }
    found = {**given, **listed}
    _require_kinds(owner, found)
    _require_arguments(owner, found["args"])
    for n, variant in enumerate(found["variants"]):
        _require_variant(owner, f"variants[{n}]", variant, found["args"])
        _require_calls(owner, f"variants[{n}]", variant, found)
    for n, convention in enumerate(found["conventions"]):
        _require_convention(owner, f"conventions[{n}]", convention, found["args"])
    return listed


def _is_name(name: Any) -> bool:
    return fields.is_text(name) and name.isprintable() and not RESERVED & set(name) and " " not in name


def _require_kinds(owner: str, given: Mapping[str, Any]) -> None:
    """The fields one by one."""
    call, order, vanishes, bounds = (given[name] for name in ("call", "order", "vanishes", "bounds"))
    require(fields.is_text(given["topic"]), owner, "topic", "a text", given["topic"])
    if isinstance(call, type) and issubclass(call, Function):
        made = f"lambda *xs: {call.__name__}()(*xs)"
        wrong(owner, "call", "a function of Variables", f"the class {call.__name__}: write {made}")
    require(callable(call), owner, "call", "a function of Variables", call)
    for name in ("formula", "recipe"):
        require(given[name] is None or callable(given[name]), owner, name, "a function or None", given[name])
    require(fields.is_count(order, 1), owner, "order", "an integer of at least 1", order)
    some = vanishes is None or fields.is_count(vanishes, 1)
    require(some, owner, "vanishes", "an order of at least 1, or None", vanishes)
    positive = fields.is_listed(bounds) and all(fields.is_number(each) and each > 0 for each in bounds)
    require(positive, owner, "bounds", "a tuple of numbers above 0, one for each order", bounds)
    require(isinstance(given["note"], str), owner, "note", "a text", given["note"])
    require(isinstance(given["sweep"], Sweep | None), owner, "sweep", "a Sweep or None", given["sweep"])
    display = given["display"]
    shapes = display is None or (fields.is_listed(display) and all(map(fields.is_shape, display)))
    require(shapes, owner, "display", "a tuple of shapes, one for each argument, or None", display)
    for name in ("args", "variants"):
        require(bool(given[name]), owner, name, "at least one", given[name])


def _require_arguments(owner: str, args: Sequence[Arg]) -> None:
    again = fields.repeated(arg.name for arg in args)
    require(not again, owner, "args", "arguments of different names", again)


def _require_variant(owner: str, field: str, variant: Variant, args: Sequence[Arg]) -> None:
    """A call's settings, shapes and values, as far as they say what they are of."""
    require(fields.is_settings(variant.params), owner, f"{field}.params", "settings by name", variant.params)
    require(isinstance(variant.label, str), owner, f"{field}.label", "a text", variant.label)
    names = [arg.name for arg in args]
    known = fields.is_settings(variant.values) and set(variant.values) <= set(names)
    expected = f"arrays by an argument's name, of {', '.join(names)}"
    require(known, owner, f"{field}.values", expected, variant.values)
    shapes = variant.shapes
    listed = shapes is None or (fields.is_listed(shapes) and all(map(fields.is_shape, shapes)))
    expected = f"a tuple of shapes, one for each of ({', '.join(names)})"
    require(listed, owner, f"{field}.shapes", expected, shapes)
    if shapes is not None:
        require(len(shapes) <= len(args), owner, f"{field}.shapes", expected, shapes)
    for arg, shape in zip(args, shapes or [arg.shape for arg in args], strict=False):
        values = variant.values.get(arg.name, arg.values)
        if values is None:
            continue
        where = f"{field}.values" if arg.name in variant.values else f"values of Arg {arg.name!r}"
        there = fields.shape_of(owner, where, values)
        if there != tuple(shape):
            by = f"an array of shape {tuple(shape)} for {arg.name}, as {field} says"
            wrong(owner, where, by, f"one of shape {there}")


def _require_calls(owner: str, field: str, variant: Variant, given: Mapping[str, Any]) -> None:
    """Whether call and formula take the arguments and the settings of a variant."""
    args = given["args"][: None if variant.shapes is None else len(variant.shapes)]
    names = [arg.name for arg in args]
    _require_taken(owner, "call", given["call"], names, field, variant.params)
    if given["formula"] is not None:
        _require_taken(owner, "formula", given["formula"], ["m", *names], field, variant.params)


def _require_taken(
    owner: str, what: str, f: Callable[..., Any], names: Sequence[str], field: str, params: Mapping[str, Any]
) -> None:
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return  # it has none: what it takes is seen when it is called
    written = f"({', '.join(str(p) for p in signature.parameters.values())})"
    try:
        signature.bind_partial(*names)
    except TypeError as error:
        wrong(owner, what, f"a function of ({', '.join(names)})", f"one of {written}: {error}")
    try:
        signature.bind_partial(*names, **params)
    except TypeError as error:
        wrong(owner, f"{field}.params", f"settings that {what}{written} takes", f"{dict(params)}: {error}")
    try:
        signature.bind(*names, **params)
    except TypeError as error:
        settings = "".join(f", {name}={value!r}" for name, value in params.items())
        wrong(owner, what, f"a function of ({', '.join(names)}{settings})", f"one of {written}: {error}")


def _require_convention(owner: str, field: str, convention: Convention, args: Sequence[Arg]) -> None:
    """A point, and as many gradients of its shapes."""
    for name in ("inputs", "gradients"):
        values = getattr(convention, name)
        expected = f"a tuple of arrays, one for each of ({', '.join(arg.name for arg in args)})"
        listed = isinstance(values, (tuple, list)) and 1 <= len(values) <= len(args)
        require(listed, owner, f"{field}.{name}", expected, values)
    require(isinstance(convention.text, str), owner, f"{field}.text", "a text", convention.text)
    require(
        fields.is_settings(convention.params), owner, f"{field}.params", "settings by name", convention.params
    )
    shapes = [fields.shape_of(owner, f"{field}.inputs", x) for x in convention.inputs]
    there = [
        None if x is None else fields.shape_of(owner, f"{field}.gradients", x) for x in convention.gradients
    ]
    fits = len(there) == len(shapes) and all(g is None or g == x for g, x in zip(there, shapes, strict=False))
    if not fits:
        wrong(owner, f"{field}.gradients", f"arrays of the shapes of its inputs, {shapes}", f"shapes {there}")
