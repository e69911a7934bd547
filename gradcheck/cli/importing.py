"""A user's file as the module that it is: in its package, so that relative imports work, and only once.

The folder in which its outermost package is (its own, where it is in none) is searched first, as by pytest
and `python FILE.py`; its own and the working directory are searched last. They stay on `sys.path`: an op may
import when it is called. What is there does not take the name of a module of the standard library.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from gradcheck.errors import SpecError

NEEDED = ("sympy", "mpmath")  # what gradcheck imports after an op's folder has come to be searched
INSTALLED = ("site-packages", "dist-packages")


class PlaceError(SpecError):
    """A file cannot be imported from where it is."""


def file_module(path: Path) -> ModuleType:
    """The module of a file, under its full name in its package.

    Where another module has that name, and is not to be hidden from whoever imports it, the file's has a name
    of its own.

    Raises:
        PlaceError: its package cannot be told, or another one has its name.
        BaseException: what the file raises, or a module that it imports.
    """
    path = path.resolve()
    root, packages = _place(path)
    if not packages:
        taken = _means_another(path.stem, path)
        _search(root, path.parent, kept=[path.stem] if taken else ())
        return _loaded("", path, taken)
    _require_free(packages[0], root, path)
    _search(root, path.parent, free=packages[0])
    package = importlib.import_module(".".join(packages))
    if str(path.parent) not in _folders(package):
        raise PlaceError(
            f"{path} belongs to a package {package.__name__!r}, and another one has that name: "
            f"{_origin(package)}; an __init__.py in {path.parent} is missing"
        )
    if path.name == "__init__.py":
        return package
    return _loaded(f"{package.__name__}.", path, _others(path.stem, path, [str(path.parent)]))


def named_module(name: str) -> ModuleType:
    """The module of that name; the working directory is searched first.

    Raises:
        BaseException: what it raises.
    """
    _search(Path.cwd(), Path.cwd(), free=name.partition(".")[0])
    return importlib.import_module(name)


# Where a file stands ----------------------------------------------------------------------------------


def _place(path: Path) -> tuple[Path, list[str]]:
    """The folder in which the file's outermost package is, and its packages.

    A folder with an `__init__.py` is one; without, those are up to which the file's relative imports reach.

    Raises:
        PlaceError: they reach up to what can be none.
    """
    folder, packages = path.parent, list[str]()
    levels = _levels(path)
    while (folder / "__init__.py").is_file() or len(packages) < levels:
        if "." in folder.name or not folder.name:
            break
        packages.insert(0, folder.name)
        folder = folder.parent
    if len(packages) < levels:
        raise PlaceError(
            f"{path} imports from {'.' * levels}, and the folder {folder} can be no package: its name is "
            "empty or has a dot"
        )
    return folder, packages


def _levels(path: Path) -> int:
    """The most dots with which the file imports; 0 where it cannot be read, which its import will say."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)


def _means_another(name: str, path: Path) -> bool:
    """Whether `import name` is to give something else than the file: what is installed, or is beside it."""
    if name in sys.modules:
        return not _is_of(sys.modules[name], path)
    installed = [entry for entry in sys.path if Path(entry).name in INSTALLED]
    return name in sys.stdlib_module_names or _others(name, path, [str(path.parent)], installed)


def _others(name: str, path: Path, *searched: Sequence[str]) -> bool:
    """Whether one of these searches finds another file by this name, as of a package beside the file."""
    found = (PathFinder.find_spec(name, folders) for folders in searched)
    return any(spec is not None and spec.origin and Path(spec.origin).resolve() != path for spec in found)


def _require_free(top: str, root: Path, path: Path) -> None:
    """Refuse a package whose name a module has that is loaded from elsewhere."""
    loaded = sys.modules.get(top)
    if loaded is not None and str(root / top) not in _folders(loaded):
        raise PlaceError(
            f"{path} belongs to a package {top!r}, and another module has that name: {_origin(loaded)}; "
            f"rename the folder {root / top}, or check a copy of the file elsewhere"
        )


def _is_of(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).resolve() == path


def _folders(package: ModuleType) -> list[str]:
    """Where the modules of a package are; none of what is no package."""
    return [os.path.realpath(folder) for folder in getattr(package, "__path__", ())]


def _origin(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or ", ".join(_folders(module)) or "a part of Python"


# Importing it -----------------------------------------------------------------------------------------


def _loaded(package: str, path: Path, taken: bool) -> ModuleType:
    """The file's module: the one that there is, where its package has imported it by now.

    Args:
        package: "" or the package's name and a dot.
        taken: whether the file's name means another module.
    """
    name = package + path.stem
    if not taken and "." not in path.stem:
        return importlib.import_module(name)
    name = f"{package}{path.stem.replace('.', '_')}__file"
    spec = spec_from_file_location(name, path)
    assert spec is not None  # for what ends in .py there is one
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _search(root: Path, folder: Path, kept: Iterable[str] = (), free: str = "") -> None:
    """Search a root first, a folder and the working directory last.

    Args:
        kept: names that mean something else than what is in these.
        free: a name that means what is in them, even if it is one of the standard library.
    """
    folders = [str(root), str(folder), os.getcwd()]
    names = {*sys.stdlib_module_names, *NEEDED, *kept} - {free}
    sys.meta_path.insert(0, _Elsewhere(names, [*folders, ""]))
    sys.path[:] = [folders[0], *sys.path, *folders[1:]]
    importlib.invalidate_caches()


class _Elsewhere(MetaPathFinder):
    """Finds modules of these names anywhere but in these folders; of one that is not, others may."""

    def __init__(self, names: set[str], folders: Sequence[str]) -> None:
        self._names = names
        self._folders = folders

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname not in self._names:
            return None
        return PathFinder.find_spec(fullname, [entry for entry in sys.path if entry not in self._folders])
