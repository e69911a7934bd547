"""Loaders: every example once, batch shapes, shuffling, sides, sequences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezero import cuda
from dezero.dataloaders import DataLoader, SeqDataLoader
from dezero.datasets import Dataset


class Counting(Dataset):
    """Example i is [i, -i], its label i."""

    def __init__(self, length, labelled=True):
        self.length, self.labelled = length, labelled
        super().__init__()

    def prepare(self):
        numbers = np.arange(self.length)
        self.data = np.stack([numbers, -numbers], axis=1).astype(np.float32)
        self.label = numbers if self.labelled else None


@given(length=st.integers(0, 30), batch_size=st.integers(1, 12), shuffle=st.booleans())
def test_an_epoch_has_every_example_once(length, batch_size, shuffle):
    loader = DataLoader(Counting(length), batch_size, shuffle, rng=0)
    for _ in range(2):
        batches = list(loader)
        assert len(batches) == len(loader) == loader.max_iter
        assert all(len(t) == batch_size for x, t in batches[:-1])
        labels = [int(i) for x, t in batches for i in t]
        assert sorted(labels) == list(range(length))
        if not shuffle:
            assert labels == list(range(length))


def test_batches_are_arrays_and_the_last_may_be_smaller():
    batches = list(DataLoader(Counting(5), 2, shuffle=False))
    assert [x.shape for x, t in batches] == [(2, 2), (2, 2), (1, 2)]
    x, t = batches[1]
    np.testing.assert_array_equal(x, [[2, -2], [3, -3]])
    np.testing.assert_array_equal(t, [2, 3])
    assert (x.dtype, t.dtype) == (np.float32, np.int64)


def order(loader):
    return [int(i) for x, t in loader for i in t]


def test_each_epoch_is_shuffled_anew_and_repeatably():
    def two_epochs(rng):
        loader = DataLoader(Counting(20), 3, rng=rng)
        return order(loader), order(loader)

    first, second = two_epochs(1)
    assert first != second
    assert two_epochs(1) == (first, second)
    assert two_epochs(np.random.default_rng(1)) == (first, second)
    assert two_epochs(2) != (first, second)


def test_without_a_generator_numpys_global_seed_decides_as_in_the_book():
    legacy = np.random.mtrand._rand  # the generator behind numpy.random.seed
    state = legacy.get_state()
    try:
        legacy.seed(0)
        first = order(DataLoader(Counting(20), 3))
        legacy.seed(0)
        assert order(DataLoader(Counting(20), 3)) == first
    finally:
        legacy.set_state(state)


def test_a_loop_left_early_does_not_shorten_the_next():
    loader = DataLoader(Counting(6), 2, shuffle=False)
    for _, t in loader:
        assert t[0] == 0
        break
    assert order(loader) == [0, 1, 2, 3, 4, 5]


def test_next_and_reset():
    loader = DataLoader(Counting(3), 2, shuffle=False)
    assert loader.next()[1].tolist() == [0, 1]
    assert next(loader)[1].tolist() == [2]
    with pytest.raises(StopIteration):
        loader.next()
    assert loader.next()[1].tolist() == [0, 1]
    loader.reset()
    assert loader.next()[1].tolist() == [0, 1]


def test_a_dataset_without_labels_gives_none():
    x, t = next(DataLoader(Counting(4, labelled=False), 4, shuffle=False))
    assert x.shape == (4, 2)
    assert t is None


def test_a_plain_list_of_pairs_will_do():
    loader = DataLoader([(1.5, 0), (2.5, 1)], 2, shuffle=False)
    x, t = next(loader)
    assert (x.tolist(), t.tolist()) == ([1.5, 2.5], [0, 1])


@pytest.mark.parametrize("data_on_device", [False, True])
def test_batches_come_on_the_side_that_was_asked_for(data_on_device, device):
    dataset = Counting(4)
    if data_on_device:
        dataset.data = cuda.as_cupy(dataset.data)
    loader = DataLoader(dataset, 2, shuffle=False, gpu=True)
    x, t = next(loader)
    assert (type(x), type(t)) == (device.ndarray, device.ndarray)
    loader.to_cpu()
    x, t = next(loader)
    assert (type(x), type(t)) == (np.ndarray, np.ndarray)
    np.testing.assert_array_equal(x, [[2, -2], [3, -3]])
    loader.to_gpu()
    assert type(next(iter(loader))[0]) is device.ndarray


@given(length=st.integers(1, 30), batch_size=st.integers(1, 30))
def test_each_row_of_a_sequence_loader_runs_through_the_data(length, batch_size):
    if batch_size > length:
        with pytest.raises(ValueError, match="batch_size must be at most the length"):
            SeqDataLoader(Counting(length), batch_size)
        return
    batches = [t for x, t in SeqDataLoader(Counting(length), batch_size)]
    distance = length // batch_size
    assert len(batches) == -(-length // batch_size)
    for step, batch in enumerate(batches):
        assert batch.tolist() == [(row * distance + step) % length for row in range(batch_size)]


@pytest.mark.parametrize("kind", [DataLoader, SeqDataLoader])
@pytest.mark.parametrize("batch_size", [0, -1, 2.5, None])
def test_a_wrong_batch_size_is_refused(kind, batch_size):
    with pytest.raises(ValueError, match="batch_size must be an integer of 1 or more, got"):
        kind(Counting(4), batch_size)
