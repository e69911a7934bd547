"""Every parameter of a network: backprop against differences, and certified by jets."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.experiments.networks import differences
from gradcheck.experiments.networks.differences import STEP, judge
from gradcheck.experiments.networks.network import Loss, Network, network_row
from gradcheck.judging import verdict
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Evidence, Result
from gradcheck.measuring import probes
from gradcheck.records.jsonl import Row
from gradcheck.system.raised import told

ORDERS = {1: "", 2: ", second derivatives"}  # what the name of a row says of its order


@dataclass(frozen=True)
class Scene:
    """A network at its point, with the direction of second derivatives (of length 1)."""

    network: Network
    loss: Loss
    names: list[str]
    parameters: list[np.ndarray]
    direction: list[np.ndarray]


def network_rows(network: Network) -> list[Row]:
    """The rows of a network: one for each parameter and order, if it has no `check` of its own."""
    if network.check:
        return network.check(network)
    loss, named = network.build()
    parameters = list(named.values())
    scene = Scene(network, loss, list(named), parameters, _direction(network, parameters))
    started = time.perf_counter()
    proof = examine(_case(scene))
    share = (time.perf_counter() - started) / (network.order * len(parameters))
    return [
        _row(scene, found, proof, share)
        for order in range(1, network.order + 1)
        for found in _comparisons(scene, order)
    ]


def _direction(network: Network, parameters: Sequence[np.ndarray]) -> list[np.ndarray]:
    rng = np.random.default_rng(zlib.crc32(network.name.encode()))
    drawn = probes.like(rng, parameters)
    length = np.sqrt(sum(np.vdot(d, d) for d in drawn))
    return [d / length for d in drawn]


def _case(scene: Scene) -> Case:
    return Case(
        id=scene.network.name,
        op=scene.network.name,
        f=scene.loss,
        inputs=scene.parameters,
        names=scene.names,
        active=[True] * len(scene.names),
        order=scene.network.order,
        seed=0,
        dtype=np.dtype(np.float64),
    )


# Differencing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """Some elements of one parameter's gradient: backprop, differences and what these are off by.

    A backward that raised leaves no elements, and says why in `crash`.
    """

    order: int
    position: int
    got: np.ndarray
    near: np.ndarray
    bound: np.ndarray
    seconds: float
    crash: str = ""


def _comparisons(scene: Scene, order: int) -> Iterator[Comparison]:
    """One for each parameter."""
    try:
        grads = differences.backprop(scene.loss, scene.parameters, scene.direction, order)[-1]
    except Exception as error:  # a wrong backward may raise anything; that is a finding
        nothing, reason = np.empty(0), told(error)
        for i in range(len(scene.parameters)):
            yield Comparison(order, i, nothing, nothing, nothing, 0.0, reason)
        return
    whole = [np.zeros_like(p) if g is None else g for g, p in zip(grads, scene.parameters, strict=True)]
    yield from _of_gradient(scene, whole) if order > 1 else _of_loss(scene, whole)


def _of_loss(scene: Scene, gradients: list[np.ndarray]) -> Iterator[Comparison]:
    size = abs(differences.value(scene.loss, scene.parameters))
    for i, gradient in enumerate(gradients):
        started = time.perf_counter()
        chosen = _elements(scene, i)
        near, far = (
            differences.of_loss(scene.loss, scene.parameters, i, h, chosen) for h in (STEP, 2 * STEP)
        )
        bound = differences.bound(near, far, size)
        seconds = time.perf_counter() - started
        yield Comparison(1, i, gradient.reshape(-1)[chosen], near, bound, seconds)


def _elements(scene: Scene, i: int) -> np.ndarray:
    """All elements of parameter `i`, or a random sample of them."""
    total, sample = scene.parameters[i].size, scene.network.sample
    if sample is None or total <= sample:
        return np.arange(total)
    return np.sort(np.random.default_rng([i, total]).choice(total, sample, replace=False))


def _of_gradient(scene: Scene, gradients: list[np.ndarray]) -> Iterator[Comparison]:
    """Every element of the Hessian's product with the direction, at the cost of four gradients."""
    started = time.perf_counter()
    near, far = (
        differences.of_gradient(scene.loss, scene.parameters, scene.direction, h) for h in (STEP, 2 * STEP)
    )
    first = differences.gradient(scene.loss, scene.parameters)
    size = max(float(np.abs(g).max(initial=0.0)) for g in first)
    seconds = (time.perf_counter() - started) / len(gradients)
    for i, (got, n, f) in enumerate(zip(gradients, near, far, strict=True)):
        bound = differences.bound(n, f, size)
        yield Comparison(2, i, got.ravel(), n.ravel(), bound.ravel(), seconds)


# Judging --------------------------------------------------------------------------------------------


def _row(scene: Scene, found: Comparison, proof: Result, seconds: float) -> Row:
    parameter = scene.parameters[found.position]
    judged, reason = _judged(found, parameter.size)
    of_order = [e for e in proof.evidence if e.order == found.order]
    gap = np.abs(found.got - found.near)
    return network_row(
        scene.network,
        name=scene.network.name + ORDERS[found.order],
        parameter=scene.names[found.position],
        shape=list(parameter.shape),
        elements=len(gap),
        mean_abs_diff=float(gap.mean()) if gap.size else float("nan"),
        max_abs_diff=float(gap.max(initial=0.0)) if gap.size else float("nan"),
        error_ulp=next((e.error_ulp for e in of_order if e.oracle == "jet"), None),
        verdict=verdict.worst([judged, *(e.verdict for e in of_order)]),
        reason=f"{reason}; {_proof(of_order)}",
        seconds=seconds + found.seconds,
    )


def _judged(found: Comparison, total: int) -> tuple[verdict.Verdict, str]:
    """Each element within the differences' own error; the reason says if they are not all `total`."""
    if found.crash:
        return "fail", f"backward of order {found.order} raised {found.crash}"
    gap = np.abs(found.got - found.near)
    judged, reason = judge(gap, found.bound, "the differences' own error")
    if len(gap) < total:
        reason += f" (a random sample of {total})"
    return judged, reason


def _proof(evidence: Sequence[Evidence]) -> str:
    """What the examination says of all parameters together."""
    failed = next((e.reason for e in evidence if e.verdict == "fail"), None)
    if failed:
        return f"all parameters together, {failed}"
    jets = [e.reason for e in evidence if e.oracle == "jet"]
    return f"all parameters together, {jets[0]}" if jets else "not certified: no jets of this order"
