"""Downloaded datasets, from small files in the true formats that a folder serves."""

import gzip
import hashlib
import io
import pickle
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from dezero.datasets import CIFAR10, CIFAR100, MNIST, ImageNet, Shakespear, Shakespeare
from dezero.datasets.formats import read_idx, read_records
from dezero.utils import ChecksumError, DownloadError

# IDX


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


@given(array=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)))
def test_idx_is_read_back(array, tmp_path_factory):
    path = tmp_path_factory.mktemp("idx") / "array.gz"
    path.write_bytes(gzip.compress(idx(array)))
    np.testing.assert_array_equal(read_idx(path), array)


GOOD_IDX = idx(np.arange(6, dtype=np.uint8).reshape(2, 3))
BROKEN_IDX = {
    "too short": (gzip.compress(GOOD_IDX[:-1]), r"shape \(2, 3\), but holds 5 elements"),
    "too long": (gzip.compress(GOOD_IDX + b"x"), r"shape \(2, 3\), but holds more than 6 elements"),
    "header cut": (gzip.compress(GOOD_IDX[:6]), "ends before the sizes of its 2 axes"),
    "floats": (gzip.compress(b"\0\0\x0d\1" + GOOD_IDX[4:]), "start with 00 00 08.*00 00 0d 01"),
    "empty": (gzip.compress(b""), "must start with 00 00 08"),
    "gzip cut": (gzip.compress(GOOD_IDX)[:-9], "no whole gzip file"),
    "gzip damaged": (gzip.compress(GOOD_IDX)[:10] + b"\xff" * 20, "no whole gzip file"),
    "not zipped": (GOOD_IDX, "no whole gzip file"),
    "a web page": (b"<html>not found</html>", "no whole gzip file"),
}


@pytest.mark.parametrize("defect", BROKEN_IDX)
def test_a_broken_idx_file_is_refused(defect, tmp_path):
    path = tmp_path / "broken.gz"
    content, message = BROKEN_IDX[defect]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx(path)


# CIFAR archives


def tar_of(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def records(rng, count, label_bytes, classes):
    labels = rng.integers(classes, size=(count, label_bytes), dtype=np.uint8)
    pixels = rng.integers(256, size=(count, 3072), dtype=np.uint8)
    return np.concatenate([labels, pixels], axis=1)


def test_records_are_read_in_the_order_of_their_members(tmp_path):
    rng = np.random.default_rng(0)
    first, second = records(rng, 2, 1, 10), records(rng, 1, 1, 10)
    members = {"b": second.tobytes(), "a": first.tobytes(), "c": b"?"}
    images, labels = read_records(tar_of(tmp_path / "x.tar.gz", members), ["a", "b"], 1)
    both = np.concatenate([first, second])
    np.testing.assert_array_equal(labels, both[:, :1])
    # Red plane first, each plane row by row.
    np.testing.assert_array_equal(images[2, 0, 0], second[0, 1:33])
    np.testing.assert_array_equal(images.reshape(3, -1), both[:, 1:])


def test_a_broken_archive_is_refused(tmp_path):
    path = tar_of(tmp_path / "x.tar.gz", {"a": bytes(3073), "short": bytes(3072)})
    with pytest.raises(ValueError, match="'b' not found"):
        read_records(path, ["b"], 1)
    with pytest.raises(ValueError, match="short is no plain file of records of 3073 bytes"):
        read_records(path, ["short"], 1)
    damaged = path.read_bytes()[:12] + b"\xff" * 30
    for content in (path.read_bytes()[:60], damaged, b"no archive", b""):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"x\.tar\.gz"):
            read_records(path, ["a"], 1)


