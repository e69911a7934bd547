"""Numbers as a person reads them: no more digits than they are worth, powers of ten as such."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gradcheck.records.jsonl import Row
from gradcheck.report.answers import Digits, digits_of, full_digits
from gradcheck.system.floats import rounded_down
from gradcheck.system.texts import MOST, printable

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS = "\N{MINUS SIGN}"
NONE = "\N{EM DASH}"


def words(name: str) -> str:
    """The name of a verdict or an oracle as words.

    >>> words("not-tested"), words("finite_difference")
    ('not tested', 'finite difference')
    """
    return name.replace("-", " ").replace("_", " ")


def plural(number: int, noun: str, several: str = "") -> str:
    """
    >>> plural(1, "case"), plural(2, "case"), plural(2, "box", "boxes")
    ('1 case', '2 cases', '2 boxes')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {several or noun + 's'}"


def paragraphs(blocks: Iterable[Iterable[str]], limit: int = MOST) -> str:
    """Blocks of lines for a terminal, an empty line between them; no line has more than `limit` characters.

    >>> print(paragraphs([["FAIL  tanh"], [], ["1 case: 1 fail."]]))
    FAIL  tanh
    <BLANKLINE>
    1 case: 1 fail.
    """
    return "\n\n".join("\n".join(printable(line, limit) for line in block) for block in blocks if block)


_COMMIT = 10  # characters of a commit that are shown


def short_commit(commit: str) -> str:
    """The commit as people write it, with what is said beside it.

    >>> short_commit("1b70f9be82c5a2d1 + uncommitted changes")
    '1b70f9be82 + uncommitted changes'
    """
    name, space, beside = commit.partition(" ")
    return f"{name[:_COMMIT]}{space}{beside}"


def power_of_ten(exponent: int) -> str:
    """
    >>> power_of_ten(-12)
    '10⁻¹²'
    """
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def significant(value: float | None, digits: int = 3) -> str:
    """The value to that many significant digits, in powers of ten where it is large or small.

    >>> significant(0.5), significant(1.2345e-8), significant(3e5), significant(None)
    ('0.5', '1.23·10⁻⁸', '3·10⁵', '—')
    """
    if value is None:
        return NONE
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'∞' if value > 0 else _MINUS + '∞'}"
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return _without_exponent(float(f"{value:.{digits - 1}e}"))
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = power_of_ten(int(exponent))
    return power if float(mantissa) == 1 else f"{_without_exponent(float(mantissa))}·{power}"


def _without_exponent(value: float) -> str:
    return f"{value:.10f}".rstrip("0").rstrip(".").replace("-", _MINUS)


def cell(value: float | None) -> str:
    """A number in a table: counts to their last digit, anything else to three.

    >>> cell(6011.0), cell(0.30103), cell(None)
    ('6011', '0.301', '—')
    """
    if value is not None and abs(value) < 1e6 and float(value).is_integer():
        return _without_exponent(value)
    return significant(value)


def ulp(value: float | None) -> str:
    """An error in ULPs: two digits are all that it means, and hundredths are as good as none.

    >>> ulp(0.4712), ulp(2.0), ulp(17.6), ulp(3.21e7), ulp(1e-9), ulp(0.0), ulp(float("nan"))
    ('0.47', '2.0', '18', '3.2·10⁷', '<0.01', '0', 'NaN')
    """
    if value is None or not 0 < value < 1e4:
        return significant(value, 2)
    if value < 0.01:
        return "<0.01"
    return f"{value:.{2 if value < 0.995 else 1 if value < 9.95 else 0}f}"


def kept(digits: Digits | None) -> str:
    """Digits kept, rounded down.

    >>> kept(Digits(15.26, "float64")), kept(None)
    ('15.2', '—')
    """
    return NONE if digits is None else rounded_down(digits.kept)


def kept_of(digits: Digits | None) -> str:
    """Digits kept, of those that the dtype has.

    >>> kept_of(Digits(15.26, "float64")), kept_of(None)
    ('15.2 of 15.9', '—')
    """
    return kept(digits) if digits is None else f"{kept(digits)}{of_digits(digits.dtype)}"


def both_answers(row: Row) -> str:
    """Whether a case row's formula is right and how many digits its value keeps; empty if not known.

    >>> both_answers({"formula": "proven", "digits": 0.0, "dtype": "float16"})
    'formula proven, 0.0 of 3.3 digits kept'
    """
    digits = digits_of(row)
    parts = [f"formula {row['formula']}"] if row["formula"] != "unknown" or digits else []
    return ", ".join([*parts, *([f"{kept_of(digits)} digits kept"] if digits else [])])


def of_digits(dtype: str) -> str:
    """
    >>> of_digits("float16"), of_digits("float1024")
    (' of 3.3', '')
    """
    full = full_digits(dtype)
    return f" of {rounded_down(full)}" if full else ""


def duration(seconds: float | None) -> str:
    """
    >>> [duration(seconds) for seconds in (0.000042, 0.00042, 0.0123, 3.25, 75, 7260)]
    ['42 µs', '0.42 ms', '12 ms', '3.2 s', '1 min 15 s', '2 h 1 min']
    """
    if seconds is None or not math.isfinite(seconds):
        return significant(seconds)
    if 0 < seconds < 1e-4:
        return f"{significant(seconds * 1e6, 2)} µs"
    if seconds < 1:
        return f"{significant(seconds * 1e3, 2)} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min {int(seconds % 60)} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
