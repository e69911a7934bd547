"""Weights from strangers: a file that does not fit changes nothing, and takes no memory."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dezero.layers as L
from dezero import Parameter
from dezero.layers import weights
from tests.dezero import foreign
from tests.dezero.foreign import MEGABYTE

GOOD = {"W": np.full((3, 2), 0.5, "f"), "b": np.full(2, 0.25, "f")}


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def header(text: str, version: int = 1, length: int | None = None) -> bytes:
    """The start of an npy file, with a header that may be anything."""
    layout = "<H" if version == 1 else "<I"
    size = len(text) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(layout, size) + text.encode()


def announcing(shape: str, descr: str = "'<f4'") -> bytes:
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n")


def zipped(path: Path, members: dict[str, bytes] | list[tuple[str, bytes]], **options: Any) -> Path:
    pairs = members.items() if isinstance(members, dict) else members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            archive.writestr(name, content, **options)
    return path


def replaced(path: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    return path


@contextmanager
def refused(layer: L.Layer, message: str) -> Iterator[None]:
    """The block raises a ValueError of load_weights, takes little memory and changes nothing."""
    before = {name: (p.data, None if p.data is None else p.data.copy()) for name, p in layer.named_params()}
    with foreign.refused("load_weights: ", message, megabytes=4):
        yield
    for name, param in layer.named_params():
        data, copy = before[name]
        assert param.data is data
        np.testing.assert_array_equal(param.data, copy)


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize(("array", "came"), [
    (np.full((3, 2), "text"), "<U4"), (np.full((3, 2), b"text"), "S4"), (np.ones((3, 2), complex), "<c16"),
    (np.ones((3, 2), "<M8[s]"), "<M8"), (np.ones((3, 2), "m8[D]"), "<m8"), (np.ones((3, 2), bool), "b1"),
    (np.ones((3, 2), [("x", "f4")]), r"\[\('x', '<f4'\)\]"), (np.ones((3, 2), object), "O"),
    (np.ones((3, 2), np.int64), "<i8"), (np.ones((3, 2), np.uint8), "u1"), (np.ones((3, 2), "V3"), "V3"),
])  # fmt: skip
def test_what_is_no_float_is_refused(sized: bool, array: np.ndarray, came: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", W=array, b=GOOD["b"])
    layer = L.Linear(2, in_size=3 if sized else None)
    with refused(layer, rf"load_weights: W has dtype float32, but .*{came}.* in .*w\.npz"):
        layer.load_weights(tmp_path / "w.npz")


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", "longdouble"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("in_size", [3, None])
def test_floats_of_any_width_fit(dtype: str, order: Any, in_size: int | None, tmp_path: Path) -> None:
    W = np.asarray(np.arange(6).reshape(3, 2), dtype, order=order)  # noqa: N806  # the parameter's name
    np.savez(tmp_path / "w.npz", W=W, b=GOOD["b"])
    layer = L.Linear(2, in_size=in_size)
    layer.load_weights(tmp_path / "w.npz")
    np.testing.assert_array_equal(layer.W.data, np.arange(6).reshape(3, 2))
    assert layer.W.dtype == layer.b.dtype == np.float32
    layer.W.data += 1  # it is nobody else's


def test_numbers_beyond_the_range_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", W=np.full((3, 2), 1e300), b=GOOD["b"])
    layer = L.Linear(2, in_size=3)
    with refused(layer, "load_weights: W has dtype float32, too narrow"):
        layer.load_weights(tmp_path / "w.npz")
    np.savez(tmp_path / "w.npz", W=np.full((3, 2), np.inf), b=GOOD["b"])
    layer.load_weights(tmp_path / "w.npz")
    assert np.isinf(layer.W.data).all()


def test_integers_fit_integers_that_hold_them(tmp_path: Path) -> None:
    layer = L.Layer()
    layer.n = Parameter(np.zeros(2, np.int8))
    np.savez(tmp_path / "w.npz", n=np.array([1, 300]))
    with refused(layer, "n has dtype int8, too narrow"):
        layer.load_weights(tmp_path / "w.npz")
    np.savez(tmp_path / "w.npz", n=np.array([1, 100]))
    layer.load_weights(tmp_path / "w.npz")
    np.testing.assert_array_equal(layer.n.data, np.array([1, 100], np.int8))


@pytest.mark.parametrize(("layer", "shapes", "message"), [
    (L.Linear(2), {"W": (3, 4), "b": (2,)}, r"W has shape \(I, 2\), but \(3, 4\)"),
    (L.Linear(2), {"W": (2,), "b": (2,)}, r"W has shape \(I, 2\), but \(2,\)"),
    (L.Conv2d(4, 3), {"W": (4, 2, 3, 2), "b": (4,)}, r"W has shape \(4, C, 3, 3\), but"),
    (L.Deconv2d(4, 3), {"W": (4, 2, 3, 3), "b": (4,)}, r"W has shape \(C, 4, 3, 3\), but"),
    (L.BatchNorm(), {"avg_mean": (3,), "avg_var": (3,), "gamma": (3,), "beta": (4,)},
     r"beta has shape \(C,\), but \(4,\)"),
])  # fmt: skip
def test_a_layer_without_sizes_checks_what_it_knows(
    layer: L.Layer, shapes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "w.npz", **{name: np.ones(shape, "f") for name, shape in shapes.items()})
    with refused(layer, message):
        layer.load_weights(tmp_path / "w.npz")


def test_the_last_of_many_that_does_not_fit_changes_none(tmp_path: Path) -> None:
    arrays = {f"p{i}": np.ones(3) for i in range(20)}
    layer = L.Layer()
    for name in arrays:
        setattr(layer, name, Parameter(np.zeros(3)))
    np.savez(tmp_path / "w.npz", **{**arrays, "p19": np.array(["a"] * 3)})
    with refused(layer, "p19 has dtype float64"):
        layer.load_weights(tmp_path / "w.npz")


def _unwanted(path: Path) -> Path:
    return zipped(path, {"W.npy": npy(GOOD["W"]), "b.npy": npy(GOOD["b"]), "c.npy": bytes(64 * MEGABYTE)})


def _larger(path: Path) -> Path:
    """W has the wrong shape, and would take 64 MB."""
    return zipped(path, {"W.npy": npy(np.zeros((1 << 23, 2), "f")), "b.npy": npy(GOOD["b"])})


def _announced(shape: str) -> Callable[[Path], Path]:
    return lambda path: zipped(path, {"W.npy": announcing(shape), "b.npy": npy(GOOD["b"])})


def _long_header(version: int) -> Callable[[Path], Path]:
    content = header(" " * (40 * MEGABYTE), version) if version > 1 else header(" " * 60_000)
    return lambda path: zipped(path, {"W.npy": content, "b.npy": npy(GOOD["b"])})


def _long_data(path: Path) -> Path:
    """The directory announces what W should have; the data are 64 MB, and say so to nobody."""
    whole, wanted = npy(GOOD["W"]), len(npy(GOOD["W"]))
    long = whole + bytes(64 * MEGABYTE)
    zipped(path, {"W.npy": long, "b.npy": npy(GOOD["b"])})
    return replaced(path, struct.pack("<I", len(long)), struct.pack("<I", wanted))


def _twice(path: Path) -> Path:
    good = [("W.npy", npy(GOOD["W"])), ("b.npy", npy(GOOD["b"]))]
    zipped(path, [*good, ("c.npy", good[0][1])])
    return replaced(path, b"c.npy", b"W.npy")


def _overlapping(path: Path) -> Path:
    """Both names stand for the same bytes."""
    zipped(path, {"W.npy": npy(GOOD["W"]), "b.npy": npy(GOOD["b"])})
    content = path.read_bytes()
    last = content.rindex(b"PK\1\2")
    path.write_bytes(content[: last + 42] + bytes(4) + content[last + 46 :])
    return path


def _flagged(offset: int, value: bytes) -> Callable[[Path], Path]:
    """The directory's entry of W with other bytes."""

    def make(path: Path) -> Path:
        zipped(path, {"W.npy": npy(GOOD["W"]), "b.npy": npy(GOOD["b"])})
        content = path.read_bytes()
        start = content.index(b"PK\1\2") + offset
        path.write_bytes(content[:start] + value + content[start + len(value) :])
        return path

    return make


