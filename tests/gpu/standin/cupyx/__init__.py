"""A stand-in for the part of `cupyx` that is used."""

from tests.dezero.strict_device.functions import scatter_add

__all__ = ["scatter_add"]
