"""The stages: what each runs, how much of the time it may take, and the file that it leaves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 12  # of the laboratory: processes share the card, and each core is busy with balls
UNRELATED = [f"--ignore=tests/{name}" for name in (  # none needs a device, and to import them takes time
    "browser", "peers", "benchmarks", "gpu", "gradcheck/test_torch_subject.py", "gradcheck/test_zoo_wrong.py",
    "gradcheck/test_zoo_right.py", "gradcheck/test_zoo_on_device.py",
)]  # fmt: skip
PATIENCE = 120  # seconds for one case: in the first ones each worker waits for its kernels to be compiled


@dataclass(frozen=True)
class Setting:
    """What all stages know.

    Attributes:
        out: the folder of the files that are kept.
        scratch: a folder of files that are not.
        rehearse: the stand-in is the device, and all sizes are small.
    """

    out: Path
    scratch: Path
    rehearse: bool

    def log(self, stage: Stage) -> Path:
        """Where a stage's output goes: it is its file, or next to it."""
        return self.out / stage.file if stage.file.endswith(".txt") else self.scratch / f"{stage.name}.log"

    def folder(self, stage: Stage) -> Path:
        """Where a stage runs. Records tell the command, which should name no folder of this machine."""
        return self.scratch if stage.measures else ROOT

    def records(self, stage: Stage) -> Path:
        """The records of a stage of the laboratory."""
        return self.scratch / stage.name / "records.jsonl"


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        file: what it leaves.
        share: its part of the time, relative to those of the stages after it.
        program: the arguments of Python.
        elastic: it goes on while time lasts, so that being cut short is no failure.
    """

    name: str
    file: str
    share: float
    program: Callable[[Setting], Sequence[str]]
    elastic: bool = False

    def command(self, setting: Setting) -> list[str]:
        return [sys.executable, *self.program(setting)]

    @property
    def measures(self) -> bool:
        """Whether it is a run of the laboratory."""
        return self.file.endswith(".jsonl.gz")


FEW = ["tests/dezero/test_device.py", "tests/dezero/test_device_fusion.py", "-k", "tanh or matmul"]


def _tests(setting: Setting) -> list[str]:
    where = FEW if setting.rehearse else ["tests", *UNRELATED]
    plugins = ["xdist", "gradcheck.pytest_plugin", *_hypothesis()]  # the package need not be installed
    chosen = [argument for plugin in plugins for argument in ("-p", plugin)]
    return ["-m", "pytest", "-q", "-m", "gpu", *chosen, "-n", "2" if setting.rehearse else "8",
            "--tb=short", "-p", "no:cacheprovider", "--continue-on-collection-errors", *where]  # fmt: skip


def _hypothesis() -> list[str]:
    return [point.value for point in metadata.entry_points(group="pytest11", name="hypothesispytest")]


def _laboratory(profile: str) -> Callable[[Setting], list[str]]:
    def program(setting: Setting) -> list[str]:
        names, workers = {"quick": ("tanh,sum", "2"), "full": ("sin", "1")}[profile]
        small = ["--op", names, "-n", workers, "--order", "2"]
        size = small if setting.rehearse else ["-n", str(WORKERS), "--time-limit", str(PATIENCE)]
        return ["-m", "gradcheck", "run", "--device", "gpu", "--profile", profile, *size, "--out", profile]

    return program


def _module(name: str, *files: str) -> Callable[[Setting], list[str]]:
    def program(setting: Setting) -> list[str]:
        paths = [str(setting.out / file) for file in files]
        return ["-m", f"tests.gpu.{name}", *paths, *["--rehearse"] * setting.rehearse]

    return program


STAGES: tuple[Stage, ...] = (  # the most valuable first
    Stage("machine", "machine.txt", 1, _module("machine")),
    Stage("tests", "tests.txt", 6, _tests),
    Stage("quick", "quick.jsonl.gz", 8, _laboratory("quick")),
    Stage("networks", "networks.json", 3, _module("networks", "networks.json")),
    Stage("benchmark", "benchmark.json", 7, _module("benchmark", "benchmark.json")),
    Stage("profile", "profile.txt", 2, _module("profile", "benchmark.json")),
    Stage("full", "full.jsonl.gz", 6, _laboratory("full"), elastic=True),
)
