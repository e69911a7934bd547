"""Variable and NumPy: the protocols of arrays, of copying, and of exchange."""

import copy
import gc
import operator
import pickle
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Parameter, Variable, cuda, no_grad
from dezero.models import MLP, VGG16, Sequential

MATRIX = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
ARRAYS = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(0.1, 3))


def var(value):
    return Variable(np.array(value))


# Indexing and iteration


@pytest.mark.parametrize(
    ("index", "plain"),
    [
        (var(1), 1),
        (var([0, 0, 1]), np.array([0, 0, 1])),
        (var([True, False]), np.array([True, False])),
        ((slice(None), var([2, 0])), (slice(None), np.array([2, 0]))),
        ((var(0), var([1, 1])), (0, np.array([1, 1]))),
        (slice(var(0), var(1)), slice(0, 1)),
    ],
)
def test_variables_index_as_their_arrays_do(index, plain):
    x = Variable(MATRIX)
    y = x[index]
    np.testing.assert_array_equal(y.data, MATRIX[plain])
    y.backward()
    expected = np.zeros_like(MATRIX)
    np.add.at(expected, plain, 1)
    np.testing.assert_array_equal(x.grad.data, expected)


def test_a_comparison_is_a_mask():
    x = Variable(MATRIX)
    y = x[x > 2.5]
    y.backward()
    np.testing.assert_array_equal(x.grad.data, MATRIX > 2.5)


def test_rows_are_recorded():
    x = Variable(MATRIX)
    first, second = x
    (first * second).backward()
    np.testing.assert_array_equal(x.grad.data, MATRIX[::-1])
    assert [row.shape for row in x] == [(3,), (3,)]
    assert list(Variable(np.zeros((0, 3)))) == []


def test_a_scalar_has_no_rows():
    with pytest.raises(TypeError, match=r"iteration over a Variable of shape \(\)"):
        iter(var(1.0))
    with pytest.raises(TypeError, match="len"):
        len(var(1.0))


# Comparison


@given(a=ARRAYS, number=st.floats(0.1, 3))
def test_order_compares_the_data(a, number):
    x = Variable(a)
    for found, expected in [
        (x < number, a < number),
        (x <= number, a <= number),
        (x > number, a > number),
        (x >= number, a >= number),
        (number < x, a > number),
        (x < Variable(a + 1), a < a + 1),
        (a <= x, a <= a),
        (a + 1 > x, a + 1 > a),
    ]:
        assert not isinstance(found, Variable)
        np.testing.assert_array_equal(found, expected)


def test_a_comparison_of_one_element_is_a_condition():
    x = var(2.0)
    assert x < 3
    assert not x < 2
    assert x >= 1
    steps = 0
    while x > 1:
        x = x / 1.5
        steps += 1
    assert steps == 2


def test_equality_is_identity():
    x, twin = var([1.0, 2.0]), var([1.0, 2.0])
    assert x == x  # reflexivity is what is tested
    assert x != twin
    assert (x == 1.0) is False
    assert len({x, twin, x}) == 2
    assert {x: "x", twin: "twin"}[twin] == "twin"
    assert [twin, x].index(x) == 1
    assert x not in [twin]


@pytest.mark.parametrize("compare", [np.equal, np.not_equal, lambda a, x: a == x, lambda a, x: x != a])
def test_equality_with_an_array_is_refused_and_not_guessed(compare):
    with pytest.raises(TypeError, match=r"compared by identity; .* `x\.data`"):
        compare(np.array([1.0]), var([1.0]))


def test_in_asks_for_a_value():
    x = Variable(MATRIX)
    assert 3.0 in x
    assert var(6.0) in x
    assert 7.0 not in x


# Numbers


@pytest.mark.parametrize("value", [0.0, 2.5, -3.0])
def test_one_element_is_a_number(value):
    for x in (var(value), Variable(np.array([[value]], np.float32))):
        assert float(x) == value
        assert int(x) == int(value)
        assert bool(x) is bool(value)


def test_several_are_not():
    x = var([1.0, 2.0])
    for convert in (float, int):
        with pytest.raises(ValueError, match="size 1"):
            convert(x)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)


def test_an_integer_is_an_index_and_a_fraction_is_not():
    assert ["a", "b", "c"][var(1)] == "b"
    assert list(range(var(2))) == [0, 1]
    with pytest.raises(TypeError, match="integer"):
        ["a", "b"][var(1.0)]


# NumPy


def test_asarray_gives_the_data_itself():
    x = Variable(MATRIX)
    assert np.shares_memory(np.asarray(x), x.data)
    assert np.asarray(x).dtype == np.float64
    np.testing.assert_array_equal(x, MATRIX)


def test_array_gives_a_copy():
    x = Variable(MATRIX)
    assert not np.shares_memory(np.array(x), x.data)
    assert np.shares_memory(np.array(x, copy=None), x.data)
    assert np.shares_memory(np.array(x, copy=False), x.data)


