"""An LSTM continues a wave, one value ahead (the book's step 60)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero.config import no_grad
from dezero.core import Variable
from dezero.dataloaders import SeqDataLoader
from dezero.datasets import SinCurve
from dezero.examples._progress import progress
from dezero.examples._shared import make_parser, parse, save_picture
from dezero.models import Model
from dezero.optimizers import Adam

HIDDEN, BATCH, BPTT_LENGTH = 50, 30, 30


class BetterRNN(Model):
    """An LSTM and a linear layer."""

    def __init__(self, hidden_size: int, out_size: int) -> None:
        super().__init__()
        self.rnn = L.LSTM(hidden_size)
        self.fc = L.Linear(out_size)

    def reset_state(self) -> None:
        """Forget the past."""
        self.rnn.reset_state()

    def forward(self, x: Any) -> Variable:
        return self.fc(self.rnn(x))


def train(model: BetterRNN, epochs: int) -> list[float]:
    """Train by truncated backpropagation through time; the average loss of each epoch."""
    loader = SeqDataLoader(SinCurve(transform=np.float32, target_transform=np.float32), BATCH)
    optimizer = Adam(alpha=0.003).setup(model)
    averages = []
    with progress(epochs, "LSTM") as advance:
        for _ in range(epochs):
            model.reset_state()
            total, loss = 0.0, Variable(np.array(0.0, np.float32))
            for step, (x, t) in enumerate(loader, start=1):
                loss = loss + F.mean_squared_error(model(x), t)
                if step % BPTT_LENGTH == 0 or step == len(loader):
                    total += _update(model, optimizer, loss)
                    loss = Variable(np.array(0.0, np.float32))
            averages.append(total / len(loader))
            advance(f"loss {averages[-1]:.5f}")
    return averages


def _update(model: BetterRNN, optimizer: Adam, loss: Variable) -> float:
    model.cleargrads()
    loss.backward()
    loss.unchain_backward()
    optimizer.update()
    return float(loss.data)


def predict(model: BetterRNN, wave: np.ndarray) -> np.ndarray:
    """For each value of a wave (T, 1) what the model expects next, (T, 1)."""
    model.reset_state()
    with no_grad():
        steps = [model(value[None]).data[0] for value in wave.astype(np.float32)]
    return np.array(steps)


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Train on a noisy sine, predict a cosine, draw both; returns the mean squared errors."""
    args = parse(make_parser("sine_lstm", __doc__, epochs=100, quick_epochs=40), argv)
    model = BetterRNN(HIDDEN, 1)
    losses = train(model, args.epochs)
    wave = SinCurve(train=False)
    predictions = predict(model, wave.data)
    found = {"train": losses[-1], "test": float(((predictions - wave.label) ** 2).mean())}
    print("mean squared error: {train:.5f} on the sine, {test:.5f} on the cosine".format(**found))
    save_picture(args.out, lambda figure: _draw(figure, wave.label, predictions))
    return found


def _draw(figure: Any, truth: np.ndarray, predictions: np.ndarray) -> None:
    ax = figure.subplots()
    ax.plot(truth, label="cos(x), never seen")
    ax.plot(predictions, label="predicted, one value ahead")
    ax.legend()


if __name__ == "__main__":
    main()
