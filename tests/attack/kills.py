"""Programs that are killed or interrupted at random moments: what they wrote is whole, and nothing lives on.

A program does one thing again and again from the moment when it says so; a signal then finds it at work.
SIGKILL leaves it no chance to tidy up: what has its name (records, pages, weights, downloads) is whole all
the same, of before or of after. Ctrl-C (SIGINT, to all its processes) ends it with 130, nothing half-written
and no traceback.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from dezero.utils import get_file
from gradcheck import cli
from gradcheck.records import jsonl
from gradcheck.records.rows import json_values
from tests.attack.trials import Fault, Tried
from tests.gradcheck import sample_rows

ROOT = Path(__file__).resolve().parents[2]
START = 90.0  # seconds within which a program is at work
END = 30.0  # seconds within which it and its processes are gone after a signal
CONTENT = np.random.default_rng(0).bytes(300_000)

FRAME = """
import pathlib, signal, sys, traceback
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
def ready():
    pathlib.Path("../ready").touch()
try:
    exec(sys.argv[1])
except KeyboardInterrupt as error:
    if any("/gradcheck/" in frame.filename for frame in traceback.extract_tb(error.__traceback__)):
        raise
    sys.exit(130)
"""
RUN = """
from gradcheck import cli
ready()
while True:
    status = cli.main("run --op neg --order 1 --out out --junit junit.xml -n 2".split())
    if status:
        sys.exit(status)
"""
AGAIN = """
from gradcheck import cli
ready()
while True:
    status = cli.main("{}".split())
    if status == 130:
        sys.exit(status)
"""
REPORT = AGAIN.format("report good.jsonl --out out --baseline good.jsonl")
COMPARE = AGAIN.format("compare good.jsonl good.jsonl --html page.html")
IMPORT = """
import runpy
from gradcheck.system import signals
def install(take=signals.install):
    take()
    ready()
signals.install = install  # before, a signal is the interpreter's matter
sys.argv[1:] = ["list"]
runpy.run_module("gradcheck", run_name="__main__", alter_sys=True)
"""
WEIGHTS = """
import itertools
import numpy as np
from dezero import Layer, Parameter
net = Layer()
net.W = Parameter(np.zeros(50_000))
ready()
for k in itertools.count():
    net.W.data = np.full(50_000, float(k))
    net.save_weights("weights.npz")
"""
DOWNLOAD = """
from dezero.utils import forget_file, get_file
ready()
while True:
    forget_file(get_file(sys.argv[2], cache_dir="cache", progress=None))
