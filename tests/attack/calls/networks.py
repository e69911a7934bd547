"""Calls of what networks are made of: products, windows of images, losses, normalization."""

# ruff: noqa: E741, N803, N806  # the field's letters

from __future__ import annotations

from typing import Any

import numpy as np

from tests.attack.calls import network_formulas as formulas
from tests.attack.calls.arrays import sizes, stretch_of
from tests.attack.calls.draws import Call, Draw
from tests.attack.jets import Jet


def products(draw: Draw) -> Call:
    """matmul, linear and their kin."""
    draw.begin("fic")
    draw.special = False
    I, O = draw.r.choice([0, 1, 2, 3, 3]), draw.r.choice([0, 1, 2, 3])
    lead = draw.r.choice([(), (2,), (1,), (2, 3), (0,), (2, 1)])
    x = draw.array((*lead, I))
    if draw.chance(0.5):
        middle = draw.broadcastable(lead[:-1]) if draw.chance(0.5) else ()
        W = draw.array((I,) if draw.chance(0.2) else (*middle, I, O), dtype=draw.other_dtype())
        form = draw.r.choice(["F.matmul(a, b)", "F.dot(a, b)", "a @ b", "a.dot(b)", "a.matmul(b)"])
        return Call("matmul", form, [x, W], formulas.matmul, size=sizes(formulas.matmul), tame=True)
    W = draw.array((I, O), dtype=draw.other_dtype())
    name = draw.r.choice(["linear", "linear", "linear_simple"])
    if draw.chance(0.3):
        return Call(name, f"F.{name}(a, b)", [x, W], formulas.linear, size=sizes(formulas.linear), tame=True)
    shapes = [(O,), (O,), (O,), (1,), ()] + [(1, O), (4, O)] * bool(lead)
    b = draw.array(draw.r.choice(shapes))
    fixed = frozenset([draw.r.randrange(3)]) if draw.chance(0.2) else frozenset[int]()
    return Call(
        name, f"F.{name}(a, b, c)", [x, W, b], formulas.linear, fixed, size=sizes(formulas.linear), tame=True
    )


def _pair(draw: Draw, choices: list[int]) -> tuple[tuple[int, int], str]:
    """Two numbers, and how they are written: one where both are equal."""
    two = (draw.r.choice(choices), draw.r.choice(choices))
    if draw.chance(0.5):
        two = (two[0], two[0])
    return two, str(two[0]) if two[0] == two[1] and draw.chance(0.7) else str(two)


