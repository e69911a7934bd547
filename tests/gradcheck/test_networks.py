"""The network-level check passes on the real one, and sees a wrong backward in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import dezero.functions as F  # noqa: N812  # the book's name
from dezero import Variable
from gradcheck import networks
from tests.gradcheck.ops import WrongFactor


@pytest.mark.parametrize("network", networks.NETWORKS, ids=lambda n: n.name)
def test_every_parameter_agrees_with_differences(network: networks.Network) -> None:
    rows = networks.network_rows(network)
    assert [row["parameter"] for row in rows] == list(network.parameters)
    for row in rows:
        assert row["verdict"] == "pass", row["reason"]
        assert row["elements"] == np.prod(row["shape"])
        assert 0 < row["mean_abs_diff"] < 1e-7  # central differences with h = 1e-4 in float64


def _small(activation: Any) -> networks.Network:
    def build() -> tuple[Any, list[np.ndarray]]:
        rng = np.random.default_rng(0)

        def loss(W1: Variable, W2: Variable) -> Variable:  # noqa: N803  # as taught
            hidden = activation(F.matmul(Variable(np.ones((3, 4))), W1))
            return F.softmax_cross_entropy(F.matmul(hidden, W2), np.array([0, 1, 0]))

        return loss, [rng.standard_normal((4, 5)), rng.standard_normal((5, 2))]

    return replace(networks.NETWORKS[0], parameters=("W1", "W2"), build=build, order=1)


def test_a_wrong_backward_inside_is_seen_at_the_parameters_before_it() -> None:
    wrong = networks.network_rows(_small(lambda x: WrongFactor()(x)))
    assert [row["verdict"] for row in networks.network_rows(_small(F.sin))] == ["pass", "pass"]
    assert wrong[0]["verdict"] == "fail"
    assert "elements differ" in wrong[0]["reason"]
    assert "all 10 elements agree" in wrong[1]["reason"]
