"""What the tests of gradcheck share with those of dezero: a device for the length of a test."""

from tests.dezero.conftest import device, standin

__all__ = ["device", "standin"]
