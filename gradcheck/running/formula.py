"""The row of a formula: typeset, with its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.cases import variants
from gradcheck.oracles.symbols.typeset import Typeset, typeset
from gradcheck.records.drawn_rows import Typed
from gradcheck.records.jsonl import Row, row
from gradcheck.specs import Formula, Spec


def formula_row(spec: Spec) -> Row:
    """A spec's formula and its derivatives, typeset."""
    mathml = text = _typed("", (), ())
    fields: dict[str, Any] = {}
    if spec.formula is not None:
        found = _typeset(spec, spec.formula)
        mathml, text = (_typed(each.value, each.firsts, each.seconds) for each in (found.mathml, found.text))
        fields = {"written_for": found.written_for}
    fields |= {
        "op": spec.name,
        "topic": spec.topic,
        "mathml": mathml,
        "text": text,
        "covers": list(spec.covers),
        "note": _note(spec),
        "conventions": [convention.text for convention in spec.conventions],
    }
    return row("formula", fields)


def _typeset(spec: Spec, formula: Formula) -> Typeset:
    """The formula on the shapes on which it is shown; at ties as the conventions of this call say."""
    params = spec.variants[0].params
    declared = [c for c in spec.conventions if c.params == params or not spec.elementwise]
    return typeset(
        formula,
        [arg.name for arg in spec.args],
        spec.display or variants.shapes(spec, spec.variants[0]),
        params,
        [(c.inputs, c.gradients) for c in declared],
        [
            arg.name
            for arg in spec.args
            if arg.values is not None and np.asarray(arg.values).dtype.kind != "f"
        ],
    )


def _typed(value: str, firsts: Sequence[str], seconds: Sequence[str]) -> Typed:
    """Equations as a row has them."""
    (first, *others), (second, *further) = firsts or [""], seconds or [""]
    found: Typed = {"value": value, "first": first, "second": second}
    return found | {"firsts": others, "seconds": further} if others or further else found


def _note(spec: Spec) -> str:
    parts = [spec.note] if spec.note else []
    if spec.vanishes is not None:
        parts.append(f"All derivatives of order {spec.vanishes} and above are zero.")
    return " ".join(parts)
