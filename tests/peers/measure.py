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
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gradcheck.cases.calls import build_case
from tests.gradcheck.zoo.right import RIGHT
from tests.gradcheck.zoo.specimen import Specimen
from tests.gradcheck.zoo.wrong import WRONG
from tests.peers.checkers import CHECKERS, judgement

SECONDS = 60  # for one judgement
MEMORY = 8 << 30  # bytes of address space for one checker
AT_ONCE = 2

Judgement = tuple[str, str]
Key = tuple[str, str, str]  # group, name and phrase of an operation


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


def known() -> list[Key]:
    """What tells the operations apart, in the zoo's order."""
    return [(group, s.name, s.phrase) for group, s in specimens()]


def keys_of(found: dict[str, Any]) -> list[Key]:
    """The same of stored judgements."""
    return [(row["group"], row["name"], row["phrase"]) for row in found["rows"]]


def measured() -> dict[str, Any]:
    """All judgements, and by what."""
    return {**by_what(), "rows": _rows(known())}


def brought_up_to_date(stored: dict[str, Any]) -> dict[str, Any]:
    """Stored judgements without operations that are gone, and with those that are new.

    Raises:
        ValueError: the versions or limits here are others than those of the stored judgements.
    """
    here, there = by_what(), {key: value for key, value in stored.items() if key != "rows"}
    if here != there:
        raise ValueError(f"the stored judgements were made with {there}, here are {here}: judge all anew")
    kept = dict(zip(keys_of(stored), stored["rows"], strict=True))
    new = [key for key in known() if key not in kept]
    kept.update(zip(new, _rows(new), strict=True))
    return {**here, "rows": [kept[key] for key in known()]}


def by_what() -> dict[str, Any]:
    """The checkers' versions, the kind of machine, and the limits of a judgement."""
    peers = sorted(set(_present().values()) - {"gradcheck", "dezero"})
    return {
        "versions": {name: importlib.metadata.version(name) for name in ["numpy", *peers]},
        "machine": platform.machine(),
        "seconds": SECONDS,
        "gibibytes": MEMORY >> 30,
    }


def _present() -> dict[str, str]:
    """The checkers that are installed, with the module of each."""
    return {name: module for name, (module, _) in CHECKERS.items() if importlib.util.find_spec(module)}


def _rows(asked: Sequence[Key]) -> list[dict[str, Any]]:
    """What every checker says of these operations."""
    names = [name for _, name, _ in asked]
    present = _present()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        columns = dict(zip(present, pool.map(lambda c: list(judgements(c, names)), present), strict=True))
    return [
        {"group": group, "name": name, "phrase": phrase, "said": {c: columns[c][n] for c in present}}
        for n, (group, name, phrase) in enumerate(asked)
    ]


def judgements(checker: str, names: Sequence[str]) -> Iterator[Judgement]:
    """What a checker says of each operation in turn; its process is started anew where it must be killed."""
    context = multiprocessing.get_context("spawn")
    process = None
    for name in names:
        if process is None:
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, checker), daemon=True)
            process.start()
            there.close()
            here.recv()  # it is ready
        here.send(name)
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