def test_asarray_converts_and_says_when_it_may_not():
    x = Variable(MATRIX)
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="copy"):
        np.array(x, dtype=np.float32, copy=False)
    with pytest.raises(TypeError, match="no data yet"):
        np.asarray(Parameter(None))


def test_lists_of_variables_become_arrays_of_numbers():
    found = np.array([var(1.0), var(2.0)])
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [1, 2])


@pytest.mark.parametrize("left", [np.array([2.0, 3.0]), np.float64(2.0), np.array(2.0), 2.0])
@pytest.mark.parametrize(
    "operate",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a**b,
    ],
)
def test_an_array_on_the_left_gives_a_variable(left, operate):
    x = var([1.0, 4.0])
    y = operate(left, x)
    assert type(y) is Variable
    np.testing.assert_allclose(y.data, operate(left, x.data), rtol=1e-15)
    y.backward()
    step = 1e-6
    slope = (operate(left, x.data + step) - operate(left, x.data - step)) / (2 * step)
    np.testing.assert_allclose(x.grad.data, slope, rtol=1e-6)


def test_a_matrix_on_the_left():
    x = Variable(MATRIX.T.copy())
    y = MATRIX @ x
    assert type(y) is Variable
    y.backward()
    np.testing.assert_array_equal(x.grad.data, np.repeat(MATRIX.sum(axis=0)[:, None], 2, axis=1))


UNARY = [
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "sqrt", "square",
    "reciprocal", "negative", "absolute",
]  # fmt: skip
BINARY = ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum"]


@pytest.mark.parametrize("name", UNARY)
@given(a=ARRAYS)
def test_ufuncs_of_one_operand_are_recorded(name, a):
    ufunc = getattr(np, name)
    x = Variable(a)
    y = ufunc(x)
    assert type(y) is Variable
    np.testing.assert_allclose(y.data, ufunc(a), rtol=1e-15)
    y.backward()
    step = 1e-6
    slope = (ufunc(a + step) - ufunc(a - step)) / (2 * step)
    np.testing.assert_allclose(x.grad.data, slope, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", BINARY)
@given(a=ARRAYS)
def test_ufuncs_of_two_operands_are_recorded(name, a):
    ufunc = getattr(np, name)
    b = a[::-1] + 0.5
    for operands in ((Variable(a), b), (a, Variable(b)), (Variable(a), Variable(b)), (Variable(a), 2.0)):
        plain = [x.data if isinstance(x, Variable) else x for x in operands]
        y = ufunc(*operands)
        assert type(y) is Variable
        assert y.creator is not None
        np.testing.assert_allclose(y.data, ufunc(*plain), rtol=1e-14)


def test_the_sign_is_a_variable():
    y = np.sign(var([-2.0, 0.0, 3.0]))
    assert repr(y) == "variable([-1.  0.  1.])"


def test_matmul_is_recorded():
    x = Variable(MATRIX)
    y = np.matmul(x, MATRIX.T)
    assert y.creator is not None
    np.testing.assert_array_equal(y.data, MATRIX @ MATRIX.T)


@pytest.mark.parametrize(
    ("name", "shape"),
    [(name, s) for name in ("iadd", "isub", "imul", "itruediv", "ipow") for s in ((), (3,), (2, 3))]
    + [("imatmul", (3, 3))],
)
def test_an_array_on_the_left_of_an_operator_in_place(name, shape):
    """The name gets the Variable, and what the array is elsewhere stays."""
    in_place = getattr(operator, name)
    array = np.full(shape, 2.0)
    x = Variable(np.full(shape, 3.0))
    y = in_place(array, x)
    assert type(y) is Variable
    np.testing.assert_array_equal(array, np.full(shape, 2.0))
    np.testing.assert_array_equal(y.data, in_place(array.copy(), x.data))
    y.backward()
    other = Variable(x.data)
    getattr(operator, name[1:])(array, other).backward()
    np.testing.assert_array_equal(x.grad.data, other.grad.data)


def test_an_integer_array_takes_a_fraction():
    total = np.array([1, 2])
    total += var([0.5, 0.5])
    np.testing.assert_array_equal(total.data, [1.5, 2.5])


@pytest.mark.parametrize("name", ["floor", "arctan", "hypot", "logaddexp", "cbrt", "remainder"])
def test_what_dezero_has_not_is_refused_by_name(name):
    ufunc = getattr(np, name)
    with pytest.raises(TypeError, match=rf"np\.{name}: dezero has no such function, .*`x\.data`"):
        ufunc(*[var(1.0)] * ufunc.nin)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: np.sin(x, out=np.empty(3)), r"np\.sin\(out=\.\.\.\)"),
        (lambda x: np.add(x, 1, dtype=np.float32), r"np\.add\(dtype=\.\.\.\)"),
        (lambda x: np.add.reduce(x), r"np\.add\.reduce"),
        (lambda x: np.multiply.outer(x, x), r"np\.multiply\.outer"),
    ],
)
def test_ufuncs_with_settings_are_refused(call, message):
    with pytest.raises(TypeError, match=message + ".*see dezero.functions, or take `x.data`"):
        call(var([1.0, 2.0, 3.0]))


