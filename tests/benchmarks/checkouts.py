"""Another checkout's dezero beside this one's, in one process."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.benchmarks.steps import Arrays, Step
from tests.benchmarks.timing import Clock

OURS = ("dezero", "gradcheck", "tests")


class Before:
    """Another checkout's dezero and gradcheck, with the entries that this checkout's benchmarks make of them.

    Args:
        folder: of the checkout.
        module: of the benchmarks; it has a function `entries`.

    Raises:
        FileNotFoundError: the folder holds no dezero.
    """

    def __init__(self, folder: Path, module: str) -> None:
        self._checkout = Checkout(folder)
        with self._checkout:
            entries = importlib.import_module(module).entries()
        self._entries = {entry.key: entry.workload for entry in entries}

    def step(self, entry: Any, arrays: Arrays) -> Step | None:
        """dezero's step of the same entry there; None where that checkout has nothing like it."""
        if entry.key not in self._entries:
            return None
        with self._checkout:
            return self._entries[entry.key].ours(arrays)

    def clock(self, clock: Clock) -> Clock:
        """A clock for what imports modules meanwhile: it finds that checkout's."""

        def inside(work: Any) -> float:
            with self._checkout:
                return clock(work)

        return inside


class Checkout:
    """The modules of dezero and gradcheck in `folder`, and this checkout's benchmarks bound to them.

    Inside `with checkout:` imports find these.

    Raises:
        FileNotFoundError: the folder holds no dezero.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "dezero" / "__init__.py").is_file():
            raise FileNotFoundError(f"{folder} holds no dezero")
        self._modules: dict[str, ModuleType] = {}
        with self:
            sys.path.insert(0, str(folder))
            try:
                for name in (
                    "dezero",
                    "dezero.layers",
                    "dezero.optimizers",
                    "dezero.models",
                    "gradcheck.specs",
                ):
                    importlib.import_module(name)
            finally:
                sys.path.remove(str(folder))

    def __enter__(self) -> None:
        self._outside = _taken()
        sys.modules.update(self._modules)

    def __exit__(self, *error: object) -> None:
        self._modules = _taken()
        sys.modules.update(self._outside)


def _taken() -> dict[str, ModuleType]:
    """Our modules, removed from where imports look."""
    names = [name for name in sys.modules if name.partition(".")[0] in OURS]
    return {name: sys.modules.pop(name) for name in names}
