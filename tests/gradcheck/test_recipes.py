"""Variants that recipes draw: the same from the same name, and right whatever Hypothesis picks."""

from __future__ import annotations

import subprocess
import sys
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradcheck import strategies
from gradcheck.cases import laboratory, variants
from gradcheck.cases.case import Case
from gradcheck.cases.from_spec import case_at
from gradcheck.errors import SpecError
from gradcheck.judging.examine import examine
from gradcheck.specs import Spec, Variant, elementwise, specs
from gradcheck.subjects.dezero import DezeroSubject

RECIPES = [spec for spec in specs().values() if spec.recipe is not None]
every_recipe = pytest.mark.parametrize("spec", RECIPES, ids=lambda spec: spec.name)
MOST_ELEMENTS = 200  # of all arguments together: jets take milliseconds


def case_of(spec: Spec, variant: Variant, dtype: Any = np.float64) -> Case:
    """A call of the spec."""
    inputs = variants.inputs(spec, variant, zlib.crc32(spec.name.encode()), dtype)
    return case_at(spec, inputs, variant.params, id=spec.name, order=2, seed=0)


@every_recipe
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_drawn_is_computed_as_documented_and_proven_right(spec: Spec, data: Any) -> None:
    variant = data.draw(strategies.variants(spec))
    case = case_of(spec, variant)
    assert 0 < sum(x.size for x in case.inputs) <= MOST_ELEMENTS
    [value] = DezeroSubject(case.f, case.active).values([x.copy() for x in case.inputs])
    assert spec.formula is not None
    formula = np.asarray(spec.formula(np, *case.inputs, **case.params))
    assert formula.shape == value.shape
    np.testing.assert_allclose(value, formula, rtol=1e-12, atol=1e-14)
    finding = examine(case)
    assert finding.verdict == "pass", f"{variant}: {finding}"


@every_recipe
def test_names_draw_calls_of_their_own(spec: Spec) -> None:
    drawn = [repr(variants.named(spec, f"drawn{n}")) for n in range(laboratory.DRAWN)]
    assert len(set(drawn)) > laboratory.DRAWN // 3
    assert drawn == [repr(variants.named(spec, f"drawn{n}")) for n in range(laboratory.DRAWN)]


def test_another_process_draws_the_same() -> None:
    code = (
        "from gradcheck.cases import variants; from gradcheck.specs import specs; "
        "print(variants.named(specs()['conv2d'], 'drawn5'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(variants.named(specs()["conv2d"], "drawn5"))


@pytest.mark.parametrize("name", ["sum", "reshape", "conv2d", "matmul", "get_item"])
def test_the_simplest_call_is_the_first_of_everything(name: str) -> None:
    """To which Hypothesis shrinks."""
    spec = specs()[name]
    assert spec.recipe is not None
    simplest = spec.recipe(lambda options: options[0])
    assert examine(case_of(spec, simplest)).verdict == "pass"


def test_a_spec_without_a_recipe_has_no_strategy() -> None:
    with pytest.raises(SpecError, match=r"spec layers\.Linear: recipe: expected a function .* got None"):
        strategies.variants(specs()["layers.Linear"])


def test_a_row_without_a_recipe_is_refused_unless_another_row_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    newcomer = replace(specs()["tanh"], name="newcomer", recipe=None)
    monkeypatch.setattr(elementwise, "SPECS", (*elementwise.SPECS, newcomer))
    with pytest.raises(SpecError, match=r"spec newcomer: recipe: expected a function that draws .* got None"):
        specs.__wrapped__()
    said = replace(newcomer, note="Drawn variants are those of tanh.")
    monkeypatch.setattr(elementwise, "SPECS", (*elementwise.SPECS[:-1], said))
    assert specs.__wrapped__()["newcomer"] is said
