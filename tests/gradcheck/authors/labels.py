"""Losses with labels: integers in the range of the scores' columns."""

import numpy as np

from dezero import Function


class NegativeLogLikelihood(Function):
    def forward(self, scores, t):
        if t.min() < 0 or t.max() >= scores.shape[1]:
            raise ValueError(f"labels must lie in 0 .. {scores.shape[1] - 1}")
        return -scores[np.arange(len(t)), t].sum() / len(t)

    def backward(self, gy):
        scores, t = self.inputs
        return self.share(gy, scores) * self.one_hot(scores, t), None

    def share(self, gy, scores):
        return -gy / scores.shape[0]

    def one_hot(self, scores, t):
        return np.eye(scores.shape[1], dtype=scores.dtype)[t.data]


class WrongNegativeLogLikelihood(NegativeLogLikelihood):
    def share(self, gy, scores):
        return -gy / scores.shape[1]
