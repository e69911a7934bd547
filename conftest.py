"""What every test runs under: Hypothesis profiles, the device, and a guard on global state."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator, Iterator

# Under pytest-xdist every core has its worker: threads of BLAS on top of that slow all of them down.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

# Tests start hundreds of processes: what one compiles, or its pytest rewrites (all of Hypothesis), is kept.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The table is dezero's own, whatever is installed here.
os.environ["GRADCHECK_NO_ENTRY_POINTS"] = "1"

import hypothesis  # noqa: E402  # NumPy reads these when it loads
import numpy as np  # noqa: E402  # as above
import pytest  # noqa: E402  # as above: plugins of it may load NumPy

from dezero import Config, cuda  # noqa: E402  # as above

hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, max_examples=50, print_blob=True)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The garbage collector waits while tests are collected, and does not look at these 20,000 later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a GPU are skipped where there is none, with the reason."""
    needing = [item for item in items if item.get_closest_marker("gpu")]
    if not needing:
        return
    try:
        cuda.device_module()
    except RuntimeError as error:
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=f"needs a GPU: {error}"))


@pytest.fixture(autouse=True, scope="session")
def hypotheses_may_fail() -> Iterator[None]:
    """What a hypothesis of the diagnosis stumbles on is an error here, and no answer elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gradcheck.judging.diagnosis.STRICT", True)
        yield


@pytest.fixture(autouse=True)
def nothing_left_changed() -> Iterator[None]:
    """Each test, and what is shared by several, starts from one global seed, from which layers draw."""
    config = Config.enable_backprop, Config.train
    np.random.seed(0)  # noqa: NPY002  # the global state is what is guarded
    yield
    np.random.seed(0)  # noqa: NPY002
    assert (Config.enable_backprop, Config.train) == config, "the test left Config changed"
