"""What several parts of the book use."""

import numpy as np
import pytest

from dezero import core, core_simple

CORES = pytest.mark.parametrize("framework", [core_simple, core], ids=["core_simple", "core"])


def gradient(x):
    """A gradient as a number: in the early core an array, later a Variable."""
    return float(x.grad if isinstance(x.grad, np.ndarray) else x.grad.data)


def goldstein(x, y):
    return (1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)) * (
        30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    )
