"""Files from strangers: weights, images, archives and lists, damaged or forged.

A loader gives what the file holds, or raises ValueError or OSError in one sentence that names the file. It
takes no memory for what a file only announces, leaves the model as it was where it refuses, and no file open.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import resource
import struct
import tarfile
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from unittest import mock

import numpy as np

from dezero import Layer, Parameter
from dezero.datasets import ImageNet, load_cache_npz
from dezero.datasets.formats import read_idx, read_records
from tests.attack.damage import damaged
from tests.attack.trials import Fault, Tried

FILES = 60  # a trial
MEMORY = 256 << 20  # bytes that loading a file of some thousand bytes may take
HUGE = (2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, -1, -(2**31))


def trial(seed: int, folder: Path) -> Tried:
    rng = Random(seed)
    tried = Tried()
    for number in range(FILES):
        kind = rng.choice(list(KINDS))
        make, load = KINDS[kind]
        path = folder / f"{number}{kind}"
        path.write_bytes(make(rng))
        found = _judged(kind, path, load, tried.counts)
        tried.counts["files"] += 1
        if found is not None:
            content = path.read_bytes()
            what = f"{found}\nthe file, {len(content)} bytes: {content[:300]!r}"
            tried.faults.append(Fault("files", seed, what))
        path.unlink(missing_ok=True)
    return tried


def _judged(kind: str, path: Path, load: Callable[[Path], None], counts: Counter[str]) -> str | None:
    """What was wrong with how a file was loaded."""
    before, content = _open_files(), path.read_bytes()
    try:
        with warnings.catch_warnings(), _little_memory():
            warnings.simplefilter("error")
            load(path)
        counts[f"{kind} read"] += 1
    except (ValueError, OSError) as error:
        counts[f"{kind} refused"] += 1
        text = str(error)
        if path.name not in text and kind != "list":
            return f"{kind}: the message does not name the file\n{text[:500]}"
        if "\n" in text or not text.isprintable():
            return f"{kind}: the message is not one printable line\n{text[:500]!r}"
        if len(text) > 2000:
            return f"{kind}: the message has no sane length\n{text[:500]}"
    except BaseException as error:
        return f"{kind}: {type(error).__name__}\n{''.join(traceback.format_exception(error))[-1500:]}"
    if _open_files() > before:
        return f"{kind}: a file is left open"
    if kind != "list" and (not path.exists() or path.read_bytes() != content):
        return f"{kind}: the file was changed"
    return None


@contextlib.contextmanager
def _little_memory() -> Iterator[None]:
    """No more than MEMORY beyond what the process has: who asks for more gets a MemoryError."""
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (has + MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


# Weights ---------------------------------------------------------------------------------------------


class _Net(Layer):
    """Some weights, one of which has no size yet."""

    def __init__(self) -> None:
        super().__init__()
        self.W = Parameter(np.arange(6, dtype=np.float32).reshape(2, 3))
        self.b = Parameter(np.ones(3))
        self.later = Parameter(None)


def _weights(rng: Random) -> bytes:
    arrays = {"W": _array(rng, (2, 3), "f4"), "b": _array(rng, (3,), "f8"), "later": _array(rng, (4,), "f4")}
    if rng.random() < 0.2:
        arrays[rng.choice(("more", "../W", "W/b", "W.npy", "", "b\n"))] = np.zeros(2)
    if rng.random() < 0.1:
        del arrays[rng.choice(list(arrays))]
    stream = io.BytesIO()
    packed = rng.random() < 0.5
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", 8 if packed else 0) as archive:
        warnings.simplefilter("ignore")  # of a name that comes twice
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", _npy(array, rng))
            if rng.random() < 0.03:
                archive.writestr(f"{name}.npy", _npy(array, rng))
    content = stream.getvalue()
    if rng.random() < 0.15:  # the sizes in the central directory, as in a bomb
        at = content.rfind(b"PK\x01\x02")
        sizes = struct.pack("<II", *rng.sample([100, 2**31, 2**32 - 1], 2))
        content = content[: at + 20] + sizes + content[at + 28 :]
    return damaged(content, rng) if rng.random() < 0.5 else content


DTYPES = ("c16", "U5", "S3", "M8[s]", "m8[D]", "i8", "?", "O", "f2", "g", ">f4", "V8", "i4,f8")


def _array(rng: Random, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Mostly what is wanted."""
    if rng.random() < 0.1:
        dtype = rng.choice(DTYPES)
    if rng.random() < 0.1:
        shape = rng.choice(((), (0,), (3, 2), (1,) * 20, (2, 3, 1), (1000, 1000)))
    array = np.zeros(shape, dtype)
    if array.dtype.kind == "f":
        array += rng.choice((1.5, np.nan, np.inf, 0.0))
    return array


def _npy(array: np.ndarray, rng: Random) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    content = stream.getvalue()
    if rng.random() < 0.15:  # a header that announces more than is there
        sizes = ", ".join(str(rng.choice((*HUGE, 0, 2, 3))) for _ in range(rng.randrange(1, 4)))
        content = content.replace(str(array.shape).encode(), f"({sizes},)".encode())
    return damaged(content, rng) if rng.random() < 0.2 else content


