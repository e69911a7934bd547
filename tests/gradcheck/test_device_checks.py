"""gradcheck.check on a device: where it runs, what it says of layers there, and what it refuses."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
import gradcheck
from dezero import Function, Parameter, Variable, cuda
from gradcheck import InputError
from gradcheck.cli import main
from gradcheck.subjects import on_device
from gradcheck.trying.plan import plan
from gradcheck.trying.wanted import Asked, Input

CHAOS = random.SystemRandom()  # its state cannot be put back, as that of a race between threads cannot


class Sided(Function):
    """sin, with a factor in backward that is 1 on the host and `factor` on the device."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def forward(self, x: Any) -> Any:
        return cuda.get_array_module(x).sin(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * F.cos(x) * (self.factor if on_device.on_device(x.data) else 1)


class OtherValues(Sided):
    """sin on the host, another function on the device."""

    def forward(self, x: Any) -> Any:
        return super().forward(x) * (self.factor if on_device.on_device(x) else 1)


class Racing(Function):
    """2 x whose gradient changes from run to run, by some ULPs at most."""

    def __init__(self, ulps: int) -> None:
        self.ulps = ulps

    def forward(self, x: Any) -> Any:
        return x + x

    def backward(self, gy: Variable) -> Variable:
        if gy.data.dtype == object:
            return 2 * gy
        return 2 * gy * (1 + 2.0**-52 * CHAOS.randrange(self.ulps + 1))


class Bare(Function):
    """A row that keeps to the module of its array, on contiguous arrays only, as a raw kernel may."""

    def forward(self, x: Any) -> Any:
        if on_device.on_device(x) and not x.flags.c_contiguous:
            return cuda.get_array_module(x).zeros(x.shape, x.dtype)
        return x * x

    def backward(self, gy: Variable) -> Variable:
        return 2 * self.inputs[0] * gy


def on(device: Any, *values: float) -> Any:
    return device.asarray(np.array(values))


def asked_for_floats(f: Callable[..., Any], seen: list[Any]) -> Callable[..., Any]:
    """f, noting the arrays of floats that it is called with."""

    def noting(x: Variable) -> Any:
        if x.data.dtype != object:
            seen.append(type(x.data))
        return f(x)

    return noting


# Where ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [Variable, lambda x: x])
def test_a_check_is_where_the_arrays_are(device: Any, wrap: Callable[[Any], Any]) -> None:
    seen: list[Any] = []
    result = gradcheck.check(asked_for_floats(F.tanh, seen), wrap(on(device, 0.5, 18.0)), order=3)
    assert (result.verdict, result.formula) == ("pass", "proven")
    assert set(seen) == {device.ndarray}
    assert result.title.endswith("on the gpu")
    assert result.reproduce.endswith("order=3, seed=0, device='gpu')")


def test_a_check_is_where_it_is_asked_to_be(device: Any) -> None:
    for given, wanted, kind in (
        (np.array([0.5]), "gpu", device.ndarray),
        (on(device, 0.5), "cpu", np.ndarray),
        (0.5, "gpu", device.ndarray),
    ):
        seen: list[Any] = []
        gradcheck.assert_gradients(asked_for_floats(F.tanh, seen), given, device=wanted)
        assert set(seen) == {kind}


def test_numbers_go_with_either_side(device: Any) -> None:
    for x in (np.array([0.5]), on(device, 0.5)):
        assert gradcheck.check(F.add, x, 2.0)


def test_arrays_on_both_sides_are_refused(device: Any) -> None:
    words = "input 0 lies on the gpu and input 1 lies on the cpu; move one of them"
    with pytest.raises(InputError, match=words):
        gradcheck.check(F.add, on(device, 0.5), np.array([0.5]))
    assert gradcheck.check(F.add, on(device, 0.5), np.array([0.5]), device="gpu")


def test_what_no_device_has_is_refused(device: Any) -> None:
    with pytest.raises(InputError, match="device must be 'cpu', 'gpu' or None, got 'tpu'"):
        gradcheck.check(F.exp, 1.0, device="tpu")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(InputError, match=r"input 0 has dtype (float128|float96), which no GPU"):
        gradcheck.check(F.exp, np.ones(2, np.longdouble), device="gpu")


def test_without_a_device_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise RuntimeError("cuda: there is none")

    monkeypatch.setattr(cuda, "device_module", none)
    with pytest.raises(InputError, match="check: device='gpu': cuda: there is none"):
        gradcheck.check(F.exp, 1.0, device="gpu")


# What f holds -----------------------------------------------------------------------------------------


class Scaled(L.Layer):
    """x times a weight, with a wrong backward where asked."""

    def __init__(self, device: Any, factor: float = 1.0) -> None:
        super().__init__()
        self.w = Parameter(on(device, 1.5, -0.5))
        self.sin = Sided(factor)

    def forward(self, x: Variable) -> Variable:
        return self.sin(x * self.w)


def test_a_layer_on_the_device_is_proven_right_and_stays_there(device: Any) -> None:
    layer = L.Linear(3, in_size=2)
    layer.to_gpu()
    weight = layer.W.data
    assert gradcheck.check(layer, device.asarray(np.ones((2, 2)) / 3), order=2).formula == "proven"
    assert layer.W.data is weight


@pytest.mark.parametrize("make", ["layer", "list", "closure"])
def test_what_f_holds_is_on_the_host_for_balls(device: Any, make: str) -> None:
    w = on(device, 1.5, -0.5)
    held = [w]
    f = {
        "layer": Scaled(device),
        "list": lambda x: F.sin(x * held[0]),
        "closure": lambda x: F.sin(x * w),
    }[make]
    result = gradcheck.check(f, on(device, 0.5, 0.25), order=2)
    assert (result.verdict, result.formula) == ("pass", "proven")
    assert held[0] is w


def test_where_balls_are_out_of_reach_differences_on_the_device_judge(device: Any) -> None:
    held = (on(device, 1.5, -0.5),)  # a tuple cannot hold another array meanwhile
    x = on(device, 0.5, 0.25)
    right = gradcheck.check(lambda x: F.sin(x * held[0]), x)
    assert (right.verdict, right.formula) == ("pass", "supported")
    assert any("jets do not apply" in note for note in right.notes)
    wrong = gradcheck.check(lambda x: Sided(1.01)(x * held[0]), x)
    assert wrong.verdict == "fail"
    assert "constant factor" in str(wrong.diagnosis)


def test_a_mistake_that_only_the_device_makes_is_found(device: Any) -> None:
    x = on(device, 0.5, 0.25)
    assert gradcheck.check(Scaled(device), x)
    wrong = gradcheck.check(Scaled(device, 1.01), x)
    assert wrong.verdict == "fail"
    assert wrong.diagnosis is not None
    assert "Sided" in wrong.diagnosis
    assert gradcheck.check(Sided(1.01), cuda.as_numpy(x))


def test_other_values_than_the_host_gives_are_judged_by_the_devices_own(device: Any) -> None:
    result = gradcheck.check(OtherValues(1.5), on(device, 0.5, 0.25))
    assert (result.verdict, result.formula) == ("pass", "supported")
    assert any("another function" in note for note in result.notes)
    wrong = gradcheck.check(lambda x: OtherValues(1.5)(x) - Sided(1.5)(x) / 2, on(device, 0.5, 0.25))
    assert wrong.verdict == "fail"


def test_memory_layouts_are_looked_at_on_the_device(device: Any) -> None:
    result = gradcheck.check(Bare(), device.asarray(np.arange(1.0, 7.0).reshape(2, 3)))
    assert result.verdict == "fail"
    assert "layout" in str(result.diagnosis)


# From run to run --------------------------------------------------------------------------------------


def test_a_reordered_sum_is_reported_and_not_held_against_it(device: Any) -> None:
    result = gradcheck.check(Racing(3), on(device, *np.linspace(1, 2, 40)))
    assert result.verdict == "pass"
    measured = result.evidence[0].run_to_run_ulp
    assert measured is not None
    assert 0 < measured <= 6
    assert any("ULP from run to run" in note for note in result.notes)


def test_more_than_rounding_is_not_deterministic(device: Any) -> None:
    result = gradcheck.check(Racing(10**6), on(device, *np.linspace(1, 2, 40)))
    assert result.verdict == "fail"
    assert "not deterministic" in str(result.diagnosis)


def test_on_the_host_nothing_is_run_again_for_that() -> None:
    assert gradcheck.check(F.exp, np.ones(2)).evidence[0].run_to_run_ulp is None


# The range of the dtype -------------------------------------------------------------------------------

RANGE = [
    (lambda x: (x * x) ** 0.5, 1e-200),
    (lambda x: x * x / x, 1e200),
    (lambda x: F.exp(x) / F.exp(x), 800.0),
    (lambda x: F.log(F.exp(x)), -800.0),
    (lambda x: 1 / (1 + F.exp(x)), 800.0),
    (lambda x: x * x, 1e-300),
    (lambda x: 1 / x, 1e-300),
    (lambda x: 1 / (x * x), 1e-160),
    (lambda x: F.exp(x), -745.0),
    (lambda x: x / (x * x), 1e-170),
    (lambda x: F.sin(x) / x, 0.0),
    (lambda x: F.log(F.sum(F.exp(x))), 1000.0),
]


@pytest.mark.parametrize(("f", "x"), RANGE)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_leaves_the_range_is_judged_alike_on_both_sides(
    device: Any, f: Callable[..., Any], x: float
) -> None:
    here = gradcheck.check(f, np.array([x]), order=2)
    there = gradcheck.check(f, on(device, x), order=2)
    assert (there.verdict, there.reason, there.diagnosis) == (here.verdict, here.reason, here.diagnosis)


# The command line -------------------------------------------------------------------------------------

OP = """
import dezero.functions as F

def twice(x):
    return 2 * F.tanh(x)
"""


def test_the_command_line_checks_on_a_device(
    device: Any, here: None, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ops.py"
    file.write_text(OP, encoding="utf-8")
    assert main(["check", f"{file}:twice", "--device", "gpu", "--shape", "3", "-v"]) == 0
    printed = capsys.readouterr().out
    assert "on the gpu" in printed
    assert "--seed 0 --draw ordinary --device gpu" in printed


def test_the_command_line_refuses_without_a_device(
    here: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gradcheck.records.machine.gpu", lambda: ("", "cuda: there is none"))
    assert main(["list", "--op", "tanh"]) == 0
    for arguments in (["check", "ops.py", "--device", "gpu"], ["reproduce", "tanh/float64/gpu"]):
        assert main(arguments) == 2
        assert "cuda: there is none" in capsys.readouterr().err


# Random numbers ---------------------------------------------------------------------------------------


def test_weights_that_the_first_call_draws_on_the_device_are_no_noise(device: Any) -> None:
    layer = L.LSTM(3)
    layer.to_gpu()
    result = gradcheck.check(layer, device.asarray(np.ones((2, 3)) / 3))
    assert "keeps state between calls" in result.reason
    layer = L.Linear(3)
    layer.to_gpu()
    assert gradcheck.check(layer, device.asarray(np.ones((2, 3)) / 3))


def test_what_is_drawn_on_the_device_is_noise(device: Any) -> None:
    result = gradcheck.check(lambda x: F.dropout(x), device.asarray(np.ones(40)))
    assert result.verdict == "fail"
    assert "it draws random numbers" in result.reason
    assert f"{device.__name__}.random" in result.reason


def test_a_check_draws_nothing_from_the_devices_generator(device: Any) -> None:
    drawn = []
    for check in (True, False):
        device.random.seed(3)
        if check:
            gradcheck.check(lambda x: F.dropout(x), device.asarray(np.ones(40)))
        drawn.append(cuda.as_numpy(device.random.random_sample(5)))
    np.testing.assert_array_equal(*drawn)


def test_a_class_of_layers_is_checked_on_the_device_with_its_parameters(device: Any) -> None:
    asked = Asked(
        (Input((2, 3)),), ("float64",), 1, 0, "gpu", draws=("ordinary",), settings=(("out_size", "2"),)
    )
    for make, verdict in ((L.Linear, "pass"), (_WrongThere, "fail")):
        (check,) = plan("layers:mine", make, asked).checks
        assert "W: float64[3, 2], b: float64[2]) on the gpu" in check.title
        assert check.find().verdict == verdict


class _WrongThere(L.Linear):
    def forward(self, x: Any) -> Any:
        return Sided(2.0)(super().forward(x))
