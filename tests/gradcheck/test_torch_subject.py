"""The checker on PyTorch functions: right ones pass, wrong ones fail with their cause, lost digits show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import InputError
from gradcheck.judging.finding import Result
from gradcheck.subjects.torch import TorchSubject
from gradcheck.torch_subject import check
from tests.gradcheck.zoo.specimen import several

torch = pytest.importorskip("torch")


class _Sine(torch.autograd.Function):  # type: ignore[name-defined]  # torch may be absent
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return torch.sin(x)

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        (x,) = ctx.saved_tensors
        return gy * torch.cos(x)


def _sine(name: str, backward: Any) -> Any:
    return type(name, (_Sine,), {"backward": staticmethod(backward)})


def _cosine(ctx: Any) -> Any:
    (x,) = ctx.saved_tensors
    return torch.cos(x)


_Sign = _sine("_Sign", lambda ctx, gy: -gy * _cosine(ctx))
_Factor = _sine("_Factor", lambda ctx, gy: gy * _cosine(ctx) * 1.0003)
_ThroughFloat32 = _sine("_ThroughFloat32", lambda ctx, gy: (gy * _cosine(ctx)).float().double())
_IgnoresGy = _sine("_IgnoresGy", lambda ctx, gy: torch.ones_like(gy) * _cosine(ctx))
_DamagesGy = _sine("_DamagesGy", lambda ctx, gy: gy.mul_(_cosine(ctx)))
_Cut = _sine("_Cut", lambda ctx, gy: gy * _cosine(ctx).detach())
_GyCut = _sine("_GyCut", lambda ctx, gy: gy.detach() * _cosine(ctx))
# Torch raises only where gy itself is differentiated; else the second derivative is dropped.
_NoSecond = _sine("_NoSecond", torch.autograd.function.once_differentiable(_Sine.backward))


class _Add(torch.autograd.Function):  # type: ignore[name-defined]  # torch may be absent
    """A bias whose gradient is that of the first row, not summed over the rows."""

    @staticmethod
    def forward(ctx: Any, x: Any, b: Any) -> Any:
        return x + b

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        return gy, gy[0]


class _Keeps(_Add):
    """The sum is missing altogether, which torch's engine makes good."""

    @staticmethod
    def backward(ctx: Any, gy: Any) -> Any:
        return gy, gy


RIGHT: dict[str, tuple[Any, list[Any]]] = {
    "tanh": (torch.tanh, [several(4)]),
    "exp at a number": (torch.exp, [0.5]),
    "product": (torch.mul, [several(3, 2), several(2, seed=1)]),
    "matmul": (torch.matmul, [several(3, 4), several(4, 2)]),
    "softmax": (lambda x: torch.softmax(x, -1), [several(2, 3)]),
    "inverse": (torch.linalg.inv, [several(3, 3) + 3 * np.eye(3)]),
    "float32": (torch.sin, [several(3).astype(np.float32)]),
    "float16": (torch.sin, [several(3).astype(np.float16)]),
    "a tensor": (torch.sigmoid, [torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)]),
    "negative strides": (torch.exp, [several(3)[::-1]]),
    "two outputs, one of integers": (lambda x: torch.max(x, 0), [several(4)]),
    "integers beside": (lambda x, i: x[i] ** 2, [several(4), np.array([0, 2, 2])]),
    "unused input": (lambda a, b: torch.sin(a), [several(3), several(2)]),
    "autograd.Function": (_Sine, [several(3)]),
    "sum made good by torch": (_Keeps, [several(4, 3), several(3, seed=1)]),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_function_passes(name: str, order: int) -> None:
    f, inputs = RIGHT[name]
    result = check(f, *inputs, order=order)
    assert result.verdict == "pass", str(result)
    assert not any(row.certified for row in result.evidence)