def convolutions(draw: Draw) -> Call:
    draw.begin("f")
    draw.special = False
    N, C, OC = draw.r.choice([1, 2]), draw.r.choice([1, 2]), draw.r.choice([1, 2])
    kernel = (draw.r.randint(1, 2), draw.r.randint(1, 3))
    stride, stride_text = _pair(draw, [1, 1, 2])
    pad, pad_text = _pair(draw, [0, 0, 1])
    if draw.chance(0.5):
        image = tuple(max(1, k - 2 * p) + draw.r.randint(0, 2) for k, p in zip(kernel, pad, strict=True))
        x, W = draw.array((N, C, *image)), draw.array((OC, C, *kernel))
        name = draw.r.choice(["conv2d", "conv2d", "conv2d_simple"])
        text = f"stride={stride_text}, pad={pad_text}"

        def convolved(x: Jet, W: Jet, b: Jet | None = None) -> Jet:
            return formulas.conv2d(x, W, b, stride, pad)

        return _with_bias(draw, name, OC, [x, W], text, convolved)
    out = tuple(max(k, 2 * p + k) - 2 * p + draw.r.randint(0, 2) for k, p in zip(kernel, pad, strict=True))
    size = tuple((o + 2 * p - k) // s + 1 for o, p, k, s in zip(out, pad, kernel, stride, strict=True))
    x, W = draw.array((N, C, *size)), draw.array((C, OC, *kernel))
    text = f"stride={stride_text}, pad={pad_text}, outsize={out}"

    def deconvolved(x: Jet, W: Jet, b: Jet | None = None) -> Jet:
        return formulas.deconv2d(x, W, b, stride, pad, (out[0], out[1]))

    return _with_bias(draw, "deconv2d", OC, [x, W], text, deconvolved)


def _with_bias(draw: Draw, name: str, OC: int, inputs: list[Any], text: str, reference: Any) -> Call:
    if draw.chance(0.5):
        return Call(name, f"F.{name}(a, b, {text})", inputs, reference, size=sizes(reference), tame=True)
    inputs = [*inputs, draw.array((OC,))]
    return Call(name, f"F.{name}(a, b, c, {text})", inputs, reference, size=sizes(reference), tame=True)


def windows(draw: Draw) -> Call:
    """Pooling of three kinds, im2col, col2im."""
    draw.begin("fi")
    name = draw.r.choice(["pooling", "average_pooling", "pooling_simple", "im2col", "col2im"])
    draw.special = draw.special and name != "average_pooling"
    kernel, kernel_text = _pair(draw, [1, 2, 2, 3])
    stride, stride_text = _pair(draw, [1, 1, 2])
    pad, pad_text = _pair(draw, [0, 0, 1])
    if "pooling" in name:
        pad = (min(pad[0], kernel[0] - 1), min(pad[1], kernel[1] - 1))
        pad_text = str(pad)
    image = tuple(max(1, k - 2 * p) + draw.r.randint(0, 2) for k, p in zip(kernel, pad, strict=True))
    shape = (draw.r.choice([1, 2]), draw.r.choice([1, 2]), *image)
    text = f"{kernel_text}, {stride_text}, {pad_text}"
    if name == "col2im":
        return _col2im(draw, shape, (image[0], image[1]), kernel, stride, pad, text)
    x = draw.array(shape)
    if name == "im2col":
        matrix = draw.chance(0.6)

        def laid_out(a: Jet) -> Jet:
            col = formulas.columns(a, kernel, stride, pad)
            if not matrix:
                return col
            rows, width = col.t.shape[1] * col.t.shape[5] * col.t.shape[6], col.t[0, 0, :, :, :, 0, 0].size
            return col.linear(lambda t: t.transpose(0, 1, 5, 6, 2, 3, 4).reshape(len(t), rows, width))

        return Call(name, f"F.im2col(a, {text}, {matrix})", [x], laid_out)
    reference: Any = getattr(formulas, name)
    size = sizes(lambda a: reference(a, kernel, stride, pad)) if name == "average_pooling" else None
    return Call(
        name, f"F.{name}(a, {text})", [x], lambda a: reference(a, kernel, stride, pad), size=size,
        masks=name != "average_pooling",
    )  # fmt: skip


def _col2im(draw: Draw, shape: Any, image: Any, kernel: Any, stride: Any, pad: Any, text: str) -> Call:
    OH, OW = ((i + 2 * p - k) // s + 1 for i, p, k, s in zip(image, pad, kernel, stride, strict=True))
    x = draw.array((shape[0], shape[1], *kernel, OH, OW))

    def images(a: Jet) -> Jet:
        return formulas.added_up(a, image, stride, pad)

    return Call("col2im", f"F.col2im(a, {shape}, {text}, False)", [x], images, size=sizes(images))


def embeddings(draw: Draw) -> Call:
    draw.begin("fc")
    V = draw.r.randint(1, 4)
    W = draw.array((V, draw.r.choice([1, 2, 3])))
    numbers = draw.numbers.integers(0, V, draw.r.choice([(), (3,), (2, 2), (0,)]))
    text = f"np.array({numbers.tolist()}, 'int64').reshape({numbers.shape})"
    return Call("embed_id", f"F.embed_id({text}, a)", [W], lambda a: a.linear(lambda t: t[:, numbers]))


def accuracies(draw: Draw) -> Call:
    draw.begin("f")
    draw.special = False
    N, C = draw.r.choice([1, 2, 3, 4]), draw.r.choice([1, 2, 3])
    y, t = draw.array((N, C)), draw.numbers.integers(0, C, draw.r.choice([(N,), (N, 1)]))

    def share(a: Jet) -> Jet:
        hits = a.v.argmax(axis=1) == t.reshape(-1)
        return a.constant(hits.mean(dtype=a.t.dtype))

    return Call("accuracy", f"F.accuracy(a, np.array({t.tolist()}))", [y], share, leaf=True)


def losses(draw: Draw) -> Call:
    draw.begin("f")
    draw.finite = True
    name = draw.r.choice(
        ["mean_squared_error", "mean_squared_error_simple", "softmax_cross_entropy",
         "softmax_cross_entropy_simple", "sigmoid_cross_entropy", "binary_cross_entropy"]
    )  # fmt: skip
    N, C = draw.r.choice([1, 2, 3]), draw.r.choice([1, 2, 4])
    shape = draw.r.choice([(N,), (N, C)])
    if "squared" in name:
        draw.special = False
        x = draw.array(shape)
        other = draw.array(draw.broadcastable(shape), dtype=draw.other_dtype())
        grown = 1 + float(_error_size(*(np.asarray(v, np.longdouble) for v in (x, other))))
        return Call(
            name, f"F.{name}(a, b)", [x, other], formulas.squared_error,
            size=_error_size, whole=1, stretch=min(grown, 1e4), tame=True,
        )  # fmt: skip
    if name == "binary_cross_entropy":
        draw.special = False
        p, t = draw.array(shape, "unit"), draw.numbers.integers(0, 2, shape)
        info = np.finfo(p.dtype)
        p = np.clip(p, info.tiny, 1 - info.epsneg).astype(p.dtype)
        return Call(
            name, f"F.{name}(a, np.array({t.tolist()}))", [p],
            lambda a: formulas.binary_cross_entropy(a, a.constant(t)),
        )  # fmt: skip
    if name == "sigmoid_cross_entropy":
        x, t = draw.array(shape), draw.array(shape, "unit")
        t = np.clip(t, 0, 1) if not draw.special else np.asarray(draw.numbers.integers(0, 2, shape), x.dtype)
        return Call(name, f"F.{name}(a, b)", [x, t], formulas.sigmoid_cross_entropy, whole=0, tame=True)
    if name.endswith("_simple"):
        draw.special = False
    x = draw.array((N, C))
    if name.endswith("_simple"):
        limit = 2 if draw.dtype == "float16" else 5
        x = np.clip(x, -limit, limit)
    t = draw.numbers.integers(0, C, N)
    text = f"np.array({t.tolist()}, '{draw.r.choice(['int64', 'int32', 'uint8'])}')"
    return Call(
        name, f"F.{name}(a, {text})", [x], lambda a: formulas.cross_entropy(a, t),
        stretch=stretch_of(x), whole=0 if name.endswith("_simple") else 2, tame=True,
    )  # fmt: skip


def _error_size(a: Any, b: Any) -> Any:
    sizes = (abs(a) + abs(b)) ** 2
    return sizes.sum() / (len(sizes) if sizes.ndim else 1)


def normalizations(draw: Draw) -> Call:
    draw.begin("f")
    draw.special = False
    C = draw.r.choice([1, 2, 3])
    shape = draw.r.choice([(4, C), (3, C), (2, C, 2, 2), (1, C, 2, 1)])
    x = draw.array(shape)
    gamma, beta = draw.array((C,)), draw.array((C,))
    mean, var = draw.numbers.standard_normal(C), draw.numbers.random(C) + 0.5
    mean, var = (np.asarray(m, x.dtype) for m in (mean, var))
    train, eps = draw.chance(0.6), draw.r.choice([0.1, 1.0] if draw.dtype == "float16" else [2e-5, 0.1, 1.0])
    moments = ", ".join(f"np.array({m.tolist()}, '{m.dtype}')" for m in (mean, var))
    source = f"{'' if train else 'in_test_mode'}(F.batch_norm)(a, b, c, {moments}, 0.9, {eps})"

    def reference(x: Jet, gamma: Jet, beta: Jet) -> Jet:
        return formulas.batch_norm(x, gamma, beta, None if train else (mean, var), eps)

    stretch = stretch_of_moments(x, gamma, eps)
    return Call("batch_norm", source, [x, gamma, beta], reference, whole=0, stretch=stretch, tame=True)


def stretch_of_moments(x: Any, gamma: Any, eps: float) -> float:
    """By how much errors grow where the difference from the mean is divided by a small deviation."""
    inverse = 1 / float(np.sqrt(x.var(axis=(0, *range(2, x.ndim)), dtype="d").min() + eps))
    return (1 + float(abs(x).max()) * inverse) * (1 + float(abs(gamma).max()) * inverse)
