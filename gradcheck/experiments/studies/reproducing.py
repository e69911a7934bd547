"""How a study is made again: its command, its modules and their lines of code, its heart in a few lines."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SNIPPETS = FOLDER / "snippets"
_PACKAGE = "gradcheck.experiments.studies"
_FRAME = ("study",)  # what all studies are put into: no study's own
_ROOT = FOLDER.parents[2]
_NO_CODE = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)


def reproduced(name: str) -> dict[str, Any]:
    """The fields of a study's row that say how it is made again.

    >>> found = reproduced("judgements")
    >>> found["command"], found["files"]
    ('gradcheck study judgements', ['gradcheck/experiments/studies/judgements.py'])
    """
    paths = modules(name.replace("-", "_"))
    found = {
        "command": f"gradcheck study {name}",
        "files": [path.relative_to(_ROOT).as_posix() for path in paths],
        "lines": sum(lines_of_code(path.read_text(encoding="utf-8")) for path in paths),
    }
    heart = SNIPPETS / f"{name.replace('-', '_')}.py"
    return found | {"snippet": heart.read_text(encoding="utf-8")} if heart.exists() else found


def modules(name: str) -> list[Path]:
    """The module of this name and those of its folder that it is made of, in the order of imports."""
    found, waiting = [], [name]
    while waiting:
        path = FOLDER / f"{waiting.pop(0)}.py"
        if path not in found:
            found.append(path)
            waiting += _of_this_folder(path)
    return found


def _of_this_folder(path: Path) -> Iterator[str]:
    """The modules of this folder that a file imports, but for the frame of all studies."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == _PACKAGE:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{_PACKAGE}."):
            module = (node.module or "").removeprefix(f"{_PACKAGE}.")
            if module not in _FRAME:
                yield module


def lines_of_code(source: str) -> int:
    """The lines that hold code: none that are blank, comments or docstrings.

    >>> lines_of_code('"A docstring."\\n\\n# a comment\\nx = [\\n    1,  # one\\n]\\n')
    3
    """
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - _docstring_lines(source))


def _docstring_lines(source: str) -> set[int]:
    """Lines of texts that stand for themselves."""
    return {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
