"""Where a gradient is wrong: certified truths of single elements, and the search for a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from flint import arb

from gradcheck.judging import verdict
from gradcheck.judging.proof import decoding
from gradcheck.judging.proof.halves import few_with_a_wrong_one
from gradcheck.judging.scene import Probe, Scene
from gradcheck.measuring.point import Point
from gradcheck.oracles.numbers.matrices import dot
from gradcheck.oracles.numbers.working import working

BITS = 256
BLOCKS = 16  # into which elements are parted to find a wrong one
LOOKED = 11  # elements of a sample, besides the first
FIRST = 3  # of these, asked for before the others
SEVERAL = 2  # wrong ones of a sample, which show that there are more than a few
FEW = 32  # elements: so few that all are looked at
MANY = 4000  # elements: so many that floats are asked first
LARGE_PARTS = 5  # of all elements a half, a quarter, .. and a 32nd


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


def true_elements(scene: Scene, k: int, positions: Sequence[int], columns: Sequence[Probe] = ()) -> list[arb]:
    """The truths of some elements of the gradient of order k, each asked for once, all together.

    Followed by those of further columns.
    """
    elements = scene.answers.elements
    unknown = [p for p in dict.fromkeys(positions) if (k, p) not in elements]
    found = truths(scene, k, [*(scene.at.unit(p) for p in unknown), *columns])
    elements.update({(k, p): truth for p, truth in zip(unknown, found, strict=False)})
    return [*(elements[k, p] for p in positions), *found[len(unknown) :]]


def wrong_element(scene: Scene, k: int, high: Sequence[arb], column: Probe) -> int:
    """A wrong element among those that a failing probe weighs; jets must apply.

    Where there are few of them, all are noted in `scene.answers.located`. Where a sample has none, all are
    parted at random into one half, a quarter, an eighth, and so on: of the smallest part that fails few are
    wrong, and these are found.
    """
    positions = [p for p, _ in scene.weights(column)]
    looked, parts = sample(scene, positions), _parts(scene, positions)
    wrong, part = _failing(scene, k, high, looked[:FIRST]), list[int]()
    if len(wrong) < SEVERAL and k == 1:
        found = _shown_by_floats(scene, high, column, positions) if len(positions) > MANY else None
        if found is not None:
            return found
        wrong, part = _looked_at(scene, high, column, looked, parts[:-LARGE_PARTS])
        parts = parts[-LARGE_PARTS:]
    if len(wrong) >= SEVERAL and len(positions) > FEW:
        return wrong[0]
    few = _few_wrong(scene, k, high, part)
    if few and _explain(scene, k, high, column, few):
        return _located(scene, k, positions, few)
    if part:
        return (few or [_in_blocks(scene, k, high, column, part)])[0]
    few = _few_wrong(scene, k, high, positions)
    if few:
        return _located(scene, k, positions, few)
    return wrong[0] if wrong else _of_the_rest(scene, k, high, column, parts)


def _shown_by_floats(
    scene: Scene, high: Sequence[arb], column: Probe, positions: Sequence[int]
) -> int | None:
    """A wrong element of order 1 that floats lead to; None where they do not, or sums over all tell more."""
    few = _failing(scene, 1, high, few_with_a_wrong_one(scene, column, positions, FEW))
    if few and _explain(scene, 1, high, column, few):
        return _located(scene, 1, positions, few)
    return few[0] if few and len(few) >= decoding.most(len(positions)) else None


def _looked_at(
    scene: Scene, high: Sequence[arb], column: Probe, sampled: Sequence[int], parts: Sequence[list[int]]
) -> tuple[list[int], list[int]]:
    """The wrong ones of a sample, and, if it has none, the first part that fails: at order 1 one question."""
    columns = [weighed(scene.at, column, dict.fromkeys(part, 1.0)) for part in parts]
    known = true_elements(scene, 1, sampled, columns)[len(sampled) :]
    wrong = _failing(scene, 1, high, sampled)
    return wrong, [] if wrong else _first_wrong(scene, 1, high, parts, columns, known)


def _of_the_rest(scene: Scene, k: int, high: Sequence[arb], column: Probe, parts: Sequence[list[int]]) -> int:
    """A wrong element of the first of these parts that fails."""
    for part in parts:
        probe = weighed(scene.at, column, dict.fromkeys(part, 1.0))
        if _first_wrong(scene, k, high, [part], [probe], truths(scene, k, [probe])):
            break
    return (_few_wrong(scene, k, high, part) or [_in_blocks(scene, k, high, column, part)])[0]


def _located(scene: Scene, k: int, positions: Sequence[int], wrong: Sequence[int]) -> int:
    """The first of all that are wrong; which are is noted."""
    scene.answers.located[k] = {p: p in wrong for p in positions}
    return wrong[0]


def _explain(scene: Scene, k: int, high: Sequence[arb], column: Probe, wrong: Sequence[int]) -> bool:
    """Whether these elements are all that is wrong of a probe that the scene has asked for."""
    assert scene.truth is not None
    pairs = zip(scene.columns, scene.truth.columns, strict=True)
    truth = next((balls[k - 1] for asked, balls in pairs if asked is column), None)
    if truth is None:
        return False
    weights = scene.weights(column)
    with working(BITS):
        error = dot([high[p] for p, _ in weights], [w for _, w in weights]) - truth
        known = dict(zip(wrong, true_elements(scene, k, wrong), strict=True))
        return bool(
            (error - sum((w * (high[p] - known[p]) for p, w in weights if p in known), arb(0))).contains(0)
        )


def _parts(scene: Scene, positions: Sequence[int]) -> list[list[int]]:
    """All elements in parts, drawn at random: the smallest first, each about as large as all before it."""
    mixed = np.random.default_rng([5, scene.case.seed]).permutation(positions).tolist()
    return [mixed[n // 2 : n] for n in reversed(_halvings(len(mixed)))]


def _first_wrong(
    scene: Scene,
    k: int,
    high: Sequence[arb],
    parts: Sequence[list[int]],
    columns: Sequence[Probe],
    known: Sequence[arb],
) -> list[int]:
    """The first part that fails by itself, of parts with their columns and truths; an empty one for none."""
    for part, column, truth in zip(parts, columns, known, strict=True):
        if _fails(scene, k, high, scene.weights(column), truth):
            return part
    return []


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
    """All wrong elements among these, where these or the wrong ones are few; else none."""
    count = len(positions)
    if not count or (k == 1 and count <= FEW):
        return _failing(scene, k, high, positions)
    numbers = np.array(decoding.numbers(count))
    powers = [(numbers**n).astype(float).tolist() for n in range(decoding.sums(count))]
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
