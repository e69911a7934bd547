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

__version__ = "0.1.0"

__all__ = [
    "Config",
    "Function",
    "Parameter",
    "Variable",
    "as_array",
    "as_variable",
    "cuda",
    "functions",
    "no_grad",
    "test_mode",
    "using_config",
]
