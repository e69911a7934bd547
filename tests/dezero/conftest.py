"""What the tests of dezero share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dezero import cuda
from tests.dezero.strict_device import StrictDevice


@pytest.fixture
def device() -> Iterator[StrictDevice]:
    """A device for the length of a test: a strict stand-in, on every machine."""
    module = StrictDevice()
    cuda.register_array_module(module)
    yield module
    cuda.unregister_array_module(module)
