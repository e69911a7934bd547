"""Records: what is written is read back, what the schema does not allow is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.records import jsonl
from gradcheck.records.jsonl import (
    RecordError,
    Row,
    Writer,
    case_verdict,
    merge,
    outcome,
    read,
    row,
    validate,
    worst,
)
from gradcheck.records.rows import conforming, json_values
from gradcheck.records.schema import FILE, KINDS, schema, text
from gradcheck.records.upgrade import upgraded
from tests.gradcheck.sample_rows import (
    RUN,
    case_row,
    end_row,
    exempt_row,
    one_of_each,
    range_row,
    run_row,
    study_row,
    table_row,
)

jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema: the extra `test`")
SCHEMA = jsonschema.Draft202012Validator(schema())
DATA = Path(__file__).parent / "data"
EACH_KIND = pytest.mark.parametrize("example", one_of_each(), ids=lambda example: example["kind"])


def written(rows: list[Row], path: Path) -> list[Row]:
    with Writer(path) as writer:
        for each in rows:
            writer.write(each)
    return read(path)


def test_a_row_is_returned_as_it_is_read_back(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    rows = [*one_of_each(), {**case_row(), "error_ulp": np.float64("nan"), "bound_ulp": np.inf}]
    with Writer(path) as writer:
        returned = [writer.write(each) for each in rows]
    assert list(map(repr, returned)) == list(map(repr, read(path)[: len(rows)]))


def accepted(candidate: Row) -> bool:
    """Whether the row conforms to the schema; the jsonschema package has to agree."""
    try:
        conforming(json_values(candidate))
        ours = True
    except RecordError:
        ours = False
    assert ours == SCHEMA.is_valid(json_values(candidate))
    return ours


def test_the_schema_is_valid_draft_2020_12():
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_published_schema_is_what_the_types_of_rows_say():
    assert FILE.read_text(encoding="utf-8") == text(), "run: python -m gradcheck.records.schema"


def test_a_run_may_name_the_workers_of_a_cluster():
    machine = {"system": "Linux 6.1", "processor": "x86_64", "cores": 4}
    worker = {"count": 2, "machine": machine, "versions": {"numpy": "2.3.1"}}
    assert accepted(run_row(workers=[worker]))
    for wrong in ({**worker, "count": 0}, {**worker, "address": "x"}, {"count": 1, "versions": {}}):
        assert not accepted(run_row(workers=[wrong]))


def test_a_case_on_a_device_may_say_how_far_runs_are_apart():
    assert accepted(case_row(run_to_run_ulp=1.5))
    assert not accepted(case_row(run_to_run_ulp=None))


def test_every_kind_has_an_example():
    assert {example["kind"] for example in one_of_each()} == set(KINDS)


@EACH_KIND
def test_a_right_row_is_accepted(example: Row):
    assert accepted(example)


@EACH_KIND
def test_a_missing_field_is_refused(example: Row):
    for name in example:
        assert not accepted({key: value for key, value in example.items() if key != name})


@EACH_KIND
def test_an_extra_field_is_refused(example: Row):
    assert not accepted(example | {"surprise": 1})


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        (case_row(verdict="passed"), "case row: verdict: expected one of"),
        (case_row(formula="right"), "case row: formula: expected one of"),
        (case_row(digits="all"), "case row: digits: expected number or null, got 'all'"),
        (case_row(warnings="few digits"), "case row: warnings: expected array"),
        (case_row(seconds="fast"), "case row: seconds: expected number, got 'fast'"),
        (case_row(seconds=-1.0), r"case row: seconds: expected number from 0 to 1000000000000.0, got -1.0"),
        (range_row(x=["far"]), r"range row: x\[0\]: expected number or 'nan', 'inf', '-inf', got 'far'"),
        (case_row(seed=1.5), "case row: seed: expected integer, got 1.5"),
        (case_row(order=-1), "case row: order: expected integer from 0 to 1000, got -1"),
        (case_row(certified=1), "case row: certified: expected boolean, got 1"),
        (case_row(seed=True), "case row: seed: expected integer, got True"),
        (case_row(shapes=[[2, "n"]]), r"case row: shapes\[0\]\[1\]: expected integer"),
        (case_row(error_ulp=[1.0]), "case row: error_ulp: expected number"),
        (run_row(machine={"system": "Linux"}), "run row: machine: missing field 'processor'"),
        (row("case", {}), "case row: missing field 'run'"),
        (row("cases", {}), "unknown kind 'cases'; expected one of run, case"),
        ({"kind": "case"}, "expected an integer schema_version, got None"),
        (case_row(schema_version=True), "expected an integer schema_version, got True"),
        (case_row(schema_version=0), "case row: schema_version: expected 4, got 0"),
    ],
)
def test_what_is_wrong_is_named(candidate: Row, message: str):
    with pytest.raises(RecordError, match=message):
        validate(candidate)
    assert not SCHEMA.is_valid(candidate)


# Floats that are whole numbers are left out: an integer to JSON Schema, not to us.
JSON = st.recursive(
    st.integers(-3, 5) | st.sampled_from([None, True, False, 0.5, "nan", "pass"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("cpu"), inner),
    max_leaves=4,
)


@given(st.sampled_from(one_of_each()), st.data())
def test_any_value_in_any_field_is_judged_as_jsonschema_does(example: Row, data: st.DataObject):
    name = data.draw(st.sampled_from([key for key in example if key != "kind"]))
    accepted(example | {name: data.draw(JSON)})


FLOATS = st.floats() | st.none()
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(FLOATS, FLOATS, TEXTS, st.lists(st.floats()))
def test_rows_come_back_as_they_were(tmp_path_factory, error, bound, reason, x):
    path = tmp_path_factory.mktemp("records") / "records.jsonl"
    rows = [
        case_row(error_ulp=error, bound_ulp=bound, reason=reason, expected="nan"),
        range_row(x=x, error_ulp=x),
    ]
    np.testing.assert_equal(written(rows, path), rows)


def test_not_finite_floats_are_strings_in_the_file(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    values = [math.nan, math.inf, -math.inf, 0.1]
    written([range_row(x=values, error_ulp=values)], path)
    stored = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert stored["x"] == ["nan", "inf", "-inf", 0.1]


def test_numpy_numbers_are_written_as_numbers(tmp_path: Path):
    example = case_row(error_ulp=np.float32(0.5), seed=np.int64(3), certified=np.bool_(True))
    (back,) = written([example], tmp_path / "records.jsonl")
    assert (back["error_ulp"], back["seed"], back["certified"]) == (0.5, 3, True)


def test_rows_can_be_read_while_the_run_goes_on(tmp_path: Path):
    path = tmp_path / "deep" / "records.jsonl"
    with Writer(path) as writer:
        writer.write(run_row())
        writer.write(case_row())
        assert [each["kind"] for each in read(jsonl.part_of(path))] == ["run", "case"]
        assert not path.exists()
        writer.write(end_row())
    assert [each["kind"] for each in read(path)] == ["run", "case", "end"]
    assert not jsonl.part_of(path).exists()


def test_a_wrong_row_is_refused_and_leaves_no_trace(tmp_path: Path):
    with Writer(tmp_path / "records.jsonl") as writer:
        writer.write(run_row())
        with pytest.raises(RecordError, match="unknown field"):
            writer.write(case_row(surprise=1))
        writer.write(end_row())
    assert [each["kind"] for each in read(writer.path)] == ["run", "end"]


def broken_off(path: Path, error: type[BaseException]) -> None:
    with Writer(path) as writer:
        writer.write(run_row(declared=3))
        writer.write(case_row(case="a", verdict="fail"))
        writer.write(case_row(case="a", oracle="symbolic"))
        writer.write(case_row(case="b"))
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_run_ends_as_interrupted(tmp_path: Path, error: type[BaseException]):
    with pytest.raises(error):
        broken_off(tmp_path / "records.jsonl", error)
    end = read(tmp_path / "records.jsonl")[-1]
    assert end["interrupted"] is True
    assert (end["run"], end["declared"], end["executed"]) == (RUN, 3, 2)
    assert end["counts"] == {"pass": 1, "fail": 1, "inconclusive": 0, "not-tested": 0}


def test_an_ended_run_is_not_ended_again(tmp_path: Path):
    rows = written([run_row(), end_row()], tmp_path / "records.jsonl")
    assert [each["interrupted"] for each in rows if each["kind"] == "end"] == [False]


def test_closing_twice_is_closing_once(tmp_path: Path):
    writer = Writer(tmp_path / "records.jsonl")
    writer.close()
    writer.close()
    assert read(writer.path) == []


def test_an_old_file_stands_until_the_new_one_is_whole(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    written([case_row(case="old")], path)
    with Writer(path) as writer:
        writer.write(case_row(case="new"))
        assert read(path)[0]["case"] == "old"
    assert read(path)[0]["case"] == "new"


def truncated(path: Path) -> Path:
    path.write_text(json.dumps(json_values(case_row())) + "\n" + json.dumps(json_values(case_row()))[:40])
    return path


def test_a_line_cut_short_in_a_part_file_becomes_a_warning(tmp_path: Path):
    case, warning = read(truncated(tmp_path / "records.jsonl.part"))
    assert case == case_row()
    assert warning["kind"] == "warning"
    assert "records.jsonl.part: line 2 was cut short" in warning["message"]
    assert accepted(warning)


def test_a_line_cut_short_elsewhere_is_refused(tmp_path: Path):
    with pytest.raises(RecordError, match=r"records\.jsonl: line 2: Unterminated string"):
        read(truncated(tmp_path / "records.jsonl"))


def test_a_broken_line_inside_a_part_file_is_refused(tmp_path: Path):
    path = tmp_path / "records.jsonl.part"
    path.write_text('{"kind":\n' + json.dumps(json_values(case_row())) + "\n")
    with pytest.raises(RecordError, match="line 1"):
        read(path)


def test_a_last_line_without_newline_is_read(tmp_path: Path):
    path = tmp_path / "records.jsonl.part"
    path.write_text(json.dumps(json_values(case_row())))
    assert read(path) == [case_row()]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1, 2]", r"line 1: expected an object, got \[1, 2\]"),
        ('{"schema_version": 99, "kind": "case"}', "line 1: schema_version 99 is newer than"),
        ('{"schema_version": 1, "kind": "case", "x": NaN}', "line 1: NaN is not JSON"),
        ('{"schema_version": 1, "kind": "warning"}', "line 1: warning row: missing field 'message"),
        ("no json", "line 1: Expecting value"),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str, message: str):
    path = tmp_path / "records.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(RecordError, match=rf"records\.jsonl: {message}"):
        read(path)


def test_a_run_that_did_not_finish_is_pointed_to(tmp_path: Path):
    truncated(tmp_path / "records.jsonl.part")
    with pytest.raises(RecordError, match=r"did not finish: read records\.jsonl\.part"):
        read(tmp_path / "records.jsonl")


def test_no_file_is_an_os_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "records.jsonl")


NEW_IN_2 = {"section", "graph", "source", "study", "figure", "table", "mutant"}


@pytest.mark.parametrize(
    ("version", "kinds"),
    [(1, set(KINDS) - NEW_IN_2), (2, set(KINDS)), (3, set(KINDS)), (4, set(KINDS))],
    ids=["1", "2", "3", "4"],
)
def test_records_of_every_version_stay_readable(version: int, kinds: set[str]):
    path = DATA / f"records-v{version}.jsonl"
    stored = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert {each["schema_version"] for each in stored} == {version}
    rows = read(path)
    assert {each["schema_version"] for each in rows} == {jsonl.SCHEMA_VERSION}
    assert {each["kind"] for each in rows} == kinds
    assert all(accepted(each) for each in rows)


def old_case(**changes: Any) -> Row:
    """A case row of version 2, as it is read."""
    fields = {k: v for k, v in case_row(**changes).items() if k not in ("formula", "digits", "warnings")}
    return upgraded(json_values({**fields, "schema_version": 2}))


@pytest.mark.parametrize(
    ("changes", "formula"),
    [
        ({}, "proven"),
        ({"certified": False}, "supported"),
        ({"oracle": "symbolic"}, "supported"),
        ({"oracle": "finite_difference", "certified": False}, "supported"),
        ({"verdict": "fail"}, "unknown"),  # the formula may be right and its value far off
        ({"verdict": "inconclusive"}, "unknown"),
        ({"oracle": "contract", "certified": False}, "unknown"),
        ({"oracle": "formula", "order": 0}, "unknown"),
    ],
)
def test_an_older_row_says_of_its_formula_what_it_showed(changes: dict[str, Any], formula: str):
    assert old_case(**changes)["formula"] == formula


@pytest.mark.parametrize(
    ("changes", "digits"),
    [
        ({"error_abs": 0.0, "error_rel": 0.0}, 15.95),
        ({"error_abs": 1e-17, "error_rel": 1e-17}, 15.95),
        ({"error_abs": 2e-9, "error_rel": 1e-9}, 9.0),
        ({"error_abs": 2e-3, "error_rel": 1e-3, "dtype": "float16"}, 3.0),
        ({"error_abs": 0.5, "error_rel": 1.0}, 0.0),
        ({"error_abs": math.inf, "error_rel": None}, 0.0),  # a value that is not finite
        ({"error_abs": 5e-324, "error_rel": 0.5}, 15.65),  # among subnormal numbers
        ({"error_abs": 1e-16, "error_rel": None}, 0.0),  # for a true zero
        ({"error_abs": None, "error_rel": None}, None),
        ({"bound_ulp": 3e6}, None),  # the error of a difference
        ({"bound_ulp": None}, None),
        ({"where": "a random contraction of all elements"}, None),
        ({"dtype": "decimal"}, None),
    ],
)
def test_an_older_row_has_the_digits_that_its_errors_leave(changes: dict[str, Any], digits: float | None):
    assert old_case(**changes)["digits"] == (digits if digits is None else pytest.approx(digits, abs=0.01))


def test_a_row_of_version_3_keeps_its_answers():
    row = case_row(formula="supported", digits=9.5)
    assert upgraded({**row, "schema_version": 3}) == row


def test_a_run_of_version_3_says_nothing_of_its_source_and_of_what_its_devices_are():
    fields = {k: v for k, v in run_row().items() if k != "source"}
    new = upgraded({**fields, "schema_version": 3, "devices": [{"device": "gpu", "name": "H100"}]})
    assert new["source"] == ""
    assert new["devices"] == [{"device": "gpu", "name": "H100", "properties": {}}]
    assert accepted(new)
    for wrong in ("cpu", [3], [{"device": "cpu"}]):
        assert not accepted(upgraded({**fields, "schema_version": 3, "devices": wrong}))


def test_an_older_row_with_a_wrong_field_is_still_refused(tmp_path: Path):
    path = tmp_path / "records.jsonl"
    for wrong in ({"verdict": "passed"}, {"surprise": 1}, {"error_rel": "small"}, {"dtype": []}):
        path.write_text(json.dumps(old_case() | {"schema_version": 2} | wrong) + "\n")
        with pytest.raises(RecordError, match="line 1: case row"):
            read(path)


def test_floats_of_old_records_are_floats_again():
    rows = read(DATA / "records-v1.jsonl")
    (case,) = [each for each in rows if each["kind"] == "case"]
    assert math.isnan(case["error_abs"])
    assert case["error_ulp"] == math.inf
    assert case["got"] == "nan"


def test_merge_keeps_both_runs_and_drops_copies():
    cpu = [run_row(), case_row(), end_row()]
    gpu = [run_row(run="gpu"), case_row(run="gpu", device="gpu"), end_row(run="gpu")]
    merged = merge([cpu, gpu, cpu])
    assert merged == cpu + gpu
    assert [each["run"] for each in merged if each["kind"] == "case"] == [RUN, "gpu"]


def test_merge_has_what_says_nothing_of_its_run_from_the_first_that_has_it():
    here = [run_row(), *(range_row(order) for order in (1, 2)), study_row(), table_row(place=1), table_row()]
    there = [run_row(run="b"), *(range_row(order, x=[1.0], error_ulp=[9.0]) for order in (1, 2, 3))]
    there += [study_row(seconds=9.0), table_row(place=3), range_row(op="exp")]
    assert merge([here, there]) == [*here, there[0], there[-1]]


def test_merge_counts_what_two_runs_left_out_together():
    cpu, gpu = [run_row(), exempt_row(count=2)], [run_row(run="gpu"), exempt_row(count=3)]
    both = [cpu[0], exempt_row(count=5), gpu[0]]
    assert merge([cpu, gpu]) == both
    assert merge([cpu, gpu, cpu]) == merge([both, cpu]) == merge([cpu, both]) == both
    other = exempt_row(count=3, reason="it draws at random")
    assert merge([cpu, [run_row(run="gpu"), other]]) == [*cpu, run_row(run="gpu"), other]


def test_merge_keeps_rows_of_one_run_that_differ_only_by_what_is_not_a_number():
    rows = [case_row(error_ulp=math.nan), case_row(error_ulp=math.inf)]
    assert len(merge([rows, rows])) == 2


def test_merge_refuses_two_runs_with_one_id():
    with pytest.raises(RecordError, match="two different runs have the id"):
        merge([[run_row()], [run_row(seed=1)]])


def oracle(name: str, verdict: str) -> dict[str, Any]:
    return {"oracle": name, "verdict": verdict}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([oracle("jet", "pass"), oracle("symbolic", "fail")], "fail"),
        ([oracle("jet", "inconclusive"), oracle("symbolic", "pass")], "inconclusive"),
        ([oracle("jet", "not-tested"), oracle("symbolic", "pass")], "pass"),
        ([oracle("symbolic", "inconclusive"), oracle("finite_difference", "pass")], "pass"),
        ([oracle("symbolic", "inconclusive")], "inconclusive"),
        ([oracle("jet", "inconclusive"), oracle("contract", "pass")], "inconclusive"),
        ([oracle("jet", "pass"), oracle("contract", "fail")], "fail"),
        ([oracle("contract", "pass")], "not-tested"),
        ([oracle("jet", "not-tested")], "not-tested"),
        ([], "not-tested"),
    ],
)
def test_outcome_of_several_oracles(said: list[dict[str, Any]], expected: str):
    assert outcome(said) == expected


@given(st.lists(st.sampled_from(jsonl.VERDICTS), min_size=1))
def test_the_worst_verdict_is_one_of_them_and_passes_only_if_nothing_is_against_it(verdicts):
    assert worst(verdicts) in verdicts
    against = {"fail", "inconclusive"} & set(verdicts)
    assert (worst(verdicts) == "pass") == ("pass" in verdicts and not against)


def test_a_wrong_value_fails_the_case_and_an_uncertain_one_does_not_decide():
    derivative = case_row(order=1)
    for verdict, expected in (("fail", "fail"), ("inconclusive", "pass"), ("not-tested", "pass")):
        value = case_row(order=0, oracle="formula", verdict=verdict)
        assert case_verdict([value, derivative]) == expected
    assert case_verdict([case_row(order=0, oracle="formula")]) == "pass"