WRONG: dict[str, tuple[Any, list[Any], int, str]] = {
    "sign": (_Sign, [several(3)], 1, "sign: the gradient of input 0 (x)"),
    "factor": (_Factor, [several(3)], 1, "constant factor"),
    "float32": (_ThroughFloat32, [several(3)], 1, "precision lost"),
    "ignores gy": (_IgnoresGy, [several(3)], 1, "ignores gy"),
    "damages gy": (_DamagesGy, [several(3)], 1, "gy overwritten"),
    "missing sum": (_Add, [several(4, 3), several(3, seed=1)], 1, "input 1 (b)"),
    "random": (lambda x: x * torch.rand(3), [several(3)], 1, "not deterministic"),
    "graph cut": (_Cut, [several(3)], 2, "graph cut in backward"),
    "gy cut": (_GyCut, [several(3)], 2, "graph cut in backward"),
    "differentiable once": (_NoSecond, [several(3)], 2, "graph cut in backward"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_function_fails_with_its_cause(name: str) -> None:
    f, inputs, failing, cause = WRONG[name]
    result = check(f, *inputs, order=2)
    assert result.verdict == "fail", str(result)
    assert min(row.order for row in result.evidence if row.verdict == "fail") == failing
    assert result.diagnosis is not None
    assert cause in result.diagnosis, str(result)


def test_a_graph_cut_is_right_at_first_order() -> None:
    assert check(_Cut, several(3), order=1)


def _tanh(order: int = 1) -> Result:
    return check(torch.tanh, np.array([0.5, 18.0]), order=order, formula=lambda m, x: m.tanh(x))


def test_lost_digits_are_given_in_ulps_and_are_no_mistake() -> None:
    result = _tanh()
    assert result.verdict == "pass"
    [warning] = result.warnings
    assert "element 1 = 18.0" in warning
    assert 1e13 < float(warning.split()[-3]) < 1e16  # of 16 digits one is left
    assert warning in str(result)


def test_nothing_is_lost_where_nothing_cancels() -> None:
    result = check(torch.tanh, np.array([0.5, 1.0]), order=2, formula=lambda m, x: m.tanh(x))
    assert result
    assert not result.warnings
    [row] = [r for r in result.evidence if r.oracle == "symbolic" and r.order == 1]
    assert row.error_ulp is not None
    assert row.error_ulp < 4


def test_the_formula_tells_more_than_differences() -> None:
    """Off by 30 ULP: nothing for differences of forward, too much for a cosine."""

    off = _sine("Off", lambda ctx, gy: gy * _cosine(ctx) * (1 + 30 * 2.0**-52))
    x = several(3)
    assert check(off, x)
    assert check(off, x, formula=lambda m, x: m.sin(x)).verdict == "fail"


def test_a_wrong_formula_fails() -> None:
    assert check(torch.sin, several(3), formula=lambda m, x: m.cos(x)).verdict == "fail"


def test_the_finding_says_why_no_jets() -> None:
    for result in (check(torch.sin, several(3)), check(_Sign, several(3))):
        assert "jets do not apply: a torch tensor holds machine numbers" in str(result)
        assert "finite differences of forward" in str(result)
    assert "the formula, differentiated exactly" in str(_tanh())


def test_the_line_that_reproduces_it() -> None:
    result = check(_Sign, np.array([0.5]))
    line = "gradcheck.torch_subject.check(_Sign, np.array([0.5], dtype='float64'), order=1, seed=0)"
    assert result.reproduce == line
    assert _tanh().reproduce.endswith(", formula=formula)")


def test_inputs_and_global_random_state_are_left_alone() -> None:
    x = torch.tensor([0.5, 1.0], dtype=torch.float64, requires_grad=True)
    state = torch.get_rng_state()
    check(torch.tanh, x, order=2)
    assert x.tolist() == [0.5, 1.0]
    assert x.grad is None
    assert torch.equal(torch.get_rng_state(), state)


def test_gradients_of_order_two_are_contracted_with_the_direction() -> None:
    subject = TorchSubject(lambda x: x**3, [True])
    x, u, d = np.array([2.0]), np.array([5.0]), np.array([7.0])
    [[first], [second]] = subject.gradients([x], [u], [d], 2)
    assert (first, second) == (3 * 4 * 5, 6 * 2 * 5 * 7)
    assert [y.tolist() for y in subject.values([x])] == [[8.0]]


@pytest.mark.parametrize(
    ("f", "inputs", "options", "words"),
    [
        (lambda x: 1.0, [0.5], {}, "must return a torch tensor"),
        (lambda x: (), [0.5], {}, "must return a torch tensor"),
        (torch.sin, [np.array([0.5], np.longdouble)], {}, "which torch lacks; pass float64"),
        (torch.sin, [torch.tensor([1j])], {}, "complex"),
        (torch.sin, [0.5], {"order": 0}, "order must be"),
        (torch.sin, [0.5], {"formula": lambda m, x: x[None]}, "the formula gives one output of shape"),
        (torch.sin, [], {}, "no inputs"),
    ],
)
def test_misuse(f: Any, inputs: list[Any], options: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        check(f, *inputs, **options)