def test_an_array_does_not_swallow_a_graph_in_place():
    a, x = np.zeros(2), var([1.0, 2.0])
    for call in (lambda: np.add(x, 1, out=a), lambda: np.add(1, x, a), lambda: np.add(x, a, out=a)):
        with pytest.raises(TypeError, match=r"np\.add\(out=\.\.\.\)"):
            call()
    np.testing.assert_array_equal(a, [0, 0])
    a += x.data
    np.testing.assert_array_equal(a, [1, 2])


def test_predicates_give_plain_arrays():
    x = var([1.0, np.nan, np.inf])
    for ufunc in (np.isnan, np.isinf, np.isfinite, np.signbit):
        found = ufunc(x)
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, ufunc(x.data))
    assert np.allclose(var([1.0, 2.0]), [1.0, 2.0])


# DLPack


class Exporter:
    """An array of another library, which speaks nothing but DLPack."""

    def __init__(self, array, device_type=1):
        self.array = array
        self.device_type = device_type

    def __dlpack__(self, **settings):
        return self.array.__dlpack__(**settings)

    def __dlpack_device__(self):
        return self.device_type, 0


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_dlpack_shares_memory_both_ways(dtype):
    array = np.arange(6, dtype=dtype).reshape(2, 3)
    x = dezero.from_dlpack(Exporter(array))
    assert type(x) is Variable
    assert x.dtype == dtype
    assert x.creator is None
    array[0, 0] = 7
    assert x.data[0, 0] == 7
    back = np.from_dlpack(x)
    assert np.shares_memory(back, array)
    assert x.__dlpack_device__() == array.__dlpack_device__()


def test_a_variable_of_a_variable_by_dlpack_is_a_leaf_on_the_same_memory():
    x = Variable(MATRIX.copy())
    y = dezero.from_dlpack(x * 1)
    y.backward()
    assert x.grad is None
    twin = dezero.from_dlpack(x)
    x.data[0, 0] = -1
    assert twin.data[0, 0] == -1


def test_dlpack_settings_reach_the_array():
    x = Variable(MATRIX)
    assert not np.shares_memory(np.from_dlpack(x, copy=True), MATRIX)


@pytest.mark.parametrize("wrong", [[1.0], 1.0, "x", None])
def test_what_does_not_speak_dlpack_is_refused(wrong):
    with pytest.raises(TypeError, match="from_dlpack: x must have __dlpack__"):
        dezero.from_dlpack(wrong)


def test_device_arrays_go_to_the_device_module(device, monkeypatch):
    monkeypatch.setattr(device, "from_dlpack", lambda x: device.asarray(x.array))
    x = dezero.from_dlpack(Exporter(MATRIX, device_type=2))
    assert type(x.data) is device.ndarray


def test_device_arrays_need_a_device(monkeypatch):
    if cuda.is_available():
        pytest.skip("there is a device here")
    with pytest.raises(RuntimeError, match="cuda: CuPy is"):
        dezero.from_dlpack(Exporter(MATRIX, device_type=2))


# Copies


def pickled(x):
    return pickle.loads(pickle.dumps(x))


COPIES = pytest.mark.parametrize("copied", [copy.deepcopy, pickled])


@COPIES
@pytest.mark.parametrize("kind", [Variable, Parameter])
def test_a_copy_has_data_gradient_and_name(copied, kind):
    x = kind(MATRIX.copy(), name="x")
    F.sum(x**2).backward()
    twin = copied(x)
    assert type(twin) is kind
    assert twin.name == "x"
    np.testing.assert_array_equal(twin.data, x.data)
    np.testing.assert_array_equal(twin.grad.data, x.grad.data)
    twin.data += 1
    twin.grad.data += 1
    np.testing.assert_array_equal(x.data, MATRIX)
    np.testing.assert_array_equal(x.grad.data, 2 * MATRIX)


@COPIES
def test_a_copy_is_a_leaf(copied):
    x = var(2.0)
    y = x**2
    y.backward(create_graph=True)
    twin, gradient = copied(y), copied(x.grad)
    assert (twin.creator, twin.generation, gradient.creator) == (None, 0, None)
    (twin * 3).backward()
    assert float(twin.grad) == 3.0
    assert y.creator is not None


@COPIES
def test_copies_of_deep_graphs(copied):
    y = var(1.0)
    for _ in range(20_000):
        y = y + 0.5
    assert float(copied(y)) == 10_001.0


