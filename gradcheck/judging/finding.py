"""The Result that users read, made of Evidence rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gradcheck.judging.side_by_side import SideBySide
from gradcheck.judging.verdict import Formula, Verdict
from gradcheck.system import floats, markup, tables, texts

if TYPE_CHECKING:
    from gradcheck.printed.page import Page

#: What `Evidence.contracted` says of order 1, and of higher ones, where all of it is 1.
OF_ONES = ("gy = 1", "gy = d = 1")


@dataclass(frozen=True)
class Evidence:
    """One order judged by one oracle.

    Attributes:
        order: 0 is forward against the formula.
        oracle: of `gradcheck.oracles.registry.SOURCES`.
        certified: the comparison is proven by ball arithmetic.
        formula: whether backward's formula is right, however accurate its floats are.
        digits: correct digits of the worst element's value (of 15.9 in float64); None where not known.
        error_ulp: worst element, in ULPs of the op's dtype; None where nothing was compared.
        bound_ulp: the oracle's own error bound at that element.
        tolerance_ulp: what rounding was allowed there.
        declared_ulp: the bound that the spec declares, or None.
        excused_ulp: how much more than that is allowed there: as many times what half an ULP of all that
            backward is given causes. None where the error is within the bound.
        run_to_run_ulp: how far several runs of the same program are apart on a device; None on the host.
        where, expected, got, input_value: the worst element, as text.
        contracted: the cotangent and direction that expected and got are contracted with, as text; empty
            where they are those of the case's seed and too long to say.
        position: its number among all differentiated elements.
        seconds: time spent by the oracle.
        warnings, notes: what a pass should not hide; what explains the figures.
        sampled: what was compared, where there are too many elements for all; one of the notes, too.
    """

    order: int
    oracle: str
    verdict: Verdict
    reason: str
    certified: bool = False
    formula: Formula = "unknown"
    digits: float | None = None
    error_ulp: float | None = None
    error_abs: float | None = None
    error_rel: float | None = None
    bound_ulp: float | None = None
    tolerance_ulp: float | None = None
    declared_ulp: float | None = None
    excused_ulp: float | None = None
    run_to_run_ulp: float | None = None
    where: str = ""
    expected: str = ""
    got: str = ""
    input_value: str = ""
    contracted: str = ""
    position: int | None = None
    seconds: float = 0.0
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()
    sampled: str = ""


@dataclass(frozen=True)
class Culprit:
    """The function whose derivative is wrong by itself, be it all of f or one of those that f is made of.

    Attributes:
        function: its class.
        path, line: where its derivative is written; an empty path and 0 where that cannot be seen.
        order: the lowest at which it is wrong, counted from its own value.
        kind: of the mistake, the same for each case that shows it.
    """

    function: str
    path: str
    line: int
    order: int
    kind: str


@dataclass(frozen=True)
class Result:
    """The whole finding on one function at one point.

    `bool(result)` is True for a pass only; `str(result)` says it all.

    Attributes:
        formula: whether backward's formula is right, over all orders that were judged.
        digits: correct digits of the worst element's value, over all orders; None where unknown.
        dtype: of the value whose digits are counted; empty where nothing was differentiated.
        jacobian: of what fails, where it is small: the Jacobian expected next to that got, as lines of text.
        matrices: the same as numbers, and Jacobians that are too large for lines of text: a notebook shows
            them as heat maps.
        warnings: what a pass should not hide.
        culprit: what the diagnosis blames, where that is one function.
        curves: measures what `plot` draws of error against step, as rows of the records: "curve" rows, or a
            "warning" that says why there are none. None: nothing is known of f any more, as in a copy of a
            result and in one that was pickled.
    """

    verdict: Verdict
    reason: str
    diagnosis: str | None = None
    evidence: Sequence[Evidence] = ()
    title: str = ""
    notes: Sequence[str] = ()
    reproduce: str = ""
    seconds: float = 0.0
    warnings: Sequence[str] = field(default=())
    formula: Formula = "unknown"
    digits: float | None = None
    dtype: str = ""
    jacobian: Sequence[str] = ()
    matrices: Sequence[SideBySide] = field(default=(), repr=False)
    culprit: Culprit | None = None
    curves: Callable[[], Sequence[Mapping[str, Any]]] | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process, which may know nothing of f."""
        return {**self.__dict__, "curves": None}

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    def __str__(self) -> str:
        lines = [
            f"{self.verdict.upper()}  {texts.printable(self.title)}".rstrip(),
            *texts.indented(self.reason),
        ]
        if self.diagnosis:
            lines += texts.indented(f"likely cause: {self.diagnosis}")
        if self.evidence:
            lines += [f"  {row}" for row in tables.lines(_rows(self.evidence, self.dtype, self.reason))]
        lines += [f"  {texts.printable(line)}" for line in self.jacobian]
        lines += [line for text in self.warnings for line in texts.indented(f"warning: {text}")]
        lines += [line for text in self.notes for line in texts.indented(f"note: {text}")]
        if self.reproduce:
            lines.append(f"  reproduce: {texts.printable(self.reproduce)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The whole finding, as a notebook shows it."""
        parts = [markup.head(self.verdict, self.title), markup.line("", self.reason)]
        if self.diagnosis:
            parts.append(markup.line("likely cause", self.diagnosis))
        if self.evidence:
            parts.append(markup.table(_rows(self.evidence, self.dtype, self.reason)))
        parts += [matrix.html() for matrix in self.matrices]
        parts += [markup.line("warning", text) for text in self.warnings]
        parts += [markup.line("note", text) for text in self.notes]
        if self.reproduce:
            parts.append(markup.code("reproduce", self.reproduce))
        return str(markup.box(parts))

    def plot(self, *, steps: bool = True) -> Page:
        """A figure of matplotlib: the digits that each order keeps, of those that its dtype has.

        Of a failure it shows the matrices expected and got as heat maps, or else the worst element. Below it
        shows the error of numerical differentiation against the step, for each order up to 3, where the
        true derivative is known. This is measured now: f is called several hundred times, as it is now, at
        and near the point that was checked, and what it holds is put back. For that a result keeps f, and
        copies of its inputs; not where these have more than 200 elements, of which no error is drawn. The
        figure is a column wide, for print; a notebook shows it, and no pyplot knows of it.

        Args:
            steps: whether error against step is measured and drawn; without it f is not called.

        Raises:
            ImportError: matplotlib is not installed; the message says how to install it.

        """
        from gradcheck import printed

        printed.require_matplotlib()
        from gradcheck.printed import findings

        heading = f"{self.verdict.upper()}  {self.title}".rstrip()
        notes = findings.worst(self.evidence) if self.verdict == "fail" and not self.matrices else []
        rows = self.curves() if steps and self.curves is not None else ()
        curves = [row for row in rows if row["kind"] == "curve"]
        notes += [row["message"] for row in rows if row["kind"] == "warning"]
        return findings.finding(heading, self.dtype, self.evidence, self.matrices, curves, notes)

    @property
    def sampled(self) -> str:
        """What was compared, where there are too many elements to compare all; empty elsewhere."""
        return next((row.sampled for row in self.evidence if row.sampled), "")

    @property
    def line(self) -> str:
        """The finding in one line: verdict, reason, the kind of mistake, and what a pass should not hide.

        >>> Result("pass", "order 1: right", title="f(x)", warnings=["8 digits are lost"]).line
        'PASS  f(x): order 1: right; warning: 8 digits are lost'
        """
        cause = f" ({texts.printable(self.diagnosis.partition(':')[0])})" if self.diagnosis else ""
        warnings = "".join(f"; warning: {texts.printable(text)}" for text in self.warnings)
        found = f"{texts.printable(self.title)}: {texts.printable(self.reason)}"
        return f"{self.verdict.upper()}  {found}{cause}{warnings}"


_HEAD = (
    *("order", "oracle", "verdict", "formula", "digits"),
    *("certified", "error/ULP", "allowed/ULP", "worst element"),
)


def _rows(evidence: Sequence[Evidence], dtype: str, reason: str) -> list[tuple[str, ...]]:
    """The table: its head, and one row for each; `reason` is the reason that stands above them."""
    return [_HEAD, *((*_cells(e, dtype), texts.printable(_detail(e, reason))) for e in evidence)]


def _cells(e: Evidence, dtype: str) -> tuple[str, ...]:
    declared = None if e.declared_ulp is None else e.declared_ulp + (e.excused_ulp or 0.0)
    bounds = [bound for bound in (e.tolerance_ulp, declared) if bound is not None]
    return (
        str(e.order),
        e.oracle,
        e.verdict,
        e.formula if e.order and e.oracle != "contract" else "-",  # else it was not asked
        _digits(e.digits, dtype),
        "yes" if e.certified else "no",
        figure(e.error_ulp),
        figure(min(bounds, default=None)),
    )


def _detail(e: Evidence, reason: str) -> str:
    """The worst element, and the details of a verdict other than a pass."""
    if e.verdict == "fail" and e.expected and not (e.reason == reason and "expected" in reason):
        return f"{e.where}: expected {e.expected}, got {e.got}{_contraction(e.contracted)}"
    if e.verdict == "pass" or (e.where and e.reason == reason):
        return e.where
    return f"{e.where}: {e.reason}" if e.where else e.reason


def _contraction(text: str) -> str:
    """What a reader has to know: figures that say nothing are of ones.

    >>> _contraction("gy = 0.5"), _contraction("gy = 1"), _contraction("")
    (' (for gy = 0.5)', '', '')
    """
    return f" (for {text})" if text and text not in OF_ONES else ""


def _digits(digits: float | None, dtype: str) -> str:
    """
    >>> _digits(7.08, "float32"), _digits(None, "float32"), _digits(7.08, "")
    ('7.0 of 7.2', '-', '7.1')
    """
    if digits is None:
        return "-"
    return floats.of_digits(digits, dtype) if dtype else f"{digits:.1f}"


def figure(value: float | None) -> str:
    """A figure with two significant digits.

    >>> figure(0.4444), figure(None), figure(5e14)
    ('0.44', '-', '5e+14')
    """
    return "-" if value is None else f"{value:.2g}"
