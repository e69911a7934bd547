"""A partial, a lambda, and a method of an object."""

from functools import partial

import dezero.functions as F


def _power(x, exponent, factor=1.0):
    return factor * x**exponent


cube = partial(_power, exponent=3)
bump = lambda x: F.exp(-x * x)  # noqa: E731


class Wave:
    def __init__(self, frequency):
        self.frequency = frequency

    def sin(self, x):
        return F.sin(self.frequency * x)

    def wrong_cut(self, x):
        return F.sin(self.frequency * x) * x.data


_wave = Wave(2.0)
wrong_cut = _wave.wrong_cut
sine = _wave.sin
