"""An array module that plays CuPy on a GPU, where there is none: its names, its parameters, its conduct.

What CuPy accepts was recorded from it (`interface.json`, by `python -m tests.dezero.strict_device.record`);
what its arrays do was read in its sources. The stand-in computes with NumPy and is in some things stricter:
a host array with a device array is refused everywhere. What a test computes with it would also run on CuPy,
and `counting` says how often it would wait for the device.

`register_array_module(StrictDevice())` puts it in a GPU's place. With `tests/gpu/standin` on the path,
`import cupy` gives it to a whole process.
"""

from tests.dezero.strict_device.array import ndarray
from tests.dezero.strict_device.border import ImplicitTransferError
from tests.dezero.strict_device.counting import counting
from tests.dezero.strict_device.module import StrictDevice

DeviceArray = ndarray

__all__ = ["DeviceArray", "ImplicitTransferError", "StrictDevice", "counting", "ndarray"]
