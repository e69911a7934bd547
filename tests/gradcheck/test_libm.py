"""The elementary functions of a device have the digits that rounding in a gradient supposes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import cuda
from gradcheck.cases import laboratory
from gradcheck.cases.key import find
from gradcheck.judging import libm, verdict
from gradcheck.judging.proof import forward


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_no_elementary_function_is_off_by_more_than_is_allowed(device: Any, dtype: str) -> None:
    found = libm.errors(device, dtype)
    assert found.keys() == libm.FUNCTIONS.keys()
    assert {name: error for name, error in found.items() if not error <= verdict.SAFETY} == {}


def test_an_inaccurate_function_shows() -> None:
    class Careless:
        """NumPy whose exp has the digits of float32."""

        def __getattr__(self, name: str) -> Any:
            return getattr(np, name)

        @staticmethod
        def exp(x: Any) -> Any:
            return np.exp(x.astype(np.float32)).astype(x.dtype)

    found = libm.errors(Careless(), np.float64)
    assert found["exp"] > 1e6
    assert found["log"] <= verdict.SAFETY


@pytest.mark.parametrize(("off", "counted"), [(2.0, 2.0), (40.0, float(verdict.SAFETY)), (0.1, None)])
def test_a_declared_accuracy_follows_the_functions_of_the_device(
    off: float, counted: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = max(libm.errors(np, "float64").values())
    monkeypatch.setattr(libm.cuda, "device_module", lambda: None)
    monkeypatch.setattr(libm, "errors", lambda module, dtype: {"exp": here if module is np else off})
    libm.coarseness.cache_clear()
    assert libm.coarseness("gpu", "float64") == (counted / here if counted else 1.0)
    assert libm.coarseness("cpu", "float64") == 1.0
    libm.coarseness.cache_clear()


def test_forward_may_be_as_far_off_as_the_functions_of_the_device(
    standin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def further(x: Any) -> Any:
        """tanh, off by 3 ULPs more."""
        y = F.tanh(x)
        if cuda.get_array_module(y) is standin:
            y.data = standin.asarray(y.data.get() * np.float32(1 + 3 * 2.0**-23))
        return y

    case = replace(laboratory.build(find("tanh/float32/gpu")), f=further)
    for factor, said in ((1.0, "fail"), (2.0, "pass")):
        monkeypatch.setattr("gradcheck.judging.proof.forward.coarseness", lambda *_, factor=factor: factor)
        found = forward.against_formula(case)
        assert found is not None
        assert found.verdict == said
