"""Files of records as strangers and broken disks have them."""

from __future__ import annotations

import contextlib
import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gradcheck.records.jsonl import RecordError
from gradcheck.records.rows import checked, json_values
from tests.gradcheck.sample_rows import (
    case_row,
    curve_row,
    graph_row,
    on_gpu,
    one_of_each,
    run_row,
    section_row,
)

OLD = Path(__file__).resolve().parents[1] / "gradcheck" / "data"
LONG = "x" * 5_000
TEXTS: tuple[Any, ...] = (
    *("", " ", ".", "..", "../../etc/passwd", "con", "NUL", "index", "matrix", "networks", "TANH", "tanh "),
    *("\x00", "\x1b[31m", "\u202etxt", "\ud800", "\ufeff", "\r\n", "a\nb", "é", "e\u0301", "日本", "-"),
    *("<script>alert(1)</script>", "javascript:alert(1)", "=cmd|' /C calc'!A1", "{{ 7 * 7 }}", "%s%n"),
    *(LONG, LONG[:1_000], LONG * 30, "a/" * 400, "nan", "inf", "-inf", "nan\n", "1e999", "0" * 400),
    *("float64", "float1024", "f8,f8", "(2,)f8", "O", "a", "declared gap: x", "[red]"),
    "needs a GPU: not run on this machine",
    *("2026-11-21T10:00:00+00:00", "2026-99-99T99:99:99", "9999-12-31T23:59:59-99:99"),
    "<math><mi>x</mi></math>" * 3,
    "<mrow>" * 3_000 + "</mrow>" * 3_000,
)
NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2, 3, 4, 5, 999, 2**31, 2**53, 2**63, 10**15, 10**400, -(10**400), 10**4_000),
    *(0.0, -0.0, 0.5, 1e-300, 5e-324, -5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 1e290, 1e16),
    *("nan", "inf", "-inf"),
)
OTHERS: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], [None], {"": None}, [0] * 200, [[0, 0]], [[0, 1], [1, 0]]),
    *([[0, 1], [0, 1], [0, 1]], ["nan"] * 3, [1e308, -1e308, "inf"]),
)


def damaged(rng: random.Random) -> bytes:
    """A file of records in which some things are as a stranger or a broken disk would have them."""
    rows = _rows(rng)
    for _ in range(rng.randint(1, 30)):
        _value(rows, rng)
    if rng.random() < 0.3:
        _order(rows, rng)
    if rng.random() < 0.1:
        _shape(rows, rng)
    lines = [_text(each) for each in rows]
    if rng.random() < 0.1:
        _line(lines, rng)
    data = "\n".join(lines).encode(errors="surrogatepass") + b"\n"
    return rng.choice((_bytes, _packed))(data, rng) if rng.random() < 0.1 else data


# What is damaged ------------------------------------------------------------------------------------


def _rows(rng: random.Random) -> list[Any]:
    version = rng.randint(0, 9)
    if version in (1, 2, 3, 4):
        text = (OLD / f"records-v{version}.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]
    rows = one_of_each()
    rows += [curve_row(2), section_row(0), section_row(2), graph_row(1)]
    rows += [case_row(order=order, oracle=oracle) for order in (0, 1, 2) for oracle in ("jet", "symbolic")]
    rows += [case_row(case=f"{op}/float32/cpu", op=op, dtype="float32") for op in ("exp", "log", "Exp")]
    rows += on_gpu([run_row(), case_row()], run_to_run_ulp=1.0)
    return json.loads(json.dumps(json_values(rows)))


def _value(rows: list[Any], rng: random.Random) -> None:
    """Another value somewhere, mostly one of the same type; sometimes the same in all rows of the kind."""
    paths = list(_places(rng.choice(rows)) if rows else [])
    if not paths:
        return
    path, kind = rng.choice(paths)
    same = {str: TEXTS, int: NUMBERS, float: NUMBERS}.get(kind, OTHERS)
    new = rng.choice(same if rng.random() < 0.8 else (*TEXTS, *NUMBERS, *OTHERS))
    everywhere, whatever = rng.random() < 0.4, rng.random() < 0.01
    for n in range(len(rows)) if everywhere else [rng.randrange(len(rows))]:
        changed = copy.deepcopy(rows[n])
        with contextlib.suppress(KeyError, IndexError, TypeError, RecordError):
            _put(changed, path, copy.deepcopy(new))
            if not whatever:  # most of what is refused is refused alike
                checked(changed)
            rows[n] = changed


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], type]]:
    few = enumerate(value[:3]) if isinstance(value, list) else ()
    for key, item in value.items() if isinstance(value, dict) else few:
        if key not in ("schema_version", "kind") or not path:
            yield (*path, key), type(item)
            yield from _places(item, (*path, key))


