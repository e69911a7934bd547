"""Where something is written: the derivative of a Function of dezero, a class, a function of a user's."""

from __future__ import annotations

import inspect
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import dezero
from dezero import Function

_DEZERO = Path(dezero.__file__).resolve().parent
ROOT = _DEZERO.parent
_VJPS = re.compile(r"\s+vjps\b")


class Written(NamedTuple):
    """An absolute path and a line."""

    file: str
    line: int

    @property
    def path(self) -> str:
        """The file as a report names it: from where dezero lies, or from the present folder; else its name.

        >>> import dezero.functions as F
        >>> derivative_of(F.Exp).path
        'dezero/functions/elementwise.py'
        """
        file = Path(self.file)
        for folder in (ROOT, Path.cwd().resolve()):
            if file.is_relative_to(folder):
                return file.relative_to(folder).as_posix()
        return file.name


def place_of(target: Any) -> Written | None:
    """Where a class, a function or the class of an object is written; None where that cannot be seen.

    >>> import dezero.functions as F
    >>> place_of(F.matmul).path
    'dezero/functions/linear_algebra.py'
    """
    target = getattr(target, "func", target)  # of a partial
    if not (inspect.isroutine(target) or inspect.isclass(target)):
        target = type(target)
    try:
        if inspect.isclass(target):
            return _of_class(target)
        file = inspect.getsourcefile(inspect.unwrap(target))
        line = inspect.getsourcelines(target)[1]
    except (OSError, TypeError, ValueError):
        return None
    return None if file is None else Written(os.path.realpath(file), max(line, 1))


def is_dezeros(target: Any) -> bool:
    """Whether dezero has written a class or a function itself; False where that cannot be seen.

    >>> import dezero.functions as F
    >>> is_dezeros(F.Exp), is_dezeros(is_dezeros)
    (True, False)
    """
    place = place_of(target)
    return place is not None and Path(place.file).is_relative_to(_DEZERO)


def _of_class(cls: type) -> Written | None:
    """Where its methods are written, and its head above them.

    `inspect` finds classes of modules alone, and a file that was loaded may be none.
    """
    for method in filter(inspect.isfunction, vars(cls).values()):
        lines, at = inspect.findsource(method)
        file = inspect.getsourcefile(method)
        heads = [n for n in range(at, -1, -1) if re.match(rf"\s*class {cls.__name__}\b", lines[n])]
        if file is not None:
            return Written(os.path.realpath(file), (heads or [at])[0] + 1)
    return None


def derivative(cls: type) -> Any:
    """What says the derivative of a Function: its cotangents or backward, or the class that has its vjps.

    >>> import dezero.functions as F
    >>> derivative(F.MatMul).__qualname__, derivative(F.Exp)
    ('MatMul.backward', <class 'dezero.functions.elementwise.Exp'>)
    """
    for base in cls.__mro__:
        if base is Function:
            break
        if "vjps" in base.__dict__:
            return base
        for name in ("cotangents", "backward"):
            if name in base.__dict__:
                return base.__dict__[name]
    return cls


def derivative_of(cls: type) -> Written | None:
    """Where the derivative of a Function is written: the line of its backward, or of its vjps.

    >>> import dezero.functions as F
    >>> place = derivative_of(F.Tanh)
    >>> Path(place.file).read_text().splitlines()[place.line - 1].split()[0]
    'vjps'
    """
    written = derivative(cls)
    place = place_of(written)
    if place is None or not inspect.isclass(written):
        return place
    try:
        lines, start = inspect.getsourcelines(written)
    except (OSError, TypeError):  # of a file that was loaded, and is no module
        return place
    offsets = (n for n, line in enumerate(lines) if _VJPS.match(line))
    return place._replace(line=start + next(offsets, place.line - start))
