"""The two switches of the framework: whether calls are recorded, and whether we train."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

__all__ = ["Config", "no_grad", "test_mode", "using_config"]

recording: ContextVar[bool] = ContextVar("enable_backprop", default=True)
training: ContextVar[bool] = ContextVar("train", default=True)


def _switch(variable: ContextVar[bool], doc: str) -> property:
    def write(config: _Config, value: bool) -> None:
        variable.set(bool(value))

    return property(lambda config: variable.get(), write, doc=doc)


class _Config:
    """The two switches of the framework, one value each per thread and per asyncio task."""

    __slots__ = ()
    enable_backprop = _switch(recording, "Whether calls are recorded for backward.")
    train = _switch(training, "Whether dropout and batch normalization are in training mode.")

    def __repr__(self) -> str:
        return f"Config(enable_backprop={self.enable_backprop}, train={self.train})"


Config = _Config()


@contextmanager
def using_config(name: str, value: bool) -> Iterator[None]:
    """Within the block, `Config.<name>` is `value`; after it, what it was before.

    Raises:
        AttributeError: Config has no switch of that name.
        TypeError: `name` is no text.

    >>> with using_config("train", False):
    ...     Config.train
    False
    """
    if not isinstance(name, str):
        raise TypeError(f"using_config: name must be 'enable_backprop' or 'train', got {type(name)}")
    if not isinstance(getattr(_Config, name, None), property):
        raise AttributeError(f"using_config: name must be 'enable_backprop' or 'train', got {name!r}")
    before = getattr(Config, name)
    setattr(Config, name, value)
    try:
        yield
    finally:
        setattr(Config, name, before)


def no_grad() -> AbstractContextManager[None]:
    """Within the block nothing is recorded: intermediate results are freed at once."""
    return using_config("enable_backprop", False)


def test_mode() -> AbstractContextManager[None]:
    """Within the block `Config.train` is False."""
    return using_config("train", False)


test_mode.__test__ = False  # type: ignore[attr-defined]  # the book's name looks like a test to pytest
