"""A power spectrum: complex numbers inside, real ones outside."""

import numpy as np

from dezero import Function
from dezero.core import as_variable


class Power(Function):
    def forward(self, x):
        return np.abs(np.fft.fft(x)) ** 2

    def backward(self, gy):
        (x,) = self.inputs
        return _PowerGrad()(gy, x) * self.factor

    factor = 2.0


class _PowerGrad(Function):
    """The inverse transform of gy times the transform, which is linear in both."""

    def forward(self, gy, x):
        if gy.shape != x.shape:
            raise ValueError("expected two signals of one shape")
        n = x.shape[-1]
        return (np.fft.ifft(gy * np.fft.fft(x)).real * n).astype(x.dtype)

    def backward(self, gz):
        gy, x = self.inputs
        return _Cross()(x, gz), _PowerGrad()(_mirrored_mean(gy), gz)


class _Cross(Function):
    """Re(conj(fft z) fft x)."""

    def forward(self, x, z):
        if x.shape != z.shape:
            raise ValueError("expected two signals of one shape")
        return (np.conj(np.fft.fft(z)) * np.fft.fft(x)).real.astype(x.dtype)

    def backward(self, gw):
        x, z = self.inputs
        even = _mirrored_mean(gw)
        return _PowerGrad()(even, z), _PowerGrad()(even, x)


def _mirrored_mean(w):
    """The part of w that is even in frequency: of it alone the real part depends."""
    index = -np.arange(w.shape[-1]) % w.shape[-1]
    return (as_variable(w) + as_variable(w)[..., index]) * 0.5


class WrongPower(Power):
    factor = 1.0
