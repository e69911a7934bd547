"""Every operation of the zoo before every checker, each checker in a process that may be killed."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import logging
import multiprocessing
import os
import platform
import resource
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gradcheck.checking import build_case
from tests.gradcheck.zoo.right import RIGHT
from tests.gradcheck.zoo.specimen import Specimen
from tests.gradcheck.zoo.wrong import WRONG
from tests.peers.checkers import CHECKERS, judgement

SECONDS = 60  # for one judgement
MEMORY = 8 << 30  # bytes of address space for one checker
AT_ONCE = 2

Judgement = tuple[str, str]


def specimens() -> list[tuple[str, Specimen]]:
    """(group, specimen): all on which a yes or no is due.

    Left out are those with nothing to differentiate.
    """
    every = [("wrong", s) for s in WRONG] + [(_group(s), s) for s in RIGHT]
    return [(group, s) for group, s in every if s.verdicts != ("not-tested",)]


def _group(specimen: Specimen) -> str:
    """Of a right operation: "open" where no checker need be sure, "narrow" in a narrow dtype, or "right"."""
    if specimen.verdicts != ("pass",):
        return "open"
    case = build_case(specimen.f, specimen.inputs, specimen.order, 0)
    return "narrow" if case.dtype.itemsize < 8 else "right"


def measured() -> dict[str, Any]:
    """All judgements, and of which versions."""
    present = {name: module for name, (module, _) in CHECKERS.items() if importlib.util.find_spec(module)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        columns = dict(zip(present, pool.map(lambda name: list(judgements(name)), present), strict=True))
    peers = sorted(set(present.values()) - {"gradcheck", "dezero"})
    rows = [
        {"group": group, "name": s.name, "phrase": s.phrase, "said": {c: columns[c][n] for c in present}}
        for n, (group, s) in enumerate(specimens())
    ]
    return {
        "versions": {name: importlib.metadata.version(name) for name in ["numpy", *peers]},
        "machine": platform.machine(),
        "seconds": SECONDS,
        "gibibytes": MEMORY >> 30,
        "rows": rows,
    }


def judgements(name: str) -> Iterator[Judgement]:
    """What a checker says of each specimen in turn; its process is started anew where it must be killed."""
    context = multiprocessing.get_context("spawn")
    process = None
    for _, specimen in specimens():
        if process is None:
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, name), daemon=True)
            process.start()
            there.close()
            here.recv()  # it is ready
        here.send(specimen.name)
        answer = _answer(here)
        if answer is None:
            process.kill()
            process.join()
            process, answer = None, ("gave up", f"no answer in {SECONDS} s")
        yield answer
    if process is not None:
        process.kill()
        process.join()


def _answer(here: Connection) -> Judgement | None:
    try:
        return here.recv() if here.poll(SECONDS) else None
    except EOFError:  # the process has died
        return None


def _serve(there: Connection, name: str) -> None:
    """In the process: names of specimens come, judgements go."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.disable(logging.CRITICAL)  # JAX logs what a callback raises
    warnings.simplefilter("ignore")
    module, judge = CHECKERS[name]
    importlib.import_module(module)
    zoo = {specimen.name: specimen for _, specimen in specimens()}
    there.send("ready")
    while True:
        specimen = zoo[there.recv()]
        case = build_case(specimen.f, specimen.inputs, specimen.order, 0)
        there.send(judgement(judge, case))


def store(found: dict[str, Any], path: Path) -> None:
    """Write the file, a line for each operation."""
    head = {key: value for key, value in found.items() if key != "rows"}
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in found["rows"])
    part = path.with_name(path.name + ".part")
    part.write_text(f'{json.dumps(head)[:-1]}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")
    os.replace(part, path)


def missing() -> Iterable[str]:
    """The checkers that are not installed."""
    return [name for name, (module, _) in CHECKERS.items() if importlib.util.find_spec(module) is None]
