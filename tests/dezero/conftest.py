"""What the tests of dezero share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from dezero import cuda
from tests.dezero.strict_device import StrictDevice


@pytest.fixture
def standin() -> Iterator[Any]:
    """The stand-in as the device, for what only it can tell: counts, refusals."""
    yield from _registered(StrictDevice())


@pytest.fixture(params=["standin", pytest.param("gpu", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A device for the length of a test: the stand-in on every machine, and the GPU where there is one."""
    yield from _registered(StrictDevice() if request.param == "standin" else cuda.device_module())


def _registered(module: Any) -> Iterator[Any]:
    cuda.register_array_module(module)
    yield module
    cuda.unregister_array_module(module)


@pytest.fixture
def quick_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers draw their weights in single precision, in a fraction of the time: for networks of millions."""
    rng = np.random.default_rng(0)

    def drawn(shape: tuple[int, ...], dtype: Any, xp: Any = np) -> Any:
        return xp.asarray(rng.standard_normal(shape, dtype=np.float32))

    monkeypatch.setattr("dezero.layers.feedforward.standard_normal", drawn)