"""


# What must hold of the folder of a program that was ended: each raises where it does not ----------------


def _pages(folder: Path, url: str) -> None:
    for page in folder.rglob("*.html"):
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>"), f"{page} is cut"


def _report(folder: Path, url: str) -> None:
    _pages(folder, url)
    assert jsonl.read(folder / "good.jsonl"), "what was read is gone"
    if (folder / "out/records.jsonl").exists():
        jsonl.read(folder / "out/records.jsonl")


def _run(folder: Path, url: str) -> None:
    _pages(folder, url)
    whole, part = folder / "out/records.jsonl", jsonl.part_of(folder / "out/records.jsonl")
    if whole.exists():
        rows = jsonl.read(whole)
        runs, ends = ([row["run"] for row in rows if row["kind"] == kind] for kind in ("run", "end"))
        assert runs == ends, "a run without its end"
    if part.exists() and jsonl.read(part):
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            assert cli.main(["report", str(part), "--out", str(folder / "again")]) in (0, 1), said.getvalue()
        assert (folder / "again/index.html").exists()
    if (folder / "junit.xml").exists():
        ElementTree.parse(folder / "junit.xml")


def _weights(folder: Path, url: str) -> None:
    if (folder / "weights.npz").exists():
        with np.load(folder / "weights.npz") as archive:
            W = archive["W"]  # noqa: N806  # the parameter's name
        assert W.shape == (50_000,)
        assert (W[0] == W).all(), "two generations in one file"


def _download(folder: Path, url: str) -> None:
    """What is in the cache is the file, and a next download finds its way."""
    path = folder / "cache/file"
    assert not path.exists() or path.read_bytes() == CONTENT
    found = get_file(url, cache_dir=folder / "cache", progress=None)
    assert Path(found).read_bytes() == CONTENT
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert (folder / "cache/file.sha256").read_text().startswith(digest)


class Program(NamedTuple):
    """A program, what must hold of its folder afterwards, and the names of what it writes there."""

    code: str
    holds: Callable[[Path, str], None]
    writes: tuple[str, ...] = ()


PROGRAMS = {
    "run": Program(RUN, _run, ("out", "junit.xml")),
    "report": Program(REPORT, _report, ("out",)),
    "compare": Program(COMPARE, _pages, ("page.html",)),
    "import": Program(IMPORT, _pages),
    "save_weights": Program(WEIGHTS, _weights, ("weights.npz",)),
    "download": Program(DOWNLOAD, _download, ("cache",)),
}


def trial(seed: int, folder: Path) -> Tried:
    """One program, one signal."""
    rng = Random(seed)
    name = rng.choice(list(PROGRAMS))
    program = PROGRAMS[name]
    interrupt = name == "import" or rng.random() < 0.2
    delay = rng.random() * rng.choice((0.03, 0.3, 1.0, 3.0))
    work = folder / "work"
    work.mkdir()
    rows = map(json.dumps, map(json_values, sample_rows.whole_run()))
    (work / "good.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with _server() as url:
        found = _ended(program, folder, url, delay, interrupt)
        try:
            program.holds(work, url)
        except Exception as error:
            found.append(f"something is not whole\n{type(error).__name__}: {error}")
    kind = "interruptions" if interrupt else "kills"
    what = f"{name}, {'Ctrl-C' if interrupt else 'killed'}"
    faults = [Fault("kills", seed, f"{what}: {text}\n{delay:.3f} s after it began") for text in found]
    return Tried(Counter({kind: 1, f"{kind} of {name}": 1}), faults)


def _ended(program: Program, folder: Path, url: str, delay: float, interrupt: bool) -> list[str]:
    """Start it, let it work for a while, end it; what was wrong with how it ended."""
    work, said = folder / "work", folder / "said"
    with said.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", FRAME, program.code, url],
            cwd=work, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    found = []
    try:
        if not _until((folder / "ready").exists, START, process):
            return [f"it never came to work\n{said.read_text(errors='replace')[-1500:]}"]
        time.sleep(delay)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT) if interrupt else process.kill()
        status = process.wait(END)
        if interrupt:
            found += _after_ctrl_c(program, work, status, said.read_text(errors="replace"))
    except subprocess.TimeoutExpired:
        found.append(f"it was not gone after {END:g} s")
        process.kill()
        process.wait()
    if not _until(lambda: not _processes(work), END):
        found.append(f"processes live on\n{_processes(work)}")
        for number in _processes(work):
            os.kill(number, signal.SIGKILL)
    return found


def _after_ctrl_c(program: Program, work: Path, status: int, said: str) -> list[str]:
    found = []
    if status not in (130, 0):  # 0: it was done
        found.append(f"status {status}\n{said[-1500:]}")
    if "Traceback" in said or "Exception ignored" in said:
        found.append(f"a traceback\n{said[-2000:]}")
    left = sorted(str(path.relative_to(work)) for path in work.rglob("*") if path.name != "good.jsonl")
    strange = [p for p in left if p.split("/")[0] not in program.writes or p.endswith((".part", ".tmp"))]
    return [*found, f"something is left\n{strange}"] if strange else found


def _until(holds: Callable[[], bool], seconds: float, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Wait until it holds; not for longer than that, nor than a process lives that is to make it hold."""
    last = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > last or (process is not None and process.poll() is not None):
            return holds()
        time.sleep(0.005)
    return True


def _processes(work: Path) -> list[int]:
    """The processes that work in that folder, as all that a program starts do."""
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.readlink(f"/proc/{name}/cwd") == str(work):
                found.append(int(name))
    return found


class _Slow(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT piece by piece."""

    def do_GET(self) -> None:  # http.server's name
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for start in range(0, len(CONTENT), 10_000):
                self.wfile.write(CONTENT[start : start + 10_000])
                time.sleep(0.001)

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def _server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Slow) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/file"
        finally:
            server.shutdown()
            thread.join()
