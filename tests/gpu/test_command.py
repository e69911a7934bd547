"""The parts of `python -m tests.gpu` that need no device."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcheck.records.jsonl import Writer, part_of, read, row
from tests.gpu import __main__ as command
from tests.gpu import benchmark, networks, outcomes, profile
from tests.gpu.files import pack, shorten, tail
from tests.gpu.limited import Run, perform
from tests.gpu.stages import ROOT, STAGES, Setting, Stage
from tests.gpu.training import networks as all_networks
from tests.gradcheck.sample_rows import case_row, run_row


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    folders = tmp_path / "out", tmp_path / "scratch"
    for folder in folders:
        folder.mkdir()
    return Setting(*folders, rehearse=True)


# Programs with a limit --------------------------------------------------------------------------------


def run(tmp_path: Path, program: str, seconds: float) -> tuple[Run, str]:
    log = tmp_path / "log"
    found = perform([sys.executable, "-u", "-c", program], os.environ, log, tmp_path, seconds)
    return found, log.read_text()


def test_a_program_that_ends_is_not_cut(tmp_path: Path) -> None:
    found, said = run(tmp_path, "import sys; print('this'); print('that', file=sys.stderr); sys.exit(3)", 30)
    assert (found.status, found.cut, said) == (3, False, "this\nthat\n")


SAVES = """
import time
try:
    print("began")
    time.sleep(60)
except KeyboardInterrupt:
    print("saved")
