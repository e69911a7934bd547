"""From what was asked for to sources: files are read, options find their inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from gradcheck.errors import SpecError
from gradcheck.system.raised import described
from gradcheck.trying.domain import EVERYWHERE, SYMMETRIC, Domain
from gradcheck.trying.source import Source, square
from gradcheck.trying.wanted import FILE, Asked, Input, numbers_of

T = TypeVar("T")
Given = tuple[Input, np.ndarray | None]


def given_inputs(asked: Asked, names: Sequence[str]) -> list[Given]:
    """The inputs that were asked for, each with its values where these were given.

    Args:
        names: of the op's arguments, for files that name theirs.

    Raises:
        SpecError: a file is not there, or holds no numbers.
    """
    found: list[Given] = []
    for each in asked.inputs:
        if each.kind == FILE:
            found += _of_file(each.values, names)
        else:
            values = np.array(numbers_of(each.values)) if each.values else None
            found.append((each, values))
    return found


def _of_file(path: str, names: Sequence[str]) -> list[Given]:
    arrays = _loaded(Path(path))
    if set(arrays) >= set(names) and names:
        arrays = {name: arrays[name] for name in names}
    return [(_input(f"--values {path}, {key}", x, path, len(arrays)), x) for key, x in arrays.items()]


def _loaded(path: Path) -> Mapping[str, np.ndarray]:
    """The arrays of a file."""
    try:
        loaded: Any = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {path.stem: loaded}
        with loaded:
            return {key: loaded[key] for key in loaded.files}
    except FileNotFoundError:
        raise SpecError(f"--values: no file {path}") from None
    except Exception as error:  # of a damaged file NumPy and zlib raise many kinds
        raise SpecError(f"--values: {path} cannot be read as arrays: {described(error)}") from error


def _input(what: str, x: np.ndarray, path: str, count: int) -> Input:
    kinds = {"f": "float", "i": "int", "u": "int", "b": "bool"}
    if x.dtype.kind not in kinds:
        raise SpecError(f"{what}: expected real numbers, got dtype {x.dtype}")
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise SpecError(f"{what}: expected finite numbers, got NaN or infinity")
    return Input(x.shape, kinds[x.dtype.kind], path if count == 1 else f"{path}")


def sources(asked: Asked, inputs: Sequence[Given], names: Sequence[str]) -> list[Source]:
    """The inputs with the ranges and domains that were asked for.

    Raises:
        SpecError: there are more of these than inputs, or for an unknown one; values lie outside.
    """
    found = [Source(each, n, values=values) for n, (each, values) in enumerate(inputs)]
    domains = _for_each("--domain", asked.domains, found, names)
    ranges = _for_each("--range", asked.ranges, found, names)
    if asked.symmetric:
        matrices = [n for n, source in enumerate(found) if source.floating and square(source.shape)]
        if not matrices:
            shapes = ", ".join(f"{name}: {source.input}" for name, source in zip(names, found, strict=True))
            raise SpecError(f"--symmetric: expected a floating input that is a square matrix, got {shapes}")
        domains = {n: Domain(words=(SYMMETRIC,)) for n in matrices} | domains
    found = [
        replace(s, domain=domains.get(n), declared=n in domains, range=ranges.get(n), ranged=n in ranges)
        for n, s in enumerate(found)
    ]
    for source, name in zip(found, names, strict=True):
        _require_inside(source, name)
    return found


def _for_each(
    option: str, given: Sequence[tuple[str, T]], found: Sequence[Source], names: Sequence[str]
) -> dict[int, T]:
    """By the number of an input what is said of it: by name, in order, or once for all floats."""
    by_name = [(name, value) for name, value in given if name]
    in_order = [value for name, value in given if not name]
    unknown = [name for name, _ in by_name if name not in names]
    if unknown:
        raise SpecError(f"{option} {unknown[0]}=...: no such input; it has {', '.join(names)}")
    if len(in_order) > max(len(found), 1):
        raise SpecError(
            f"{option} is given {len(in_order)} times, for {len(found)} input(s): {', '.join(names)}"
        )
    if len(in_order) == 1:
        said = {n: in_order[0] for n, source in enumerate(found) if source.floating}
    else:
        said = dict(enumerate(in_order))
    return said | {list(names).index(name): value for name, value in by_name}


def _require_inside(source: Source, name: str) -> None:
    """Refuse a range or values outside of the domain that was given, or a shape that does not suit it."""
    if not source.fits:
        raise SpecError(f"--domain {source.where} does not suit {name}, whose shape is {source.input}")
    if source.input.kind == "int" and source.integers[0] > source.integers[1]:
        raise SpecError(f"--domain {source.where} holds no integers for {name}, which takes some")
    low, high = source.where.interval
    if source.range and source.declared and not (low <= source.range.low and source.range.high <= high):
        raise SpecError(f"--range {name}={source.range} leaves --domain {source.domain}")
    if source.values is None or source.where == EVERYWHERE:
        return
    outside = [v for v in source.values.ravel().tolist() if v not in source.where]
    if outside:
        raise SpecError(f"--values of {name}: {outside[0]} lies outside of --domain {source.domain}")
