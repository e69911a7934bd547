"""Datasets that need no download: embedded (Digits) and made (Spiral, SinCurve)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import datasets
from dezero.datasets import Dataset, Digits, SinCurve, Spiral, get_digits, get_spiral


class Squares(Dataset):
    def prepare(self):
        self.data = np.arange(10) + (0 if self.train else 100)
        self.label = self.data**2


# Dataset


def test_transforms_apply_to_what_is_asked_for():
    dataset = Squares(transform=lambda x: x / 2, target_transform=str)
    assert dataset[3] == (1.5, "9")
    assert dataset[np.int64(-1)] == (4.5, "81")
    assert (len(dataset), dataset.data[3]) == (10, 3)
    assert Squares(train=False)[0] == (100, 10_000)


def test_a_dataset_is_iterable_and_may_lack_labels():
    class Unlabelled(Squares):
        def prepare(self):
            self.data = [7, 8]

    assert list(Unlabelled()) == [(7, None), (8, None)]


@pytest.mark.parametrize("index", [slice(2), 1.0, "1", None, [1]])
def test_an_index_is_one_integer(index):
    with pytest.raises(TypeError, match=r"Squares\[index\]: index must be an integer"):
        Squares()[index]


def test_an_index_out_of_range_and_a_missing_prepare():
    with pytest.raises(IndexError):
        Squares()[10]
    with pytest.raises(NotImplementedError, match=r"Dataset\.prepare is not written"):
        Dataset()


# Digits


def test_digits_are_the_1797_of_uci():
    images, labels = get_digits()
    assert (images.shape, images.dtype, labels.dtype) == ((1797, 1, 8, 8), np.uint8, np.int64)
    assert (images.min(), images.max()) == (0, 16)
    # Counts and first image as documented with scikit-learn's load_digits.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert images[0, 0, :2].tolist() == [[0, 0, 5, 13, 9, 1, 0, 0], [0, 0, 13, 15, 10, 15, 5, 0]]
    assert labels[:10].tolist() == list(range(10))


def test_digits_equal_scikit_learns_with_its_split():
    sklearn_datasets = pytest.importorskip("sklearn.datasets", reason="needs scikit-learn")
    from sklearn.model_selection import train_test_split

    reference = sklearn_datasets.load_digits()
    images, labels = get_digits()
    np.testing.assert_array_equal(images[:, 0], reference.images)
    np.testing.assert_array_equal(labels, reference.target)
    train, test = train_test_split(np.arange(1797), test_size=360, random_state=0)
    np.testing.assert_array_equal(get_digits("train")[0], images[np.sort(train)])
    np.testing.assert_array_equal(get_digits("test")[0], images[np.sort(test)])


def test_digits_come_as_vectors_in_the_unit_range_or_untouched():
    x, t = Digits()[0]
    assert (x.shape, x.dtype, t) == ((64,), np.float32, 0)
    assert (x.min(), x.max()) == (0, 15 / 16)
    raw, _ = Digits(transform=None)[0]
    assert (raw.shape, raw.dtype, raw.max()) == ((1, 8, 8), np.uint8, 15)


def test_digits_held_back_are_not_trained_on():
    train, test, everything = Digits(), Digits(train=False), Digits(split="all")
    assert (len(train), len(test), len(everything)) == (1437, 360, 1797)
    rows = [{image.tobytes() for image in part.data} for part in (train, test, everything)]
    assert rows[0] | rows[1] == rows[2]
    assert not rows[0] & rows[1]
    assert np.bincount(test.label).min() >= 25
    assert (train.train, test.train, Digits(split="test").train) == (True, False, False)
    with pytest.raises(ValueError, match=r"split must be one of .* got 'valid'"):
        Digits(split="valid")


def test_a_dataset_is_its_own_copy():
    Digits().data[:] = 0
    assert Digits().data.any()


# Spiral and SinCurve


def test_spiral_has_the_books_points():
    x, t = get_spiral()
    assert (x.shape, x.dtype, t.shape) == ((300, 2), np.float32, (300,))
    # Drawn one by one as in the book's step 48.
    rng = np.random.RandomState(1984)
    points = []
    for arm in range(3):
        for i in range(100):
            theta = arm * 4.0 + 4.0 * (i / 100) + rng.randn() * 0.2
            points.append((i / 100 * np.sin(theta), i / 100 * np.cos(theta), arm))
    expected = np.array(points)[rng.permutation(300)]
    np.testing.assert_array_equal(x, expected[:, :2].astype(np.float32))
    np.testing.assert_array_equal(t, expected[:, 2])


def test_spiral_parts_differ_and_repeat():
    train, test = Spiral(), Spiral(train=False)
    assert len(train) == len(test) == 300
    assert not np.array_equal(train.data, test.data)
    np.testing.assert_array_equal(train.data, Spiral().data)
    x, t = train[0]
    assert (x.shape, t in (0, 1, 2)) == ((2,), True)


def test_sin_curve_predicts_one_ahead():
    train, test = SinCurve(), SinCurve(train=False)
    angle = np.linspace(0, 2 * np.pi, 1000)
    np.testing.assert_array_equal(train.data[1:], train.label[:-1])
    np.testing.assert_array_equal(test.data[:, 0], np.cos(angle)[:-1])
    noise = train.data[:, 0] - np.sin(angle)[:-1]
    assert 0.04 < np.abs(noise).max() <= 0.05
    np.testing.assert_array_equal(train.data, SinCurve().data)


@pytest.mark.parametrize("make", [Spiral, SinCurve, lambda: Spiral(train=False)])
def test_making_data_leaves_numpys_global_state_alone(make):
    legacy = np.random.mtrand._rand
    before = legacy.get_state()[1].tolist()
    make()
    assert legacy.get_state()[1].tolist() == before


# Pictures of image datasets


@given(row=st.integers(1, 3), col=st.integers(1, 3))
def test_a_mosaic_is_made_of_whole_images(row, col):
    digits = Digits(train=False)
    picture = digits.mosaic(row, col, rng=0)
    assert picture.shape == (8 * row, 8 * col)
    images = {image.tobytes() for image in digits.data}
    for i in range(row):
        for j in range(col):
            assert picture[8 * i : 8 * i + 8, 8 * j : 8 * j + 8].tobytes() in images


def test_show_draws_the_mosaic(monkeypatch):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(pyplot.gcf()))
    Digits().show(row=2, col=3)
    assert shown[0].axes[0].images[0].get_array().shape == (16, 24)
    pyplot.close("all")


def test_the_package_exports_what_it_lists():
    assert all(hasattr(datasets, name) for name in datasets.__all__)
