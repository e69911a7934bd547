"""The kinds of things that an author may want checked: each works, or says clearly why not."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcheck
from dezero import Function, Parameter, Variable
from dezero import functions as F
from dezero import layers as L
from dezero.layers import Layer
from gradcheck.cli import main, targets
from gradcheck.cli.loading import load
from gradcheck.errors import SpecError
from gradcheck.trying.plan import Plan
from gradcheck.trying.settings import parse_setting
from gradcheck.trying.wanted import Asked, Input

HEAD = """
import functools
import numpy as np
import dezero.functions as F
import dezero.layers as L
from dezero import Function, Parameter, Variable
from dezero.layers import Layer
from dezero.models import Model

class Doubled(Function):
    factor = 2
    def forward(self, x):
        return 2 * x
    def backward(self, gy):
        return self.factor * gy

class Wrong(Doubled):
    factor = 3
"""


class Author:
    """A file of ops, and what becomes of its targets."""

    def __init__(self, folder: Path, source: str, head: str = HEAD) -> None:
        self.path = folder / "mine.py"
        self.path.write_text(head + textwrap.dedent(source))

    def plan(self, name: str = "", **asked: Any) -> Plan:
        """That of one name; of a whole file the checks of all targets."""
        asked = {"inputs": (), "dtypes": ("float64",), "order": 1, "seed": 0, "draws": ("ordinary",)} | asked
        plans = [
            targets.plan_of(t, Asked(**asked))
            for t in load(f"{self.path}:{name}" if name else str(self.path))
        ]
        return Plan(
            [check for plan in plans for check in plan.checks],
            left_out=[row for plan in plans for row in plan.left_out],
        )

    def verdicts(self, name: str = "", **asked: Any) -> dict[str, str]:
        """The verdicts by title, without the types of the inputs: the worst of each."""
        found: dict[str, str] = {}
        for check in self.plan(name, **asked).checks:
            head = check.title.partition("(x")[0].partition(",")[0]
            verdict = check.find().verdict
            found[head] = verdict if found.get(head, "pass") == "pass" else found[head]
        return found


@pytest.fixture
def author(tmp_path: Path) -> Any:
    return lambda source, head=HEAD: Author(tmp_path, source, head)


# Settings -------------------------------------------------------------------------------------------------

SUMS = """
class Sum(Function):
    def __init__(self, axis, keepdims=False):
        self.axis, self.keepdims = axis, keepdims
    def forward(self, x):
        return x.sum(axis=self.axis, keepdims=self.keepdims)
    def backward(self, gy):
        (x,) = self.inputs
        kept = np.sum(x.data, axis=self.axis, keepdims=True).shape
        return F.broadcast_to(F.reshape(gy, kept), x.shape) * self.off()
    def off(self):
        return 1.0

class WrongAlongOne(Sum):
    def off(self):
        return 1.5 if self.axis == 1 else 1.0

class WrongWhereKept(Sum):
    def off(self):
        return 1.5 if self.keepdims else 1.0
