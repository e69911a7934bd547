"""The array module: the names of CuPy, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.dezero.strict_device import cuda, functions, random
from tests.dezero.strict_device.array import ndarray
from tests.dezero.strict_device.counting import counting
from tests.dezero.strict_device.interface import INTERFACE, has
from tests.dezero.strict_device.ufuncs import UFUNCS, Ufunc

_SUBMODULES = ("linalg", "random", "fft", "lib", "cuda")


class Namespace:
    """A module of CuPy's, whose members are made when they are first asked for."""

    def __init__(self, name: str, numpys: Any, members: dict[str, Any] | None = None) -> None:
        self.__name__ = name
        self._numpys = numpys
        vars(self).update(members or {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._made(name)
        setattr(self, name, value)
        return value

    def _made(self, name: str) -> Any:
        path, known = self.__name__, INTERFACE["modules"].get(self.__name__)
        if known is None or not has(path, name):
            raise AttributeError(f"module {path!r} has no attribute {name!r}")
        if name in known["ufuncs"] and name in UFUNCS:
            return UFUNCS[name]
        numpys = getattr(self._numpys, name, None)
        if name in known["functions"] and (numpys is not None or (path == "cupy" and name in functions.OWN)):
            return functions.function(path, name, numpys)
        if name in known["numpy"]:
            return numpys
        raise AttributeError(f"the stand-in of {path} does not have {name!r}, which CuPy has")


def _submodules() -> dict[str, Any]:
    tricks = Namespace("cupy.lib.stride_tricks", np.lib.stride_tricks)
    return {
        "linalg": Namespace("cupy.linalg", np.linalg),
        "fft": Namespace("cupy.fft", np.fft),
        "random": Namespace("cupy.random", None, random.MEMBERS),
        "lib": Namespace("cupy.lib", None, {"stride_tricks": tricks}),
        "cuda": Namespace("cupy.cuda", None, cuda.MEMBERS),
    }


class StrictDevice(Namespace):
    """The stand-in for `cupy`. There is one device: all its modules share arrays and generator."""

    ndarray = ndarray
    ufunc = Ufunc
    counting = staticmethod(counting)

    def __init__(self) -> None:
        super().__init__("cupy", np, _submodules() | {"__version__": INTERFACE["version"]})


DEVICE = StrictDevice()
