"""Arrays lie in memory as a case says, and a backward that minds is found, at every order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from dezero import Function, Variable
from gradcheck import strategies
from gradcheck.cases import laboratory
from gradcheck.cases.key import OTHER_LAYOUTS, Key
from gradcheck.judging.examine import examine
from gradcheck.running.tasks import measure_case
from gradcheck.subjects.dezero import DezeroSubject
from gradcheck.subjects.layouts import CONTIGUOUS, LAYOUTS, LaidOut, differs, repeated


@pytest.mark.parametrize("layout", LAYOUTS)
@given(strategies.arrays())
def test_a_layout_keeps_values_and_what_it_was_given(layout: str, x: np.ndarray) -> None:
    before = x.copy()
    y = LAYOUTS[layout](x)
    assert np.array_equal(y, x)
    assert y.dtype == x.dtype
    if y.flags.writeable:
        y[...] = 7.0
    assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("layout", "strides", "writeable"),
    [
        (CONTIGUOUS, (24, 8), True),
        ("fortran", (8, 16), True),
        ("strided", (96, 16), True),
        ("negative", (-24, -8), True),
        ("broadcast", (0, 8), False),
        ("readonly", (24, 8), False),
    ],
)
def test_a_layout_lies_in_memory_as_its_name_says(
    layout: str, strides: tuple[int, ...], writeable: bool
) -> None:
    y = LAYOUTS[layout](repeated(np.arange(6.0).reshape(2, 3)))
    assert y.strides == strides
    assert y.flags.writeable == writeable


@given(strategies.arrays())
def test_repeated_arrays_are_broadcast_where_an_axis_is_longer_than_1(x: np.ndarray) -> None:
    y = LAYOUTS["broadcast"](repeated(x))
    assert (0 in y.strides and not y.flags.writeable) == any(size > 1 for size in x.shape)


def test_nothing_differs_in_one_element() -> None:
    one = np.ones((1, 1))
    assert [name for name in LAYOUTS if differs(name, one)] == ["readonly"]


class Watching(DezeroSubject):
    """It notes how the arrays lie that it is handed."""

    def gradients(self, *handed: Any) -> Any:
        seen.append(handed[:3])
        return super().gradients(*handed)

    def trial(self, *handed: Any, **options: Any) -> Any:
        seen.append(handed[:3])
        return super().trial(*handed, **options)


seen: list[Any] = []


@pytest.mark.parametrize("question", ["gradients", "trial"])
def test_inputs_cotangents_and_directions_are_laid_out_and_objects_are_not(question: str) -> None:
    ask = getattr(LaidOut(Watching(lambda x: x * x, [True]), LAYOUTS["fortran"]), question)
    for x, laid_out in ((np.ones((2, 3)), True), (np.ones((2, 3)).astype(object), False)):
        seen.clear()
        ask([x], [x], [x], 2)
        flags = [arrays[0].flags for arrays in seen[0]]
        assert all(f.f_contiguous == laid_out for f in flags)


class _Cube(Function):
    """x**3, whose second derivative is doubled unless x is contiguous."""

    def forward(self, x: Any) -> Any:
        return x**3

    def backward(self, gy: Variable) -> Variable:
        return gy * _Slope()(self.inputs[0])


class _Slope(Function):
    def forward(self, x: Any) -> Any:
        return 3 * x**2

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * 6 * x * (1 if x.data.flags.c_contiguous else 2)


@pytest.mark.parametrize("layout", ["fortran", "strided", "negative", "broadcast"])
def test_a_second_derivative_that_minds_memory_is_found_by_the_case_of_that_layout(layout: str) -> None:
    case = laboratory.build(Key("pow", "c=3", layout=layout), 2)
    minds = replace(case, f=lambda x: _Cube()(x))
    failing = [row.order for row in measure_case(minds).evidence if row.verdict == "fail"]
    assert min(failing) == 2
    plain = replace(minds, layout=CONTIGUOUS)
    proofs = [row.verdict for row in examine(plain).evidence if row.oracle == "jet"]
    assert proofs == ["pass", "pass"]  # only the contract sees it there


def test_a_forward_that_minds_memory_is_found() -> None:
    class Flat(Function):
        """tanh, of the elements in the order of memory."""

        def forward(self, x: Any) -> Any:
            return np.tanh(x.ravel(order="K").reshape(x.shape))

        def backward(self, gy: Variable) -> Variable:
            y = np.tanh(self.inputs[0].data)
            return gy * (1 - y * y)

    case = replace(laboratory.build(Key("tanh", layout="fortran"), 1), f=lambda x: Flat()(x))
    assert measure_case(case).verdict == "fail"


@pytest.mark.parametrize("layout", OTHER_LAYOUTS)
def test_a_right_function_passes_in_every_layout(layout: str) -> None:
    assert measure_case(laboratory.build(Key("tanh", layout=layout))).verdict == "pass"
