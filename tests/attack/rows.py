"""Records from strangers: damaged and hostile files, and what must become of them.

A file is either refused with one sentence that names the line, or everything that is made of records
can be made of it: pages, text, JUnit, annotations, a comparison, a merged copy.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import random
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gradcheck.cli import main
from gradcheck.records.jsonl import RecordError, Row, merge, read, write
from gradcheck.records.rows import json_values
from gradcheck.report import changed, changed_page, ci, console, html, kill_matrix
from tests.attack.row_damage import damaged
from tests.attack.trials import Fault, Tried
from tests.gradcheck.junit import complaints
from tests.gradcheck.sample_rows import one_of_each

FILES = 2  # a trial
SECONDS = 20.0  # of processor time, for everything that is made of one small file


def trial(seed: int, folder: Path) -> Tried:
    """Some files, and everything that is made of each."""
    rng = random.Random(seed)
    tried = Tried()
    for number in range(FILES):
        data = damaged(rng)
        tried.counts["rows"] += data.count(b"\n")
        tried.counts["files of rows"] += 1
        for what in judge(data, folder / str(number)):
            kind = ": ".join(what.split(": ")[:2])
            tried.faults.append(Fault("rows", seed, f"rows: {kind}\n{what}\nfile {number}: {data[:200]!r}"))
    return tried


def judge(data: bytes, folder: Path) -> list[str]:
    """What is wrong with what becomes of the file: sentences, each with the place in the code."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("records.jsonl.gz" if data[:2] == b"\x1f\x8b" else "records.jsonl")
    path.write_bytes(data)
    faults: list[str] = []
    start = time.process_time()
    rows = _tried("read", lambda: read(path), faults)
    old = folder / "old.jsonl"
    old.write_text("\n".join(json.dumps(json_values(each)) for each in one_of_each()), encoding="utf-8")
    report = ["report", str(path), "--out", str(folder / "report"), "--baseline", str(old)]
    _command(report, (0, 2), faults)
    _command(["compare", str(path), str(path), "--html", str(folder / "c.html")], (0, 1, 2), faults)
    if rows is not None:
        faults += _made(rows, folder)
    if time.process_time() - start > SECONDS:
        faults.append(f"slow: {time.process_time() - start:.0f} s for {len(data)} bytes")
    return faults


def _made(rows: list[Row], folder: Path) -> list[str]:
    """Everything that can be made of rows, each by itself."""
    faults: list[str] = []
    before = copy.deepcopy(rows)
    xml = _tried("junit", lambda: ci.write_junit(rows, folder / "out.xml"), faults)
    if xml is not None:
        complained = _tried("the lint of JUnit", lambda: complaints(xml.read_bytes()), faults)
        faults += [f"junit: {each}" for each in complained or ()]
    texts = [
        _tried("annotations", lambda: "".join(ci.github_annotations(rows)), faults),
        _tried("console", lambda: console.summary(rows), faults),
        _tried("studies", lambda: console.studies(rows), faults),
        _tried("mutants", lambda: kill_matrix.text(rows), faults),
        _tried("comparison", lambda: changed_page.text(changed.compare(one_of_each(), rows)), faults),
        _tried("comparison back", lambda: changed_page.text(changed.compare(rows, one_of_each())), faults),
    ]
    faults += [f"a control character in text {n}" for n, text in enumerate(texts) if text and _hidden(text)]
    _tried(
        "mutants' page", lambda: kill_matrix.write(rows, folder / "mutants", records_name="r.jsonl"), faults
    )
    _tried("pages", lambda: html.write(rows, folder / "pages", baseline=one_of_each()), faults)
    _tried("pages since", lambda: html.write(one_of_each(), folder / "since", baseline=rows), faults)
    _tried("merge", lambda: merge([rows, one_of_each()]), faults)
    again = _tried("copy", lambda: _copied(rows, folder / "copy.jsonl"), faults)
    if again is not None and json_values(again) != json_values(rows):
        faults.append("copy: other rows come back")
    if json_values(before) != json_values(rows):
        faults.append("the rows were changed")
    return faults


def _copied(rows: list[Row], path: Path) -> list[Row]:
    write(path, rows)
    return read(path)


def _hidden(text: str) -> bool:
    return not text.replace("\n", "").replace("\t", "").replace("\u3000", "").isprintable()


def _command(arguments: list[str], statuses: tuple[int, ...], faults: list[str]) -> None:
    """The command ends with one of these, and misuse with one sentence."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = _tried(arguments[0], lambda: main(arguments), faults)
    message = err.getvalue()
    if status is not None and status not in statuses:
        faults.append(f"{arguments[0]}: status {status}")
    if status == 2 and (message.count("\n") != 1 or len(message) > 3_000):
        faults.append(f"{arguments[0]}: said {message[:300]!r}")
    if _hidden(out.getvalue() + message):
        faults.append(f"{arguments[0]}: a control character")


def _tried(what: str, do: Callable[[], Any], faults: list[str]) -> Any:
    try:
        return do()
    except RecordError as error:
        if "\n" in str(error) or len(str(error)) > 3_000:
            faults.append(f"{what}: a RecordError of {len(str(error))} characters: {str(error)[:200]!r}")
    except OSError as error:
        faults.append(f"{what}: {type(error).__name__}: {error}"[:300])
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        faults.append(f"{what}: {type(error).__name__} at {place}: {error}"[:300])
    return None