"""
DEAF = """
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid)
time.sleep(60)
"""


@pytest.mark.parametrize("inherited", [signal.default_int_handler, signal.SIG_IGN])
def test_near_its_limit_a_program_may_save_what_it_has(inherited: Any, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, inherited)
    try:
        found, said = run(tmp_path, SAVES, 4.5)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (found.status, found.cut, said) == (0, True, "began\nsaved\n")


def test_one_that_does_not_stop_is_killed_with_its_children(tmp_path: Path) -> None:
    found, said = run(tmp_path, DEAF, 3)
    assert found.status < 0
    assert found.cut
    for _ in range(100):  # init has yet to hear of the child's end
        state = Path(f"/proc/{said.strip()}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child lives on")


def test_each_stage_may_take_its_share_of_what_is_left() -> None:
    shares = {"a": 1, "b": 2, "c": 1}
    stages = [Stage(name, f"{name}.txt", share, lambda _: []) for name, share in shares.items()]
    for left, expected in {1000: (250, 2000 / 3, 1000), 40: (30, 30, 40), 8: (8, 8, 8)}.items():
        limits = [seconds for _, seconds in command._limits(stages, time.monotonic() + left)]
        assert limits == pytest.approx(expected, abs=1)


# Files ------------------------------------------------------------------------------------------------


def test_records_are_packed_and_read_again(setting: Setting) -> None:
    records, packed = setting.scratch / "records.jsonl", setting.out / "quick.jsonl.gz"
    with Writer(records) as writer:
        for each in (run_row(), case_row()):
            writer.write(each)
    assert pack(records, packed) == 0
    assert read(packed) == read(records)


def test_what_a_killed_run_left_is_packed_without_a_line_cut_short(setting: Setting) -> None:
    records, packed = setting.scratch / "records.jsonl", setting.out / "quick.jsonl.gz"
    whole = json.dumps(row("warning", {"message": "this"})).encode()
    part_of(records).write_bytes(whole + b"\n" + whole[:9])
    assert pack(records, packed) == 0
    assert [each["message"] for each in read(packed)] == ["this"]


def test_what_does_not_fit_is_left_out_and_counted(setting: Setting) -> None:
    records, packed = setting.scratch / "records.jsonl", setting.out / "quick.jsonl.gz"
    noise = np.random.default_rng(0).bytes(3 * 2**20).hex()
    lines = [noise[n : n + 2**16] for n in range(0, len(noise), 2**16)]
    records.write_text("\n".join(lines) + "\n")
    left_out = pack(records, packed, limit=2**21)
    assert packed.stat().st_size <= 2**21
    kept = gzip.decompress(packed.read_bytes()).decode().splitlines()
    assert kept
    assert left_out == len(lines) - len(kept) > 0
    assert kept == lines[: len(kept)]


def test_a_long_text_loses_its_middle(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("begin " + "x" * 10_000 + "\n\nthe end\n")
    shorten(path, 1000)
    assert path.stat().st_size <= 1000
    assert path.read_text().startswith("begin ")
    assert tail(path, 1) == ["the end"]


# Outcomes ---------------------------------------------------------------------------------------------

TEXT = Stage("tests", "tests.txt", 1, lambda _: [])
LABORATORY, FULL = (next(stage for stage in STAGES if stage.name == name) for name in ("quick", "full"))


@pytest.mark.parametrize(
    ("run", "word", "fine"),
    [
        (Run(0, 1.0, cut=False), "done", True),
        (Run(1, 1.0, cut=False), "failed", False),
        (Run(-9, 1.0, cut=True), "cut short", False),
    ],
)
def test_what_became_of_a_program(run: Run, word: str, fine: bool, setting: Setting) -> None:
    setting.log(TEXT).write_text("9 passed\n")
    found = outcomes.judge(TEXT, run, setting)
    assert (found.word, found.fine, found.headline) == (word, fine, "9 passed")


def test_of_a_program_cut_short_the_line_before_the_traceback_is_reported(setting: Setting) -> None:
    setting.log(TEXT).write_text(f"row 7\n{outcomes.TRACEBACK}\n  File\nKeyboardInterrupt\n")
    assert outcomes.judge(TEXT, Run(1, 1.0, cut=True), setting).headline == "row 7"


def measured(setting: Setting, stage: Stage, **changes: object) -> None:
    with Writer(setting.records(stage)) as writer:
        writer.write(run_row(declared=5))
        writer.write(case_row(**changes))


@pytest.mark.parametrize(("cut", "word"), [(False, "done"), (True, "cut short")])
def test_a_run_of_the_laboratory_is_judged_by_its_records(cut: bool, word: str, setting: Setting) -> None:
    measured(setting, FULL)
    found = outcomes.judge(FULL, Run(1, 1.0, cut), setting)
    assert (found.word, found.fine, found.headline) == (word, True, "1 of 5 cases: 1 pass")


def test_a_failed_case_fails_its_stage_however_it_ended(setting: Setting) -> None:
    measured(setting, FULL, verdict="fail")
    found = outcomes.judge(FULL, Run(1, 1.0, cut=True), setting)
    assert (found.word, found.fine, found.headline) == ("failed", False, "1 of 5 cases: 1 fail")


def test_a_run_without_records_failed(setting: Setting) -> None:
    setting.log(LABORATORY).write_text("gradcheck: error: no such device\n")
    found = outcomes.judge(LABORATORY, Run(2, 1.0, cut=False), setting)
    assert (found.word, found.headline) == ("failed", "gradcheck: error: no such device")


def test_the_summary_holds_the_table_and_what_has_no_file_of_its_own(setting: Setting) -> None:
    setting.log(LABORATORY).write_text("gradcheck: 9 of 10 tasks\n")
    done, failed = (TEXT, "done", 2.4, "9 passed"), (LABORATORY, "failed", 3.0, "why")
    outcomes.write([outcomes.Outcome(*done), outcomes.Outcome(*failed)], setting, "title")
    assert (setting.out / outcomes.SUMMARY).read_text().splitlines() == [
        "title", "tests     done            2 s  9 passed", "quick     failed          3 s  why",
        "", "--- quick", "gradcheck: 9 of 10 tasks",
    ]  # fmt: skip


# The command ------------------------------------------------------------------------------------------


def test_files_are_few_and_simply_named() -> None:
    names = {outcomes.SUMMARY, *(stage.file for stage in STAGES)}
    assert len(names) == len(STAGES) + 1 <= 8
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz.") for name in names)


def test_the_documentation_names_each_stage_with_its_file() -> None:
    page = (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w*) ?\| `([\w.]+)`", page, re.MULTILINE)
    assert rows == [("", outcomes.SUMMARY), *((stage.name, stage.file) for stage in STAGES)]


def test_the_commands_of_the_documentation_are_understood() -> None:
    page = (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")
    written = re.findall(r"^python -m tests.gpu (.*)$", page, re.MULTILINE)
    assert len(written) == 3
    for line in written:
        command.parser().parse_args(line.split())


def test_stages_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == 0
    assert capsys.readouterr().out.split()[:2] == ["machine", "machine.txt"]


@pytest.mark.parametrize("arguments", ["--minutes 0", "--minutes soon", "--only nothing", "more"])
def test_misuse_is_reported(arguments: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments.split())
    assert stopped.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_a_folder_without_wheels_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--wheels", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == f"tests.gpu: error: {tmp_path} holds no wheels\n"


# What the stages say ----------------------------------------------------------------------------------


def test_a_loss_that_parts_or_stands_still_is_no_agreement() -> None:
    network = all_networks(small=True)[0]
    bounds = networks.bound(network, "float32")
    host = np.linspace(2, 1, network.steps)
    same = np.zeros(network.steps)
    assert networks.verdict(host, same, bounds) == "same"
    assert networks.verdict(host, same + 2 * bounds, bounds) == "apart"
    assert networks.verdict(host, same * np.nan, bounds) == "apart"
    assert networks.verdict(np.ones(network.steps), same, bounds) == "nothing learnt"


def test_the_slowest_are_those_with_the_largest_ratios(tmp_path: Path) -> None:
    ratios = {"a": 2.0, "b": 9.0, "c": 1.0, "d": 4.0}
    rows = [{"group": "small", "name": name, "ms": 1.0, "ratio": ratio} for name, ratio in ratios.items()]
    path = tmp_path / "benchmark.json"
    path.write_text(json.dumps({"workloads": [*rows, {"group": "small", "name": "e", "error": "why"}]}))
    assert profile.slowest(path) == [("small", "b"), ("small", "d"), ("small", "a")]
    assert profile.slowest(tmp_path / "none") == []


def test_a_workload_that_cannot_be_done_leaves_its_reason() -> None:
    def fails() -> benchmark.Row:
        raise MemoryError("out of\nmemory")

    found = {"workloads": [{"group": "large", "name": "conv2d", **benchmark.attempt(fails)},
                           {"group": "large", "name": "sum", "ms": 2.0, "torch_ms": 1.0, "ratio": 2.0}],
             "fused": [{"ratio": 0.5}, {"ratio": 1.5}]}  # fmt: skip
    assert found["workloads"][0]["error"] == "MemoryError: out of memory"
    assert benchmark.headline(found) == (
        "2 workloads, mean ratios to PyTorch: large 2.00; 1 of 2 fused kernels are faster; "
        "1 went wrong: conv2d"
    )
