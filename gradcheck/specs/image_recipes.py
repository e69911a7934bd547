"""Recipes of convolution, pooling and batch normalization (see `gradcheck.specs.recipes`).

N images, C channels in and OC out, K kernel size, S stride, P padding, OH and OW output size.
"""

# ruff: noqa: N806  # the field's letters

from __future__ import annotations

import math
from typing import Any

from gradcheck.specs.parts import Pick, Variant
from gradcheck.specs.recipes import EITHER, SIZES, Shape


def _window(pick: Pick, largest_pad: int | None = None) -> tuple[Shape, Shape, Shape, Shape, Shape]:
    """(kernel, stride, pad, output, image) in height and width; the image may be larger than it need be."""
    sides = []
    for _ in range(2):
        K, S, most = pick(SIZES), pick(SIZES), pick((1, 2))
        P = pick(range(K if largest_pad is None else largest_pad + 1))
        size = max(1, (most - 1) * S + K - 2 * P + pick(range(S)))
        sides.append((K, S, P, (size + 2 * P - K) // S + 1, size))
    kernel, stride, pad, output, size = zip(*sides, strict=True)
    return kernel, stride, pad, output, size


def _short(pick: Pick, pair: Shape) -> Any:
    """Equal sizes may be given as one."""
    return pick((pair, pair[0])) if pair[0] == pair[1] else pair


def conv2d(pick: Pick) -> Variant:
    """Images, kernels, and a bias or none."""
    kernel, stride, pad, _, size = _window(pick, largest_pad=2)
    N, C, OC = (pick((1, 2)) for _ in range(3))
    shapes = ((N, C, *size), (OC, C, *kernel), (OC,))
    params = {"stride": _short(pick, stride), "pad": _short(pick, pad)}
    return Variant(params, shapes=shapes[: pick((2, 3))])


def deconv2d(pick: Pick) -> Variant:
    """The same from its output's side; the size to come out is given or found."""
    kernel, stride, pad, output, size = _window(pick)
    N, C, OC = (pick((1, 2)) for _ in range(3))
    shapes = ((N, C, *output), (C, OC, *kernel), (OC,))
    params = {"stride": _short(pick, stride), "pad": _short(pick, pad), "outsize": size}
    least = (s * (o - 1) + k - 2 * p for k, s, p, o in zip(kernel, stride, pad, output, strict=True))
    if all(n > 0 for n in least) and pick(EITHER):
        del params["outsize"]
    return Variant(params, shapes=shapes[: pick((2, 3))])


def pooling(pick: Pick) -> Variant:
    """Images, and windows that meet them: less padding than kernel."""
    kernel, stride, pad, _, size = _window(pick)
    return Variant(_sizes(pick, kernel, stride, pad), shapes=((pick((1, 2)), pick((1, 2)), *size),))


def im2col(pick: Pick) -> Variant:
    """Images, to be laid out as a matrix or not."""
    drawn = pooling(pick)
    return Variant({**drawn.params, "to_matrix": pick(EITHER)}, drawn.shapes)


def col2im(pick: Pick) -> Variant:
    """Columns as im2col gives them, and the shape of the images."""
    kernel, stride, pad, (OH, OW), size = _window(pick)
    N, C = pick((1, 2)), pick((1, 2))
    params = {"input_shape": (N, C, *size), **_sizes(pick, kernel, stride, pad), "to_matrix": pick(EITHER)}
    matrix = (N * OH * OW, C * math.prod(kernel))
    return Variant(params, shapes=(matrix if params["to_matrix"] else (N, C, *kernel, OH, OW),))


def _sizes(pick: Pick, kernel: Shape, stride: Shape, pad: Shape) -> dict[str, Any]:
    pairs = {"kernel_size": kernel, "stride": stride, "pad": pad}
    return {name: _short(pick, pair) for name, pair in pairs.items()}


def channels(pick: Pick) -> Variant:
    """Samples with channels, as rows or as images, and eps.

    At least four numbers a channel: of fewer, normalized, the gradient is what a sum of one or two
    directions leaves, and by chance next to nothing.
    """
    C = pick((1, 2))
    x = pick(((pick((4, 5)), C), (pick((1, 2)), C, 2, pick((2, 3)))))
    return Variant({"eps": pick((2e-5, 2.0**-7, 0.5))}, shapes=(x, (C,), (C,)))