"""


def test_a_class_with_arguments_is_tried_with_several(author: Any) -> None:
    mine = author(SUMS)
    assert set(mine.verdicts("Sum").values()) == {"pass"}
    assert mine.verdicts("WrongAlongOne")["WrongAlongOne(axis=1)"] == "fail"
    failing = [name for name, verdict in mine.verdicts("WrongWhereKept").items() if verdict == "fail"]
    assert failing
    assert all(
        "keepdims=True" in check.title for check in mine.plan("WrongWhereKept").checks if not check.find()
    )


def test_what_was_set_is_in_the_title_and_in_the_command_that_reproduces(author: Any) -> None:
    plan = author(SUMS).plan("WrongAlongOne", settings=(parse_setting("axis=1"),), inputs=(Input((2, 3)),))
    assert plan.checks[0].title == "WrongAlongOne(axis=1)(x: float64[2, 3])"
    assert "--set axis=1" in plan.checks[0].reproduce
    assert plan.checks[0].find().verdict == "fail"


def test_a_setting_with_a_default_is_tried_with_others(author: Any) -> None:
    mine = author(
        """
        class Sloped(Function):
            def __init__(self, slope=0.2):
                self.slope = slope
            def forward(self, x):
                return self.slope * x
            def backward(self, gy):
                return gy * self.given()
            def given(self):
                return self.slope

        class Forgets(Sloped):
            def given(self):
                return 0.2
        """
    )
    assert set(mine.verdicts("Sloped").values()) == {"pass"}
    forgets = mine.verdicts("Forgets")
    assert forgets["Forgets"] == "pass"
    assert forgets["Forgets(slope=0.5)"] == "fail"


def test_arguments_of_a_function_that_are_no_inputs_are_bound(author: Any) -> None:
    mine = author(
        """
        def total(x, axis):
            return F.sum(x, axis=axis)
        def scaled(x, *, alpha):
            return x * alpha
        def typed(x, turns: int):
            return x * turns
        def linear(x, W, b=None):
            y = F.matmul(x, W)
            return y if b is None else y + b
        fixed = functools.partial(F.sum, axis=0)
        """
    )
    assert list(mine.verdicts("total"))[:2] == ["total(axis=0)", "total(axis=1)"]
    assert set(mine.verdicts("scaled")) == {"scaled(alpha=0.5)", "scaled(alpha=3.0)", "scaled(alpha=2)"}
    assert set(mine.verdicts("typed")) == {"typed(turns=1)", "typed(turns=2)", "typed(turns=0)"}
    assert set(mine.verdicts("total", settings=(("axis", "-1"),))) == {"total(axis=-1)"}
    assert any("b: float64[4]" in check.title for check in mine.plan("linear").checks)
    assert not any("axis" in title for title in mine.verdicts("fixed"))


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("Sum", "axs=1", "--set axs: there is no argument axs; its constructor takes axis and keepdims"),
        ("Sum", "keepdims=1", ""),
        ("Needy", "n=1", "cannot be made with n=1 (ValueError: n must be a table)"),
        ("Needy", "", "without arguments, nor with n=2; n=1; n=3 (ValueError: n must be a table); give them"),
    ],
)
def test_settings_that_do_not_fit_are_refused(author: Any, name: str, given: str, message: str) -> None:
    mine = author(
        SUMS
        + """
class Needy(Doubled):
    def __init__(self, n):
        raise ValueError("n must be a table")
