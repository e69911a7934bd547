"""What changes on a GPU, emulated in NumPy: short formats, sums in another order, subnormals taken for 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.experiments.studies.digits import shortened
from gradcheck.experiments.studies.schemes import CENTRAL, median_errors
from gradcheck.experiments.studies.study import Axis, Figure, Line, Study, Table
from gradcheck.oracles.differences.central import central
from gradcheck.records.literature import WORKS, works
from gradcheck.report.formatting import significant

#: Name -> bits of the significand (the leading one, which is not stored, among them).
FORMATS = {"float64": 53, "float32": 24, "TF32": 11, "float16": 11, "bfloat16": 8}
POINTS = 1 + np.arange(17) / 64  # of which a median is taken; every format holds them
TERMS = 10_000
RUNS = 200
TINY = float(np.finfo(np.float32).tiny)  # the smallest normal float32


def study() -> Study:
    """Formats, sums, subnormals."""
    formats, best = _formats()
    sums, spread = _sums()
    lead = (
        "No figure here was measured on a GPU: what differs there is emulated in NumPy, on this machine. Of "
        "what changes a derivative three things are looked at. Products of matrices may run in TF32, whose "
        "numbers have 11 bits: the best step of a central difference of exp is then "
        f"{significant(best['TF32'], 2)} instead of {significant(best['float32'], 2)} in float32. Threads "
        f"add in no fixed order: {RUNS} orders of the same {TERMS:,} float32 numbers give sums that are up "
        f"to {spread} ULP (spacings of floats at the sum) apart, which a difference quotient divides by its "
        f"step. And CuPy's kernels take float32 numbers below {significant(TINY, 2)} for 0, so what a "
        "saturated sigmoid leaves is lost earlier."
    )
    return Study("What changes on a GPU", lead, [_overview(), *formats, sums, _subnormals()], REFERENCES)


def _overview() -> Table:
    return Table(
        "At a glance",
        "The formula of a derivative is the same on every device, and so is its proof. What a GPU may "
        "change are the last digits of values, and from run to run.",
        "What a GPU computes in another way, and what that means for a derivative",
        ["What", "On the CPU", "On a GPU", "What follows"],
        [
            [
                "products of matrices in float32",
                "24 bits",
                "24 bits, or 11 where TF32 is switched on; CuPy leaves it off",
                "with TF32 three digits are left of seven",
            ],
            [
                "order of a sum",
                "the same in each run",
                "not fixed where threads add by atomic operations",
                "values differ from run to run; the laboratory records by how much",
            ],
            [
                "float32 below 1.2·10⁻³⁸ (subnormals)",
                "kept, with fewer digits",
                "0 in CuPy's kernels",
                "gradients in saturated tails become 0 earlier",
            ],
            [
                "exp, tanh, ...",
                "those of NumPy",
                "those of CUDA",
                "other last digits; the laboratory supposes 4 ULPs at most",
            ],
        ],
    )


# Short formats --------------------------------------------------------------------------------------


def rounded(x: Any, bits: int) -> Any:
    """x, a float64, rounded to a significand of so many bits; exponents stay those of float64.

    >>> float(rounded(1.0 + 2.0**-9, 11)), float(rounded(1.0 + 2.0**-12, 11))
    (1.001953125, 1.0)
    """
    mantissa, exponent = np.frexp(x)
    return np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)


def exp_in(bits: int) -> Callable[[Any], Any]:
    """exp of rounded numbers, rounded."""
    return lambda x: rounded(np.exp(rounded(x, bits)), bits)


def _formats() -> tuple[list[Figure | Table], dict[str, float]]:
    lines: list[Line] = []
    cells: list[list[str | float | None]] = []
    best: dict[str, float] = {}
    for name, bits in FORMATS.items():
        steps = [2.0**-k for k in range(1, bits - 1)]
        errors = median_errors(central, exp_in(bits), np.exp, POINTS, steps)
        error, best[name] = min(zip(errors, steps, strict=True))
        if name != "float16":  # which has the significand of TF32
            lines.append(Line("TF32, float16" if name == "TF32" else name, steps, shortened(errors)))
        u = 2.0**-bits
        cells.append([name, bits, u, CENTRAL.best_step(1, 1, u), best[name], error])
    figure = Figure(
        "Short formats",
        "A format of b bits rounds by at most u = 2⁻ᵇ of a number. The best step of a central difference "
        "is (3 u |f / f'''|)^(1/3), and what is left there is of the size u^(2/3). TF32 has the exponents of "
        "float32 and the significand of float16; bfloat16 has those exponents and 8 bits. Here exp is "
        "computed in float64 and rounded; only the length of the significand is emulated.",
        f"Relative error of central differences of exp in each format, the median of {len(POINTS)} points "
        "between 1 and 1.25: fewer bits, a larger best step and a larger error there.",
        Axis("step h", log=True),
        Axis("relative error", log=True),
        lines,
    )
    table = Table(
        "",
        "The steps tried are powers of 2.",
        "Best steps of a central difference of exp in short formats, predicted and emulated",
        ["format", "bits", "u", "best step, predicted", "best step, emulated", "error there"],
        cells,
    )
    return [figure, table], best


# Sums -----------------------------------------------------------------------------------------------


def sums_in_orders(terms: np.ndarray, runs: int, rng: np.random.Generator) -> np.ndarray:
    """The sum of the terms one after the other, in so many random orders, in their dtype."""
    return np.array([np.cumsum(rng.permutation(terms))[-1] for _ in range(runs)])


def _sums() -> tuple[Table, int]:
    rng = np.random.default_rng(0)
    terms = rng.uniform(0, 1, TERMS).astype(np.float32)
    truth = float(np.sum(terms.astype(np.longdouble)))
    found = sums_in_orders(terms, RUNS, rng)
    ulp = float(np.spacing(np.float32(truth)))
    spread = round(float(found.max() - found.min()) / ulp)
    noise = float(found.max() - found.min()) / 2
    table = Table(
        "Sums in any order",
        f"{TERMS:,} float32 numbers between 0 and 1 are added one after the other, in {RUNS} random "
        "orders. Each addition rounds, so each order has a sum of its own. (A GPU adds partial sums, which "
        "rounds less.) Where the two values of a difference quotient are added in different orders, half "
        "of the spread, divided by h, is an error that no smooth function has: the step must grow, or the "
        "order be fixed. Backward has no step to divide by; its error stays that of one sum.",
        f"The sum of {TERMS:,} float32 numbers in {RUNS} orders",
        ["What", "Value"],
        [
            ["true sum", f"{truth:.6f}"],
            ["smallest sum found", f"{found.min():.6f}"],
            ["largest sum found", f"{found.max():.6f}"],
            ["different sums", str(len(set(found.tolist())))],
            ["ULP at the sum", significant(ulp)],
            ["spread, in ULP", str(spread)],
            *(
                [f"error of a central difference with h = {significant(h)}", significant(noise / h, 2)]
                for h in (1e-1, 1e-2, 1e-3)
            ),
        ],
    )
    return table, spread


# Subnormals -----------------------------------------------------------------------------------------


def flushed(x: Any) -> Any:
    """x in float32, with 0 for what is smaller than the smallest normal number."""
    single = np.asarray(x, dtype=np.float32)
    return np.where(np.abs(single) < TINY, np.float32(0), single)


def _subnormals() -> Table:
    def row(x: float) -> list[str | float | None]:
        truth = float(np.exp(x) / (1 + np.exp(x)) ** 2)
        kept = np.float32(truth)
        error = abs(float(kept) / truth - 1)
        return [f"{x:g}", truth, float(kept), error, float(flushed(truth))]

    return Table(
        "Subnormals",
        "Below 1.2·10⁻³⁸ a float32 has no full significand any more: it is subnormal, and loses digits one "
        "by one until 1.4·10⁻⁴⁵. The CPU keeps these numbers; a kernel that flushes them has 0 at once. "
        "The derivative of the sigmoid at x is about exp(x) there.",
        "The derivative of the sigmoid, rounded to float32 with and without subnormals",
        ["x", "derivative", "float32", "relative error", "with subnormals as 0"],
        [row(x) for x in (-80.0, -87.0, -88.0, -95.0, -100.0, -103.0)],
    )


REFERENCES = (
    *works("ieee"),
    WORKS["higham"].removesuffix(".") + ", chapter 4 (summation).",
    *works("goldberg"),
)
