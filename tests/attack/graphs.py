"""Graphs: a machine that makes Variables, cuts, forgets and differentiates them in any order.

After every step each Variable's data and gradient are what `tests.attack.symbols` says, gradients share no
memory, and in the end all is freed by reference counting alone.
"""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import dezero.functions as F
from dezero import Variable, no_grad
from tests.attack import symbols
from tests.attack.graph_parts import FUNCTIONS, MAPS, SHAPES, Halves, Node
from tests.attack.symbols import Symbol
from tests.attack.trials import Fault, Tried

GRAPHS, STEPS = 30, 40  # of a trial; of a graph at most
LARGEST = 12.0  # a value beyond it is not made larger
NUMBER = st.integers(0, 1000)


class Graphs(RuleBasedStateMachine):
    """The rules. Nodes are drawn by a number, modulo how many there are."""

    counts: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[Node] = []
        self.recording = True
        self.cyclic = False  # gradients with graphs were left at Variables that are out of reach
        self.made: list[weakref.ref[Variable]] = []
        self.counts["graphs"] += 1
        self.collecting = gc.isenabled()
        gc.disable()

    def teardown(self) -> None:
        while self.nodes:
            self.nodes.pop().x.cleargrad()  # a gradient with a graph refers to its Variable: a circle
        alive = sum(reference() is not None for reference in self.made)
        if self.collecting:
            gc.enable()
        if sys.exception() is None:  # else its frames hold Variables
            assert self.cyclic or not alive, f"{alive} Variables are left without a collection of garbage"

    def _add(self, x: Variable, symbol: Symbol) -> None:
        if not self.recording:
            symbol.cut()
        self.nodes.append(Node(x, symbol))
        self.made.append(weakref.ref(x))
        self.counts["graph steps"] += 1

    def _node(self, number: int) -> Node:
        return self.nodes[number % len(self.nodes)]

    def _do(self, f: Callable[[], Any]) -> Any:
        """What f gives, with or without recording."""
        if self.recording:
            return f()
        with no_grad():
            return f()

    @rule(shape=st.sampled_from(SHAPES), seed=NUMBER)
    def leaf(self, shape: tuple[int, ...], seed: int) -> None:
        data = np.random.default_rng(seed).uniform(-2, 2, shape)
        self._add(Variable(np.asarray(data)), symbols.constant(data))

    @precondition(lambda self: self.nodes)
    @rule(name=st.sampled_from(sorted(FUNCTIONS)), number=NUMBER)
    def function(self, name: str, number: int) -> None:
        node = self._node(number)
        limit = 2.0 if name == "exp" else LARGEST
        if abs(node.copy).max(initial=0) <= limit:
            self._add(self._do(lambda: getattr(F, name)(node.x)), FUNCTIONS[name](node.symbol))

    @precondition(lambda self: self.nodes)
    @rule(numbers=st.tuples(NUMBER, NUMBER), sign=st.sampled_from("+-*"))
    def operator(self, numbers: tuple[int, int], sign: str) -> None:
        a, b = map(self._node, numbers)
        try:
            shape = np.broadcast_shapes(a.x.shape, b.x.shape)
        except ValueError:
            return
        if max(abs(a.copy).max(), abs(b.copy).max()) > LARGEST or np.prod(shape) > 12:
            return
        left, right = (
            symbols.mapped(symbols.matrix_of(lambda v: np.broadcast_to(v, shape), n.x.shape), n.symbol)
            for n in (a, b)
        )
        x = {"+": lambda: a.x + b.x, "-": lambda: a.x - b.x, "*": lambda: a.x * b.x}[sign]
        if sign == "*":
            symbol = symbols.times(left, right)
        else:
            symbol = symbols.plus(left, symbols.scaled(right, -1) if sign == "-" else right)
        self._add(self._do(x), symbol)

    @precondition(lambda self: self.nodes)
    @rule(which=st.sampled_from(MAPS), number=NUMBER)
    def move(self, which: tuple[Callable[[Any], Any], Callable[[Any], Any]], number: int) -> None:
        node = self._node(number)
        if not node.copy.ndim:
            return
        try:
            size = np.asarray(which[0](node.copy)).size
        except (ValueError, IndexError):
            return
        if 0 < size <= 12:
            matrix = symbols.matrix_of(lambda a: np.asarray(which[0](a)), node.x.shape)
            self._add(self._do(lambda: which[1](node.x)), symbols.mapped(matrix, node.symbol))

    @precondition(lambda self: self.nodes)
    @rule(number=NUMBER, both=st.booleans())
    def halve(self, number: int, both: bool) -> None:
        node = self._node(number)
        if node.x.ndim and len(node.x) > 1:
            outputs = self._do(lambda: Halves()(node.x))
            cut = len(node.copy) // 2
            maps = (lambda a: 2 * a[:cut], lambda a: 3 * a[cut:])
            for x, f in list(zip(outputs, maps, strict=True))[: 2 if both else 1]:
                self._add(x, symbols.mapped(symbols.matrix_of(f, node.copy.shape), node.symbol))
                self.nodes[-1].has_sibling = True

    @precondition(lambda self: self.nodes)
    @rule(number=NUMBER)
    def sum_and_backward(self, number: int) -> None:
        """What a training does: a sum, its gradients, and the sum forgotten."""
        node = self._node(number)
        ones = np.ones((1, node.copy.size))
        self._add(self._do(lambda: F.sum(node.x)), symbols.mapped(ones, node.symbol))
        last = len(self.nodes) - 1
        self.backward(last, False, False)
        if self.nodes[last].grad is None:
            self.nodes.pop()

    @precondition(lambda self: self.nodes)
    @rule(number=NUMBER, retain=st.booleans(), create=st.booleans())
    def backward(self, number: int, retain: bool, create: bool) -> None:
        root = self._node(number)
        self.counts["backward passes"] += 1
        root.x.backward(retain_grad=retain, create_graph=create)
        if root.grad is None:
            root.grad = symbols.constant(np.ones(root.copy.size))
        if not root.symbol.parts:
            return
        known = {node.symbol: node for node in self.nodes}
        lost = any(not s.parts and s not in known for s in symbols.ancestors(root.symbol))
        self.cyclic |= create and (retain or lost)
        start = root.grad if create else symbols.constant(root.grad.value)
        for symbol, term in symbols.cotangents(root.symbol, start).items():
            node = known.get(symbol)
            if node is None or node is root or (symbol.parts and not retain):
                continue
            grad = term if node.grad is None else symbols.plus(node.grad, term)
            node.grad = grad if create else symbols.constant(grad.value)
        if not retain:
            root.grad = None

    @precondition(lambda self: self.nodes)
    @rule(number=NUMBER)
    def go_on_with_gradient(self, number: int) -> None:
        """A gradient becomes an operand."""
        node = self._node(number)
        if node.has_sibling:  # whether its zeros have a graph is nowhere promised
            return
        if node.grad is not None and abs(node.grad.value).max(initial=0) < 1e3:
            grad = node.x.grad
            assert grad is not None
            if all(other.x is not grad for other in self.nodes):
                self.nodes.append(Node(grad, node.grad))

    @precondition(lambda self: self.nodes)
    @rule(number=NUMBER, seed=NUMBER)
    def set_gradient(self, number: int, seed: int) -> None:
        node = self._node(number)
        data = np.asarray(np.random.default_rng(seed).uniform(-1, 1, node.copy.shape))
        node.x.grad, node.grad = Variable(data), symbols.constant(data)

    @precondition(lambda self: self.nodes)
    @rule(number=NUMBER)
    def cleargrad(self, number: int) -> None:
        node = self._node(number)
        node.x.cleargrad()
        node.grad = None

    def _forget_gradients(self) -> None:
        """What graphs of gradients look like after a cut is nowhere promised."""
        of_gradients = [n.x.grad for n in self.nodes]
        self.nodes = [n for n in self.nodes if not any(n.x is grad for grad in of_gradients)]
        for node in self.nodes:
            node.x.cleargrad()
            node.grad = None

    @precondition(lambda self: self.nodes and not self.cyclic)
    @rule(number=NUMBER, backward=st.booleans())
    def unchain(self, number: int, backward: bool) -> None:
        node = self._node(number)
        self._forget_gradients()
        if backward:
            node.x.unchain_backward()
            for symbol in symbols.ancestors(node.symbol):
                symbol.cut()
        else:
            node.x.unchain()
            node.symbol.cut()

    @precondition(lambda self: self.nodes)
    @rule(number=NUMBER)
    def delete(self, number: int) -> None:
        node = self._node(number)
        if node.x.grad is None:  # else what is out of reach may have a gradient
            self.nodes = [other for other in self.nodes if other is not node]

    @rule()
    def stop_or_start_recording(self) -> None:
        self.recording = not self.recording

    @precondition(lambda self: self.nodes)
    @rule(numbers=st.lists(NUMBER, min_size=2, max_size=3))
    def threads(self, numbers: list[int]) -> None:
        """Several threads use the same Variables at once, one of them without recording."""
        results: dict[int, Any] = {}

        def work(k: int, node: Node) -> None:
            if k == 0:
                with no_grad():
                    results[k] = F.sin(node.x)
            else:
                own = Variable(node.copy.copy())
                y = F.sum(F.sin(own) * own)
                y.backward()
                results[k] = F.cos(node.x), own.grad

        chosen = [self._node(number) for number in numbers]
        crew = [threading.Thread(target=work, args=(k, node)) for k, node in enumerate(chosen)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
        assert results[0].creator is None, "no_grad of a thread had no effect"
        for k, node in enumerate(chosen[1:], 1):
            y, grad = results[k]
            a = node.copy
            assert np.allclose(grad.data, np.sin(a) + a * np.cos(a), rtol=1e-12, atol=1e-12)
            self.nodes.append(Node(y, symbols.cosine(node.symbol)))

    @invariant()
    def all_is_as_the_symbols_say(self) -> None:
        for node in self.nodes:
            assert np.array_equal(node.x.data, node.copy), "data were modified"
            _agree("data", node.x.data, node.symbol.value)
            if node.has_sibling and node.grad is None and node.x.grad is not None:
                node.grad = symbols.constant(np.zeros(node.copy.size))
            if node.grad is None or node.x.grad is None:
                assert node.grad is None, "a gradient is missing"
                assert node.x.grad is None, f"a gradient where none should be: {node.x.grad}"
                continue
            assert node.x.grad.shape == node.x.shape, "a gradient has another shape"
            _agree("gradient", node.x.grad.data, node.grad.value)
        grads = [node.x.grad.data for node in self.nodes if node.x.grad is not None]
        arrays = [*{id(a): a for a in grads}.values()]
        for k, a in enumerate(arrays):
            assert not any(np.may_share_memory(a, b) for b in arrays[:k]), "gradients share memory"


def _agree(what: str, got: Any, wanted: Any) -> None:
    """float64, with some digits left for what a chain of steps loses."""
    scale = 1 + abs(wanted).max(initial=0)
    wrong = abs(got.reshape(-1) - wanted) > 1e-9 * scale
    assert not wrong.any(), f"{what}: {got.reshape(-1)} should be {wanted.astype(float)}"


def trial(seed: int, folder: Path) -> Tried:
    """Some graphs, by Hypothesis from this seed; no database is written."""
    counts: Counter[str] = Counter()
    machine = type("Machine", (Graphs,), {"counts": counts})
    try:
        run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=_settings(GRAPHS))
    except Exception as error:
        notes = "\n".join(getattr(error, "__notes__", []))
        kind = str(error).partition(":")[0].partition("\n")[0]
        what = f"graphs: {type(error).__name__}: {kind}\n{error}\n{notes}"
        return Tried(counts, [Fault("graphs", seed, what)])
    return Tried(counts)


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=STEPS, deadline=None, database=None, derandomize=False,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate], report_multiple_bugs=False,
        print_blob=False,
    )  # fmt: skip
