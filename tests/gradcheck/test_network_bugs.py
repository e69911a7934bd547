"""A bug planted in one layer is seen by the check of the network that has the layer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dezero import Function
from dezero import functions as F
from dezero.functions.recurrent import LSTMStep
from gradcheck.experiments import networks
from gradcheck.experiments.mutation.mutants import MUTANTS
from gradcheck.experiments.mutation.planting import planted
from gradcheck.records.jsonl import Row
from tests.gradcheck.test_networks import BY_NAME, QUICK

# A network and a class that one of its layers is made of.
LAYERS = {
    "two-layer network": F.Linear,
    "MLP": F.Sigmoid,
    "CNN": F.Pooling,
    "RNN over 3 steps": F.Tanh,
    "LSTM over 3 steps": LSTMStep,
    "ResNet bottleneck": F.BatchNorm,
    "VGG's first block, 4 channels": F.Conv2d,
    "gradient penalty (WGAN-GP)": F.Tanh,
    "small MLP": F.Linear,
    "Hessian of a small MLP": F.Tanh,
    "Newton's method": F.Pow,
}
# And one whose second derivative is not zero.
CURVED = {
    "two-layer network": F.SoftmaxCrossEntropy,
    "MLP": F.Sigmoid,
    "RNN over 3 steps": F.Tanh,
    "LSTM over 3 steps": LSTMStep,
    "gradient penalty (WGAN-GP)": F.Sqrt,
    "small MLP": F.Tanh,
    "Hessian of a small MLP": F.SoftmaxCrossEntropy,
    "Newton's method": F.Pow,
}


SAMPLE = 8  # elements of each parameter that are differenced; the proof is of all


def rows_with(bug: str, cls: type[Function], name: str) -> list[Row]:
    with planted(cls, MUTANTS[bug]) as trace:
        rows = networks.network_rows(replace(BY_NAME[name], sample=SAMPLE))
    assert trace.acted
    return rows


def failing(rows: list[Row]) -> list[str]:
    return [row["name"] for row in rows if row["verdict"] == "fail"]


def test_every_network_of_the_quick_profile_is_tried() -> None:
    assert set(LAYERS) == {network.name for network in QUICK}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_off_by_3_in_10_000_is_seen(name: str) -> None:
    assert failing(rows_with("factor-1.0003", LAYERS[name], name))


@pytest.mark.parametrize("name", CURVED)
def test_a_layer_cut_out_of_the_graph_of_backward_is_seen_in_second_derivatives(name: str) -> None:
    found = failing(rows_with("detached", CURVED[name], name))
    assert found
    if BY_NAME[name].check is None:
        assert set(found) == {f"{name}, second derivatives"}


def test_a_gradient_penalty_sees_a_cut_graph_in_its_first_derivative() -> None:
    """The loss has a gradient in it, which is differentiated again."""
    name = "gradient penalty (WGAN-GP)"
    assert name in failing(rows_with("detached", F.Tanh, name))
