"""The checkers that are compared, each with its own steps and tolerances."""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Callable, Mapping

import numpy as np

import gradcheck
from dezero.utils import gradient_check
from gradcheck.cases.case import Case
from tests.peers import bridges
from tests.peers.operation import of_case

Judge = Callable[[Case], str]


class NotExpressibleError(Exception):
    """The peer cannot be asked about this operation."""


def laboratory(case: Case) -> str:
    result = gradcheck.check(case.f, *case.inputs, order=case.order)
    return {"pass": "accepted", "fail": "rejected"}.get(result.verdict, result.verdict)


def book(case: Case) -> str:
    """Of one output and order 1 only; in float64, whatever the inputs are."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return "accepted" if gradient_check(case.f, *case.inputs) else "rejected"
    except TypeError as error:
        if "must return one Variable" in str(error):
            raise NotExpressibleError("several outputs") from error
        raise


def torch_slow(case: Case) -> str:
    return _torch(case, fast_mode=False)


def torch_fast(case: Case) -> str:
    return _torch(case, fast_mode=True)


def _torch(case: Case, fast_mode: bool) -> str:
    """Orders 1 and 2: there is no check of a third."""
    torch = importlib.import_module("torch")
    torch.manual_seed(0)
    operation, xs = of_case(case)
    if any(x.dtype.itemsize > 8 for x in xs):
        raise NotExpressibleError("torch has no longdouble")
    noticed: list[str] = []
    f = bridges.to_torch(operation, noticed.append)
    tensors = [torch.tensor(x.copy(), requires_grad=True) for x in xs]
    try:
        torch.autograd.gradcheck(f, tensors, fast_mode=fast_mode)
        if case.order > 1:
            torch.autograd.gradgradcheck(f, tensors, fast_mode=fast_mode)
    finally:
        if noticed:
            raise NotExpressibleError(noticed[0])
    return "accepted"


def jax(case: Case) -> str:
    """In reverse mode: a custom_vjp has no other."""
    module = importlib.import_module("jax")
    module.config.update("jax_enable_x64", True)
    operation, xs = of_case(case)
    if any(x.dtype.itemsize > 8 for x in xs):
        raise NotExpressibleError("JAX has no longdouble")
    test_util = importlib.import_module("jax.test_util")
    arrays = tuple(module.numpy.asarray(x) for x in xs)
    test_util.check_grads(bridges.to_jax(operation), arrays, case.order, modes=("rev",))
    return "accepted"


def autograd(case: Case) -> str:
    """In reverse mode: the operation has no other. By every input: by itself it looks at the first only."""
    test_util = importlib.import_module("autograd.test_util")
    np.random.seed(0)  # noqa: NPY002  # what autograd draws its vectors from
    operation, xs = of_case(case)
    every = tuple(range(len(xs)))
    test_util.check_grads(bridges.to_autograd(operation), every, modes=["rev"], order=case.order)(*xs)
    return "accepted"


#: Name -> (the module that it needs, how it is asked).
CHECKERS: Mapping[str, tuple[str, Judge]] = {
    "gradcheck": ("gradcheck", laboratory),
    "torch.autograd.gradcheck, slow": ("torch", torch_slow),
    "torch.autograd.gradcheck, fast": ("torch", torch_fast),
    "jax.test_util.check_grads": ("jax", jax),
    "autograd.test_util.check_grads": ("autograd", autograd),
    "dezero.utils.gradient_check": ("dezero", book),
}


def judgement(judge: Judge, case: Case) -> tuple[str, str]:
    """What a checker says of a case, and why: whatever it raises, its user would see as a failure.

    "accepted", "rejected", "inconclusive", "not-tested", "not expressible" or "gave up" (no memory).
    """
    try:
        with np.errstate(all="ignore"):
            return judge(case), ""
    except NotExpressibleError as error:
        return "not expressible", str(error)
    except MemoryError:
        return "gave up", "no memory"
    except Exception as error:
        scarce = "allocate memory" in str(error)
        return ("gave up", "no memory") if scarce else ("rejected", type(error).__name__)