def _load_weights(path: Path) -> None:
    """Raises AssertionError where a refused file left something behind, or a good one was misread."""
    net = _Net()
    before = {name: (param.data, _bytes(param.data)) for name, param in _named(net)}
    try:
        net.load_weights(path)
    except (ValueError, OSError):
        for name, param in _named(net):
            data, content = before[name]
            assert param.data is data, f"{name} is another array"
            assert _bytes(data) == content, f"{name} has other values"
        raise
    found = _by_numpy(path)
    for name, param in _named(net):
        assert param.data is not None
        assert param.data.dtype.kind == "f", f"{name} is {param.data.dtype}"
        if name in found:
            np.testing.assert_array_equal(param.data, found[name].astype(param.data.dtype))
    assert net.W.shape == (2, 3)
    assert net.W.dtype == np.float32


def _by_numpy(path: Path) -> dict[str, np.ndarray]:
    """What NumPy reads there, which takes some headers for damaged that are whole."""
    with contextlib.suppress(Exception), np.load(path) as archive:
        return dict(archive)
    return {}


def _bytes(data: np.ndarray | None) -> bytes | None:
    return None if data is None else data.tobytes()


def _named(net: Layer) -> list[tuple[str, Parameter]]:
    return list(net.named_params())


# Data sets -------------------------------------------------------------------------------------------


def _idx(rng: Random) -> bytes:
    sizes = [rng.choice((0, 1, 2, 3, 5)) for _ in range(rng.randrange(4))]
    content = bytes(int(np.prod(sizes)))
    announced = [rng.choice(HUGE[:3]) if rng.random() < 0.1 else n for n in sizes]
    content = bytes([0, 0, 8, len(sizes)]) + struct.pack(f">{len(sizes)}I", *announced) + content
    if rng.random() < 0.4:
        content = damaged(content, rng)
    packed = gzip.compress(content, mtime=0)
    if rng.random() < 0.05:
        bomb = rng.random() < 0.02
        packed = gzip.compress(content[:8] + bytes(1 << 30), compresslevel=1) if bomb else packed * 3
    return damaged(packed, rng) if rng.random() < 0.5 else packed


def _load_idx(path: Path) -> None:
    assert read_idx(path).dtype == np.uint8


PLAIN, LINK = tarfile.REGTYPE, tarfile.SYMTYPE
TYPES = (*[PLAIN] * 6, LINK, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
TAR_SIZES = (b"77777777777\0", b"\x80" + bytes(3) + b"\x7f" + bytes(7), b"00000000000\0", b"\xff" * 12)


def _records(rng: Random) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=rng.choice((0, 1, 2))) as archive:
        for name in ("a", "b", "../c"):
            info = tarfile.TarInfo(name)
            info.size = rng.choice((3073, 3073, 6146, 0, 3072))
            info.type = rng.choice(TYPES)
            info.linkname = rng.choice(("a", "b", "/etc/passwd"))
            archive.addfile(info, io.BytesIO(bytes(info.size)) if info.isreg() else None)
    content = stream.getvalue()
    if rng.random() < 0.3:  # the size in a header, octal or base 256, with a right checksum
        head = bytearray(content[:512])
        head[124:136], head[148:156] = rng.choice(TAR_SIZES), b" " * 8
        if rng.random() < 0.3:
            head[156:157] = b"S"  # GNU sparse
        head[148:156] = b"%06o\0 " % sum(head)
        content = bytes(head) + content[512:]
    if rng.random() < 0.3:
        content = damaged(content, rng)
    packed = gzip.compress(content, compresslevel=1, mtime=0)
    return damaged(packed, rng) if rng.random() < 0.4 else packed


def _load_records(path: Path) -> None:
    images, labels = read_records(path, ["a", "b"], 1)
    assert len(images) == len(labels)
    assert images.shape[1:] == (3, 32, 32)


def _list(rng: Random) -> bytes:
    content = repr({k: f"name {k}" for k in range(1000)}).encode()
    if rng.random() < 0.1:
        nested = b"(" * 100_000, b"[" * 500, b"-" * 100_000, b"{0: " * 300
        content = rng.choice((*nested, b"9" * 100_000, b"\0", b"1e999"))
    return damaged(content, rng)


def _load_list(path: Path) -> None:
    class Served(ImageNet):
        url = path.as_uri()

    with contextlib.redirect_stderr(io.StringIO()):  # progress
        labels = Served.labels(cache_dir=path.parent / "cache")
    (path.parent / "cache" / path.name).unlink()
    assert sorted(labels) == list(range(1000))


def _cache(rng: Random) -> bytes:
    arrays = {"data": _array(rng, (2, 3), "f4"), "label": _array(rng, (2,), "i8")}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", 8) as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", _npy(array, rng))
    return damaged(stream.getvalue(), rng) if rng.random() < 0.6 else stream.getvalue()


def _load_cache(path: Path) -> None:
    kept = path.with_name(f"{path.name}.test.npz")
    kept.write_bytes(path.read_bytes())
    with mock.patch.dict(os.environ, DEZERO_CACHE=str(path.parent)):
        data, label = load_cache_npz(path.name)
    kept.unlink()
    assert data is not None
    assert label is not None
    assert data.dtype.kind in "biufc"


KINDS: dict[str, tuple[Callable[[Random], bytes], Callable[[Path], None]]] = {
    "weights": (_weights, _load_weights),
    "idx": (_idx, _load_idx),
    "records": (_records, _load_records),
    "cache": (_cache, _load_cache),
    "list": (_list, _load_list),
}
