"""What measures is described: of a GPU as far as CuPy tells it, and only where one was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dezero import cuda
from gradcheck.cases.laboratory import Selection
from gradcheck.records import card, machine
from gradcheck.running.session import _devices

H100: Mapping[str, Any] = {
    "name": b"NVIDIA H100 80GB HBM3",
    "major": 9,
    "minor": 0,
    "multiProcessorCount": 132,
    "totalGlobalMem": 85_045_870_592,
}
SWITCHES = ("CUPY_TF32", "NVIDIA_TF32_OVERRIDE", "CUPY_ACCELERATORS", "DEZERO_FUSE")


@pytest.fixture(autouse=True)
def switches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SWITCHES:
        monkeypatch.delenv(name, raising=False)


def cupy(found: Mapping[str, Any] = H100) -> Any:
    """A module that tells what CuPy tells of a card."""
    runtime = SimpleNamespace(
        getDeviceProperties=lambda device: found,
        driverGetVersion=lambda: 13000,
        runtimeGetVersion=lambda: 13020,
    )
    return SimpleNamespace(__version__="14.2.0", cuda=SimpleNamespace(runtime=runtime), ndarray=list)


@pytest.mark.parametrize(
    "text",
    [
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27 07:34:20 UTC 2025\n",
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (u@U22-I3)\n",
    ],
)
def test_card_driver_runtime_and_switches_are_named(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "version").write_text(f"{text}GCC version:  gcc version 12.3.0\n")
    monkeypatch.setattr(card, "DRIVER", tmp_path / "version")
    monkeypatch.setenv("CUPY_ACCELERATORS", "cub")
    assert card.name(cupy()) == "NVIDIA H100 80GB HBM3"
    assert card.properties(cupy()) == {
        "compute capability": "9.0",
        "multiprocessors": "132",
        "memory": "79.2 GiB",
        "driver": "580.65.06",
        "CUDA of the driver": "13.0",
        "CUDA runtime": "13.2",
        "CuPy": "14.2.0",
        "TF32": "off",
        "CUPY_ACCELERATORS": "cub",
    }


def test_what_nobody_tells_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(card, "DRIVER", tmp_path / "none")
    assert card.name(SimpleNamespace()) == card.UNKNOWN
    assert card.properties(SimpleNamespace()) == {"TF32": "off"}
    assert card.properties(cupy({"major": 9}))["CUDA runtime"] == "13.2"
    assert "compute capability" not in card.properties(cupy({"major": 9}))
    without = cupy()
    without.cuda.runtime.driverGetVersion = lambda: 0  # CUDA's answer where there is no driver
    assert "CUDA of the driver" not in card.properties(without)


@pytest.mark.parametrize(
    ("asked", "forced", "expected"),
    [("1", "", "on"), ("0", "", "off"), ("1", "0", "off"), ("1", "1", "on"), ("2", "", "on")],
)
def test_tf32_is_on_where_cupy_is_asked_and_nothing_forbids_it(
    asked: str, forced: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUPY_TF32", asked)
    if forced:
        monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", forced)
    assert card.tf32() == expected


def test_a_run_on_the_processor_asks_nothing_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "device_module", lambda: pytest.fail("asked for the device"))
    assert [each["device"] for each in _devices(Selection(devices=("cpu",)), None)] == ["cpu"]


def test_a_run_on_both_describes_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "device_module", cupy)
    found = _devices(Selection(devices=("cpu", "gpu")), None)
    assert [each["name"] for each in found] == [machine.processor(), "NVIDIA H100 80GB HBM3"]
    assert found[0]["properties"] == {}
    assert found[1]["properties"]["CuPy"] == "14.2.0"
    assert machine.describe()["devices"]["gpu"] == found[1]


def test_without_a_device_the_reason_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Any:
        raise RuntimeError("cuda: no device")

    monkeypatch.setattr(cuda, "device_module", none)
    assert list(machine.describe()["devices"]) == ["cpu"]
    assert machine.describe()["no_gpu"] == "cuda: no device"
