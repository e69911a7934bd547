"""Weights in npz files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dezero import cuda
from dezero.core import Parameter
from dezero.utils import write_atomically

if TYPE_CHECKING:
    from dezero.utils.npz import Header, NpzArchive

# A parameter that has no size yet takes what the file holds, up to this many bytes or times its compressed
# size, whichever is more: trained weights hardly shrink, a bomb shrinks a thousandfold.
OPEN_BYTES = 64 << 20
OPEN_RATIO = 64

SHOWN_NAMES = 10


class Wanted(NamedTuple):
    """A parameter, and what is known of it.

    Attributes:
        param: it may have no data yet.
        layer: the path of the layer that it belongs to.
        sizes: its shape, a letter for each size that is open: within a layer the same letter stands
            for the same size. None where nothing is known.
        dtype: what it will have; None for that of the file.
    """

    param: Parameter
    layer: str = ""
    sizes: Sequence[int | str] | None = None
    dtype: Any = None


def save(params: Mapping[str, Parameter], path: str | PathLike[str]) -> None:
    """Write the arrays of `params` under their names; the file is there whole or not at all.

    Raises:
        ValueError: a parameter has no data yet.
    """
    unsized = [name for name, param in params.items() if param.data is None]
    if unsized:
        raise ValueError(
            f"save_weights: {', '.join(unsized)} have no size yet; call the layer on an input first"
        )
    arrays: dict[str, Any] = {name: cuda.as_numpy(param.data) for name, param in params.items()}
    with write_atomically(Path(path)) as stream:
        np.savez_compressed(stream, **arrays)


def load(wanted: Mapping[str, Wanted], path: str | PathLike[str]) -> None:
    """Set parameters to the arrays of a file: all of them or, if anything is wrong, none.

    They keep their dtype and device; one that has no size yet takes the file's, on the device if it was
    moved there by `to_gpu`. The file is looked at first, all of it: no memory is taken for what does not
    fit, and what no parameter is called is not decompressed.

    Raises:
        ValueError: the file holds other names, shapes or kinds of numbers (floats fit floats, of
            whatever width), numbers too large for the dtype, or is no npz file.
        OSError: the file cannot be read.
    """
    from dezero.utils.npz import open_npz  # slow to import, and needed only here

    try:
        with open_npz(path, len(wanted)) as archive:
            _compare_names(set(wanted), set(archive.members), path)
            headers = {name: archive.header(name) for name in wanted}
            _compare(wanted, headers, archive, path)
            arrays = {name: _array(archive, name, headers[name], wanted[name]) for name in wanted}
    except _MisfitError:
        raise
    except ValueError as error:
        raise ValueError(f"load_weights: {path} is no npz file of weights: {error}") from error
    for name, want in wanted.items():
        want.param.data = arrays[name]


class _MisfitError(ValueError):
    """A file of weights, but not of these."""


def _compare_names(wanted: set[str], found: set[str], path: str | PathLike[str]) -> None:
    if wanted != found:
        raise _MisfitError(
            f"load_weights: {path} holds the weights of another model: "
            f"missing {_some(wanted - found)}, unknown {_some(found - wanted)}"
        )


def _some(names: set[str]) -> str:
    shown = [name if len(name) <= 80 else name[:77] + "..." for name in sorted(names)[:SHOWN_NAMES]]
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ascii(shown) + more


def _compare(
    wanted: Mapping[str, Wanted],
    headers: Mapping[str, Header],
    archive: NpzArchive,
    path: str | PathLike[str],
) -> None:
    """Raises _MisfitError unless all that the file announces fits what is wanted."""
    letters: dict[tuple[str, str], int] = {}
    for name, want in wanted.items():
        header = headers[name]
        sizes = want.sizes if want.param.data is None else want.param.shape
        if sizes is not None and not _fits(header.shape, sizes, want.layer, letters):
            raise _MisfitError(
                f"load_weights: {name} has shape {_shape(sizes)}, but {header.shape} in {path}"
            )
        dtype = want.dtype if want.param.data is None else want.param.dtype
        kind = "f" if dtype is None else np.dtype(dtype).kind
        if header.dtype is None or header.dtype.kind != kind:
            wants = "a dtype of floats" if dtype is None else f"dtype {np.dtype(dtype)}"
            raise _MisfitError(f"load_weights: {name} has {wants}, but {header.descr} in {path}")
        packed = archive.members[name].compress_size
        if want.param.data is None and header.nbytes > max(OPEN_BYTES, OPEN_RATIO * packed):
            raise _MisfitError(
                f"load_weights: {name} has no size yet, and {path} would give it {header.nbytes} bytes, "
                f"packed into {packed}: more than weights are"
            )


def _fits(
    shape: tuple[int, ...], sizes: Sequence[int | str], layer: str, letters: dict[tuple[str, str], int]
) -> bool:
    """Whether a shape is `sizes`; a letter takes the size that it first meets within its layer."""
    return len(shape) == len(sizes) and all(
        size == (letters.setdefault((layer, want), size) if isinstance(want, str) else want)
        for size, want in zip(shape, sizes, strict=True)
    )


def _shape(sizes: Sequence[int | str]) -> str:
    return f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"


def _array(archive: NpzArchive, name: str, header: Header, want: Wanted) -> Any:
    """The array as the parameter will hold it, in its dtype and where it lies."""
    found, param = archive.read(name, header), want.param
    dtype = want.dtype if param.data is None else param.dtype
    with np.errstate(over="ignore"):
        array = found.astype(found.dtype.newbyteorder("=") if dtype is None else dtype, copy=False)
    if not _holds(array, found):
        raise _MisfitError(f"load_weights: {name} has dtype {array.dtype}, too narrow for its numbers")
    if param.data is None:
        return cuda.as_cupy(array) if param.wanted_on_device else array
    return cuda.get_array_module(param).asarray(array)


def _holds(array: np.ndarray, found: np.ndarray) -> bool:
    """Whether numbers were in the range of a narrower dtype."""
    if array.dtype.itemsize >= found.dtype.itemsize:
        return True
    if array.dtype.kind in "iu":
        return bool((array == found).all())
    return bool((np.isinf(array) == np.isinf(found)).all())
