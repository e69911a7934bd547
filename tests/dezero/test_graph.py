"""Graph pictures: the text, what Graphviz makes of it, and what a notebook gets."""

import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezero import Function, Variable, utils
from dezero.utils import dot_svg, get_dot_graph, plot_dot_graph

needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
NODE = re.compile(r'(\d+) \[label="(.*)", color=(\w+), style=filled(, shape=box)?\]', re.DOTALL)


def variable(value, name=None):
    return Variable(np.array(value), name=name)


def parse(text):
    """Labels of Variables and Functions, and edges as pairs of labels."""
    nodes, edges = {}, []
    for line in text.splitlines()[1:-1]:
        node = NODE.fullmatch(line)
        if node:
            assert node[1] not in nodes
            nodes[node[1]] = node[2]
        else:
            edges.append(tuple(nodes[end] for end in line.split(" -> ")))
    return sorted(nodes.values()), sorted(edges)


def test_a_small_graph():
    x, y = variable(1.0, "x"), variable([1.0, 2.0], "y")
    z = x * y + x
    z.name = "z"
    nodes, edges = parse(get_dot_graph(z, verbose=False))
    assert nodes == ["", "Add", "Mul", "x", "y", "z"]
    assert edges == [
        ("", "Add"), ("Add", "z"), ("Mul", ""), ("x", "Add"), ("x", "Mul"), ("y", "Mul")
    ]  # fmt: skip


def test_verbose_shows_shapes_and_dtypes():
    x = Variable(np.zeros((2, 3), np.float32), name="x")
    nodes, _ = parse(get_dot_graph(-x))
    assert nodes == ["(2, 3) float32", "Neg", "x: (2, 3) float32"]
    assert parse(get_dot_graph(Variable(None, name="w")))[0] == ["w"]


def test_variables_are_ellipses_and_functions_boxes():
    text = get_dot_graph(-variable(1.0, "x"), verbose=False)
    assert text.startswith("digraph g {\n")
    assert text.endswith("}")
    assert re.search(r'label="x", color=orange, style=filled\]', text)
    assert re.search(r'label="Neg", color=lightblue, style=filled, shape=box\]', text)


def test_a_leaf_is_a_graph_of_one():
    assert parse(get_dot_graph(variable(1.0, "x"), verbose=False)) == (["x"], [])


class Split(Function):
    def forward(self, x):
        return x, -x

    def backward(self, *gys):
        return gys[0]


@pytest.mark.parametrize("wrong", [1.0, np.ones(2), [variable(1.0)]])
def test_only_a_variable_has_a_graph(wrong, tmp_path):
    for draw in (get_dot_graph, lambda x: plot_dot_graph(x, to_file=str(tmp_path / "graph.svg"))):
        with pytest.raises(TypeError, match="get_dot_graph: output must be a Variable, got <class"):
            draw(wrong)
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_nobody_holds_are_left_out():
    left, right = Split()(variable(1.0))
    assert get_dot_graph(left).count(" -> ") == 3
    del right
    assert get_dot_graph(left).count(" -> ") == 2


def test_a_deep_graph_and_much_sharing():
    x, y = variable(0.0), variable(1.0)
    for _ in range(5000):
        y = y + y * x
    text = get_dot_graph(y)
    assert text.count("shape=box") == 10_000


@needs_graphviz
@settings(max_examples=25, deadline=None)  # each example runs a program
@given(name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_any_name_gives_a_picture_that_shows_it(name):
    svg = _svg(get_dot_graph(variable(1.0, name), verbose=False))
    assert svg.count("<ellipse") == 1


def _svg(text):
    done = subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True, check=True)
    return done.stdout.decode()


@needs_graphviz
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('say "x"', "say &quot;x&quot;"),
        ("a\\nb", "a\\nb"),
        ("end\\", "end\\"),
        ('"]; evil [label="', "&quot;]; evil [label=&quot;"),
        ("\\N", "\\N"),
    ],
)
def test_names_are_shown_as_they_are(name, shown):
    assert f">{shown}</text>" in _svg(get_dot_graph(variable(1.0, name), verbose=False))


@needs_graphviz
def test_a_line_break_in_a_name_stays_one():
    svg = _svg(get_dot_graph(variable(1.0, "up\r\ndown"), verbose=False))
    assert ">up</text>" in svg
    assert ">down</text>" in svg


@needs_graphviz
@pytest.mark.parametrize(
    ("extension", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_plot_writes_the_format_of_the_extension(extension, magic, tmp_path):
    target = tmp_path / f"a graph; rm -rf $(x).{extension}"
    assert plot_dot_graph(variable(1.0) * 2, to_file=str(target)) is None
    assert target.read_bytes().startswith(magic)
    assert list(tmp_path.iterdir()) == [target]


@needs_graphviz
def test_a_format_that_graphviz_lacks_is_refused_and_nothing_written(tmp_path):
    with pytest.raises(RuntimeError, match=r"`dot -Tnosuch` failed: .*nosuch"):
        plot_dot_graph(variable(1.0), to_file=str(tmp_path / "graph.nosuch"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_name_without_format_is_refused():
    with pytest.raises(ValueError, match=r"to_file must end in a format, .* got 'graph'"):
        plot_dot_graph(variable(1.0), to_file="graph")


def test_without_graphviz_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"`dot`.*is not installed.*install Graphviz"):
        plot_dot_graph(variable(1.0), to_file=str(tmp_path / "graph.png"))
    assert dot_svg(variable(1.0) * 2) is None


@needs_graphviz
def test_in_ipython_the_picture_is_returned(monkeypatch, tmp_path):
    display = types.SimpleNamespace(
        Image=lambda filename: ("image", filename), SVG=lambda filename: ("svg", filename)
    )
    ipython = types.ModuleType("IPython")
    ipython.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    for extension, kind in (("png", "image"), ("svg", "svg"), ("pdf", None)):
        target = str(tmp_path / f"graph.{extension}")
        shown = plot_dot_graph(variable(1.0), to_file=target)
        assert shown == (None if kind is None else (kind, target))
        assert Path(target).exists()


@needs_graphviz
def test_svg_for_notebooks():
    y = variable(1.0, "x") * 2
    svg = dot_svg(y)
    assert svg.rstrip().endswith("</svg>")
    assert ">x: () float64</text>" in svg
    assert ">x</text>" in dot_svg(y, verbose=False)


def test_no_svg_of_a_leaf_or_of_a_huge_graph():
    y = variable(1.0)
    assert dot_svg(y) is None
    for _ in range(20):
        y = y + 1
    assert dot_svg(y, max_functions=19) is None


def test_functions_are_met_once_each():
    x = variable(1.0)
    a = x * x
    y = a * a + a
    found = list(utils.functions_behind(y))
    assert len(found) == len(set(map(id, found))) == 3
    assert found[0] is y.creator
