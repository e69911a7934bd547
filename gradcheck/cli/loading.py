"""The targets of `gradcheck check`: a spec, a Function subclass or a plain function of a user.

A target is `FILE.py`, `FILE.py:NAME`, `MODULE:NAME` or `MODULE`; the file or module need not belong to
this project.
"""

from __future__ import annotations

import contextlib
import dataclasses
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from gradcheck.cli.importing import PlaceError, file_module, named_module
from gradcheck.errors import GradcheckError, SpecError
from gradcheck.system.raised import described, is_ctrl_c, text_of
from gradcheck.trying.members import checkable, member

# Where a Spec is made, and no user's line is: gradcheck, and what its dataclasses run through.
_OWN = (str(Path(__file__).resolve().parent.parent), dataclasses.__file__, "<")


@dataclass(frozen=True)
class Target:
    """A thing to check: its name as the user can write it again, the object, and whether it was asked for."""

    text: str
    object: Any
    named: bool = True


def load(text: str) -> list[Target]:
    """The targets that `FILE.py[:NAME]`, `MODULE:NAME` or `MODULE` names.

    Raises:
        SpecError: no such file, module or name, or nothing in it to check.
    """
    place, _, name = text.partition(":") if not text.endswith(".py") else (text, "", "")
    module = _load_file(Path(place)) if place.endswith(".py") else _load_module(place)
    if name:
        return [Target(text, member(module, name, text))]
    found = [Target(f"{place}:{n}", each, named=False) for n, each in checkable(module)]
    if not found:
        raise SpecError(f"{place} defines no Spec, no Function subclass and no public function to check")
    return found


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise SpecError(f"no file {path}")
    with _named(f"{path} cannot be loaded"):
        return file_module(path)


def _load_module(name: str) -> ModuleType:
    with _named(f"module {name!r} cannot be imported"):
        return named_module(name)


@contextlib.contextmanager
def _named(complaint: str) -> Iterator[None]:
    """Any exception of a module becomes a SpecError that begins so."""
    try:
        yield
    except PlaceError:
        raise
    except BaseException as error:
        if is_ctrl_c(error):
            raise
        raise SpecError(f"{complaint}: {_with_place(error)}{_hint(error)}") from error


def _hint(error: BaseException) -> str:
    """What to do where a module imports relatively and is in no package, or not deep enough in one."""
    if isinstance(error, ImportError) and "relative import" in text_of(error):
        return "; the folders of a package, from its outermost one on, need an __init__.py each"
    return ""


def _with_place(error: BaseException) -> str:
    """The error with its place, which a SyntaxError names by itself; of a Spec's field, where it is made."""
    places = [*traceback.extract_tb(error.__traceback__)]
    if isinstance(error, GradcheckError):
        places = [p for p in places if not p.filename.startswith(_OWN)] or places
    place = places[-1]
    told = isinstance(error, SyntaxError) or place.filename.startswith("<frozen ")  # of Python's import
    where = "" if told else f" ({Path(place.filename).name}, line {place.lineno})"
    return f"{described(error)}{where}"
