"""The devices that a run asks for, and those that there are."""

from __future__ import annotations

from collections.abc import Callable

from gradcheck.errors import SpecError


def _no_gpu() -> str:
    """Why this machine has none."""
    from gradcheck.records import machine

    return machine.gpu()[1]


def available(wanted: str, no_gpu: Callable[[], str] = _no_gpu) -> tuple[tuple[str, ...], str | None]:
    """The devices of a `--device` option, and why a wanted one is left out.

    Args:
        no_gpu: why there is no GPU, or empty; by default whether this machine has one.

    Raises:
        SpecError: only "gpu" was wanted and there is none.
    """
    if wanted == "cpu":
        return ("cpu",), None
    reason = no_gpu()
    if reason and wanted == "gpu":
        raise SpecError(reason)
    if reason:
        return ("cpu",), reason
    return (("gpu",), None) if wanted == "gpu" else (("cpu", "gpu"), None)
