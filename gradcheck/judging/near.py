"""Points near the given one, and whether that one is special: terms may vanish at numbers chosen by hand."""

from __future__ import annotations

import numpy as np

from gradcheck.judging.scene import Scene

LEAST, MOST = 2.0**-8, 2.0**-6  # how far, for the size of each element: seen in every float dtype
FEW_BITS = 5


def chosen_by_hand(scene: Scene) -> bool:
    """Whether an input has one number only, or none but such as 0, -1.5 and pi / 2: terms vanish there."""
    inputs = [x for _, x in scene.at.differentiated() if x.size]
    return any(
        bool(_short_or_of_pi(x).all()) or (x.size > 1 and bool((x == x.flat[0]).all())) for x in inputs
    )


def _short_or_of_pi(x: np.ndarray) -> np.ndarray:
    """Which elements have few binary digits, or are a twelfth of pi some times.

    >>> _short_or_of_pi(np.array([0.0, -1.5, 0.3, 100.0, np.pi / 2])).tolist()
    [True, True, False, True, True]
    """
    fraction = np.frexp(x)[0] * 2**FEW_BITS
    times = x * (12 / np.pi)
    short = fraction == np.round(fraction)
    return np.asarray(short | (np.abs(times - np.round(times)) <= 4 * np.spacing(np.abs(times))))


def moved(scene: Scene) -> list[np.ndarray]:
    """Each element farther from zero by some parts in a thousand, none by as much as another.

    Zeros become small and positive.
    """
    rng = np.random.default_rng([4, scene.case.seed])
    return scene.at.with_inputs(lambda x: _away_from_zero(x, rng)).inputs


def _away_from_zero(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    shares = LEAST + (MOST - LEAST) * (rng.permutation(x.size) + 0.5) / max(x.size, 1)
    share = shares.reshape(x.shape)
    return np.asarray(x + np.where(x == 0, share, x * share), dtype=x.dtype)
