"""Newton's method beside gradient descent, in Rosenbrock's valley (the book's steps 28 to 33)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dezero.core import Parameter, Variable
from dezero.examples._progress import progress
from dezero.examples._shared import make_parser, parse, save_picture
from dezero.optimizers import SGD, Newton, Optimizer

START, LOWEST = (0.0, 2.0), (1.0, 1.0)
NEAR = 1e-3  # of the lowest point: there a walk is over


def rosenbrock(x0: Any, x1: Any) -> Any:
    """A curved, narrow valley, lowest (0) at (1, 1)."""
    return 100 * (x1 - x0**2) ** 2 + (x0 - 1) ** 2


def walk(optimizer: Optimizer, x: list[Parameter], steps: int, label: str) -> np.ndarray:
    """The points from START on (n, 2), until one is near the lowest or `steps` are made."""
    path = [START]
    with progress(steps, label) as advance:
        for _ in range(steps):
            _step(optimizer, x)
            path.append((float(x[0].data), float(x[1].data)))
            distance = np.hypot(path[-1][0] - LOWEST[0], path[-1][1] - LOWEST[1])
            advance(f"{distance:.6f} away")
            if distance < NEAR:
                break
    return np.array(path)


def _step(optimizer: Optimizer, x: list[Parameter]) -> None:
    for param in x:
        param.cleargrad()
    rosenbrock(*x).backward()
    optimizer.update()


def _start() -> list[Parameter]:
    return [Parameter(np.array(value)) for value in START]


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Walk twice, draw both paths; returns how many steps each took."""
    args = parse(make_parser("newton", __doc__, epochs=50_000, quick_epochs=2_000), argv)
    x = _start()
    descent = walk(SGD(lr=0.001).setup(x), x, args.epochs, "gradient descent")
    x = _start()

    def loss() -> Variable:
        return rosenbrock(*x)

    newton = walk(Newton(loss).setup(x), x, min(args.epochs, 100), "Newton")
    found = {"gradient descent": len(descent) - 1, "newton": len(newton) - 1}
    for (name, steps), path in zip(found.items(), (descent, newton), strict=True):
        end = np.hypot(*(path[-1] - LOWEST))
        print(f"{name}: {steps} steps, then {end:.2g} from the lowest point")
    save_picture(args.out, lambda figure: _draw(figure, descent, newton), (7, 5))
    return {name: float(steps) for name, steps in found.items()}


def _draw(figure: Any, descent: np.ndarray, newton: np.ndarray) -> None:
    ax = figure.subplots()
    x0, x1 = np.meshgrid(np.linspace(-1.5, 1.5, 300), np.linspace(-1, 2.5, 300))
    ax.contour(x0, x1, np.log10(rosenbrock(x0, x1) + 1e-3), 20, cmap="Greys")
    ax.plot(*descent.T, "r.-", ms=3, lw=1, label=f"gradient descent, {len(descent) - 1} steps")
    ax.plot(*newton.T, "bo-", ms=5, lw=1, label=f"Newton, {len(newton) - 1} steps")
    ax.plot(*LOWEST, "k*", ms=12)
    ax.set(xlim=(-1.5, 1.5), ylim=(-1, 2.5), xlabel="$x_0$", ylabel="$x_1$")
    ax.legend()


if __name__ == "__main__":
    main()