class Bomb:
    """Unpickling it would create a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_pickle_is_never_executed(tmp_path):
    trace = tmp_path / "executed"
    bomb = pickle.dumps(Bomb(trace))
    members = {"cifar-10-batches-bin/test_batch.bin": bomb, "cifar-10-batches-py/test_batch": bomb}
    source = tmp_path / "source"
    source.mkdir()
    with pytest.raises(ValueError, match="no plain file of records"):
        serve(CIFAR10, source, tmp_path / "cache", tar=members)(train=False)
    assert not trace.exists()


# Whole datasets, from a folder that plays the server


def serve(kind, folder, cache, *, tar=None, files=None):
    """A form of the dataset that downloads its files, with fitting checksums, from `folder`."""
    if tar is not None:
        (name,) = kind.sha256
        tar_of(folder / name, tar)
    for name, content in (files or {}).items():
        (folder / name).write_bytes(content)
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    served = type(kind.__name__, (kind,), {"url": folder.as_uri() + "/", "sha256": sums})
    return lambda **options: served(cache_dir=cache, **options)


@pytest.fixture
def folders(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    return source, tmp_path / "cache"


def mnist_files(count=3):
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(count, 28, 28), dtype=np.uint8)
    labels = np.arange(count, dtype=np.uint8)
    return {
        f"{part}-{kind}-ubyte.gz": gzip.compress(idx(array))
        for part in ("train", "t10k")
        for kind, array in (("images-idx3", images), ("labels-idx1", labels))
    }, images


def test_mnist(folders):
    files, images = mnist_files()
    mnist = serve(MNIST, *folders, files=files)
    for train in (True, False):
        dataset = mnist(train=train, transform=None)
        x, t = dataset[2]
        assert (len(dataset), x.shape, x.dtype, t) == (3, (1, 28, 28), np.uint8, 2)
        np.testing.assert_array_equal(dataset.data[:, 0], images)
    x, _ = mnist()[0]
    assert (x.shape, x.dtype) == ((784,), np.float32)
    np.testing.assert_allclose(x, images[0].ravel() / 255, rtol=1e-6)
    assert MNIST.labels()[7] == "7"


def test_a_downloaded_dataset_is_read_from_the_cache_afterwards(folders):
    source, cache = folders
    mnist = serve(MNIST, source, cache, files=mnist_files()[0])
    mnist()
    assert sorted(p.name for p in cache.iterdir()) == [
        "train-images-idx3-ubyte.gz",
        "train-images-idx3-ubyte.gz.sha256",
        "train-labels-idx1-ubyte.gz",
        "train-labels-idx1-ubyte.gz.sha256",
    ]
    for path in source.iterdir():
        path.unlink()
    assert len(mnist()) == 3
    with pytest.raises(DownloadError, match=r"could not download .*t10k-images"):
        mnist(train=False)


def test_a_file_with_another_checksum_is_refused_and_not_kept(folders):
    source, cache = folders
    mnist = serve(MNIST, source, cache, files=mnist_files()[0])
    changed = source / "train-images-idx3-ubyte.gz"
    changed.write_bytes(gzip.compress(b"something else"))
    with pytest.raises(ChecksumError, match="has SHA-256"):
        mnist()
    assert list(cache.iterdir()) == []


def test_cifar10(folders):
    rng = np.random.default_rng(1)
    batches = [records(rng, 2, 1, 10) for _ in range(6)]
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    pairs = zip(names, batches, strict=True)
    tar = {f"cifar-10-batches-bin/{name}": batch.tobytes() for name, batch in pairs}
    cifar = serve(CIFAR10, *folders, tar=tar)
    train, test = cifar(transform=None), cifar(train=False)
    whole = np.concatenate(batches[:5])
    np.testing.assert_array_equal(train.data.reshape(10, -1), whole[:, 1:])
    np.testing.assert_array_equal(train.label, whole[:, 0])
    assert train[0][0].dtype == np.uint8
    x, t = test[1]
    assert (len(test), x.shape, x.dtype, t) == (2, (3, 32, 32), np.float32, batches[5][1, 0])
    assert CIFAR10.labels()[9] == "truck"


@pytest.mark.parametrize(("label_type", "column"), [("coarse", 0), ("fine", 1)])
def test_cifar100(folders, label_type, column):
    rng = np.random.default_rng(2)
    train, test = records(rng, 3, 2, 20), records(rng, 2, 2, 20)
    parts = (("train", train), ("test", test))
    tar = {f"cifar-100-binary/{name}.bin": part.tobytes() for name, part in parts}
    cifar = serve(CIFAR100, *folders, tar=tar)
    np.testing.assert_array_equal(cifar(label_type=label_type).label, train[:, column])
    np.testing.assert_array_equal(cifar(train=False).data.reshape(2, -1), test[:, 2:])


def test_cifar100_names():
    assert len(set(CIFAR100.labels().values())) == 100
    assert len(set(CIFAR100.labels("coarse").values())) == 20
    assert (CIFAR100.labels()[0], CIFAR100.labels()[99]) == ("apple", "worm")
    with pytest.raises(ValueError, match="label_type must be 'fine' or 'coarse', got 'medium'"):
        CIFAR100(label_type="medium")


def test_imagenet_labels(folders, monkeypatch):
    source, cache = folders
    names = {i: f"name {i}, 'quoted'" for i in range(1000)}
    (source / "labels.txt").write_text(repr(names))
    monkeypatch.setattr(ImageNet, "url", (source / "labels.txt").as_uri())
    assert ImageNet.labels(cache) == names


@pytest.mark.parametrize("text", ["{0: 'one'}", "print('executed')", "[1, 2]", "{0:"])
def test_other_imagenet_labels_are_refused_unexecuted(text, folders, monkeypatch, capsys):
    source, cache = folders
    (source / "labels.txt").write_text(text)
    monkeypatch.setattr(ImageNet, "url", (source / "labels.txt").as_uri())
    with pytest.raises(ValueError, match=r"ImageNet\.labels: .*it was not kept"):
        ImageNet.labels(cache)
    assert capsys.readouterr().out == ""
    assert list(cache.iterdir()) == []


def test_shakespear(folders, monkeypatch):
    source, cache = folders
    content = "to be or not to bé".encode()
    (source / "input.txt").write_bytes(content)
    monkeypatch.setattr(Shakespear, "url", (source / "input.txt").as_uri())
    monkeypatch.setattr(Shakespear, "sha256", hashlib.sha256(content).hexdigest())
    dataset = Shakespeare(cache_dir=cache)
    text = "".join(dataset.id_to_char[i] for i in dataset.data)
    assert text == "to be or not to b"
    assert [dataset.char_to_id[c] for c in "to b"] == [0, 1, 2, 3]
    assert dataset[len(dataset) - 1][1] == dataset.char_to_id["é"]
    np.testing.assert_array_equal(dataset.data[1:], dataset.label[:-1])
    assert (cache / "shakespear.txt").exists()


@pytest.mark.parametrize("kind", [MNIST, CIFAR10, CIFAR100])
def test_downloads_are_checked_and_encrypted(kind):
    assert kind.url.startswith("https://")
    assert all(len(bytes.fromhex(checksum)) == 32 for checksum in kind.sha256.values())


def test_colour_mosaics_have_channels_last(folders):
    content = records(np.random.default_rng(0), 1, 1, 10).tobytes()
    tar = {"cifar-10-batches-bin/test_batch.bin": content}
    dataset = serve(CIFAR10, *folders, tar=tar)(train=False)
    picture = dataset.mosaic(1, 2)
    np.testing.assert_array_equal(picture[:, 32:], dataset.data[0].transpose(1, 2, 0))
