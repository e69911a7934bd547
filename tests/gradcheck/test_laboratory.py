"""Which cases a profile holds, that their ids find them again, and that omissions are reported."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.cases import covering, laboratory, variants
from gradcheck.cases.from_spec import inputs_of
from gradcheck.cases.key import DTYPES, OTHER_LAYOUTS, Key, find, matches
from gradcheck.cases.laboratory import PROFILES, Selection
from gradcheck.cli import main
from gradcheck.errors import SpecError
from gradcheck.judging.examine import examine
from gradcheck.specs import Omission, Spec, specs
from gradcheck.specs import spec as spec_module
from gradcheck.subjects.layouts import LAYOUTS, differs

every_row = pytest.mark.parametrize("spec", specs().values(), ids=tuple(specs()))


def keys(spec: Spec, profile: str, device: str = "cpu") -> list[Key]:
    return laboratory.keys(Selection(spec.name, devices=(device,), profile=profile))


def omitted(spec: Spec, **of_key: str) -> bool:
    """Whether the spec says why something is not measured in every variant."""
    return any(all(getattr(each, name) == value for name, value in of_key.items()) for each in spec.omits)


# The design -----------------------------------------------------------------------------------------


@every_row
@pytest.mark.parametrize("profile", PROFILES)
def test_each_function_sees_each_layout_and_form_or_says_why_not(spec: Spec, profile: str) -> None:
    seen = laboratory.seen(spec, keys(spec, profile))
    for name in (*LAYOUTS, *variants.FORMS):
        assert name in seen or omitted(spec, layout=name), name


@every_row
@pytest.mark.parametrize("profile", PROFILES)
def test_each_function_sees_each_dtype(spec: Spec, profile: str) -> None:
    found = {key.dtype for key in keys(spec, profile)}
    assert found == set(PROFILES[profile])


@every_row
def test_the_full_profile_pairs_variants_dtypes_and_layouts(spec: Spec) -> None:
    declared = [key for key in keys(spec, "full") if not variants.is_drawn(key.id)]
    labels, dtypes = variants.labels(spec), PROFILES["full"]
    assert {(key.variant, key.dtype) for key in declared} == set(itertools.product(labels, dtypes))
    for layout in OTHER_LAYOUTS:
        of_layout = [key for key in declared if key.layout == layout]
        assert {key.dtype for key in of_layout} == (set(dtypes) if of_layout else set())
        for label in {*labels} - {key.variant for key in of_layout}:
            inputs = inputs_of(spec, Key(spec.name, label))
            said = any(matches(each, Key(spec.name, label, layout=layout)) for each in spec.omits)
            assert said or not any(differs(layout, x) for x in inputs if x.dtype.kind == "f")


@every_row
def test_the_quick_profile_is_part_of_the_full_one(spec: Spec) -> None:
    quick, full = ({(k.variant, k.layout) for k in keys(spec, profile)} for profile in ("quick", "full"))
    assert quick <= full


@given(st.integers(1, 6), st.integers(1, 4))
def test_turns_pair_everything_with_everything(first: int, second: int) -> None:
    third = range(max(second, 1))
    triples = [(a, b, c) for c in third for a, b in covering.pairs(range(first), range(second), c)]
    for i, j, sizes in ((0, 1, (first, second)), (0, 2, (first, second)), (1, 2, (second, second))):
        assert {(t[i], t[j]) for t in triples} == set(itertools.product(*map(range, sizes)))
    assert len(triples) == len(third) * max(first, second)


def test_nothing_is_paired_with_nothing() -> None:
    assert list(covering.pairs([], (1, 2), 0)) == []


def test_a_device_has_what_it_can_do() -> None:
    found = laboratory.keys(Selection("tanh", devices=("gpu",), profile="full"))
    assert {key.device for key in found} == {"gpu"}
    assert "longdouble" not in {key.dtype for key in found}
    assert "readonly" not in {key.layout for key in found}


# Ids ------------------------------------------------------------------------------------------------


@every_row
@pytest.mark.parametrize("profile", PROFILES)
def test_ids_are_distinct_and_found_again(spec: Spec, profile: str) -> None:
    found = keys(spec, profile)
    assert len({key.id for key in found}) == len(found)
    assert all(find(key.id) == key for key in found)


def test_a_contiguous_case_has_no_layout_in_its_id() -> None:
    assert Key("tanh").id == "tanh/float64/cpu"
    assert Key("tanh", layout="strided").id == "tanh/float64/cpu/strided"


@pytest.mark.parametrize(
    "case_id",
    [
        "tanh",
        "tanh/float64",
        "tanh/float128/cpu",
        "tanh/float64/tpu",
        "tanh/float64/cpu/contiguous",
        "tanh/float64/cpu/diagonal",
        "tanh/float64/cpu/strided/strided",
        "tanh:drawnx/float64/cpu",
        "layers.Linear:drawn0/float64/cpu",
    ],
)
def test_what_is_no_id_is_refused(case_id: str) -> None:
    with pytest.raises(SpecError, match="no case"):
        find(case_id)


@every_row
def test_the_same_point_is_measured_in_every_dtype_and_layout(spec: Spec) -> None:
    first = laboratory.first(spec)
    at = inputs_of(spec, first)
    for layout, dtype in itertools.product(LAYOUTS, DTYPES):
        if layout == "broadcast":
            continue  # which repeats elements
        other = inputs_of(spec, first._replace(layout=layout, dtype=dtype))
        for x, y in zip(at, other, strict=True):
            np.testing.assert_allclose(y.astype(x.dtype), x, rtol=1e-3)


def test_a_case_says_its_layout_and_how_to_reproduce_it(
    here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    case = laboratory.build(Key("tanh", layout="fortran"))
    assert case.layout == "fortran"
    assert case.reproduce == "gradcheck reproduce tanh/float64/cpu/fortran"
    assert main(["reproduce", "sum:drawn3/float32/cpu/strided", "--order", "1"]) == 0
    assert "layout strided" in capsys.readouterr().out


# What is left out -----------------------------------------------------------------------------------


@every_row
def test_an_omission_has_its_reason_and_leaves_something_out(spec: Spec) -> None:
    for each in spec.omits:
        assert len(each.reason.split()) >= 5
        if each.layout in variants.FORMS:
            assert all(each.layout not in variants.forms(spec, v) for v in spec.variants), "it is measured"
        else:
            assert "drawn" in each.variant or _leaves_out(each, spec)


def _leaves_out(each: Omission, spec: Spec) -> bool:
    return any(
        matches(each, Key(spec.name, label, device=device, layout=layout))
        for label in variants.labels(spec)
        for device in ("cpu", "gpu")
        for layout in LAYOUTS
    )


def test_what_is_left_out_is_counted() -> None:
    found = laboratory.left_out(Selection("max", profile="full"))
    assert sum(count for _, _, count in found) == 5 * len(PROFILES["full"])
    assert {op for op, _, _ in found} == {"max"}


def test_what_a_device_cannot_do_is_left_out_of_all() -> None:
    found = laboratory.left_out(Selection("tanh", devices=("gpu",), profile="full"))
    assert {(op, omission.dtype, omission.layout) for op, omission, _ in found} == {
        ("*", "longdouble", "*"),
        ("*", "*", "readonly"),
    }


def test_an_omission_takes_cases_out(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys(specs()["tanh"], "quick")
    without = replace(specs()["tanh"], omits=(Omission("for the test", dtype="float16"),))
    table = {**specs(), "tanh": without}
    monkeypatch.setattr("gradcheck.cases.table.specs", lambda: table)
    after = keys(without, "quick")
    assert {key.dtype for key in after} == {"float64", "float32"}
    assert len(after) < len(before)
    assert isinstance(without, spec_module.Spec)


def test_list_says_what_is_left_out_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    main(["list", "--op", "max,conv2d"])
    out = capsys.readouterr().out
    assert "not layout 0-d: images have four axes" in out
    assert "not variant axis=0, layout broadcast: repeated elements tie" in out
    assert "not on a gpu: dtype longdouble" in out
    assert "layouts: contiguous fortran strided negative broadcast readonly 0-d size-1" in out


@pytest.mark.parametrize("name", ["batch_norm", "layers.BatchNorm"])
def test_batch_normalization_is_decided_in_longdouble(name: str) -> None:
    """Where balls were too wide to decide, when an exact zero had to be narrow relative to itself."""
    for label in variants.labels(specs()[name]):
        assert examine(laboratory.build(Key(name, label, "longdouble"))).verdict == "pass"
