"""Graph pictures: the text, what Graphviz makes of it, and what a notebook gets."""

import re
import shutil
import subprocess
import sys
import types
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Function, Variable, utils
from dezero.utils import dot_svg, get_dot_graph, plot_dot_graph
from dezero.utils.drawing import svg
from dezero.utils.graph import Node, _own_svg

needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


@pytest.fixture(params=["dot", "pygraphviz"])
def graphviz(request, monkeypatch, tmp_path):
    """Graphviz as the system's program, and as the library alone."""
    if request.param == "pygraphviz":
        pytest.importorskip("pygraphviz", reason="pygraphviz is not installed")
        monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    elif shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")


NODE = re.compile(r'(\d+) \[label="(.*)", color=(\w+), style=filled(, shape=box)?\]', re.DOTALL)
SVG = "{http://www.w3.org/2000/svg}"


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
@settings(max_examples=5, deadline=None)  # each example runs a program, which draws all its graphs
@given(
    names=st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1),
        min_size=5,
        max_size=10,
    )
)
def test_any_name_gives_a_picture_that_shows_it(names):
    pictures = _svg("".join(get_dot_graph(variable(1.0, name), verbose=False) for name in names))
    assert [svg.count("<ellipse") for svg in pictures.split("</svg>")] == [*[1] * len(names), 0]


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


@given(name=st.text(st.sampled_from("a\x00\x01\t\x1b\x7f\ufffe\uffff\u202e"), min_size=1))
@settings(max_examples=10, deadline=None)  # each example runs a program
def test_no_character_of_a_name_breaks_the_picture(name):
    ElementTree.fromstring(dot_svg(F.exp(variable(1.0, name))))


@needs_graphviz
def test_a_line_break_in_a_name_stays_one():
    svg = _svg(get_dot_graph(variable(1.0, "up\r\ndown"), verbose=False))
    assert ">up</text>" in svg
    assert ">down</text>" in svg


@pytest.mark.parametrize(("extension", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_plot_writes_the_format_of_the_extension(graphviz, extension, magic, tmp_path):
    target = tmp_path / f"a graph; rm -rf $(x).{extension}"
    assert plot_dot_graph(variable(1.0) * 2, to_file=str(target)) is None
    assert target.read_bytes().startswith(magic)
    assert list(tmp_path.iterdir()) == [target]


def test_a_format_that_graphviz_lacks_is_refused_and_nothing_written(graphviz, tmp_path):
    with pytest.raises(RuntimeError, match=r"(`dot -Tnosuch` failed: .*|not draw the format ')nosuch"):
        plot_dot_graph(variable(1.0), to_file=str(tmp_path / "graph.nosuch"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_name_without_format_is_refused():
    with pytest.raises(ValueError, match=r"to_file must end in a format, .* got 'graph'"):
        plot_dot_graph(variable(1.0), to_file="graph")


@pytest.fixture
def without_graphviz(monkeypatch, tmp_path):
    """No program on the PATH, no library, and no warning given yet."""
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setattr("dezero.utils.graph._warned", False)


@pytest.mark.parametrize("extension", ["png", "svg", "pdf", "dot"])
def test_without_graphviz_text_and_a_picture_are_written_and_the_program_goes_on(
    without_graphviz, extension, tmp_path
):
    y = variable(1.0, "x") * 2
    with pytest.warns(
        UserWarning, match="`dot` is not installed .* install Graphviz: apt.*pip install pyg"
    ) as warned:
        plot_dot_graph(y, to_file=str(tmp_path / f"graph.{extension}"))
    plot_dot_graph(y, to_file=str(tmp_path / f"graph.{extension}"))  # warns no more
    assert [w.filename for w in warned] == [__file__]
    assert {path.name for path in tmp_path.iterdir()} == {"graph.dot", "graph.svg"}
    assert (tmp_path / "graph.dot").read_text() == get_dot_graph(y)
    assert (tmp_path / "graph.svg").read_text() == dot_svg(y)


def test_without_graphviz_a_graph_too_large_to_look_at_is_text_only(without_graphviz, tmp_path):
    y = x = variable(1.0)
    for _ in range(501):
        y = y + x
    with pytest.warns(UserWarning, match=r"wrote \S*graph.dot instead"):
        assert plot_dot_graph(y, to_file=str(tmp_path / "graph.png")) is None
    assert [path.name for path in tmp_path.iterdir()] == ["graph.dot"]


@given(name=st.text())
def test_any_name_gives_a_drawing_that_shows_it(name):
    (text,) = ElementTree.fromstring(_own_svg(variable(1.0, name), False)).iter(SVG + "text")
    assert (text.text or "").strip() == "".join(c if c.isprintable() else "\ufffd" for c in name).strip()


@st.composite
def graphs(draw):
    """The width of each label's text, and edges from lower to higher numbers."""
    lengths = draw(st.lists(st.integers(0, 30), min_size=1, max_size=12))
    pairs = [(a, b) for b in range(len(lengths)) for a in range(b)]
    return lengths, draw(st.lists(st.sampled_from(pairs), max_size=20)) if pairs else []


@given(graph=graphs(), boxes=st.booleans())
def test_nodes_of_a_drawing_lie_within_it_and_apart_and_edges_point_down(graph, boxes):
    lengths, edges = graph
    root = ElementTree.fromstring(svg({i: Node("m" * n, "red", boxes) for i, n in enumerate(lengths)}, edges))
    left, top, width, height = map(float, root.get("viewBox").split())
    places = [_rectangle(e) for e in root if e.tag in (SVG + "rect", SVG + "ellipse")]
    assert len(places) == len(lengths)
    for x, y, w, h in places:
        assert left < x - w / 2
        assert x + w / 2 < left + width
        assert top < y - h / 2
        assert y + h / 2 < top + height
    for i, (x, y, w, h) in enumerate(places):
        for x2, y2, w2, h2 in places[:i]:
            assert abs(x - x2) >= (w + w2) / 2 or abs(y - y2) >= (h + h2) / 2
    assert all(places[a][1] < places[b][1] for a, b in edges)
    assert len([e for e in root if e.tag == SVG + "path"]) == len(edges)


def _rectangle(e):
    """The middle, width and height of a node."""
    if e.tag == SVG + "rect":
        x, y, w, h = (float(e.get(name)) for name in ("x", "y", "width", "height"))
        return x + w / 2, y + h / 2, w, h
    x, y, w, h = (float(e.get(name)) for name in ("cx", "cy", "rx", "ry"))
    return x, y, 2 * w, 2 * h


def test_in_ipython_the_picture_is_returned(graphviz, monkeypatch, tmp_path):
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


def test_svg_for_notebooks(graphviz):
    y = variable(1.0, "x") * 2
    svg = dot_svg(y)
    assert svg.rstrip().endswith("</svg>")
    assert ">x: () float64</text>" in svg
    assert ">x</text>" in dot_svg(y, verbose=False)


@pytest.mark.parametrize(
    "name", ['<script>alert("x")</script>', "a\\nb", "\\N", '"]; evil [label="', "\u00e9 \u65e5"]
)
def test_a_picture_for_a_notebook_holds_each_node_once(graphviz, name):
    x = variable([1.0, 2.0], name)
    y = F.exp(x * x + x)
    y.name = "y"
    root = ElementTree.fromstring(dot_svg(y, verbose=False))
    texts = ["".join(text.itertext()) for text in root.iter(SVG + "text")]
    assert sorted(texts) == sorted([name, "y", "Mul", "Add", "Exp"])
    assert len([e for e in root.iter(SVG + "g") if e.get("class") == "edge"]) == 8  # x * x has two


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
