"""Random numbers on the host and on a device, from the global generators that `dezero.seed` seeds.

On the host the draws are those of the book's programs, number for number. A device draws in the dtype
that is asked for: float64 numbers for float32 weights would be slow to make there and thrown away.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def standard_normal(shape: tuple[int, ...], dtype: Any, xp: Any = np) -> Any:
    """Normal numbers of mean 0 and variance 1: an array of the module xp (NumPy or CuPy).

    They are float64 on the host, and on a device of the precision of `dtype` (at least float32).

    >>> standard_normal((2, 3), np.float32).shape
    (2, 3)
    """
    if xp is np:
        return np.random.randn(*shape)  # noqa: NPY002  # the book's draw
    return xp.random.standard_normal(shape, dtype=_drawn(dtype))


def random_sample(shape: tuple[int, ...], dtype: Any, xp: Any = np) -> Any:
    """Uniform numbers from [0, 1): an array of the module xp, of dtypes as above.

    >>> bool(random_sample((), np.float32) < 1)
    True
    """
    if xp is np:
        return np.random.random_sample(shape)  # noqa: NPY002  # the book's draw
    return xp.random.random_sample(shape, dtype=_drawn(dtype))


def _drawn(dtype: Any) -> str:
    """What a device draws for numbers of `dtype`: it can draw float32 and float64."""
    return "float32" if np.result_type(dtype, np.complex64) == np.complex64 else "float64"
