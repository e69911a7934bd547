"""Every parameter of a network: backprop against differences, and certified by jets."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.cases.case import Case
from gradcheck.experiments.networks.loss_at import LossAt, judge
from gradcheck.experiments.networks.network import Network, network_row
from gradcheck.judging import verdict
from gradcheck.judging.examine import examine
from gradcheck.judging.finding import Evidence, Result
from gradcheck.measuring import probes
from gradcheck.measuring.measure import measure
from gradcheck.measuring.point import Point
from gradcheck.oracles.differences.central import STEP
from gradcheck.oracles.numbers import ulp
from gradcheck.records.jsonl import Row
from gradcheck.system.raised import described

ORDERS = {1: "", 2: ", second derivatives"}  # what the name of a row says of its order


def network_rows(network: Network) -> list[Row]:
    """The rows of a network: one for each parameter and order, if it has no `check` of its own."""
    if network.check:
        return network.check(network)
    loss, named = network.build()
    at = LossAt(loss, list(named.values()))
    started = time.perf_counter()
    proof = examine(_case(network, at, list(named)))
    errors = _errors(network, at, proof)
    share = (time.perf_counter() - started) / (network.order * len(named))
    return [
        _row(network, name, compared, proof, error, share)
        for order in range(1, network.order + 1)
        for name, compared, error in zip(named, _compared(network, at, order), errors[order], strict=True)
    ]


def _case(network: Network, at: LossAt, names: list[str]) -> Case:
    return Case(
        id=network.name,
        op=network.name,
        f=at.loss,
        inputs=at.parameters,
        names=names,
        active=[True] * len(names),
        order=network.order,
        seed=0,
        dtype=np.dtype(np.float64),
    )


# Differencing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """Some elements of one parameter's gradient: backprop, differences and what these are off by.

    A backward that raised leaves no elements, and says why in `crash`.
    """

    order: int
    parameter: np.ndarray
    got: np.ndarray
    near: np.ndarray
    bound: np.ndarray
    seconds: float
    crash: str = ""

    @property
    def gap(self) -> np.ndarray:
        return np.abs(self.got - self.near)


def _compared(network: Network, at: LossAt, order: int) -> Iterator[Compared]:
    """One for each parameter."""
    direction = _direction(network, at.parameters)
    try:
        got = at.gradient() if order == 1 else at.product(direction)
    except Exception as error:  # a wrong backward may raise anything; that is a finding
        nothing, crash = np.empty(0), described(error)
        return (Compared(order, p, nothing, nothing, nothing, 0.0, crash) for p in at.parameters)
    return _first(network, at, got) if order == 1 else _second(at, got, direction)


def _direction(network: Network, parameters: Sequence[np.ndarray]) -> list[np.ndarray]:
    """That of second derivatives, of length 1."""
    rng = np.random.default_rng(zlib.crc32(network.name.encode()))
    drawn = probes.like(rng, parameters)
    length = np.sqrt(sum(np.vdot(d, d) for d in drawn))
    return [d / length for d in drawn]


def _first(network: Network, at: LossAt, got: np.ndarray) -> Iterator[Compared]:
    """All elements of each parameter's gradient, or a random sample of them."""
    for i, (parameter, part) in enumerate(zip(at.parameters, at.split(got), strict=True)):
        started = time.perf_counter()
        chosen = _elements(parameter.size, network.sample, i)
        near, bound = at.differences(i, chosen)
        yield Compared(1, parameter, part[chosen], near, bound, time.perf_counter() - started)


def _elements(total: int, sample: int | None, i: int) -> np.ndarray:
    if sample is None or total <= sample:
        return np.arange(total)
    return np.sort(np.random.default_rng([i, total]).choice(total, sample, replace=False))


def _second(at: LossAt, got: np.ndarray, direction: list[np.ndarray]) -> Iterator[Compared]:
    """Every element of the Hessian's product with the direction, at the cost of four gradients."""
    started = time.perf_counter()
    near, bound = at.product_by_differences(direction)
    seconds = (time.perf_counter() - started) / len(at.parameters)
    for parameter, g, n, b in zip(at.parameters, *map(at.split, (got, near, bound)), strict=True):
        yield Compared(2, parameter, g, n, b, seconds)


# Judging --------------------------------------------------------------------------------------------


def _errors(network: Network, at: LossAt, proof: Result) -> dict[int, list[float | None]]:
    """For each order, what backward's floats are off by at the worst element of each parameter, in ULPs.

    They are held against the same backward in balls so narrow that rounding vanishes. So nothing is said
    of an order for which jets do not prove that this is the derivative.
    """
    proven = {e.order for e in proof.evidence if e.oracle == "jet" and e.formula == "proven"}
    found: dict[int, list[float | None]] = {
        k: [None] * len(at.parameters) for k in range(1, network.order + 1)
    }
    measured = measure(at.subject, _point(network, at), balls=bool(proven))
    for order, (got, balls) in enumerate(zip(measured.got, measured.high or (), strict=False), 1):
        if order in proven:
            found[order] = [_worst_error(*pair) for pair in zip(got, balls, strict=True)]
    return found


def _point(network: Network, at: LossAt) -> Point:
    """The parameters, the cotangent 1 of the loss, and the direction that differences take, too."""
    active, direction = [True] * len(at.parameters), _direction(network, at.parameters)
    return Point(at.parameters, active, [np.ones(())], direction, network.order, np.dtype(np.float64))


def _worst_error(got: np.ndarray | None, balls: np.ndarray | None) -> float | None:
    if got is None or balls is None:
        return None
    return float(ulp.distances(got.ravel(), balls.ravel().tolist(), got.dtype).max(initial=0.0))


def _row(
    network: Network, name: str, found: Compared, proof: Result, error: float | None, seconds: float
) -> Row:
    judged, reason = _judged(found)
    of_order = [e for e in proof.evidence if e.order == found.order]
    gap = found.gap
    return network_row(
        network,
        name=network.name + ORDERS[found.order],
        parameter=name,
        shape=list(found.parameter.shape),
        elements=len(gap),
        mean_abs_diff=float(gap.mean()) if gap.size else float("nan"),
        max_abs_diff=float(gap.max(initial=0.0)) if gap.size else float("nan"),
        error_ulp=error,
        step=STEP,
        verdict=verdict.worst([judged, *(e.verdict for e in of_order)]),
        reason=f"{reason}; {_proof(of_order)}",
        seconds=seconds + found.seconds,
    )


def _judged(found: Compared) -> tuple[verdict.Verdict, str]:
    """Each element within the differences' own error; the reason says if they are not all of them."""
    if found.crash:
        return "fail", f"backward of order {found.order} raised {found.crash}"
    judged, reason = judge(found.gap, found.bound, "the differences' own error")
    if len(found.got) < found.parameter.size:
        reason += f" (a random sample of {found.parameter.size})"
    return judged, reason


def _proof(evidence: Sequence[Evidence]) -> str:
    """What the examination says of all parameters together; their errors stand in their rows."""
    bad = next((e.reason for e in evidence if e.verdict != "pass"), None)
    if bad:
        return f"all parameters together, {bad}"
    jets = [e.formula for e in evidence if e.oracle == "jet"]
    return f"all parameters together: formula {jets[0]}" if jets else "not certified: no jets of this order"
