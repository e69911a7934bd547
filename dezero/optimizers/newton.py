"""Newton's method: the Hessian by differentiating backward, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dezero import cuda
from dezero.arguments import function, number
from dezero.core import Variable
from dezero.optimizers.base import Optimizer

__all__ = ["Newton"]


class Newton(Optimizer):
    """x := x - lr * H⁻¹ g with the Hessian H of the loss, for problems with few parameters.

    n numbers to optimize cost n backward passes and O(n³) for each update. Where H is not positive
    definite it is damped: an eigenvalue λ counts as |λ|, and as at least damping * max |λ|, so that
    the step goes downhill (Nocedal and Wright, Numerical Optimization, section 3.4). Where H is
    positive definite and well-conditioned this is Newton's method itself.

    Hooks see the gradient; the Hessian is that of the loss alone.

    Args:
        loss: called without arguments, computes the loss from the target's parameters as they are:
            a Variable of one element.
        lr: the fraction of the step to take.
        damping: see above; 0 < damping <= 1.

    >>> import numpy as np
    >>> from dezero import Parameter
    >>> x = Parameter(np.array(2.0))
    >>> optimizer = Newton(lambda: x**4 - 2 * x**2).setup([x])
    >>> for _ in range(7):
    ...     optimizer.update()
    >>> x
    variable(1.0)
    """

    def __init__(self, loss: Callable[[], Variable], lr: float = 1.0, damping: float = 1e-6) -> None:
        super().__init__()
        if not number(damping, "Newton: damping") > 0 or damping > 1:
            raise ValueError(f"Newton: damping must be above 0 and at most 1, got {damping}")
        self.loss = function(loss, "Newton: loss")
        self.lr = number(lr, "Newton: lr", low=0.0)
        self.damping = damping

    def update(self) -> None:
        """Take one step. Afterwards the parameters hold the gradients before it, as arrays.

        Raises:
            TypeError: the loss is not a Variable of one element.
        """
        params = self._differentiate()
        if not params:
            return
        grads = [param.grad for param in params if param.grad is not None]
        step = self.lr * self._solve(hessian(grads, params), _concatenate(grads))
        start = 0
        for param, grad in zip(params, grads, strict=True):
            param.data -= step[start : start + param.size].reshape(param.shape)
            param.grad = Variable(grad.data)
            start += param.size

    def _differentiate(self) -> list[Variable]:
        """Give the parameters their gradients, which are graphs; returns those that have one."""
        for param in self.params():
            param.cleargrad()
        loss = self.loss()
        if not isinstance(loss, Variable) or loss.size != 1:
            raise TypeError(f"Newton: loss must return a Variable of one element, got {loss!r}")
        loss.backward(create_graph=True)
        return self.run_hooks()

    def _solve(self, matrix: Any, g: Any) -> Any:
        """matrix⁻¹ g, damped."""
        xp = cuda.get_array_module(matrix)
        eigenvalues, vectors = xp.linalg.eigh(matrix)
        curvature = xp.abs(eigenvalues)
        largest = curvature.max()
        if largest == 0:
            return g  # a loss that is linear here has no curvature to divide by
        return vectors @ ((vectors.T @ g) / xp.maximum(curvature, self.damping * largest))


def hessian(grads: list[Variable], params: list[Variable]) -> Any:
    """The derivatives of all elements of `grads` by all elements of `params`, symmetrized.

    Args:
        grads: the gradients of one scalar with respect to `params`, made with create_graph=True.
        params: leaves; their `grad` is None afterwards.
    """
    rows = []
    for grad in grads:
        for index in range(grad.size):
            grad.grad = _unit(grad, index)
            for param in params:
                param.cleargrad()
            grad.backward()
            rows.append(_row(params))
            grad.cleargrad()
    for param in params:
        param.cleargrad()
    matrix = cuda.get_array_module(rows[0]).stack(rows)
    return (matrix + matrix.T) / 2


def _unit(like: Variable, index: int) -> Variable:
    """Zeros but for a one at the flat `index`."""
    unit = cuda.get_array_module(like.data).zeros(like.shape, dtype=like.dtype)  # flat it is a view
    unit.reshape(-1)[index] = 1
    return Variable(unit)


def _row(params: list[Variable]) -> Any:
    """The gradients of `params`, zeros where there is none, one after another."""
    xp = cuda.get_array_module(params[0].data)
    zeros = (Variable(xp.zeros_like(param.data)) for param in params)
    return _concatenate([zero if p.grad is None else p.grad for p, zero in zip(params, zeros, strict=True)])


def _concatenate(variables: list[Variable]) -> Any:
    xp = cuda.get_array_module(variables[0].data)
    return xp.concatenate([v.data.reshape(-1) for v in variables])
