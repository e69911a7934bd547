"""What `gradcheck check` is pointed at: a spec, a Function subclass or a plain function of a user.

A target is `FILE.py`, `FILE.py:NAME`, `MODULE:NAME` or `MODULE`; the file or module need not belong to
this project. Shapes are given or chosen: those that the function accepts are all tried.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import itertools
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from dezero import Function
from gradcheck import declarations, tasks, variants
from gradcheck.cases import Case
from gradcheck.checking import build_case
from gradcheck.declarations import HIGHEST
from gradcheck.errors import InputError, SpecError
from gradcheck.examine import examine
from gradcheck.finding import Evidence, Result
from gradcheck.inputs import INTERVALS, Input, awkward, chosen, with_integers
from gradcheck.key import DTYPES
from gradcheck.layouts import subject_of
from gradcheck.measure import outputs_of
from gradcheck.specs import Spec


@dataclass(frozen=True)
class Target:
    """A thing to check: its name as the user can write it again, and the object."""

    text: str
    object: Any


class Asked(NamedTuple):
    """What of a target is checked, and where.

    Attributes:
        inputs: the shape of each input; none where they are to be chosen.
        dtypes: names of `gradcheck.key.DTYPES`.
        order: the highest.
        seed: of the drawn inputs and probes.
        device: "cpu" or "gpu".
    """

    inputs: Sequence[Input]
    dtypes: Sequence[str]
    order: int
    seed: int
    device: str = "cpu"


def load(text: str) -> list[Target]:
    """The targets that `FILE.py[:NAME]`, `MODULE:NAME` or `MODULE` names.

    Raises:
        SpecError: no such file, module or name, or nothing in it to check.
    """
    place, _, name = text.partition(":") if not text.endswith(".py") else (text, "", "")
    module = _load_file(Path(place)) if place.endswith(".py") else _load_module(place)
    if name:
        return [Target(text, _member(module, name, text))]
    found = [Target(f"{place}:{n}", member) for n, member in _checkable(module)]
    if not found:
        raise SpecError(
            f"{place} defines no Spec, no Function subclass and no public function to check"
        )
    return found


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise SpecError(f"no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SpecError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise SpecError(f"{path} cannot be loaded: {_told(error)}") from error
    finally:
        sys.path.pop(0)
    return module


def _load_module(name: str) -> ModuleType:
    sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise SpecError(f"module {name!r} cannot be imported: {_told(error)}") from error
    finally:
        sys.path.pop(0)


def _told(error: BaseException) -> str:
    """The error with its place, which a SyntaxError tells by itself."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = "" if isinstance(error, SyntaxError) else f" ({Path(place.filename).name}, line {place.lineno})"
    return f"{type(error).__name__}: {error}{where}"


def _member(module: ModuleType, name: str, text: str) -> Any:
    member: Any = module
    for part in name.split("."):
        if not hasattr(member, part):
            known = ", ".join(n for n, _ in _checkable(module)) or "nothing"
            raise SpecError(f"{text}: no {name} in {module.__name__}; it has {known}")
        member = getattr(member, part)
    if not isinstance(member, Spec) and not callable(member):
        raise SpecError(
            f"{text} is of type {type(member).__name__}: expected a Spec, a Function or a function"
        )
    return member