def _huge_directory(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(30_000):
            archive.writestr(f"{i}.npy", b"")
    return path


FORGED = {
    "a name that is not wanted": (_unwanted, r"unknown \['c'\]"),
    "a shape that is not wanted": (_larger, r"W has shape \(3, 2\), but \(8388608, 2\)"),
    "100 GB announced": (_announced("(12_500_000_000, 2)"), "W.*bytes for it"),
    "more than there are addresses": (_announced("(10**30,)".replace("10**30", "9" * 30)), "the shape"),
    "5,000 digits": (_announced(f"({'9' * 5000},)"), "damaged"),
    "a negative size": (_announced("(-3, 2)"), "damaged|the shape"),
    "a size that is a number of floats": (_announced("(3.0, 2)"), r"the shape \(3\.0, 2\)"),
    "a size that is true": (_announced("(True, 2)"), r"the shape"),
    "a shape that is a list": (_announced("[3, 2]"), r"the shape \[3, 2\]"),
    "200 axes": (_announced(f"({'1, ' * 200})"), "the shape"),
    "deep nesting": (_announced("(" * 5000), "damaged"),
    "a header of 60 kB": (_long_header(1), "60000 bytes, more than 10000"),
    "a header of 40 MB": (_long_header(2), "bytes, more than 10000"),
    "a header of another version": (
        lambda path: zipped(path, {"W.npy": b"\x93NUMPY\x09\0" + bytes(90), "b.npy": npy(GOOD["b"])}),
        "no npy file",
    ),
    "data that are longer than announced": (_long_data, "no npz file"),
    "data that end": (
        lambda path: zipped(path, {"W.npy": npy(GOOD["W"])[:-4], "b.npy": npy(GOOD["b"])}),
        "'W' announces '<f4' of shape .* has 20 bytes",
    ),
    "a name twice": (_twice, "same name"),
    "members that share bytes": (_overlapping, "overlap|overlaps|differ"),
    "an encrypted member": (_flagged(8, b"\1"), "encrypted"),
    "another compression": (_flagged(10, b"\x0c\0"), "compressed by a method"),
    "a member beyond the end": (_flagged(42, b"\xff\xff\xff\x0f"), "ends after the file"),
    "a directory of 30,000": (_huge_directory, "directory"),
    "an archive in the archive": (
        lambda path: zipped(path, {"W.npy": npy(GOOD["W"]), "b.npz": zipped(path, {}).read_bytes()}),
        r"missing \['b'\], unknown \['b\.npz'\]",
    ),
    "an archive for an array": (
        lambda path: zipped(path, {"W.npy": zipped(path, {}).read_bytes(), "b.npy": npy(GOOD["b"])}),
        "no npy file|no npz file",
    ),
    "names with control characters": (
        lambda path: zipped(path, {"\x1b[2J\n" * 500: b"", "b.npy": npy(GOOD["b"])}),
        r"unknown \['\\x1b",
    ),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_file_changes_nothing_and_takes_no_memory(kind: str, tmp_path: Path) -> None:
    make, message = FORGED[kind]
    path = make(tmp_path / "w.npz")
    layer = L.Linear(2, in_size=3)
    with refused(layer, message):
        layer.load_weights(path)
    if kind not in ("a shape that is not wanted", "data that end"):
        layer = L.Linear(2)
        with refused(layer, "."):
            layer.load_weights(path)


def test_a_bomb_for_a_parameter_without_size(tmp_path: Path) -> None:
    """80 MB of zeros in 80 kB: no weights are like that."""
    zeros = npy(np.zeros((10 * MEGABYTE, 2), "f"))
    path = zipped(tmp_path / "w.npz", {"W.npy": zeros, "b.npy": npy(GOOD["b"])})
    layer = L.Linear(2)
    with refused(layer, r"W has no size yet, and .* would give it 83886080 bytes, packed into \d+"):
        layer.load_weights(path)


def test_a_parameter_without_size_takes_what_weights_take(tmp_path: Path) -> None:
    W = np.random.default_rng(0).standard_normal((MEGABYTE, 2), "f")  # noqa: N806  # the parameter's name
    np.savez(tmp_path / "w.npz", W=W, b=GOOD["b"])
    layer = L.Linear(2)
    layer.load_weights(tmp_path / "w.npz")
    np.testing.assert_array_equal(layer.W.data, W)


@given(data=st.data())
def test_a_damaged_file_is_a_valueerror_or_is_right(data: st.DataObject, tmp_path_factory: Any) -> None:
    """Whatever bytes are changed: one clear error, or all weights as they were."""
    path = tmp_path_factory.mktemp("damaged") / "w.npz"
    np.savez(path, **GOOD)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content))) or len(content)])
    layer = L.Linear(2, in_size=3)
    before = {name: p.data for name, p in layer.named_params()}
    message = ""
    try:
        layer.load_weights(path)
    except ValueError as error:
        message = str(error)
    if message:
        assert message.startswith("load_weights: ")
        assert all(p.data is before[name] for name, p in layer.named_params())
    else:
        assert zlib.crc32(layer.b.data.tobytes()) == zlib.crc32(GOOD["b"].tobytes())


def test_weights_are_for_whoever_has_a_name(tmp_path: Path) -> None:
    wanted = {"x": weights.Wanted(Parameter(None))}
    np.savez(tmp_path / "w.npz", x=np.ones(3, "f2"))
    weights.load(wanted, tmp_path / "w.npz")
    assert wanted["x"].param.dtype == np.float16