"""
    )
    asked = {"settings": (parse_setting(given),)} if given else {}
    if not message:
        assert mine.verdicts(name, **asked)
        return
    with pytest.raises(SpecError) as raised:
        mine.plan(name, **asked)
    assert message in str(raised.value)


def test_an_axis_needs_an_input_that_has_it(author: Any) -> None:
    """NumPy sums a number along its axis 0; that is not what an op is for."""
    mine = author(
        """
        class Sum(Function):
            def __init__(self, axis=0):
                self.axis = axis
            def forward(self, x):
                return np.sum(x, axis=self.axis)
            def backward(self, gy):
                (x,) = self.inputs
                return F.broadcast_to(F.expand_dims(gy, self.axis), x.shape)
        first = Sum(0)
        """
    )
    for name in ("Sum", "first"):
        assert set(mine.verdicts(name).values()) == {"pass"}
        assert not any("float64[]" in check.title for check in mine.plan(name).checks)
        with pytest.raises(SpecError, match="its axis is one of 1 or more, the input has 0"):
            mine.plan(name, inputs=(Input(()),))


# Wrappers -------------------------------------------------------------------------------------------------


def test_a_class_and_the_function_that_wraps_it_are_shown_once(author: Any) -> None:
    mine = author("def doubled(x):\n    return Doubled()(x)\n")
    assert mine.verdicts() == {"doubled (Doubled)": "pass", "Wrong": "fail"}
    assert mine.verdicts("Doubled") == {"Doubled": "pass"}


def test_each_wrapper_of_a_class_is_shown_and_what_does_more_hides_nothing(author: Any) -> None:
    mine = author(
        """
        class Scaled(Function):
            def __init__(self, table):
                self.factor = table["factor"]
            def forward(self, x):
                return self.factor * x
            def backward(self, gy):
                return 3 * gy
        def twice(x):
            return Scaled({"factor": 2})(x)
        def thrice(x):
            return Scaled({"factor": 3})(x)
        def more(x):
            return Wrong()(x) + 1
        """
    )
    wrong = {"Wrong": "fail", "twice (Scaled)": "fail", "more": "fail"}
    assert mine.verdicts() == {"Doubled": "pass", "thrice (Scaled)": "pass", **wrong}


def test_a_class_that_only_a_function_can_make_is_checked_inside_it(author: Any) -> None:
    mine = author(
        """
        class Scaled(Doubled):
            def __init__(self, table):
                self.table = table["a"]
        def shifted(x):
            return Scaled({"a": 1})(x) + 1
        """
    )
    plan = mine.plan()
    assert [row.what for row in plan.left_out] == ["Scaled"]
    assert "it is checked inside shifted" in plan.left_out[0].why
    assert any(check.title.startswith("shifted(") for check in plan.checks)


def test_a_class_that_gives_the_derivative_of_another_is_checked_inside_that(author: Any) -> None:
    """Its arguments are those that the other gives: others would mean nothing."""
    mine = author(
        """
        class Every(Function):
            def __init__(self, k):
                self.k = k
            def forward(self, x):
                return x[..., :: self.k]
            def backward(self, gy):
                return Spread(self.k, self.inputs[0].shape)(gy)
        class Spread(Function):
            def __init__(self, k, shape):
                self.k, self.shape = k, shape
            def forward(self, gy):
                gx = np.zeros(self.shape, gy.dtype)
                gx[..., :: self.k] = gy
                return gx
            def backward(self, ggx):
                return Every(self.k)(ggx) * 2
        """
    )
    plan = mine.plan(order=2, draws=("ordinary",))
    (why,) = (row.why for row in plan.left_out if row.what == "Spread")
    assert "it is checked inside Every" in why
    wrong = [check for check in plan.checks if check.title.startswith("Every(")]
    assert {check.find().verdict for check in wrong} == {"fail"}


def test_an_input_may_be_called_as_settings_are(author: Any) -> None:
    mine = author(
        """
        def attention(q, k, v):
            scores = F.matmul(q, F.transpose(k, (0, 2, 1)))
            return F.matmul(F.softmax(scores, axis=-1), v)
        """
    )
    plan = mine.plan("attention")
    assert plan.checks[0].title.startswith("attention(q: float64[2, 3, 4], k: float64[2, 3, 4], v: ")
    assert plan.checks[0].find().verdict == "pass"


def test_none_is_no_guess_of_what_must_be_given(author: Any) -> None:
    mine = author(
        """
        class Permute(Function):
            def __init__(self, axes):
                self.axes = axes
            def forward(self, x):
                return x.transpose(self.axes)
            def backward(self, gy):
                return F.transpose(gy, tuple(np.argsort(self.axes)))
        """
    )
    plan = mine.plan("Permute")
    assert {check.find().verdict for check in plan.checks} == {"pass"}


# What of a file is checked --------------------------------------------------------------------------------


def test_a_helper_is_no_op_and_no_failure(author: Any) -> None:
    mine = author(
        """
        def shapes(n):
            return [2, 3]
        def on_arrays(x):
            return np.sin(x.data)
        def train(model, data):
            model.cleargrads()
        def main():
            pass
        def helper(x):
            return x * x
        class Settings:
            pass
        """
    )
    plan = mine.plan()
    assert {row.what for row in plan.left_out} == {"shapes", "on_arrays", "train", "main"}
    assert {check.title.partition("(")[0].partition(",")[0] for check in plan.checks} == {
        "Doubled",
        "Wrong",
        "helper",
    }
    for name in ("shapes", "on_arrays", "train", "main"):
        with pytest.raises(SpecError):
            mine.plan(name)


@pytest.mark.usefixtures("here")
def test_nothing_but_helpers_is_misuse(author: Any, capsys: pytest.CaptureFixture[str]) -> None:
    mine = author("def on_arrays(x):\n    return x.data\n", "")
    assert main(["check", str(mine.path)]) == 2
    assert "PASS" not in "".join(capsys.readouterr())
    assert "computes with arrays" in mine.plan().left_out[0].why


def test_bases_aliases_lambdas_and_instances_of_a_module(author: Any) -> None:
    mine = author(
        """
        import dezero.functions as F
        from dezero import Function
        class Base(Function):
            def forward(self, x):
                return self.k * x
        class Three(Base):
            k = 3
            def backward(self, gy):
                return 3 * gy
        three = Three()
        other = three
        square = lambda x: x * x
        """,
        "",
    )
    assert set(mine.verdicts()) == {"Three", "three", "square"}


# Layers ---------------------------------------------------------------------------------------------------

LAYERS = """
class Plus(Function):
    times = 1
    def forward(self, x, b):
        return x + b
    def backward(self, gy):
        return gy, self.times * F.sum_to(gy, self.inputs[1].shape)