def _put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]]
    value[path[-1]] = new


def _shape(rows: list[Any], rng: random.Random) -> None:
    """A field gone, one more, a list longer or shorter."""
    if not rows:
        return
    row = rng.choice(rows)
    if not isinstance(row, dict) or not row:
        return
    name = rng.choice(list(row))
    if isinstance(row[name], list) and rng.random() < 0.7:
        row[name] = rng.choice((row[name][:-1], row[name] * 2, [], row[name][:1] * 500))
    elif rng.random() < 0.5:
        del row[name]
    else:
        row[rng.choice(("surprise", "", "run", LONG))] = row.get(name)


def _order(rows: list[Any], rng: random.Random) -> None:
    """Rows lost, shuffled, there twice, many times, or without their run."""
    done: Callable[[], Any] = rng.choice(
        (
            lambda: rng.shuffle(rows),
            lambda: rows.reverse(),
            lambda: rows.__delitem__(slice(0, rng.randint(1, 3))),
            lambda: rows.extend(copy.deepcopy(rows[: rng.randint(1, 5)])),
            lambda: rows.extend([{"schema_version": 4, "kind": "warning", "message": "again"}] * 2_000),
            lambda: rows.extend([each | {"seed": 9} for each in rows[:1] if isinstance(each, dict)]),
            lambda: rows.__setitem__(slice(None), [row for row in rows if rng.random() < 0.5]),
        )
    )
    done()


def _text(row: Any) -> str:
    try:
        return json.dumps(row, ensure_ascii=random.Random(len(str(row)[:99])).random() < 0.5)
    except ValueError:
        return "{}"


def _line(lines: list[str], rng: random.Random) -> None:
    """A line that no JSON writer writes."""
    place = rng.randrange(len(lines)) if lines else 0
    line = lines[place] if lines else ""
    lines[place : place + 1] = rng.choice(
        (
            [line.replace("{", '{"kind": "case", ', 1)],
            [line.replace(": 0,", ": " + "9" * 5_000 + ",", 1)],
            [line.replace(": 0.", ": 1e999, ", 1)],
            [line.replace("0.", "-0e-99999", 1)],
            [line.replace('"nan"', "NaN"), "Infinity"],
            [line[: len(line) // 2]],
            [line + line],
            ["[" * 100_000 + "]" * 100_000],
            ['{"a":' * 50_000 + "0" + "}" * 50_000],
            ["", "", line, ""],
            [line + "\r"],
            ["\ufeff" + line],
            ["\x00" * 50],
            ['"' + "x" * 1_000_000 + '"'],
            [line.replace('"', "'")],
            ["null", "3", '"text"', "[]", "true"],
        )
    )


def _bytes(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data))
    return rng.choice(
        (
            data[:place],
            data[:place] + rng.randbytes(rng.randint(1, 4)) + data[place + 1 :],
            data[:place] + b"\xff\xfe" + data[place:],
            b"\xef\xbb\xbf" + data,
            data.replace(b"\n", b"\r\n"),
            data.decode(errors="replace").encode("utf-16"),
            data[:place] + b"\x00" * 4_096,
            data.rstrip(b"\n"),
            b"",
            b"\n" * 1_000,
        )
    )


def _packed(data: bytes, rng: random.Random) -> bytes:
    packed = gzip.compress(data, 1)
    place = rng.randrange(4, len(packed))
    return rng.choice(
        (
            packed,
            packed[:place],
            packed[:place] + rng.randbytes(2) + packed[place + 2 :],
            packed + b"garbage",
            packed + packed,
            gzip.compress(b"\n" * 5_000_000 + data, 1),
            gzip.compress(b"x" * 80_000_000, 1),
        )
    )
