"""An array module that plays the device: NumPy's arithmetic on a type of its own.

Its arrays are made only by its own functions, so a test can tell on which side a result is.
"""

from typing import Any

import numpy as np


class DeviceArray(np.ndarray):
    """A device array. NumPy's operators and ufuncs keep its type."""


class DeviceModule:
    """NumPy's functions, with results on the device."""

    ndarray = DeviceArray

    @staticmethod
    def asnumpy(x: Any) -> np.ndarray:
        return np.array(x.view(np.ndarray))

    def __getattr__(self, name: str) -> Any:
        if name == "linalg":
            return np.linalg
        function = getattr(np, name)
        if not callable(function) or isinstance(function, type):
            return function

        def on_device(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            return np.asarray(result).view(DeviceArray) if np.ndim(result) else result

        return on_device
