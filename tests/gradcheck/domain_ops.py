"""Ops of many domains, right ones and wrong twins, which `gradcheck check` is to try without any option."""

from __future__ import annotations

from typing import Any

import numpy as np

import dezero.functions as F
from dezero import Function, Variable


def _transposed(x: Any) -> Any:
    return F.transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


class _Unary(Function):
    """f and its derivative, as static methods."""

    f: Any
    slope: Any

    def forward(self, x: Any) -> Any:
        return self.f(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * self.slope(x)


def _twins(name: str, f: Any, right: Any, wrong: Any) -> tuple[type, type]:
    """A right Function and its wrong twin."""
    both = [(name, right), (f"Wrong{name}", wrong)]
    first, second = (
        type(n, (_Unary,), {"f": staticmethod(f), "slope": staticmethod(slope)}) for n, slope in both
    )
    return first, second


Logit, WrongLogit = _twins(
    "Logit", lambda p: np.log(p / (1 - p)), lambda p: 1 / (p * (1 - p)), lambda p: 1 / (p - p * p / 2)
)
Entropy, WrongEntropy = _twins(
    "Entropy",
    lambda p: -(p * np.log(p) + (1 - p) * np.log(1 - p)),
    lambda p: F.log(1 - p) - F.log(p),
    lambda p: -F.log(1 - p) - F.log(p),
)
Arccosh, WrongArccosh = _twins(
    "Arccosh", np.arccosh, lambda x: 1 / F.sqrt(x * x - 1), lambda x: 1 / F.sqrt(x * x + 1)
)
Arctanh, WrongArctanh = _twins("Arctanh", np.arctanh, lambda x: 1 / (1 - x * x), lambda x: 1 / (1 + x * x))
Arcsin, WrongArcsin = _twins("Arcsin", np.arcsin, lambda x: 1 / F.sqrt(1 - x * x), lambda x: 1 / (1 - x * x))
Reciprocal, WrongReciprocal = _twins(
    "Reciprocal", lambda x: 1 / x, lambda x: -1 / (x * x), lambda x: -1 / (x * F.absolute(x))
)
Barrier, WrongBarrier = _twins(
    "Barrier", lambda x: -np.log(5 - x), lambda x: 1 / (5 - x), lambda x: -1 / (5 - x)
)
Root, WrongRoot = _twins("Root", np.sqrt, lambda x: 0.5 / F.sqrt(x), lambda x: 1 / F.sqrt(x))
Narrow, WrongNarrow = _twins(
    "Narrow",
    lambda x: np.sqrt(x - 0.3) * np.sqrt(0.4 - x),
    lambda x: (F.sqrt(0.4 - x) / F.sqrt(x - 0.3) - F.sqrt(x - 0.3) / F.sqrt(0.4 - x)) / 2,
    lambda x: (F.sqrt(0.4 - x) / F.sqrt(x - 0.3) + F.sqrt(x - 0.3) / F.sqrt(0.4 - x)) / 2,
)
Far, WrongFar = _twins(
    "Far", lambda x: np.sqrt(x - 1000), lambda x: 0.5 / F.sqrt(x - 1000), lambda x: 0.5 / F.sqrt(x)
)
# Right but near to the edges, where backward clips p and forward does not.
ClippedLogit = _twins(
    "ClippedLogit",
    lambda p: np.log(p / (1 - p)),
    lambda p: 1 / (F.clip(p, 1e-3, 1 - 1e-3) * (1 - F.clip(p, 1e-3, 1 - 1e-3))),
    None,
)[0]


class Power(Function):
    def forward(self, x: Any, p: Any) -> Any:
        if x.shape != p.shape:
            raise ValueError("x and p must have one shape")
        return x**p

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        x, p = self.inputs
        return gy * p * x ** (p - 1), gy * x**p * F.log(x)


class WrongPower(Power):
    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        x, p = self.inputs
        return gy * p * x ** (p - 1), gy * x**p


class Ordered(Function):
    """log(y - x): where it is defined depends on the other input."""

    def forward(self, x: Any, y: Any) -> Any:
        if x.shape != y.shape:
            raise ValueError("x and y must have one shape")
        return np.log(y - x)

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        x, y = self.inputs
        return -gy / (y - x), gy / (y - x)


class WrongOrdered(Ordered):
    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        x, y = self.inputs
        return gy / (y - x), gy / (y - x)


class Kl(Function):
    """It refuses what does not sum to 1."""

    def forward(self, p: Any, q: Any) -> Any:
        if p.shape != q.shape:
            raise ValueError("p and q must have one shape")
        for each in (p, q):
            if (each <= 0).any() or not (abs(each.sum(axis=-1) - 1) < 1e-5).all():
                raise ValueError("p and q must be distributions")
        return (p * np.log(p / q)).sum(axis=-1)

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        p, q = self.inputs
        gy = F.reshape(gy, (*gy.shape, 1))
        return gy * (F.log(p / q) + 1), -gy * p / q


class WrongKl(Kl):
    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        gp, gq = super().backward(gy)
        return gp, gq * self.inputs[0]


class Nll(Function):
    def forward(self, x: Any, t: Any) -> Any:
        if t.dtype.kind != "i" or x.ndim != 2 or t.shape != x.shape[:1]:
            raise TypeError("x must be (N, C), and t N integers")
        top = x.max(axis=1, keepdims=True)
        lse = np.log(np.exp(x - top).sum(axis=1)) + top[:, 0]
        return (lse - x[np.arange(len(t)), t]).sum()

    def backward(self, gy: Variable) -> tuple[Variable, None]:
        x, t = self.inputs
        return gy * (F.softmax(x, axis=1) - np.eye(x.shape[1], dtype=x.dtype)[t.data]), None


class WrongNll(Nll):
    def backward(self, gy: Variable) -> tuple[Variable, None]:
        x, t = self.inputs
        return gy * (
            F.softmax(x, axis=1) - np.eye(x.shape[1], dtype=x.dtype)[t.data % 2]
        ), None  # right for classes 0 and 1


class OneHot(Function):
    def forward(self, x: Any, t: Any) -> Any:
        if x.shape != t.shape or not ((t == 0) | (t == 1)).all() or not (t.sum(axis=-1) == 1).all():
            raise ValueError("t must be one-hot, of the shape of x")
        top = x.max(axis=-1, keepdims=True)
        return np.log(np.exp(x - top).sum(axis=-1)) + top[..., 0] - (x * t).sum(axis=-1)

    def backward(self, gy: Variable) -> tuple[Variable, None]:
        x, t = self.inputs
        return F.reshape(gy, (*gy.shape, 1)) * (F.softmax(x, axis=-1) - t), None


class WrongOneHot(OneHot):
    def backward(self, gy: Variable) -> tuple[Variable, None]:
        x, t = self.inputs
        return F.reshape(gy, (*gy.shape, 1)) * (F.softmax(x, axis=0) - t), None


class FloatOneHot(OneHot):
    """Its labels must be floats: they cannot be moved, so they cannot be differentiated."""

    def forward(self, x: Any, t: Any) -> Any:
        if t.dtype.kind != "f":
            raise TypeError("t must be floating")
        return super().forward(x, t)


class Bce(Function):
    def forward(self, p: Any, t: Any) -> Any:
        if p.shape != t.shape or not ((t == 0) | (t == 1)).all() or not ((p > 0) & (p < 1)).all():
            raise ValueError("t must be 0 or 1, p between them")
        return -(t * np.log(p) + (1 - t) * np.log(1 - p))

    def backward(self, gy: Variable) -> tuple[Variable, None]:
        p, t = self.inputs
        return gy * (p - t) / (p * (1 - p)), None


class WrongBce(Bce):
    def backward(self, gy: Variable) -> tuple[Variable, None]:
        p, t = self.inputs
        return gy * (p - t), None


class Hinge(Function):
    def forward(self, x: Any, t: Any) -> Any:
        if x.shape != t.shape or not ((t == 1) | (t == -1)).all():
            raise ValueError("t must be -1 or 1, of the shape of x")
        return np.maximum(1 - t * x, 0).sum()

    def backward(self, gy: Variable) -> tuple[Variable, None]:
        x, t = self.inputs
        return -gy * (t.data * (t.data * x.data < 1)).astype(x.dtype), None


class WrongHinge(Hinge):
    def backward(self, gy: Variable) -> tuple[Variable, None]:
        x, t = self.inputs
        return -gy * (t.data * (x.data < 1)).astype(x.dtype), None


class Between(Function):
    """log((x - low) (high - x)): where x is defined depends on the other inputs."""

    def forward(self, x: Any, low: Any, high: Any) -> Any:
        if not x.shape == low.shape == high.shape:
            raise ValueError("x, low and high must have one shape")
        return np.log(x - low) + np.log(high - x)

    def backward(self, gy: Variable) -> tuple[Variable, Variable, Variable]:
        x, low, high = self.inputs
        below, above = 1 / (x - low), 1 / (high - x)
        return gy * (below - above), -gy * below, gy * above


class WrongBetween(Between):
    def backward(self, gy: Variable) -> tuple[Variable, Variable, Variable]:
        gx, glow, ghigh = super().backward(gy)
        return gx, glow, -ghigh


class SoftTargets(Function):
    """The targets of each row must sum to 1; logits are free."""

    def forward(self, x: Any, p: Any) -> Any:
        if x.shape != p.shape or not (abs(p.sum(axis=-1) - 1) < 1e-5).all():
            raise ValueError("p must sum to 1, of the shape of x")
        top = x.max(axis=-1, keepdims=True)
        return (p * (np.log(np.exp(x - top).sum(axis=-1, keepdims=True)) + top - x)).sum()

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        x, p = self.inputs
        total = F.sum(p, axis=-1, keepdims=True)
        return gy * (F.softmax(x, axis=-1) * total - p), -gy * F.log_softmax(x, axis=-1)


class RightOnSimplex(SoftTargets):
    """It leaves out what is 0, or the same for a whole row, where p sums to 1."""

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        x, p = self.inputs
        return gy * (F.softmax(x, axis=-1) - p), -gy * x


class ExactShares(Function):
    """No element can be moved by itself."""

    def forward(self, p: Any) -> Any:
        if p.ndim == 0 or (p.dtype != object and (abs(p.sum(axis=-1) - 1) > 8 * np.finfo(p.dtype).eps).any()):
            raise ValueError("p must sum to 1")
        return -(p * np.log(p)).sum(axis=-1)

    def backward(self, gy: Variable) -> Variable:
        (p,) = self.inputs
        return F.reshape(gy, (*gy.shape, 1)) * (-F.log(p) - 1)


class WrongExactShares(ExactShares):
    def backward(self, gy: Variable) -> Variable:
        return super().backward(gy) * 2


class WrongSoftTargets(SoftTargets):
    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        x, p = self.inputs
        return gy * (F.softmax(x, axis=-1) - p), -gy * F.softmax(x, axis=-1)


class Cholesky(Function):
    """By LAPACK, which reads one triangle and takes no objects."""

    def forward(self, a: Any) -> Any:
        return np.linalg.cholesky(a)

    def backward(self, gy: Variable) -> Variable:
        factor = self.outputs[0]().data
        inverse = np.linalg.inv(factor)
        inner = np.tril(np.swapaxes(factor, -1, -2) @ np.tril(gy.data))
        inner = inner - np.eye(factor.shape[-1], dtype=factor.dtype) * inner / 2
        whole = np.swapaxes(inverse, -1, -2) @ inner @ inverse
        return Variable((whole + np.swapaxes(whole, -1, -2)) / 2)


class WrongCholesky(Cholesky):
    def backward(self, gy: Variable) -> Variable:
        return 2 * super().backward(gy)


class Logdet(Function):
    def forward(self, a: Any) -> Any:
        if not np.allclose(a, np.swapaxes(a, -1, -2), rtol=0, atol=1e-5):
            raise ValueError("a must be symmetric")
        np.linalg.cholesky(a)
        return np.linalg.slogdet(a)[1].astype(a.dtype)

    def backward(self, gy: Variable) -> Variable:
        return F.reshape(gy, (*gy.shape, 1, 1)) * _transposed(Inv()(self.inputs[0]))


class WrongLogdet(Logdet):
    def backward(self, gy: Variable) -> Variable:
        inverse = Inv()(self.inputs[0])
        return F.reshape(gy, (*gy.shape, 1, 1)) * (2 * inverse - inverse * np.eye(inverse.shape[-1]))


class Inv(Function):
    def forward(self, a: Any) -> Any:
        return np.linalg.inv(a)

    def backward(self, gy: Variable) -> Variable:
        inverse = _transposed(self.outputs[0]())
        return -F.matmul(F.matmul(inverse, gy), inverse)


class WrongInv(Inv):
    def backward(self, gy: Variable) -> Variable:
        inverse = self.outputs[0]()
        return -F.matmul(F.matmul(inverse, gy), inverse)


class Solve(Function):
    def forward(self, a: Any, b: Any) -> Any:
        if a.ndim != 2 or b.ndim != 2:
            raise ValueError("a and b must be matrices")
        return np.linalg.solve(a, b)

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        gb = Solve()(_transposed(self.inputs[0]), gy)
        return -F.matmul(gb, _transposed(self.outputs[0]())), gb


class WrongSolve(Solve):
    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        gb = Solve()(self.inputs[0], gy)
        return -F.matmul(gb, _transposed(self.outputs[0]())), gb


class Symmetric(Function):
    def forward(self, a: Any) -> Any:
        if a.ndim != 2 or not (abs(a - a.T) < 1e-4).all():
            raise ValueError("a must be a symmetric matrix")
        return (a * a).sum()

    def backward(self, gy: Variable) -> Variable:
        return 2 * gy * self.inputs[0]


class WrongSymmetric(Symmetric):
    def backward(self, gy: Variable) -> Variable:
        return gy * self.inputs[0]


class Gather(Function):
    def forward(self, x: Any, i: Any) -> Any:
        if x.ndim != 2 or i.ndim != 1:
            raise ValueError("x must be a matrix, i a vector")
        return x[:, i]

    def backward(self, gy: Variable) -> tuple[Variable, None]:
        x, i = self.inputs
        return F.matmul(gy, np.eye(x.shape[-1], dtype=x.dtype)[i.data]), None


class WrongGather(Gather):
    def backward(self, gy: Variable) -> tuple[Variable, None]:
        x, i = self.inputs
        gradient = np.zeros_like(x.data)
        gradient[..., i.data] = gy.data
        return Variable(gradient), None


class Sort(Function):
    def forward(self, x: Any) -> Any:
        self.order = np.argsort(x, axis=-1, kind="stable")
        return np.take_along_axis(x, self.order, -1)

    def backward(self, gy: Variable) -> Variable:
        back = np.argsort(self.order, axis=-1)
        return gy[(*np.indices(back.shape)[:-1], back)]


class WrongSort(Sort):
    def backward(self, gy: Variable) -> Variable:
        return gy[(*np.indices(self.order.shape)[:-1], self.order)]


class Median(Function):
    def forward(self, x: Any) -> Any:
        self.middle = np.argsort(x, axis=None)[x.size // 2]
        return x.reshape(-1)[self.middle]

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        place = np.zeros(x.size, x.dtype)
        place[self.middle] = 1
        return gy * place.reshape(x.shape)


class WrongMedian(Median):
    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        place = np.zeros(x.size, x.dtype)
        place[x.size // 2] = 1
        return gy * place.reshape(x.shape)


class Gaps(Function):
    """Not defined where two elements are equal."""

    def forward(self, x: Any) -> Any:
        if x.ndim != 1:
            raise ValueError("x must be a vector")
        return 1 / (x[:-1] - x[1:])

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        slopes = -gy / (x[:-1] - x[1:]) ** 2
        nothing = slopes[:1] * 0
        return F.concatenate([slopes, nothing], axis=0) - F.concatenate([nothing, slopes], axis=0)


class WrongGaps(Gaps):
    def backward(self, gy: Variable) -> Variable:
        return -super().backward(gy)


class Norm(Function):
    def forward(self, x: Any) -> Any:
        return np.sqrt((x * x).sum())

    def backward(self, gy: Variable) -> Variable:
        return gy * self.inputs[0] / self.outputs[0]()


class WrongNorm(Norm):
    def backward(self, gy: Variable) -> Variable:
        return gy * F.absolute(self.inputs[0]) / self.outputs[0]()


class Bilinear(Function):
    def forward(self, x: Any, a: Any, y: Any) -> Any:
        if x.ndim != 1 or y.ndim != 1 or a.shape != (*x.shape, *y.shape):
            raise ValueError("x, a, y must be a vector, a matrix and a vector")
        return x @ a @ y

    def backward(self, gy: Variable) -> tuple[Variable, Variable, Variable]:
        x, a, y = self.inputs
        outer = F.reshape(x, (-1, 1)) * F.reshape(y, (1, -1))
        return gy * F.matmul(a, y), gy * outer, gy * F.matmul(x, a)


class WrongBilinear(Bilinear):
    def backward(self, gy: Variable) -> tuple[Variable, Variable, Variable]:
        gx, ga, gv = super().backward(gy)
        return gx, ga, 2 * gv


class Quantile(Function):
    def forward(self, y: Any, t: Any) -> Any:
        if y.shape != t.shape:
            raise ValueError("y and t must have one shape")
        return np.maximum(0.9 * (t - y), 0.1 * (y - t)).sum()

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        y, t = self.inputs
        slope = gy * np.where(t.data > y.data, 0.9, -0.1).astype(y.dtype)
        return -slope, slope


class WrongQuantile(Quantile):
    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        y, t = self.inputs
        slope = gy * np.where(t.data > y.data, 0.1, -0.9).astype(y.dtype)
        return -slope, slope


class Product(Function):
    """Of the last axis; by all others, so that zeros do no harm."""

    def forward(self, x: Any) -> Any:
        if x.ndim != 1:
            raise ValueError("x must be a vector")
        return np.prod(x)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * _others(x)


def _others(x: Variable) -> Variable:
    parts = []
    for i in range(len(x)):
        part = None
        for j in range(len(x)):
            if j != i:
                part = x[j] if part is None else part * x[j]
        parts.append(F.reshape(part, (1,)))
    return F.concatenate(parts, axis=0)


class DividingProduct(Product):
    def backward(self, gy: Variable) -> Variable:
        return gy * self.outputs[0]() / self.inputs[0]


class TwoZerosProduct(Product):
    """Of order 2 wrong where exactly two elements are 0."""

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        if (x.data == 0).sum() > 1:
            return Variable(np.zeros_like(x.data))
        return super().backward(gy)


class Largest(Function):
    def forward(self, x: Any) -> Any:
        return x.max()

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        mask = x.data == x.data.max()
        return gy * (mask / mask.sum()).astype(x.dtype)


class GreedyLargest(Largest):
    """All that are tied get twice the whole gradient: right where nothing is tied."""

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        mask = x.data == x.data.max()
        return gy * (mask * (2.0 if mask.sum() > 1 else 1.0)).astype(x.dtype)


def scalar_only(x: Variable) -> Variable:
    if x.ndim:
        raise ValueError("x must be 0-d")
    return F.exp(x)


def signs(x: Variable) -> Variable:
    return Variable(np.sign(np.atleast_1d(x.data)).astype(int))


def float64_only(x: Variable) -> Variable:
    if x.dtype == np.float32:
        raise TypeError("no float32")
    return x * x


def sequences(x: Variable) -> Variable:
    if x.ndim != 3:
        raise ValueError("x must be (B, T, C)")
    return F.sum(x * x, axis=1)


def odd_shapes(x: Variable, y: Variable, z: Variable) -> Variable:
    if (x.shape, y.shape, z.shape) != ((3,), (), (2, 3)):
        raise ValueError("not these shapes")
    return x * y * z


def nowhere(x: Variable) -> Variable:
    raise RuntimeError("it is never defined")


def circle(x: Variable) -> Variable:
    return F.sqrt(5 - x * x)


class Flat(Function):
    """The square; forward takes more than backward does."""

    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        n, _ = x.shape
        return gy * x * self.factor(n + 1)

    def factor(self, n: int) -> float:
        return 2


class LostAxis(Function):
    """Its gradient is of the right shape for one axis, and by chance where an axis has one element."""

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return (x * x).sum(axis=self.axis)

    def backward(self, gy: Variable) -> Variable:
        (x,) = self.inputs
        return gy * x * 2


class WrongFlat(Flat):
    def factor(self, n: int) -> float:
        return n + 1


class Raises(Flat):
    def factor(self, n: int) -> float:
        raise ValueError("never")


class OneInverse(Function):
    """Right for one matrix; of a stack it transposes all axes."""

    def forward(self, a: Any) -> Any:
        return np.linalg.inv(a)

    def backward(self, gy: Variable) -> Variable:
        y = F.transpose(self.outputs[0]())
        return -F.matmul(F.matmul(y, gy), y)


class MeanSquare(Function):
    """Of inputs of one shape; that NumPy broadcasts others is chance."""

    def forward(self, a: Any, b: Any) -> Any:
        return ((a - b) ** 2).sum() / len(a)

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        a, b = self.inputs
        gx = gy * (a - b) * (2 / len(a))
        return gx, -gx


class WrongMeanSquare(MeanSquare):
    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        gx, _ = super().backward(gy)
        return gx, gx


class UnsummedProduct(Function):
    """Of elements, whose gradients are not summed over the axes that were broadcast."""

    def forward(self, a: Any, b: Any) -> Any:
        return a * b

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        a, b = self.inputs
        return gy * b, gy * a


class LabelledEntropy(Function):
    """Targets have no gradient."""

    def forward(self, p: Any, t: Any) -> Any:
        if p.shape != t.shape:
            raise ValueError("expected a target for each probability")
        return -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum()

    def backward(self, gy: Variable) -> tuple[Variable, None]:
        p, t = self.inputs
        return gy * (p - t) / (p * (1 - p)), None


class WrongLabelledEntropy(LabelledEntropy):
    def backward(self, gy: Variable) -> tuple[Variable, None]:
        p, t = self.inputs
        return gy * (p - t), None


class Forgetful(Function):
    def forward(self, p: Any, s: Any) -> Any:
        return p * s if p.shape == s.shape else p.reshape(s.shape)

    def backward(self, gy: Variable) -> tuple[Variable, None]:
        return gy * self.inputs[1], None


class Angle(Function):
    """Not smooth where both are 0."""

    def forward(self, y: Any, x: Any) -> Any:
        return np.arctan2(y, x)

    def backward(self, gy: Variable) -> tuple[Variable, Variable]:
        y, x = self.inputs
        square = x * x + y * y
        return F.sum_to(gy * x / square, y.shape), F.sum_to(-gy * y / square, x.shape)


class Exits(Function):
    def forward(self, x: Any) -> Any:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        raise SystemExit(3)
