"""DeZero: a define-by-run automatic differentiation framework on NumPy and CuPy.

The core and the functions are there at once; the other modules (`dezero.layers`, `dezero.models`,
...), and what comes from them, load when first used.
"""

__distribution__ = "dezero-gradcheck"  # whose file this is: see `dezero._installation`

from importlib import import_module
from typing import TYPE_CHECKING, Any

import dezero as dezero  # shown, as all modules are, by the book's package
from dezero import above, core, cuda, functions, memory, tape
from dezero._installation import VERSION
from dezero.core import (
    Config,
    Function,
    Parameter,
    Variable,
    as_array,
    as_variable,
    no_grad,
    setup_variable,
    test_mode,
    using_config,
)
from dezero.cuda import seed
from dezero.protocols import from_dlpack

__version__ = VERSION

if TYPE_CHECKING:
    from dezero.dataloaders import DataLoader, SeqDataLoader
    from dezero.datasets import Dataset
    from dezero.layers import Layer
    from dezero.models import Model

is_simple_core = False  # the book's switch; `dezero.core_simple` exists next to this core

__all__ = [
    "Config", "DataLoader", "Dataset", "Function", "Layer", "Model", "Parameter", "SeqDataLoader",
    "Variable", "as_array", "as_variable", "core", "cuda", "dataloaders", "datasets", "dezero",
    "from_dlpack", "functions", "functions_conv", "is_simple_core", "layers", "models", "no_grad",
    "optimizers", "seed", "setup_variable", "test_mode", "transforms", "using_config", "utils",
]  # fmt: skip

above.functions, above.tape = functions, tape
core.dezero = functions.dezero = dezero
memory.keep_freed_memory()

_HOMES = {
    "DataLoader": "dataloaders",
    "Dataset": "datasets",
    "Layer": "layers",
    "Model": "models",
    "SeqDataLoader": "dataloaders",
}
_MODULES = {*_HOMES.values(), "functions_conv", "onnx", "optimizers", "transforms", "utils"}


def __getattr__(name: str) -> Any:
    """Load a module, or what the book's programs import from `dezero` itself, when asked for."""
    if name in _MODULES:
        return import_module(f"dezero.{name}")
    if name in _HOMES:
        return getattr(import_module(f"dezero.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dezero' has no attribute {name!r}")
