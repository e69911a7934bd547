"""Where a gradient is wrong: certified truths of single elements, and the search for a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from flint import arb

from gradcheck.judging import verdict
from gradcheck.judging.proof import decoding
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring.point import Point
from gradcheck.oracles.numbers.matrices import dot
from gradcheck.oracles.numbers.working import working

BITS = 256
BLOCKS = 16  # into which elements are parted to find a wrong one
LOOKED = 11  # elements of a sample, besides the first
FIRST = 2  # of these, where each costs an evaluation of its own
SEVERAL = 2  # wrong ones of a sample, which show that there are more than a few
FEW = 32  # elements: so few that all are looked at
LARGE_PARTS = 3  # a half, a quarter and an eighth of all elements


def truths(scene: Scene, k: int, columns: Sequence[Probe]) -> list[arb]:
    """Certified <G_k, e> for each probe e; jets must apply."""
    if not columns:
        return []
    at = scene.at
    found = at.truth(scene.subject.values, columns, k)
    return [column[k - 1] for column in found.columns]


def true_element(scene: Scene, k: int, position: int) -> arb:
    """The truth of one element of the gradient of order k; asked for once."""
    return true_elements(scene, k, [position])[0]


def true_elements(scene: Scene, k: int, positions: Sequence[int]) -> list[arb]:
    """The truths of some elements of the gradient of order k, each asked for once, all together."""
    elements = scene.answers.elements
    unknown = [p for p in dict.fromkeys(positions) if (k, p) not in elements]
    units = [scene.at.unit(p) for p in unknown]
    elements.update(zip([(k, p) for p in unknown], truths(scene, k, units), strict=True))
    return [elements[k, p] for p in positions]


def wrong_element(scene: Scene, k: int, high: Sequence[arb], column: Probe) -> int:
    """A wrong element among those that a failing probe weighs; jets must apply.

    Where there are few of them, all are noted in `scene.answers.located`. Else, if a sample has none, all
    elements are parted at random into one half, a quarter, an eighth, and so on: of the smallest part that
    fails few are wrong, and these are found.
    """
    positions = [p for p, _ in scene.weights(column)]
    sampled = _failing(scene, k, high, sample(scene, positions)[: FIRST if k > 1 else None])
    if len(sampled) >= SEVERAL and len(positions) > FEW:
        return sampled[0]
    wrong = _few_wrong(scene, k, high, positions)
    if wrong:
        scene.answers.located[k] = {p: p in wrong for p in positions}
    elif not sampled:
        part = _smallest_wrong_part(scene, k, high, column, positions)
        few = _few_wrong(scene, k, high, part) if 1 < len(part) < len(positions) else []
        wrong = few or [_in_blocks(scene, k, high, column, part)]
    return (wrong or sampled)[0]


def _smallest_wrong_part(
    scene: Scene, k: int, high: Sequence[arb], column: Probe, positions: Sequence[int]
) -> Sequence[int]:
    """The smallest part of a failing probe that fails by itself; all of it where none does."""
    mixed = np.random.default_rng([5, scene.case.seed]).permutation(positions).tolist()
    parts = [mixed[n // 2 : n] for n in reversed(_halvings(len(mixed)))]
    large = max(len(parts) - LARGE_PARTS, 1)
    groups = [parts[:large], parts[large:]] if k == 1 else [[part] for part in parts]
    for group in groups:  # the probes of a group are asked for at once
        columns = [weighed(scene.at, column, dict.fromkeys(part, 1.0)) for part in group]
        for part, probe, truth in zip(group, columns, truths(scene, k, columns), strict=True):
            if _fails(scene, k, high, scene.weights(probe), truth):
                return part
    return positions


def _halvings(count: int) -> list[int]:
    """
    >>> _halvings(10)
    [10, 5, 2, 1]
    """
    return [count >> n for n in range(count.bit_length())]


def _in_blocks(scene: Scene, k: int, high: Sequence[arb], column: Probe, positions: Sequence[int]) -> int:
    """A wrong element of a failing probe: its parts are tested, then those of the first part that fails."""
    while len(positions) > 1:
        blocks = [block.tolist() for block in np.array_split(positions, min(BLOCKS, len(positions)))]
        columns = [weighed(scene.at, column, dict.fromkeys(block, 1.0)) for block in blocks]
        known = zip(blocks, columns, truths(scene, k, columns), strict=True)
        wrong = (block for block, c, truth in known if _fails(scene, k, high, scene.weights(c), truth))
        positions = next(wrong, blocks[-1])
    return positions[0]


def sample(scene: Scene, positions: Sequence[int]) -> list[int]:
    """Some of these, the same ones whenever it is asked."""
    chosen = np.random.default_rng([5, scene.case.seed]).integers(0, len(positions), LOOKED)
    return list(dict.fromkeys([positions[0], *(positions[n] for n in chosen.tolist())]))


def _failing(scene: Scene, k: int, high: Sequence[arb], positions: Sequence[int]) -> list[int]:
    """The wrong ones of these elements."""
    known = zip(positions, true_elements(scene, k, positions), strict=True)
    return [p for p, truth in known if _fails(scene, k, high, [(p, 1.0)], truth)]


def _few_wrong(scene: Scene, k: int, high: Sequence[arb], positions: Sequence[int]) -> list[int]:
    """All wrong elements among these, where they are so few that sums show which; else none."""
    count = len(positions)
    powers = [[float(z**n) for z in decoding.numbers(count)] for n in range(decoding.sums(count))]
    ones = [np.ones(x.shape) for x in scene.at.inputs]
    columns = [weighed(scene.at, ones, dict(zip(positions, weights, strict=True))) for weights in powers]
    with working(BITS):
        claimed = [dot([high[p] for p in positions], weights) for weights in powers]
        errors = [c - truth for c, truth in zip(claimed, truths(scene, k, columns), strict=True)]
        found = decoding.decoded(errors, count) or {}
    wrong = [positions[n] for n in found]
    return wrong if wrong and _failing(scene, k, high, wrong) == wrong else []


def hidden_element(scene: Scene, k: int, high: Sequence[arb], column: Probe) -> int | None:
    """An element that is wrong though its probe is within what rounding allows all of its elements.

    The half of the probe that is further off, for what it is allowed, is halved again, until no single
    element of it could be wrong, or one is.
    """
    weights = dict(scene.weights(column))
    low, dtype = scene.low(k), scene.at.dtype
    with working(BITS):
        allowed = {p: float(verdict.tolerance_of(high, low, [(p, w)], dtype)) for p, w in weights.items()}

    def off(positions: Sequence[int]) -> float:
        probe = weighed(scene.at, column, dict.fromkeys(positions, 1.0))
        with working(BITS):
            claimed = dot([high[p] for p in positions], [weights[p] for p in positions])
            return float((claimed - truths(scene, k, [probe])[0]).mid())

    positions: Sequence[int] = list(weights)
    error = off(positions)
    while len(positions) > 1:
        middle = len(positions) // 2
        first, second = positions[:middle], positions[middle:]
        part = off(first)
        halves = [(first, part), (second, error - part)]
        positions, error = max(halves, key=lambda half: abs(half[1]) / sum(allowed[p] for p in half[0]))
        if abs(error) <= min(allowed[p] for p in positions):
            return None
    [position] = positions
    wrong = _fails(scene, k, high, [(position, 1.0)], true_element(scene, k, position))
    return position if wrong else None


def search(
    positions: Sequence[int],
    error: Callable[[dict[int, float]], arb],
    fails: Callable[[dict[int, float]], bool],
) -> int:
    """A wrong element among `positions`, of a probe that fails.

    If there is one only, the same probe with each weight multiplied by a number of its own shows which:
    the error grows by that number. If all are wrong, the first is. Otherwise the probe is halved until
    one is left.

    Args:
        error: how far off the probe is, with its weights multiplied by these factors (0 elsewhere).
        fails: whether it is further off than it may be.
    """
    count = len(positions)
    numbered = error({p: 1 + n / count for n, p in enumerate(positions)})
    ratio = numbered / error(dict.fromkeys(positions, 1.0))
    guess = round((float(ratio.mid()) - 1) * count) if ratio.is_finite() else 0
    for n in (guess if 0 <= guess < count else 0, 0):
        if fails({positions[n]: 1.0}):
            return positions[n]
    return _halved(positions, fails)


def _halved(positions: Sequence[int], fails: Callable[[dict[int, float]], bool]) -> int:
    while len(positions) > 1:
        middle = len(positions) // 2
        wrong = fails(dict.fromkeys(positions[:middle], 1.0))
        positions = positions[:middle] if wrong else positions[middle:]
    return positions[0]


def _fails(scene: Scene, k: int, high: Sequence[arb], weights: list[tuple[int, float]], truth: arb) -> bool:
    with working(BITS):
        judged = verdict.judge_formula(high, lambda: scene.low(k), weights, truth, scene.at.dtype)
    return judged.verdict == "fail"


def weighed(at: Point, column: Probe, factors: dict[int, float]) -> Probe:
    """`column` with each element multiplied by its factor, zero where it has none."""
    every = np.zeros(at.size)
    every[list(factors)] = list(factors.values())
    return [part * factor for part, factor in zip(column, at.shaped(every), strict=True)]
