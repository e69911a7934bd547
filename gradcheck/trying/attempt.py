"""One call of an op at given inputs: is it accepted, and are its values finite?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from gradcheck.cases.calls import build_case
from gradcheck.cases.case import Case
from gradcheck.errors import InputError
from gradcheck.measuring.measure import context_advice, outputs_of, point_of
from gradcheck.subjects.signatures import argument_names
from gradcheck.system.limits import TimeLimitError
from gradcheck.system.raised import EscapeError, described, text_of
from gradcheck.trying.op import Op
from gradcheck.trying.source import Source
from gradcheck.trying.wanted import Asked

NOT_FINITE = "its values are not finite"
LONGEST = 400  # characters of an error that are shown
SECONDS = 2.0  # of CPU for calls of one op that look for its domain, which a busy machine does not change
WAITED = 20.0  # seconds for those of an op that sleeps


class Outcome(NamedTuple):
    """What came of a call.

    Attributes:
        case: the point, where a case could be made of it.
        why: why it is not accepted; empty where it is.
        outputs: its values, where it is accepted.
    """

    case: Case | None
    why: str = ""
    outputs: Sequence[np.ndarray] = ()

    @property
    def accepted(self) -> bool:
        return not self.why

    @property
    def floating(self) -> bool:
        """Whether an output is floating, or none is known."""
        return not self.outputs or any(y.dtype.kind == "f" for y in self.outputs)


class Backward(NamedTuple):
    """What came of a call of backward.

    Attributes:
        why: what is wrong with it at shapes for which the op is not meant; empty where nothing is.
        without: the differentiated inputs to which it gives no gradient.
    """

    why: str = ""
    without: Sequence[int] = ()


@dataclass
class Attempts:
    """Calls of an op, and the time that they took.

    Attributes:
        dtype: of floats, where nothing else is said.
    """

    op: Op
    asked: Asked
    dtype: Any
    spent: float = field(default=0.0, init=False)
    waited: float = field(default=0.0, init=False)

    @property
    def exhausted(self) -> bool:
        """Whether the calls have taken too long to make more than are needed."""
        return self.spent > SECONDS or self.waited > WAITED

    def names(self, inputs: Sequence[np.ndarray]) -> list[str]:
        """What the inputs that are drawn are called."""
        try:
            call = self.op.call(inputs)
            return list(call.names or build_case(call.f, call.inputs, 1, 0).names)[: len(inputs)]
        except TimeLimitError:
            raise
        except Exception:  # it refuses these, by whatever it raises
            return argument_names(self.op.f, len(inputs))

    def draw(self, sources: Sequence[Source], again: int = 0, dtype: Any = None) -> list[np.ndarray]:
        """The inputs; `again` for others."""
        return [source.draw(self.asked.seed + again, dtype or self.dtype) for source in sources]

    def at(self, sources: Sequence[Source], inputs: Sequence[np.ndarray]) -> Outcome:
        """The call at these inputs."""
        started, began = time.process_time(), time.perf_counter()
        try:
            return self._called(sources, inputs)
        finally:
            self.spent += time.process_time() - started
            self.waited += time.perf_counter() - began

    def drawn(self, sources: Sequence[Source]) -> Outcome:
        """The calls at two draws: the first, if both are accepted, else the one that is not."""
        first = self.at(sources, self.draw(sources))
        if not first.accepted:
            return first
        second = self.at(sources, self.draw(sources, 1))
        return first if second.accepted else second

    def backward(self, case: Case) -> Backward:
        """What comes of backward at a point that forward accepts."""
        subject = case.subject()
        try:
            with np.errstate(all="ignore"):
                at, outputs = point_of(case, subject)
                (gradients,) = subject.gradients(at.inputs, at.cotangents, at.direction, 1)
        except EscapeError:  # a backward that exits: the check will report it
            return Backward()
        except TimeLimitError:
            raise
        except Exception as error:
            return Backward(f"raises {described(error)}")
        without = [n for n, g in enumerate(gradients) if g is None and case.active[n]]
        return Backward(_unmeant_broadcast(at.inputs, gradients, outputs), without)

    def _called(self, sources: Sequence[Source], inputs: Sequence[np.ndarray]) -> Outcome:
        asked = self.asked
        case = None
        try:
            call = self.op.call(inputs)
            case = build_case(call.f, call.inputs, asked.order, asked.seed, asked.device)
            case = _on_domains(replace(case, names=call.names or case.names), sources)
            with np.errstate(all="ignore"):
                outputs = outputs_of(case.subject(), case.inputs)
        except EscapeError:  # a function that exits: the check will report it
            return Outcome(case)
        except InputError as error:
            return Outcome(case, refusal(error))
        except TimeLimitError:
            raise
        except Exception as error:  # what makes the op, such as a layer's first call, may raise anything
            return Outcome(case, described(error))
        if not sum(y.size for y in outputs):
            return Outcome(case, "its output is empty")
        if not all(np.isfinite(y).all() for y in outputs):
            return Outcome(case, NOT_FINITE)
        return Outcome(case, outputs=outputs)


def _unmeant_broadcast(
    inputs: Sequence[np.ndarray], gradients: Sequence[Any], outputs: Sequence[np.ndarray]
) -> str:
    """Whose gradient was not summed over a broadcast axis, of an op that gives less than these inputs.

    Such an op (a loss, say) is not one of elements: that NumPy broadcasts inside of it may be chance.
    """
    try:
        whole = np.broadcast_shapes(*(x.shape for x in inputs))
    except ValueError:
        return ""
    if len({x.shape for x in inputs}) == 1 or any(y.shape == whole for y in outputs):
        return ""
    wrong = (n for n, g in enumerate(gradients) if g is not None and np.shape(g) != inputs[n].shape)
    n = next(wrong, None)
    return "" if n is None else f"gives input {n} a gradient of shape {np.shape(gradients[n])}"


def refusal(error: InputError) -> str:
    """What f said, in one line.

    >>> refusal(InputError("check: f must return a dezero Variable"))
    'f must return a dezero Variable'
    """
    cause = error.__cause__
    text = (
        text_of(error).removeprefix("check: ") if cause is None else described(cause) + context_advice(cause)
    )
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _on_domains(case: Case, sources: Sequence[Source]) -> Case:
    """The case as a function on the domains of its inputs; others may come after those that were drawn."""
    rest = len(case.inputs) - len(sources)
    active = [on and s.active for on, s in zip(case.active, sources, strict=False)]
    changes = [s.onto() for s in sources]
    return replace(
        case,
        f=on_domain(case.f, changes) if any(changes) else case.f,
        active=[*active, *case.active[len(sources) :]],
        domains=[*(s.limits for s in sources), *[(-np.inf, np.inf)] * rest],
    )


def on_domain(f: Callable[..., Any], changes: Sequence[Callable[[Any], Any] | None]) -> Callable[..., Any]:
    """f of the inputs brought back to their domains, so that each element can be moved by itself."""

    def call(*xs: Any) -> Any:
        moved = [x if change is None else change(x) for x, change in zip(xs, changes, strict=False)]
        return f(*moved, *xs[len(moved) :])

    return call
