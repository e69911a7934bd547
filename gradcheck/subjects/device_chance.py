"""A device's global generator of random numbers: its state cannot be read, so another takes its place."""

from __future__ import annotations

from typing import Any

from dezero import cuda
from gradcheck.subjects.kept import Chance

SEED = 0


class DeviceChance(Chance):
    """A generator of our own in the place of the device's, until `release` puts that back as it was."""

    def __init__(self, module: Any) -> None:
        self._random = module.random
        self._name = f"{module.__name__}.random"
        self._given = self._random.get_random_state()
        self._own = self._random.RandomState(SEED)
        self._random.set_random_state(self._own)

    def intact(self) -> bool:
        """Whether nothing was drawn: then the next number is the first."""
        first = self._random.RandomState(SEED).random_sample(())
        if not bool(self._own.random_sample(()) == first):
            return False
        self.restore()
        return True

    def restore(self) -> None:
        self._own.seed(SEED)

    def release(self) -> None:
        """Let the device's own generator go on from where it was."""
        self._random.set_random_state(self._given)


def device_chance() -> list[DeviceChance]:
    """That of the device, where one is in use."""
    module = cuda.device_in_use()
    return [] if module is None else [DeviceChance(module)]