class WrongPlus(Plus):
    times = 2

class Dense(Layer):
    plus = Plus
    def __init__(self, in_size, out_size):
        super().__init__()
        self.W = Parameter(np.random.randn(in_size, out_size))
        self.b = Parameter(np.zeros(out_size))
    def forward(self, x):
        return self.plus()(F.matmul(x, self.W), self.b)

class WrongBias(Dense):
    plus = WrongPlus

class Wide(Dense):
    def __init__(self, dim: int):
        super().__init__(dim, 2)

class Gated(Layer):
    def __init__(self):
        super().__init__()
        self.gate = Parameter(np.zeros(()))
    def forward(self, x):
        return WrongGate()(x, self.gate)

class WrongGate(Function):
    def forward(self, x, g):
        return x * g * g
    def backward(self, gy):
        x, g = self.inputs
        return gy * g * g, F.sum(gy * x * g)

class Net(Model):
    last = Dense
    def __init__(self, sizes):
        super().__init__()
        self.l1 = L.Linear(sizes[0])
        self.l2 = self.last(sizes[0], sizes[1])
    def forward(self, x):
        return self.l2(F.tanh(self.l1(x)))

class WrongNet(Net):
    last = WrongBias

net = Net((3, 2))

def loss(x, t):
    return F.mean_squared_error(net(x), t)
"""


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("Dense", "pass"),
        ("Wide", "pass"),
        ("WrongBias", "fail"),
        ("Gated", "fail"),
        ("Net", "pass"),
        ("WrongNet", "fail"),
        ("net", "pass"),
    ],
)
def test_a_layer_is_checked_with_its_parameters(author: Any, name: str, verdict: str) -> None:
    plan = author(LAYERS).plan(name, inputs=(Input((2, 3)),))
    assert {check.find().verdict for check in plan.checks} == {verdict}
    again = author(LAYERS).plan(name, inputs=(Input((2, 3)),))
    for check, same in zip(plan.checks, again.checks, strict=True):
        assert name == "net" or str(check.find()) == str(same.find())  # a module draws the weights of its own
    names = {"Dense": "W", "Wide": "W", "WrongBias": "b", "Gated": "gate"}.get(name, "l2.W")
    assert all(f" {names}: float64[" in check.title for check in plan.checks)


def test_zeros_that_hide_a_mistake_are_drawn_anew(author: Any) -> None:
    check, *_ = author(LAYERS).plan("Gated", inputs=(Input((2, 3)),)).checks
    assert check.case is not None
    assert check.case.inputs[1].item() != 0
    assert "input 1 (gate)" in str(check.find())


HIDDEN = """
class Hidden(Layer):
    def __init__(self):
        super().__init__()
        self.b, W = Parameter(np.ones(3)), Parameter(np.eye(3))
        self.W, self.get = W, lambda: W
    def forward(self, x):
        return F.matmul(x, self.get()) + self.b
"""


def test_a_parameter_that_cannot_be_exchanged_is_named(author: Any) -> None:
    mine = author(HIDDEN + "hidden = Hidden()\n")
    plan = mine.plan("Hidden", inputs=(Input((2, 3)),), draws=("ordinary",))
    assert [(row.what, "such as a closure" in row.why) for row in plan.left_out] == [("Hidden: W", True)]
    assert plan.checks[0].title == "Hidden(x: float64[2, 3], b: float64[3])"
    (layer,) = load(f"{mine.path}:hidden")
    assert gradcheck.check(layer.object, X).title == "Hidden, W held fixed(x: float64[2, 3], b: float64[3])"


NORMALIZED = """
class Shift(Function):
    times = 0.0
    def forward(self, x, b):
        return x + b
    def backward(self, gy):
        return gy, F.sum_to(gy, self.inputs[1].shape) + self.times

class Normalized(Model):
    shift = Shift
    def __init__(self):
        super().__init__()
        self.b = Parameter(np.zeros(3))
        self.norm = L.BatchNorm()
    def forward(self, x):
        return self.norm(self.shift()(x, self.b))

class WrongShift(Shift):
    times = 0.125

class WrongNormalized(Normalized):
    shift = WrongShift
