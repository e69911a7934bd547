"""Another checkout's dezero beside this one's, in one process."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

OURS = ("dezero", "gradcheck", "tests")


class Checkout:
    """The modules of dezero and gradcheck in `folder`, and this checkout's benchmarks bound to them.

    Inside `with checkout:` imports find these. What was made inside can be called outside, as long as it
    imports nothing meanwhile, and what dezero computes with does not.

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