def _checkable(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Specs, Function subclasses and public functions that the module itself defines."""
    for name, member in vars(module).items():
        own = getattr(member, "__module__", None) == module.__name__
        if name.startswith("_"):
            continue
        if isinstance(member, Spec) or (
            own and (_is_function(member) or inspect.isfunction(member))
        ):
            yield name, member


def _is_function(member: Any) -> bool:
    return inspect.isclass(member) and issubclass(member, Function)


def findings(target: Target, asked: Asked) -> Iterator[Result]:
    """What is found on a target; a Spec is held against its formula and what else it declares, too.

    Raises:
        SpecError: it cannot be called, or accepts none of the shapes tried.
    """
    if not isinstance(target.object, Spec):
        yield from map(examine, _function_cases(target, asked))
        return
    if asked.inputs:
        raise SpecError(f"{target.text} is a Spec, whose variants say the shapes: leave --shape out")
    for case in _spec_cases(target, asked):
        yield tasks.measure_case(case)
    for title, evidence in _declarations(target):
        yield Result(evidence.verdict, evidence.reason, evidence=(evidence,), title=title)


def _declarations(target: Target) -> Iterator[tuple[str, Evidence]]:
    """What a Spec says beside its formula, judged, each with its title."""
    spec: Spec = target.object
    for n, convention in enumerate(spec.conventions):
        title = f"{spec.name}:kink{n}"
        yield title, declarations.check_convention(spec, convention, title)[1]
    if spec.vanishes is not None:
        cases = _spec_cases(target, Asked((), ["float64"], HIGHEST, 0))
        yield f"{spec.name}:vanishes", declarations.vanishing(spec.vanishes, cases, HIGHEST)


def _function_cases(target: Target, asked: Asked) -> list[Case]:
    """Those of the inputs given, or chosen, that it accepts; with integers where floats alone are not."""
    f = _callable(target)
    tries = [[tuple(asked.inputs)]] if asked.inputs else _chosen(target, f)
    reasons: list[str] = []
    for tried in tries:
        found = []
        for each, dtype in itertools.product(tried, asked.dtypes):
            try:
                found.append(_case(target, f, asked._replace(inputs=each), dtype))
            except InputError as error:
                reasons.append(f"{' and '.join(map(str, each))}: {error}")
        if found:
            return found if asked.inputs else [*found, *_awkward(f, found)]
    example = " ".join("--shape 2x3" for _ in tries[0][0])
    raise SpecError(
        f"{target.text} fails on every shape tried ({reasons[0]}); give its own: {example}, and "
        "--shape 4:int for an input of integers"
    )


def _awkward(f: Callable[..., Any], found: Sequence[Case]) -> list[Case]:
    """The first float64 case again, with a zero and a tie in each of its inputs, where f is finite there."""
    first = next((case for case in found if case.dtype == np.float64), None)
    if first is None:
        return []
    changed = [awkward(x) for x in first.inputs]
    inputs = [x if new is None else new for x, new in zip(first.inputs, changed, strict=True)]
    if all(new is None for new in changed):
        return []
    case = build_case(f, inputs, first.order, first.seed, first.device)
    try:
        finite = _is_finite(case)
    except InputError:
        finite = False
    return [replace(case, op=f"{first.op}, a zero and a tie")] if finite else []


def _is_finite(case: Case) -> bool:
    """Whether all outputs are.

    Raises:
        InputError: the function does not accept these inputs.
    """
    with np.errstate(all="ignore"):
        outputs = outputs_of(subject_of(case), case.inputs)
    return all(np.isfinite(y).all() for y in outputs)


def _spec_cases(target: Target, asked: Asked) -> list[Case]:
    spec: Spec = target.object
    found = []
    for dtype, (n, variant) in itertools.product(asked.dtypes, enumerate(spec.variants)):
        label = variants.labels(spec)[n]
        params = dict(variant.params)
        inputs = variants.inputs(spec, variant, n, DTYPES[dtype])
        case = build_case(lambda *xs, p=params: spec.call(*xs, **p), inputs, asked.order, 0, asked.device)
        found.append(
            replace(
                case,
                id=f"{spec.name}{':' + label if label else ''}/{dtype}",
                op=spec.name,
                names=[arg.name for arg in spec.args],
                formula=spec.formula,
                params=params,
                domains=[arg.domain for arg in spec.args],
                bounds=spec.bounds,
                reproduce=_command(target, asked, f"--order {asked.order} --dtype {dtype}"),
            )
        )
    return found


def _callable(target: Target) -> Callable[..., Any]:
    if not _is_function(target.object):
        return target.object  # load() saw that it is callable
    try:
        target.object()
    except TypeError as error:
        raise SpecError(
            f"{target.text} cannot be made without arguments ({error}); "
            "check a function that makes it, such as lambda x: MyFunction(axis=0)(x)"
        ) from error
    return target.object


def _chosen(target: Target, f: Callable[..., Any]) -> list[list[tuple[Input, ...]]]:
    """What to try, and what to try where nothing of that is accepted."""
    count = arity(f)
    if count is None:
        raise SpecError(
            f"{target.text}: how many inputs it takes cannot be seen; give a --shape for each"
        )
    if count == 0:
        raise SpecError(f"{target.text} takes no inputs")
    return [chosen(count), with_integers(count)]


def arity(f: Any) -> int | None:
    """How many arguments must be given to `f`; None where its signature does not tell.

    >>> arity(lambda x, w, b=None: x)
    2
    """
    target = f.forward if _is_function(f) else f
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    needed = [p for p in parameters if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
    return len([p for p in needed if p.name != "self"])


def _case(target: Target, f: Callable[..., Any], asked: Asked, dtype: str) -> Case:
    """The case at drawn inputs, in the first interval on which the outputs are finite."""
    error: InputError | None = None
    for interval in INTERVALS:
        rng = np.random.default_rng(asked.seed)
        inputs = [each.draw(rng, interval, DTYPES[dtype]) for each in asked.inputs]
        case = build_case(f, inputs, asked.order, asked.seed, asked.device)
        try:
            finite = _is_finite(case)
        except InputError as caught:
            error = caught
            continue
        if finite:
            given = " ".join(f"--shape {each}" for each in asked.inputs)
            options = f"{given} --dtype {dtype} --order {asked.order} --seed {asked.seed}"
            return replace(
                case, op=target.text.rpartition(":")[2], reproduce=_command(target, asked, options)
            )
    raise error or InputError("its values are not finite on any interval tried")


def _command(target: Target, asked: Asked, options: str) -> str:
    where = "" if asked.device == "cpu" else f" --device {asked.device}"
    return f"gradcheck check {target.text} {options}{where}"
