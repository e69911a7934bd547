"""Whether the shapes on which a spec's formula is shown fit its arguments and the formula."""

from __future__ import annotations

import numpy as np

from gradcheck.cases import variants
from gradcheck.errors import SpecError
from gradcheck.specs import Formula, Spec
from gradcheck.system.raised import described


def require_fitting_display(spec: Spec) -> None:
    """Look at `display`, which a row may have from a shorthand or by `replace`.

    Raises:
        SpecError: the formula cannot be written on these shapes, or they say that it is elementwise, and
            it is not.

    >>> from dataclasses import replace
    >>> from gradcheck.specs import specs
    >>> require_fitting_display(specs()["sum"])
    >>> require_fitting_display(replace(specs()["sum"], display=((), ())))
    Traceback (most recent call last):
    ...
    gradcheck.errors.SpecError: spec sum: display: expected shapes of (x) on which its formula can be \
written, got ((), ()): ValueError: typeset: got 1 names for 2 shapes
    """
    if spec.display is None or spec.formula is None:
        return
    from gradcheck.oracles.symbols.derived import on_symbols  # SymPy takes longer than a check of a small op

    names = [arg.name for arg in spec.args]
    try:
        on_symbols(spec.formula, names, spec.display, spec.variants[0].params)
    except Exception as error:
        expected = f"shapes of ({', '.join(names)}) on which its formula can be written"
        raise _wrong(spec, expected, described(error)) from error
    if not any(spec.display):
        _require_elementwise(spec, spec.formula)


def _require_elementwise(spec: Spec, formula: Formula) -> None:
    variant = spec.variants[0]
    inputs = variants.inputs(spec, variant, 0, np.float64)
    got = np.shape(formula(np, *inputs, **variant.params))
    shapes = [x.shape for x in inputs]
    if got != np.broadcast_shapes(*shapes):
        wrong = f"shapes () are those of an elementwise function, and of inputs {shapes} it makes {got}"
        raise _wrong(spec, "a shape with axes for each argument, or None", wrong)


def _wrong(spec: Spec, expected: str, why: str) -> SpecError:
    return SpecError(f"spec {spec.name}: display: expected {expected}, got {spec.display}: {why}")
