"""Two devices in one report: side by side, what differs, from run to run; and nothing of one not measured."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from gradcheck import cli
from gradcheck.records.jsonl import RecordError, Row, merge, read, write
from gradcheck.report import by_device, console, html
from gradcheck.report.judged import cases
from gradcheck.report.machines import machines
from gradcheck.report.summary import summarize
from tests.gradcheck.markup import spelled_out
from tests.gradcheck.sample_rows import FEW, case_row, end_row, exempt_row, on_gpu, run_row, whole_run
from tests.gradcheck.test_report import Page, page_of

TIMES = "\N{MULTIPLICATION SIGN}"
CPU = [run_row(), case_row(), case_row(order=2, error_ulp=0.9), end_row()]


def both(**changes: Any) -> list[Row]:
    """A case on both devices, to order 2; `changes` are those of the GPU."""
    return merge([CPU, on_gpu(CPU, **changes)])


def words(rows: Iterable[Row], start: str = "index") -> str:
    return page_of(rows, start).words


def found(rows: Iterable[Row]) -> by_device.Devices:
    return by_device.devices(summarize(rows))


# What is compared -----------------------------------------------------------------------------------


def test_a_case_stands_next_to_itself_on_the_other_device():
    (line,) = by_device.lines(cases(row for row in both() if row["kind"] == "case"))
    assert {device: case.row["case"] for device, case in line.cases.items()} == {
        "cpu": "tanh/float64/cpu/c",
        "gpu": "tanh/float64/gpu/c",
    }
    assert {case.formula for case in line.cases.values()} == {"proven"}


def test_what_differs_in_dtype_or_layout_stands_apart():
    other = case_row(case="tanh/float32/gpu", dtype="float32", device="gpu")
    strided = case_row(case="tanh/float64/gpu/strided", layout="strided", device="gpu")
    assert len(by_device.lines(cases([case_row(), other, strided]))) == 3


@pytest.mark.parametrize(
    ("cpu", "gpu", "times"),
    [
        (0.47, 0.9, None),  # within the margin
        (0.0, 1.5, 3.0),  # as if it were half an ULP
        (0.1, 5.0, 10.0),
        (8.0, 2.0, 0.25),
        (40.0, 42.0, None),  # more than 1 ULP, less than half as much again
        (1.0, float("nan"), float("inf")),
        (1.0, None, None),
        (float("inf"), float("inf"), None),
    ],
)
def test_errors_are_distinguished_past_the_margin(cpu: float, gpu: float | None, times: float | None):
    rows = [case_row(error_ulp=cpu), *on_gpu([case_row()], error_ulp=gpu)]
    (line,) = by_device.lines(cases(rows))
    assert line.times("gpu", 1) == (times if times is None else pytest.approx(times))


def test_errors_against_different_oracles_are_not_compared():
    other = on_gpu([case_row()], oracle="finite_difference", error_ulp=3e6)
    assert found([case_row(), *other]).differences == []


def test_a_case_that_differs_is_reported_once_at_the_order_where_it_does_most():
    rows = [case_row(order=order) for order in (1, 2, 3)]
    gpu = [{**row, "error_ulp": 0.47 + 3 * (row["order"] - 1)} for row in on_gpu(rows)]
    (difference,) = found([*rows, *gpu]).differences
    assert (difference.order, difference.orders, difference.compared) == (3, 2, 3)
    assert difference.times == pytest.approx(12.94)
    assert not difference.verdicts


def test_another_verdict_is_a_difference_and_comes_first():
    slower = [case_row(case="exp/float64/cpu", op="exp")]
    rows = both(verdict="inconclusive", formula="supported") + slower + on_gpu(slower, error_ulp=900.0)
    first, second = found(rows).differences
    assert (first.op, first.verdicts) == ("tanh", True)
    assert (second.op, second.verdicts) == ("exp", False)
    assert [case.formula for case in first.line.cases.values()] == ["proven", "supported"]


def test_where_nothing_differs_that_is_said():
    assert found(both()).differences == []
    assert "Of 1 cases that were measured on both, none differs" in words(both())
    assert "Where they differ" not in words(CPU)


def test_where_no_case_was_measured_on_both_nothing_is_said_to_differ():
    other = on_gpu([case_row(case="exp/float64/cpu", op="exp")])
    assert "No case was measured on both." in words([*CPU, *other])
    assert "Measured on both" not in console.summary([*CPU, *other])


# The pages ------------------------------------------------------------------------------------------


def test_the_matrix_has_both_devices_of_a_function_together_with_the_ratio():
    page = page_of(both(error_ulp=4.7))
    rows = [attrs["data-device"] for attrs in page.named("tr") if "data-device" in attrs]
    assert rows == ["cpu", "gpu"]
    assert len(page.named("tbody")) > 1
    assert [attrs["data-ulp"] for attrs in page.named("tr") if "data-ulp" in attrs] == [
        "0.47 0.90",
        "4.7 4.7",
    ]
    matrix = page.words[page.words.index("by function, order and dtype") :]
    assert f"15.9{TIMES} 9.4" in matrix[: matrix.index("CPU and GPU")]
    assert '<tbody>\n<tr data-device="cpu"' in spelled_out(html.render(both())["index.html"])


def test_cases_are_counted_by_device():
    rows = both(verdict="fail", certified=False, reason="wrong sign")
    content = words(rows)
    assert "cpu x86_64110000" in content
    assert "gpu NVIDIA H100 80GB HBM3100100" in content
    terminal = console.summary(rows)
    assert "On the cpu: 1 case: 1 pass\nOn the gpu: 1 case: 1 fail\n" in terminal
    assert "Measured on both: 1 case, of which 1 differ." in terminal


def test_a_page_has_the_cases_side_by_side():
    page = page_of(both(error_ulp=4.7, digits=14.8), "functions/")
    table = page.words[page.words.index("Cases of tanh: verdict") :]
    assert "Case Verdict 1st 2nd" in spaced(page)
    assert "gradcheck reproduce" not in table
    assert f"tanh/float64/cpu/cpass, provenpass, proven15.90.4714.84.7{TIMES} 9.4" in table
    assert "With gpu for cpu in the id" in page.words


def spaced(page: Page) -> str:
    """The words of the first row of heads of the cases, one space between two."""
    start = page.text.index("Cases of tanh: verdict")
    heads = page.text[page.text.index("Case", start + 10) :]
    for name in ("Verdict", "1st", "2nd"):
        heads = heads.replace(name, f" {name}", 1)
    return " ".join(heads.split())


def test_a_case_that_only_one_device_can_have_is_there_alone():
    alone = case_row(case="tanh/float64/cpu/readonly", layout="readonly")
    page = page_of([*both(), alone], "functions/").words
    assert "pass, proven—" in page[page.rindex("readonly") :]


def test_of_one_device_nothing_is_compared():
    for rows in (CPU, on_gpu(CPU)):
        for path in ("index", "functions/"):
            assert f"{TIMES} n under a figure" not in words(rows, path)
        assert "CPU and GPU" not in words(rows)
        assert "On the" not in console.summary(rows)


def test_where_no_gpu_was_measured_one_sentence_says_so():
    rows = [*CPU, exempt_row(op="*", what="needs a GPU: not run on this machine", count=9)]
    assert words(rows).count("Not run on a GPU.") == 1
    for path, text in html.render(rows).items():
        if path.startswith("functions/"):
            assert "gpu" not in text.lower()
    assert "Not run on a GPU" not in words(both())
    assert "Not run on a GPU" not in words(on_gpu(CPU))


# From run to run ------------------------------------------------------------------------------------


def test_differences_from_run_to_run_are_reported_by_function():
    rows = both(run_to_run_ulp=1.5)
    (unsteady,) = found(rows).unsteady
    assert (unsteady.op, unsteady.differing, unsteady.cases) == ("tanh", 1, 1)
    assert unsteady.worst.run_to_run_ulp == 1.5
    content = words(rows)
    assert "Of 1 cases whose calls were repeated, 1 gave other values" in content
    assert "tanhgpu1.5tanh/float64/gpu/c1 of 1" in content.replace(" gpu", "gpu").replace(" 1.5", "1.5")
    assert "Run to run on gpu" in words(rows, "functions/")


def test_the_same_bits_each_time_are_said_too():
    rows = both(run_to_run_ulp=0.0)
    assert "Each of 1 cases whose calls were repeated gave the same bits each time." in words(rows)
    assert found(rows).unsteady == []


def test_what_was_not_repeated_has_no_figure():
    for path in ("index", "functions/"):
        assert "run to run" not in words(both(), path).lower()


def test_values_that_are_not_finite_each_time_are_the_furthest_apart():
    nan = [case_row(case="exp/float64/cpu", op="exp")]
    rows = [*both(run_to_run_ulp=1.5), *on_gpu(nan, run_to_run_ulp=float("nan"))]
    assert [each.op for each in found(rows).unsteady] == ["exp", "tanh"]


# Machines -------------------------------------------------------------------------------------------


def test_card_driver_runtime_and_tf32_are_on_the_environment_page():
    for rows in (on_gpu(CPU), both()):
        content = words(rows, "environment")
        for text in ("NVIDIA H100 80GB HBM3", "580.65.06", "13.2"):
            assert text in content
        assert "GPU: TF32" in content


def test_several_machines_have_a_column_each():
    content = machines(summarize(both()))
    assert content.runs == [CPU[0]["run"], "gpu"]
    assert content.facts["GPU: driver"] == ["", "580.65.06"]
    assert [text.split(", ")[-1] for text in content.facts["Machine"]] == ["2 cores", "16 cores"]
    assert content.notes == []
    assert page_of(both(), "environment").heads >= 3


def test_a_fact_of_one_run_alone_stands_where_that_run_has_it():
    names = list(machines(summarize(both())).facts)
    assert names.index("Devices") < names.index("GPU: driver") < names.index("Versions")


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"source": "fedcba987654"}, "different files of dezero and gradcheck: 0123456789ab (run"),
        ({"source": ""}, "not known (run gpu)"),
        ({"versions": {"numpy": "2.5.2", "sympy": "1.14.0"}}, "numpy 2.3.1 (run"),
        ({"profile": "full"}, "different profiles: quick (run"),
    ],
)
def test_what_makes_runs_different_is_noted(changes: dict[str, Any], note: str):
    gpu = on_gpu(CPU)
    rows = merge([CPU, [{**gpu[0], **changes}, *gpu[1:]]])
    assert note in words(rows)
    assert f"Note: {machines(summarize(rows)).notes[0]}" in console.summary(rows)


def test_a_case_of_two_runs_is_reported_as_such():
    again = [{**row, "run": "b"} if "run" in row else row for row in CPU]
    rows = merge([CPU, again])
    assert "1 cases were measured by several runs" in words(rows)
    assert "2 runs, the worst" in words(rows, "functions/")


# The command ----------------------------------------------------------------------------------------


def test_the_command_merges_packed_records_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write(tmp_path / "cpu.jsonl", CPU)
    packed = "".join(json.dumps(row) + "\n" for row in on_gpu(CPU)).encode()
    (tmp_path / "gpu.jsonl.gz").write_bytes(gzip.compress(packed))
    names = [str(tmp_path / name) for name in ("cpu.jsonl", "gpu.jsonl.gz")]
    assert cli.main(["report", *names, "--out", str(tmp_path / "out")]) == 0
    assert "Measured on both: 1 case, of which 0 differ." in capsys.readouterr().out
    assert read(tmp_path / "out" / "records.jsonl") == both()
    (tmp_path / "gpu.jsonl.gz").write_bytes(gzip.compress(packed)[:-9])
    with pytest.raises(RecordError, match="cannot be unpacked"):
        read(tmp_path / "gpu.jsonl.gz")


def test_a_whole_run_on_both_devices_doubles_no_picture():
    rows = whole_run(FEW)
    cpu = html.render(rows)
    both_ = html.render(merge([rows, on_gpu(rows)]))
    assert both_.keys() == cpu.keys()
    for path, text in both_.items():
        assert text.count("<figure") == cpu[path].count("<figure"), path
