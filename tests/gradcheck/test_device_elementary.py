"""The elementary functions of a device have the digits that rounding in a gradient supposes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import elementary, verdict


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_no_elementary_function_is_off_by_more_than_is_allowed(device: Any, dtype: str) -> None:
    found = elementary.errors(device, dtype)
    assert found.keys() == elementary.FUNCTIONS.keys()
    assert {name: error for name, error in found.items() if not error <= verdict.SAFETY} == {}


def test_an_inaccurate_function_shows() -> None:
    class Careless:
        """NumPy whose exp has the digits of float32."""

        def __getattr__(self, name: str) -> Any:
            return getattr(np, name)

        @staticmethod
        def exp(x: Any) -> Any:
            return np.exp(x.astype(np.float32)).astype(x.dtype)

    found = elementary.errors(Careless(), np.float64)
    assert found["exp"] > 1e6
    assert found["log"] <= verdict.SAFETY
