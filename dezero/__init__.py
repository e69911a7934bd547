"""DeZero: a define-by-run automatic differentiation framework on NumPy and CuPy."""

from dezero import cuda, functions
from dezero.core import (
    Config,
    Function,
    Parameter,
    Variable,
    as_array,
    as_variable,
    no_grad,
    test_mode,
    using_config,
)
from dezero.protocols import from_dlpack

__version__ = "0.1.0"

__all__ = [
    "Config",
    "Function",
    "Parameter",
    "Variable",
    "as_array",
    "as_variable",
    "cuda",
    "from_dlpack",
    "functions",
    "no_grad",
    "test_mode",
    "using_config",
]
