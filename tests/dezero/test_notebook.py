"""What a notebook shows of Variables and Layers: HTML that is whole, escaped and small."""

from __future__ import annotations

from base64 import b64decode
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero.functions as F
import dezero.layers as L
from dezero import Parameter, Variable
from dezero.models import MLP, VGG16, Sequential
from dezero.utils import notebook

HOSTILE = '<script>alert("x")</script>&amp;\u202e\x1b[31m\ud800'
NUMBERS = hnp.scalar_dtypes() | hnp.complex_number_dtypes()


def parse(html: str) -> ElementTree.Element:
    """The tree; an error where tags are left open."""
    return ElementTree.fromstring(html)


def texts(html: str) -> list[str]:
    return [text.strip() for text in parse(html).itertext() if text.strip()]


def table(html: str) -> list[list[str]]:
    """The cells of the first table."""
    (first, *_) = parse(html).iter("table")
    return [["".join(cell.itertext()) for cell in row] for row in first]


def shown(values: Any, **more: Any) -> str:
    return Variable(np.array(values), **more)._repr_html_()


# Variables


def test_a_variable_shows_what_it_is() -> None:
    x = Variable(np.ones((2, 3), np.float32), name="x")
    y = F.exp(x)
    head = " ".join(texts(x._repr_html_())[:2])
    assert head == "Variable name x, shape (2, 3), float32, cpu, no gradient"
    y.backward(retain_grad=True)
    assert texts(y._repr_html_())[1] == "shape (2, 3), float32, cpu, has a gradient, made by Exp"
    assert texts(Parameter(np.ones(2))._repr_html_())[0] == "Parameter"


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        (2.5, [["2.5"]]),
        ([1, -2], [["0", "1"], ["1", "-2"]]),
        ([[1.0, np.nan], [np.inf, 1 / 3]], [["", "0", "1"], ["0", "1", "nan"], ["1", "inf", "0.333333"]]),
        ([1 + 2j], [["0"], ["1+2j"]]),
        ([True], [["0"], ["True"]]),
    ],
)
def test_values_are_a_table(values: Any, cells: list[list[str]]) -> None:
    assert table(shown(values)) == cells


def test_of_a_large_matrix_the_ends_of_rows_and_columns_are_shown() -> None:
    cells = table(shown(np.arange(10_000).reshape(100, 100)))
    assert cells[0] == ["", "0", "1", "2", "3", "4", "\u2026", "95", "96", "97", "98", "99"]
    assert [row[0] for row in cells[1:]] == ["0", "1", "2", "3", "4", "\u2026", "95", "96", "97", "98", "99"]
    assert cells[-1][-1] == "9999"
    assert set(cells[6]) == {"\u2026"}


def test_of_several_matrices_the_first_are_shown() -> None:
    html = shown(np.zeros((3, 5, 2, 2)))
    assert html.count("<table") == notebook.MOST_MATRICES
    assert [text for text in texts(html) if text.startswith(("[", "\u2026"))] == [
        "[0, 0]", "[0, 1]", "[0, 2]", "[0, 3]", "\u2026 and 11 further matrices"
    ]  # fmt: skip


def test_a_variable_without_data_or_elements_says_so() -> None:
    assert texts(Variable(None, name="W")._repr_html_()) == ["Variable", "name W, no gradient", "no data yet"]
    assert "no elements" in texts(shown(np.zeros((0, 3))))


@given(x=hnp.arrays(NUMBERS, hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=13)))
def test_any_array_gives_a_page_that_is_whole_and_small(x: np.ndarray) -> None:
    html = Variable(x)._repr_html_()
    parse(html)
    assert len(html) < 20_000


@pytest.mark.parametrize("shape", [(10**6,), (1000, 1000), (10, 10, 100, 100), (10**6, 1), (1,) * 6])
def test_of_many_elements_little_is_shown(shape: tuple[int, ...]) -> None:
    assert len(Variable(np.random.default_rng(0).normal(size=shape))._repr_html_()) < 20_000


@given(name=st.text())
def test_any_name_is_text(name: str) -> None:
    root = parse(Variable(np.ones(2), name=name)._repr_html_())
    assert {element.tag for element in root.iter()} <= {"div", "b", "table", "tr", "th", "td"}