"""


def test_a_bias_that_a_normalization_takes_away_is_held_fixed_where_backward_is_right(
    author: Any,
) -> None:
    mine = author(NORMALIZED)
    plan = mine.plan("Normalized", inputs=(Input((4, 3)),))
    assert [row.what for row in plan.left_out] == ["Normalized: b"]
    assert plan.checks[0].find().verdict == "pass"
    assert mine.verdicts("WrongNormalized", inputs=(Input((4, 3)),)) == {"WrongNormalized": "fail"}


def test_a_loss_over_a_model_is_a_function(author: Any) -> None:
    assert author(LAYERS).verdicts("loss", inputs=(Input((2, 3)), Input((2, 2)))) == {"loss": "pass"}


def test_each_step_of_a_recurrent_layer_begins_where_the_first_did(author: Any) -> None:
    mine = author("class Cell(L.RNN):\n    pass\nrnn = L.LSTM(2)\n")
    assert set(mine.verdicts("rnn").values()) == {"pass"}
    assert set(mine.verdicts("Cell", settings=(("hidden_size", "2"),)).values()) == {"pass"}


# gradcheck.check ------------------------------------------------------------------------------------------

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])


class Bias(Function):
    def forward(self, x: Any, b: Any) -> Any:
        return x + b

    def backward(self, gy: Variable) -> Any:
        return gy, 2 * F.sum(gy, axis=0)


class Held(Layer):
    """Its parameters stand in several places."""

    def __init__(self, wrong: bool) -> None:
        super().__init__()
        self.W = Parameter(np.arange(9.0).reshape(3, 3) / 4)
        self.tied = self.W
        self.b = Parameter(np.ones(3))
        self.all = [self.W, (self.b,)]
        self.wrong = wrong

    def forward(self, x: Variable) -> Variable:
        y = F.matmul(F.matmul(x, self.W), self.tied)
        return Bias()(y, self.all[1][0]) if self.wrong else y + self.all[1][0]  # type: ignore[index]


def test_check_of_a_layer_differentiates_by_its_parameters_and_leaves_it_as_it_was() -> None:
    for wrong in (False, True):
        layer = Held(wrong)
        before = dict(vars(layer))
        result = gradcheck.check(layer, X, order=2)
        assert result.title == "Held(x: float64[2, 3], W: float64[3, 3], b: float64[3])"
        assert result.verdict == ("fail" if wrong else "pass")
        assert result.reproduce.startswith("gradcheck.check(layer, np.array([[0.5, -1.0, 2.0]")
        assert all(vars(layer)[name] is value for name, value in before.items())
        assert all(p.grad is None for p in layer.params())


def test_parameters_without_a_size_are_found_and_forgotten() -> None:
    layer = L.Linear(2)
    assert gradcheck.check(layer, X).title == "Linear(x: float64[2, 3], W: float64[3, 2], b: float64[2])"
    assert layer.W.data is None


class Lazy(Layer):
    """Its parameter is made by its first call, and it draws."""

    def forward(self, x: Variable) -> Variable:
        if not hasattr(self, "W"):
            self.W = Parameter(np.random.randn(x.shape[1], 2))  # noqa: NPY002  # a global generator
        return F.matmul(x, self.W)


def test_a_check_of_a_layer_makes_nothing_of_it_and_draws_nothing() -> None:
    layer, linear, state = Lazy(), L.Linear(2), np.random.get_state()[1]  # noqa: NPY002  # likewise
    assert gradcheck.check(layer, X).title == "Lazy(x: float64[2, 3])"
    assert not hasattr(layer, "W")
    assert gradcheck.check(linear, X)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002  # likewise


def test_what_a_forward_writes_to_is_no_input() -> None:
    layer = L.BatchNorm()
    result = gradcheck.check(layer, X)
    assert result.title == "BatchNorm(x: float64[2, 3], gamma: float64[3], beta: float64[3])"
    assert result


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (lambda gy: [gy, gy], "got <class 'list'>; return several gradients as one tuple"),
        (lambda gy: "x", "got <class 'str'>"),
        (lambda gy: NotImplemented, "got <class 'NotImplementedType'>"),
        (lambda gy: ((gy, gy),), "got <class 'tuple'>; return several"),
        (lambda gy: (gy, gy, gy), "2 at most, got 3"),
        (lambda gy: (None, gy), 'backward gives None (which means "no gradient") for input 0 (a)'),
    ],
)
def test_a_backward_that_returns_something_else_fails_with_a_reason(returned: Any, message: str) -> None:
    class Add(Function):
        def forward(self, a: Any, b: Any) -> Any:
            return a + b

        def backward(self, gy: Variable) -> Any:
            return returned(gy)

    result = gradcheck.check(Add, X, X)
    assert result.verdict == "fail"
    assert result.diagnosis is not None
    assert message in result.diagnosis
    assert '"no gradient"' in result.diagnosis


# What is no op of this dezero -----------------------------------------------------------------------------

ANOTHER = """
import numpy as np
class Variable:
    def __init__(self, data):
        self.data, self.grad, self.creator = data, None, None
    def cleargrad(self): ...
    def backward(self): ...
