"""Whatever is put in an argument's place: a right value, or an error that names function and argument."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import as_array, as_variable
from tests.dezero.odd_calls import CALLS, complaint
from tests.dezero.odd_makers import MAKERS, PICTURE_SETTINGS, with_pictures
from tests.dezero.odd_values import ODD

Call = tuple[Callable[..., Any], dict[str, Any]]


def complaints(name: str, call: Call) -> list[str]:
    """What is wrong with the call that is right, and with each argument replaced by each odd value."""
    function, right = call
    found = []
    for argument in right:
        for value, make in ODD.items():
            wrong = complaint(name, function, {**right, argument: make()})
            if wrong:
                found.append(f"{name}({argument}={value}) {wrong}")
    return found


@pytest.mark.parametrize("name", CALLS)
def test_the_right_call_of_a_function_is_right(name: str) -> None:
    function, right = CALLS[name]
    with np.errstate(all="ignore"):
        function(**right)


@pytest.mark.parametrize("name", CALLS)
def test_functions_take_an_odd_argument_or_name_it(name: str) -> None:
    assert complaints(name, CALLS[name]) == []


@pytest.mark.parametrize("name", MAKERS)
def test_layers_and_their_kin_take_an_odd_argument_or_name_it(name: str) -> None:
    assert complaints(name, MAKERS[name]) == []


@pytest.mark.parametrize("name", PICTURE_SETTINGS)
def test_transforms_of_pictures_take_an_odd_argument_or_name_it(name: str) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    picture = np.ones((3, 4, 5), np.uint8) if name == "ToPIL" else image.new("RGB", (5, 4))
    assert complaints(name, with_pictures(picture)[name]) == []


DTYPES = ["e", "f", "d", "g", "D", "i", "u1", "?"]
SHAPES = st.lists(st.integers(0, 3), max_size=4).map(tuple)
SMALL_ARRAYS = st.builds(lambda shape, dtype: np.ones(shape, dtype), SHAPES, st.sampled_from(DTYPES))
SIZES = st.integers(-2, 3) | st.tuples(st.integers(-1, 3), st.integers(-1, 3))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.data())
def test_several_odd_arguments_at_once(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(CALLS)), "function")
    function, right = CALLS[name]
    odd = data.draw(st.sets(st.sampled_from(sorted(right)), min_size=1), "odd arguments")
    arguments = dict(right)
    for argument in sorted(odd):
        value = data.draw(st.sampled_from(sorted(ODD)) | SMALL_ARRAYS | SIZES, argument)
        arguments[argument] = ODD[value]() if isinstance(value, str) else value
    assert complaint(name, function, arguments) is None


def test_every_function_is_called() -> None:
    """With all of its parameters; aliases are the functions that they name."""
    public = {function for function in vars(F).values() if inspect.isfunction(function)}
    assert public - {as_array, as_variable} == {function for function, _ in CALLS.values()}
    for function, right in CALLS.values():
        assert list(right) == list(inspect.signature(function).parameters)