def test_names_values_and_classes_of_others_are_escaped() -> None:
    kind = type(HOSTILE.replace("\ud800", ""), (Variable,), {})
    x = Variable(np.array([HOSTILE, "y" * 10_000, object()], dtype=object), name=HOSTILE + "z" * 10_000)
    for html in (kind(np.ones(1))._repr_html_(), x._repr_html_()):
        parse(html)
        assert "<script" not in html
        assert html.isprintable()
        assert len(html) < 20_000


def test_an_element_that_has_no_text_is_named_by_its_type() -> None:
    class Mute:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert table(Variable(np.array([Mute(), 1], dtype=object))._repr_html_())[1] == ["<Mute>", "1"]


def test_the_graph_is_a_picture_below() -> None:
    x = Variable(np.ones(2), name=HOSTILE.replace("\ud800", ""))
    (picture,) = parse(F.exp(x * x)._repr_html_()).iter("img")
    svg = ElementTree.fromstring(
        b64decode((picture.get("src") or "").removeprefix("data:image/svg+xml;base64,"))
    )
    drawn = ["".join(e.itertext()) for e in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Mul", "Exp"} <= set(drawn)
    assert "graph: 2 functions" in texts(F.exp(x * x)._repr_html_())


def test_a_large_graph_is_counted_only() -> None:
    y = Variable(np.ones(2))
    for _ in range(notebook.MOST_FUNCTIONS + 1):
        y = y + 1
    assert texts(y._repr_html_())[-1].startswith("graph: more than 50 functions")
    assert len(y._repr_html_()) < 20_000


# Layers


def test_a_layer_is_a_table_of_its_parameters() -> None:
    layer = L.Linear(3, in_size=4)
    assert texts(layer._repr_html_())[:2] == ["Linear", "2 parameters, 15 elements"]
    assert table(layer._repr_html_()) == [
        ["parameter", "shape", "dtype", "elements"],
        ["W", "(4, 3)", "float32", "12"],
        ["b", "(3,)", "float32", "3"],
    ]


def test_layers_within_are_nested_and_parameters_without_a_size_say_so() -> None:
    model = MLP((10, 2))
    assert (
        texts(model._repr_html_())[1] == "4 parameters, 12 elements, 2 without a size until the first input"
    )
    rows = table(model._repr_html_())[1:]
    assert [row[0] for row in rows] == ["l0: Linear", "l0/W", "l0/b", "l1: Linear", "l1/W", "l1/b"]
    assert rows[1][1:] == ["(I, 10) not initialized", "", "\u2026"]
    model(np.ones((3, 4), np.float32))
    assert table(model._repr_html_())[2][1:] == ["(4, 10)", "float32", "40"]
    assert texts(model._repr_html_())[1] == "4 parameters, 72 elements"


def test_a_shared_parameter_counts_once() -> None:
    model = Sequential(L.Linear(3, in_size=3, nobias=True), L.Linear(3, in_size=3, nobias=True))
    model.l1.W = model.l0.W
    assert texts(model._repr_html_())[1] == "1 parameter, 9 elements"
    assert table(model._repr_html_())[-1][1] == "as above: it is shared"


class Forgetful(L.Layer):
    def __init__(self) -> None:
        pass


@pytest.mark.parametrize("layer", [L.Layer(), Forgetful(), Sequential(F.relu)])
def test_a_layer_without_parameters(layer: L.Layer) -> None:
    assert texts(layer._repr_html_()) == [type(layer).__name__, "0 parameters, 0 elements"]


def test_a_model_of_very_many_parameters_is_cut() -> None:
    html = Sequential(*(L.Linear(1, in_size=1) for _ in range(1000)))._repr_html_()
    assert len(table(html)) == notebook.MOST_ROWS + 2
    assert texts(html)[1] == "2,000 parameters, 2,000 elements"
    assert len(VGG16()._repr_html_()) < 20_000


def test_names_of_a_layer_are_escaped() -> None:
    layer = L.Layer()
    setattr(layer, HOSTILE, Parameter(np.ones(1)))
    html = layer._repr_html_()
    parse(html)
    assert "<script" not in html
    assert html.isprintable()


def test_the_plain_form_is_the_books() -> None:
    assert repr(Variable(np.array([1.0, 2.0]))) == "variable([1. 2.])"
    assert repr(L.Linear(1)).startswith("<dezero.layers.feedforward.Linear object at")
