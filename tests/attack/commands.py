"""Random command lines: each ends with a documented status, and says in one sentence why where it refuses.

Most run in this process (`cli.main`), some as programs whose streams are closed, full or broken. What they
read stays as it was, and what they leave lies where they were asked to write.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import subprocess
import sys
import traceback
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from gradcheck import cli
from gradcheck.records.rows import json_values
from tests.attack.command_words import COMMANDS, OPS, RECORDS, STRANGE, Words
from tests.attack.damage import damaged
from tests.attack.trials import Fault, Tried
from tests.gradcheck import sample_rows

LINES = 16  # a trial
SECONDS = 120.0  # for one program
ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = ("--out", "--html", "--junit")


def trial(seed: int, folder: Path) -> Tried:
    rng = Random(seed)
    tried = Tried()
    here = Path.cwd()
    os.chdir(folder)
    try:
        _prepare(Path(), rng)
        for _ in range(LINES):
            name = rng.choice(list(COMMANDS))
            line = [name, *_arguments(COMMANDS[name], rng)]
            tried.counts.update(("commands", f"commands {name}"))
            for what in _judged(line, rng):
                tried.faults.append(Fault("commands", seed, f"{name}: {what}\ngradcheck {json.dumps(line)}"))
    finally:
        os.chdir(here)
    return tried


def _prepare(folder: Path, rng: Random) -> None:
    """The files that command lines name."""
    rows = b"".join(json.dumps(json_values(row)).encode() + b"\n" for row in sample_rows.whole_run())
    (folder / "ops.py").write_text(OPS, encoding="utf-8")
    (folder / "broken.py").write_text("def f(:\n")
    (folder / "good.jsonl").write_bytes(rows)
    (folder / "good.jsonl.gz").write_bytes(gzip.compress(rows, mtime=0))
    (folder / "other.jsonl").write_bytes(rows)
    (folder / "damaged.jsonl").write_bytes(damaged(rows, rng))
    (folder / "empty.jsonl").write_bytes(b"")
    (folder / "link.jsonl").symlink_to("good.jsonl")
    (folder / "dir").mkdir()


def _arguments(words: Words, rng: Random) -> list[str]:
    """Mostly what the command takes; now and then what it does not."""
    found = [_value(values, rng) for values in words.positional if rng.random() < 0.95]
    for option in rng.sample(sorted(words.options), rng.randrange(min(4, len(words.options)) + 1)):
        values = words.options[option]
        if values is None or rng.random() < 0.03:
            found.append(option)
        else:
            value = _value(values, rng)
            found += [f"{option}={value}"] if rng.random() < 0.3 else [option, value]
    if rng.random() < 0.1:
        found.insert(rng.randrange(len(found) + 1), rng.choice((*STRANGE, "--help", "-h", "--version")))
    if rng.random() < 0.1:
        rng.shuffle(found)
    return [*found, *words.needed]


def _value(values: Sequence[str], rng: Random) -> str:
    return rng.choice(STRANGE) if rng.random() < 0.12 else rng.choice(values)


# Running and judging -----------------------------------------------------------------------------


class Ended(NamedTuple):
    status: int | str
    out: str
    err: str


def _judged(line: Sequence[str], rng: Random) -> list[str]:
    """What was wrong with how a command line ended."""
    before = _files()
    read = {path: before[path] for path in _read(line) if path in before}
    as_program = rng.random() < 0.1 and all("\0" not in word for word in line)
    ended = _program(line, rng) if as_program else _here(line)
    after = _files()
    outputs = [Path(value) for value in (*_given(line, OUTPUTS), "reports/latest", "reports/mutation")]
    faults = [
        f"{path} was read, and overwritten" for path, content in read.items() if after.get(path) != content
    ]
    faults += [
        f"a file is left where none was asked for\n{path}"
        for path in after.keys() - before.keys()
        if "__pycache__" not in path
        and not any(Path(path).absolute().is_relative_to(place.absolute()) for place in outputs)
    ]
    for path in after.keys() - before.keys():
        with contextlib.suppress(OSError):
            os.unlink(path)
    if ended.status == 0 and _must_fail(line):
        faults.append("a wrong op has status 0")
    return faults + _of(ended, as_program)


# With these somebody chose the points: a wrong op may be right there.
POINTS = ("--values", "--range", "--domain", "--symmetric", "--draw")


def _must_fail(line: Sequence[str]) -> bool:
    """Whether it checks an op that is wrong."""
    plain = not {"-h", "--help", "--shape", *POINTS} & {word.partition("=")[0] for word in line}
    return plain and line[0] == "check" and bool({"ops.py", "ops.py:Wrong", "ops.py:leaves"} & set(line))


def _of(ended: Ended, as_program: bool) -> list[str]:
    if isinstance(ended.status, str):
        return [f"exception out of main\n{ended.status}"]
    if ended.status not in ((0, 1, 2, 141) if as_program else (0, 1, 2)):
        return [f"status {ended.status}\n{ended.err[-800:]}"]
    faults = []
    if "Traceback (most recent call last)" in ended.err:
        faults.append(f"a traceback\n{ended.err[-1500:]}")
    if ended.status == 2 and not as_program:
        *_, last = ended.err.rstrip("\n").split("\n")
        if not last.startswith("gradcheck") or "error:" not in last:
            faults.append(f"status 2 without a sentence at the end\n{ended.err[-500:]!r}")
        elif len(last) > 3000:
            faults.append(f"a message without sane length: {len(last)} characters\n{last[:300]}")
    for stream, text in (("stdout", ended.out), ("stderr", ended.err)):
        control = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs")} - {"\n"}
        if control:
            faults.append(f"control characters on {stream}\n{sorted(control)!r}")
    return faults


def _here(line: Sequence[str]) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    status: int | str
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(line)
    except SystemExit as left:  # argparse
        status = left.code if isinstance(left.code, int) else f"SystemExit({left.code!r})"
    except BaseException as error:
        status = "".join(traceback.format_exception(error))[-1500:]
    return Ended(status, out.getvalue(), err.getvalue())


TERMINALS: tuple[dict[str, str], ...] = (
    {}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"COLUMNS": "1"}, {"TERM": "dumb"},
)  # fmt: skip
STREAMS = ("", ">&-", "2>&-", "<&-", ">/dev/full", "2>/dev/full", "| head -c 1 >/dev/null", ">&- 2>&- <&-")


def _program(line: Sequence[str], rng: Random) -> Ended:
    """As a shell runs it, with streams that are not there, full, or read by nobody."""
    words = [sys.executable, "-m", "gradcheck", *line]
    streams = rng.choice(STREAMS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **rng.choice(TERMINALS)}
    script = f'set -o pipefail; "$@" {streams}'
    try:
        ended = subprocess.run(
            ["bash", "-c", script, "bash", *map(os.fsencode, words)],
            capture_output=True, timeout=SECONDS, env=environment, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Ended(f"not finished within {SECONDS:g} s ({streams})", "", "")
    out, err = (text.decode(errors="replace") for text in (ended.stdout, ended.stderr))
    return Ended(ended.returncode, out, err)


def _files() -> dict[str, bytes]:
    """Every file below, with what it holds; what a report holds is not looked at."""
    found = {}
    for folder, _, names in os.walk("."):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name))
            found[path] = Path(path).read_bytes() if folder == "." else b""
    return found


def _given(line: Sequence[str], options: Sequence[str]) -> list[str]:
    """The values of options, abbreviated or not."""
    values = []
    for k, word in enumerate(line):
        name, equals, value = word.partition("=")
        if len(name) > 2 and any(option.startswith(name) for option in options):
            values.append(value if equals else line[k + 1] if k + 1 < len(line) else "")
    return values


def _read(line: Sequence[str]) -> set[str]:
    """The files of the folder that a command line names as what it reads."""
    outputs = _given(line, OUTPUTS)
    words = [word.partition("=")[2] or word for word in line[1:]]
    for output in outputs:
        if output in words:
            words.remove(output)
    return {os.path.relpath(os.path.realpath(word)) for word in words if word in RECORDS}