@COPIES
def test_one_variable_held_twice_stays_one(copied):
    x = var(1.0)
    one, other = copied([x, x])
    assert one is other


def test_a_shallow_copy_shares_the_data():
    y = var([1.0]) * 2
    twin = copy.copy(y)
    assert twin.data is y.data
    assert twin.creator is None


class Tagged(Variable):
    """A subclass with attributes of its own."""


@COPIES
def test_what_a_subclass_adds_is_copied(copied):
    x = Tagged(np.array(1.0))
    x.tag = "mine"
    assert copied(x).tag == "mine"


@COPIES
def test_parameters_without_size_are_copied(copied):
    assert copied(Parameter(None, name="W")).data is None


MODELS = [
    (lambda: MLP((5, 3)), (2, 4)),
    (lambda: Sequential(L.Linear(3), F.relu, L.Linear(2)), (2, 4)),
    (lambda: L.LSTM(4), (2, 3)),
    (lambda: L.Conv2d(2, 3), (1, 1, 5, 5)),
    (lambda: L.BatchNorm(), (4, 3)),
]


@COPIES
@pytest.mark.parametrize(("make", "shape"), MODELS, ids=["MLP", "Sequential", "LSTM", "Conv2d", "BatchNorm"])
def test_models_are_copied_with_their_weights(copied, make, shape):
    model = make()
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    with no_grad():
        model(x)
    y = model(x)
    y.backward()
    twin = copied(model)
    names = [name for name, _ in model.named_params()]
    assert [name for name, _ in twin.named_params()] == names
    for ours, theirs in zip(model.params(), twin.params(), strict=True):
        assert ours is not theirs
        np.testing.assert_array_equal(ours.data, theirs.data)
        assert not np.shares_memory(ours.data, theirs.data)
    if isinstance(model, L.LSTM):
        assert twin.h.creator is None
    assert twin(x).shape == y.shape


def test_a_model_not_yet_used_is_copied():
    assert next(name for name, _ in pickled(VGG16()).named_params()) == "conv1_1/W"


# Notebooks


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_a_notebook_shows_the_graph():
    x = Variable(np.array(1.0), name="x")
    svg = (x * 2)._repr_svg_()
    assert svg.rstrip().endswith("</svg>")
    assert ">x: () float64</text>" in svg


def test_a_leaf_has_no_picture():
    assert var(1.0)._repr_svg_() is None


def test_without_graphviz_there_is_a_plainer_picture(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    svg = (Variable(np.array(1.0), name="x") * 2)._repr_svg_()
    assert svg.rstrip().endswith("</svg>")
    assert ">x: () float64</text>" in svg


def test_protocols_make_no_cycles():
    gc.collect()
    gc.disable()
    try:
        x = Variable(MATRIX.copy())
        for row in x:
            (np.sin(row) + np.ones(3)).backward()
        del x, row
        assert gc.collect() == 0
    finally:
        gc.enable()


class TestFunctionsOfNumPy:
    @pytest.mark.parametrize(
        "call",
        [
            np.sum,
            lambda x: np.mean(x, axis=0, keepdims=True),
            lambda x: np.max(x, axis=-1),
            np.min,
            np.transpose,
            lambda x: np.reshape(x, (3, 2)),
            lambda x: np.concatenate([x, np.ones((1, 3))]),
            lambda x: np.stack([x, x], axis=1),
            lambda x: np.where(np.array([True, False, True]), x, 0.0),
            lambda x: np.clip(x, None, 2.0),
            lambda x: np.dot(x, np.ones(3)),
            lambda x: np.broadcast_to(x, (2, 2, 3)),
            lambda x: np.expand_dims(x, -1),
            np.squeeze,
        ],
    )
    def test_those_that_dezero_has_are_recorded(self, call):
        a = np.arange(6.0).reshape(2, 3)
        x = Variable(a)
        y = call(x)
        np.testing.assert_array_equal(y.data, call(a))
        y.backward()
        assert x.grad.shape == a.shape

    @pytest.mark.parametrize("call", [np.argmax, np.prod, np.std, np.cumsum, np.sort, np.any])
    def test_others_see_the_data(self, call):
        a = np.arange(6.0).reshape(2, 3)
        found = call(Variable(a))
        assert not isinstance(found, Variable)
        np.testing.assert_array_equal(found, call(a))

    def test_variables_within_lists_and_settings_are_seen(self):
        x = Variable(np.ones((2, 2)))
        assert np.block([[x, x], [x, x]]).shape == (4, 4)
        assert np.take(np.arange(3), indices=Variable(np.array(1))) == 1

    def test_a_setting_that_dezero_has_not_is_refused(self):
        with pytest.raises(TypeError, match="dtype"):
            np.sum(Variable(np.ones(2)), dtype=np.float32)
