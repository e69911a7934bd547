"""The network-level checks pass on the real ones, and see wrong backwards in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable
from gradcheck.cases import laboratory
from gradcheck.experiments import networks
from gradcheck.experiments.networks import Network, Problem, curvature, dense, optimizer
from gradcheck.records.jsonl import Row
from gradcheck.running import tasks
from tests.gradcheck.ops import GraphCut, Sine, WrongFactor

BY_NAME = {network.name: network for network in networks.NETWORKS}
QUICK = [n for n in networks.NETWORKS if n.profile == "quick"]
COMPARED = [n for n in QUICK if n.check is None]


class Crashing(Sine):
    """Its gradient has no gradient."""

    def backward(self, gy: Variable) -> Variable:
        return gy * _NoBackward()(self.inputs[0])


class _NoBackward(Function):
    def forward(self, x: Any) -> Any:
        return np.cos(x)

    def backward(self, gy: Variable) -> Variable:
        raise ZeroDivisionError("not today")


class Asymmetric(Function):
    """x0 * x1 whose gradient by x0 is held for constant: half of a symmetric pair is missing."""

    def forward(self, x0: Any, x1: Any) -> Any:
        return x0 * x1

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        x0, x1 = self.inputs
        return gy * Variable(x1.data), gy * x0


@cache
def rows_of(name: str) -> list[Row]:
    return networks.network_rows(BY_NAME[name])


def test_names_are_distinct() -> None:
    assert len(BY_NAME) == len(networks.NETWORKS)


@pytest.mark.parametrize("network", COMPARED, ids=lambda n: n.name)
def test_every_parameter_agrees_with_differences(network: Network) -> None:
    rows = rows_of(network.name)
    _, parameters = network.build()
    assert [row["parameter"] for row in rows] == 2 * list(parameters)
    for row in rows:
        first_order = row["name"] == network.name
        total = int(np.prod(row["shape"]))
        sampled = first_order and network.sample is not None and network.sample < total
        assert row["verdict"] == "pass", row["reason"]
        assert row["shape"] == list(parameters[row["parameter"]].shape)
        assert row["elements"] == (network.sample if sampled else total)
        assert ("a random sample" in row["reason"]) == sampled
        assert "formula proven" in row["reason"]
        assert "ULP" not in row["reason"], "the error is that of the parameter"
        assert row["mean_abs_diff"] < 1e-5  # central differences with h = 1e-4 in float64


@pytest.mark.parametrize("network", [n for n in QUICK if n.check], ids=lambda n: n.name)
def test_every_check_of_second_derivatives_passes(network: Network) -> None:
    for row in networks.network_rows(network):
        assert row["verdict"] == "pass", row["reason"]
        assert row["elements"] == np.prod(row["shape"])


@pytest.mark.parametrize("network", networks.NETWORKS, ids=lambda n: n.name)
def test_a_network_is_the_same_at_each_call(network: Network) -> None:
    losses = []
    for _ in range(2):
        loss, parameters = network.build()
        values = [Variable(p.copy()) for p in parameters.values()]
        losses += [loss(*values).data, loss(*values).data]
        assert all(p.dtype == np.float64 for p in parameters.values())
    assert len({float(value) for value in losses}) == 1


def test_a_run_takes_the_networks_of_its_profile() -> None:
    def taken(profile: str) -> set[str]:
        selection = laboratory.Selection(profile=profile)
        return {task.name for task in tasks.tasks(selection) if task.kind == "network"}

    assert taken("quick") == {n.name for n in QUICK}
    assert taken("full") == set(BY_NAME)


# Errors of each parameter ---------------------------------------------------------------------------


def test_each_parameter_of_a_network_has_the_error_of_its_own_worst_element() -> None:
    """Backward of the two-layer network written out, in floats and in long double: their distance in ULPs."""
    if np.finfo(np.longdouble).nmant < 63:
        pytest.skip("long double is no longer than float64 here: there is nothing to hold floats against")
    rows = [row for row in rows_of("two-layer network") if row["name"] == "two-layer network"]
    loss, parameters = dense.two_layer()
    values = [Variable(p) for p in parameters.values()]
    loss(*values).backward()
    wanted = _two_layer_gradient({name: p.astype(np.longdouble) for name, p in parameters.items()})
    found = {row["parameter"]: row["error_ulp"] for row in rows}
    assert len(set(found.values())) == len(found)
    for name, value in zip(parameters, values, strict=True):
        assert value.grad is not None
        spacing = np.spacing(np.abs(wanted[name].astype(np.float64)))
        error = float((np.abs(value.grad.data - wanted[name]) / spacing).max())
        assert found[name] == pytest.approx(error, rel=0.05, abs=0.1), name


def _two_layer_gradient(at: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    images, labels = dense.digits(3)
    x = images.reshape(3, 64).astype(np.longdouble)
    hidden = np.maximum(x @ at["W1"] + at["b1"], 0)
    scores = hidden @ at["W2"] + at["b2"]
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    g = (weights / weights.sum(axis=1, keepdims=True) - np.eye(10)[labels]) / 3
    before = (g @ at["W2"].T) * (hidden > 0)
    return {"W1": x.T @ before, "b1": before.sum(0), "W2": hidden.T @ g, "b2": g.sum(0)}


def test_a_refuted_backward_has_no_error_in_ulps_and_each_row_of_differences_has_its_step() -> None:
    rows = networks.network_rows(replace(_small(lambda x: WrongFactor()(x)), order=1))
    assert [row["error_ulp"] for row in rows] == [None, None]
    assert {row["step"] for row in rows} == {1e-4}
    *others, by_differences = networks.network_rows(BY_NAME["Hessian of a small MLP"])
    assert by_differences["step"] == 1e-4
    assert not any("step" in row for row in others)


# Planted bugs ---------------------------------------------------------------------------------------


def _small(activation: Callable[[Variable], Variable]) -> Network:
    def build() -> Problem:
        rng = np.random.default_rng(0)

        def loss(W1: Variable, W2: Variable) -> Variable:  # noqa: N803  # as taught
            hidden = activation(F.matmul(Variable(np.ones((3, 4))), W1))
            return F.softmax_cross_entropy(F.matmul(hidden, W2), np.array([0, 1, 0]))

        return loss, {"W1": rng.standard_normal((4, 5)), "W2": rng.standard_normal((5, 2))}

    return Network("small", "ones", build)


def _verdicts(network: Network) -> dict[tuple[str, str], str]:
    return {(row["name"], row["parameter"]): row["verdict"] for row in networks.network_rows(network)}


def test_a_right_network_of_this_kind_passes() -> None:
    assert set(_verdicts(_small(F.sin)).values()) == {"pass"}


def test_a_wrong_backward_inside_is_seen_at_the_parameters_before_it() -> None:
    first, second = networks.network_rows(replace(_small(lambda x: WrongFactor()(x)), order=1))
    assert first["verdict"] == "fail"
    assert "20 of 20 elements differ by more than the differences' own error" in first["reason"]
    assert "proven" in first["reason"]
    assert "all 10 elements agree" in second["reason"]


def test_a_cut_graph_is_seen_in_the_second_order_alone() -> None:
    found = _verdicts(_small(lambda x: GraphCut()(x)))
    assert found["small", "W1"] == found["small", "W2"] == "pass"
    assert found["small, second derivatives", "W1"] == "fail"


def test_a_backward_that_raises_in_the_second_order_is_a_finding() -> None:
    rows = networks.network_rows(_small(lambda x: Crashing()(x)))
    assert [row["verdict"] for row in rows] == ["pass", "pass", "fail", "fail"]
    assert "backward of order 2 raised ZeroDivisionError: not today" in rows[2]["reason"]
    assert rows[2]["elements"] == 0


def test_a_single_wrong_element_of_a_large_parameter_is_proven_wrong_though_not_in_the_sample() -> None:
    class Doubled(Function):
        """x, with the gradient of its last element doubled."""

        def forward(self, x: Any) -> Any:
            return x.copy()

        def backward(self, gy: Variable) -> Variable:
            scale = np.ones(gy.shape)
            scale[-1] = 2
            return gy * scale

    def build() -> Problem:
        x = np.random.default_rng(1).uniform(1, 2, 500)
        return lambda v: F.sum(F.sin(Doubled()(v))), {"v": x}

    [row] = networks.network_rows(Network("large", "numbers", build, order=1, sample=5))
    assert row["elements"] == 5
    assert "all 5 elements agree" in row["reason"]
    assert "a random sample of 500" in row["reason"]
    assert row["verdict"] == "fail"
    assert "proven" in row["reason"]


def _hessian(function: Callable[[Variable, Variable], Variable]) -> dict[str, str]:
    def build() -> Problem:
        rng = np.random.default_rng(2)
        return (
            lambda a, b: F.sum(F.tanh(function(a, b))),
            {"a": rng.standard_normal(3), "b": rng.standard_normal(3)},
        )

    network = Network("pair", "numbers", build, check=curvature.hessian_rows)
    return {row["parameter"]: row["verdict"] for row in networks.network_rows(network)}


def test_a_hessian_that_lacks_terms_is_seen_in_every_way() -> None:
    assert set(_hessian(lambda a, b: a * b).values()) == {"pass"}
    assert set(_hessian(lambda a, b: Asymmetric()(a, b)).values()) == {"fail"}


def test_a_symmetric_wrong_hessian_is_seen_by_jets_and_by_differences() -> None:
    found = _hessian(lambda a, b: GraphCut()(a) + b)
    assert found["H, and its transpose"] == "pass"
    assert found["H, and by jets through backward"] == "fail"
    assert found["H, and by differences of the gradient"] == "fail"


def test_a_newton_step_with_a_wrong_hessian_is_not_the_exact_one() -> None:
    def build() -> Problem:
        def loss(p: Variable) -> Variable:
            x, y = p[0], p[1]
            residual = y - x**2
            return 100 * residual * Variable(residual.data) + (1 - x) ** 2

        return loss, optimizer.rosenbrock()[1]

    [row] = networks.network_rows(replace(BY_NAME["Newton's method"], build=build))
    assert row["verdict"] == "fail"
    assert "elements differ by more than rounding" in row["reason"]


def test_a_penalty_is_differentiated_through_the_gradient_in_it() -> None:
    """Held for constant, the penalty would contribute nothing to the gradient."""
    loss, parameters = dense.gradient_penalty()
    values = [Variable(p) for p in parameters.values()]
    loss(*values).backward()
    without = _critic_gradient(parameters)
    assert values[0].grad is not None
    assert np.abs(values[0].grad.data - without).max() > 1e-2


def _critic_gradient(parameters: Any) -> np.ndarray:
    """By l0/W, of the difference of mean scores: by hand, for tanh."""
    images, _ = dense.digits(3)
    real = images.reshape(3, 64)
    fake = np.random.default_rng(3).uniform(size=real.shape)
    W, b, V = (parameters[name] for name in ("l0/W", "l0/b", "l1/W"))  # noqa: N806
    parts = [x.T @ ((1 - np.tanh(x @ W + b) ** 2) * V.ravel()) / len(x) for x in (fake, real)]
    return parts[0] - parts[1]
