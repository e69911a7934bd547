"""Writes `interface.json`: what the installed CuPy has, as far as its own docstrings and signatures tell.

CuPy imports without a GPU. What is recorded are names, parameters and the loops of ufuncs, so that the
stand-in refuses what CuPy does not have.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("interface.json")
MODULES = (
    "cupy", "cupy.linalg", "cupy.random", "cupy.fft", "cupy.lib.stride_tricks", "cupy.cuda",
    "cupy.cuda.runtime", "cupyx", "cupyx.profiler",
)  # fmt: skip
CLASSES = (
    "cupy.ndarray", "cupy.random.RandomState", "cupy.cuda.Device", "cupy.cuda.Stream",
    "cupy.cuda.Event", "cupy.cuda.MemoryPool", "cupy._core.fusion._FusionVarArray",
    "cupy._core._fusion_interface._ArrayProxy",
)  # fmt: skip
NEWER = {"__buffer__", "__release_buffer__"}  # which classes have from Python 3.12 on
DTYPES = "?bBhHiIlLqQefdFD"  # bfloat16 depends on what else is installed


def describe() -> dict[str, Any]:
    """The interface of the CuPy that is installed."""
    import cupy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that are on their way out
        return {
            "version": cupy.__version__,
            "modules": {name: _module(importlib.import_module(name)) for name in MODULES},
            "classes": {name: _class(_named(name)) for name in CLASSES},
        }


def _named(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _module(module: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"functions": {}, "ufuncs": {}, "numpy": [], "others": []}
    for name, value in _public(module):
        if type(value).__name__ == "ufunc":
            found["ufuncs"][name] = _ufunc(value)
        elif value is getattr(np, name, found):
            found["numpy"].append(name)
        elif callable(value) and not isinstance(value, type):
            found["functions"][name] = parameters(value)
        elif not isinstance(value, int):  # the driver's constants
            found["others"].append(name)
    return found


def _public(owner: Any) -> list[tuple[str, Any]]:
    return [(name, getattr(owner, name)) for name in sorted(dir(owner)) if name[0] != "_"]


def _ufunc(ufunc: Any) -> dict[str, Any]:
    loops = [op for op in ufunc._ops.ops if set(_loop(op)) <= set(DTYPES + "->")]
    return {
        "name": ufunc.name,
        "nin": ufunc.nin,
        "nout": ufunc.nout,
        "loops": [_loop(op) for op in loops],
        "refused": [_loop(op) for op in loops if op.error_func is not None],
        "scatter": ufunc._scatter_op,
    }


def _loop(op: Any) -> str:
    sides = ["".join(np.dtype(t).char for t in types) for types in (op.in_types, op.out_types)]
    return "->".join(sides)


def _class(kind: type) -> dict[str, Any]:
    """Parameters of methods, "" for what is no method; without what every object has."""
    members = {name: getattr(kind, name) for name in set(dir(kind)) - NEWER if not hasattr(object, name)}
    shown = {name: value for name, value in members.items() if name[0] != "_" or name[:2] == "__"}
    return {n: parameters(v, self_too=False) if callable(v) else "" for n, v in sorted(shown.items())}


def parameters(function: Any, self_too: bool = True) -> str:
    """The parameters of a function: names, which have defaults, how they may be given.

    >>> parameters(lambda a, *, axis=None: None)
    'a, *, axis=0'
    """
    try:
        found = list(inspect.signature(function).parameters.values())
        names = _of_signature(found)
    except ValueError:
        names = _of_docstring(function.__doc__ or "")
    if not self_too and names[:1] == ["self"]:
        names = names[1:]
    return ", ".join(names)


def _of_signature(found: list[inspect.Parameter]) -> list[str]:
    kinds = inspect.Parameter
    names = []
    starred = False
    for i, each in enumerate(found):
        if each.kind == kinds.KEYWORD_ONLY and not starred:
            names.append("*")
            starred = True
        starred = starred or each.kind == kinds.VAR_POSITIONAL
        star = {kinds.VAR_POSITIONAL: "*", kinds.VAR_KEYWORD: "**"}.get(each.kind, "")
        names.append(star + each.name + ("" if each.default is kinds.empty else "=0"))
        last = i + 1 == len(found) or found[i + 1].kind != kinds.POSITIONAL_ONLY
        if each.kind == kinds.POSITIONAL_ONLY and last:
            names.append("/")
    return names


def _of_docstring(text: str) -> list[str]:
    """As Cython and ufuncs write it: `name(self, type a, b=None) -> type` in the first line."""
    first = (text.strip().splitlines() or [""])[0].replace("\\", "")
    match = re.search(r"\((.*)\)", first)
    if match is None:
        return ["*args", "**kwargs"]
    parts = [part.strip() for part in match[1].split(",")] if match[1].strip() else []
    return [_without_type(part) for part in parts]


def _without_type(part: str) -> str:
    name, equals, _ = part.partition("=")
    return name.split()[-1] + ("=0" if equals else "")


def written(interface: dict[str, Any]) -> str:
    """`interface` as the file holds it."""
    return json.dumps(interface, indent=0, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(describe()))
