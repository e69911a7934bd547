"""Three inputs: a normalization with a learned scale and shift."""

import dezero.functions as F
from dezero import Function


def layer_norm(x, gamma, beta):
    centered = x - F.broadcast_to(F.mean(x, axis=-1, keepdims=True), x.shape)
    variance = F.mean(centered * centered, axis=-1, keepdims=True)
    return gamma * centered / (variance + 1e-5) ** 0.5 + beta


class _Detached(Function):
    """The identity, whose gradient somebody forgot."""

    def forward(self, x):
        return x * 1

    def backward(self, gy):
        return gy * 0


def wrong_layer_norm(x, gamma, beta):
    centered = x - _Detached()(F.mean(x, axis=-1, keepdims=True))
    variance = F.mean(centered * centered, axis=-1, keepdims=True)
    return gamma * centered / (variance + 1e-5) ** 0.5 + beta