class Function:
    def __call__(self, x):
        return Variable(self.forward(x.data))
    def forward(self, x): ...
    def backward(self, gy): ...
"""


def test_functions_of_another_dezero_are_named(tmp_path: Path, author: Any) -> None:
    (tmp_path / "vendored.py").write_text(ANOTHER)
    mine = author(
        """
        from vendored import Function as Base
        import dezero.functions as F
        class Square(Base):
            def forward(self, x):
                return x ** 2
        def square(x):
            return Square()(x)
        def right(x):
            return F.exp(x)
        """,
        "",
    )
    for name in ("Square", "square"):
        with pytest.raises(
            SpecError, match=r"its (Function|Variable) is that of another dezero \(.*vendored\.py"
        ):
            mine.plan(name)
    with pytest.raises(SpecError, match=r"Square: its Function is that of"):
        mine.plan()
    assert mine.verdicts("right") == {"right": "pass"}
    vendored = {target.text.rpartition(":")[2]: target.object for target in load(f"{mine.path}:square")}
    with pytest.raises(gradcheck.InputError, match=r"check: .* its Variable is that of another dezero"):
        gradcheck.check(vendored["square"], X)


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        (
            "class A:\n    def f(self, x):\n        return x\n",
            "A.f",
            "is a method of A and needs an instance",
        ),
        ("class A:\n    pass\n", "A", "neither a Function nor a Layer: check an instance"),
        ("def f(ctx, x):\n    return x\n", "f", "takes ctx, as in PyTorch: in dezero"),
        ("async def f(x):\n    return x\n", "f", "is a generator or async"),
        ("def f(x):\n    yield x\n", "f", "is a generator or async"),
        (
            "class C(Doubled):\n    @staticmethod\n    def forward(ctx, x):\n        return x\n",
            "C",
            "C.forward takes ctx, as in PyTorch",
        ),
        ("def f(x):\n    return np.exp(x.data)\n", "f", "f computes with arrays, and no derivative follows"),
        ("def f(x):\n    return None\n", "f", "got NoneType; return the result"),
        ("def f(x):\n    raise RuntimeError('no session')\n", "f", "no session"),
        ("def f(x):\n    raise RuntimeError('no session')\n", "f", "if it needs a context, check a function"),
        (
            "class FFT(Doubled):\n    def forward(self, x):\n        return np.fft.fft(x, axis=-1)\n",
            "FFT",
            "output 0 of f is complex128; derivatives here are of real functions: return the real",
        ),
    ],
)
def test_what_cannot_be_checked_says_why(author: Any, source: str, name: str, message: str) -> None:
    with pytest.raises(SpecError) as raised:
        author(source).plan(name)
    assert message in str(raised.value)


def test_methods_of_instances_and_static_ones_are_checked(author: Any) -> None:
    mine = author(
        """
        class A:
            def __init__(self):
                self.k = 3
            def f(self, x):
                return self.k * x
            @staticmethod
            def g(x):
                return Wrong()(x)
            def __call__(self, x):
                return x * x
        a = A()
        """
    )
    assert mine.verdicts("a.f") == {"a.f": "pass"}
    assert mine.verdicts("A.g") == {"A.g (Wrong)": "fail"}
    assert mine.verdicts("a") == {"a": "pass"}


@pytest.mark.usefixtures("here")
def test_set_on_the_command_line(author: Any, capsys: pytest.CaptureFixture[str]) -> None:
    mine = author(SUMS)
    common = ["check", f"{mine.path}:WrongAlongOne", "--shape", "2x3", "--dtype", "float64", "--set"]
    assert main([*common, "axis=0"]) == 0
    assert main([*common, "axis=1"]) == 1
    assert "--set axis=1" in capsys.readouterr().out
