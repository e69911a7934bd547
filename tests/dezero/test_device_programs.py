"""What programs do besides training, on a device: pictures, reprs, protocols, checks, loaders, transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, cuda, from_dlpack, transforms, utils
from dezero.utils import gradient_check


def three(device: Any) -> Variable:
    return Variable(device.asarray(np.array([1.0, 2.0, 3.0])), "x")


def test_numpys_functions_of_variables(device: Any) -> None:
    x = three(device)
    for y in (np.exp(x), np.sum(x), np.stack([x, x]), np.float64(2) * x, x * 2, np.concatenate([x, x])):
        assert isinstance(y, Variable)
        assert type(y.data) is device.ndarray
    assert type(np.isfinite(x)) is type(x < 2) is device.ndarray


def test_memory_is_shared_by_dlpack(device: Any) -> None:
    x = three(device)
    other = from_dlpack(x)
    other.data[0] = 7
    assert float(x[0]) == 7


def test_a_graph_with_arrays_on_the_device_is_drawn(device: Any) -> None:
    x = three(device)
    y = F.sum(x * x)
    y.backward(create_graph=True)
    for verbose in (False, True):
        assert "Mul" in utils.get_dot_graph(y, verbose=verbose)
        assert "Mul" in utils.get_dot_graph(x.grad, verbose=verbose)


@pytest.mark.parametrize("values", [2.5, [1.0, 2.0], np.zeros((2, 3, 4)), np.zeros((0, 2)), range(50)])
def test_a_notebook_shows_arrays_on_the_device_as_those_on_the_host(device: Any, values: Any) -> None:
    host = np.array(values)
    there = Variable(device.asarray(host))._repr_html_()
    assert ", gpu," in there
    assert there.replace(", gpu,", ", cpu,") == Variable(host)._repr_html_()


def test_only_what_a_notebook_shows_leaves_the_device(device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = Variable(device.asarray(np.arange(10_000.0).reshape(100, 100)))
    moved: list[int] = []
    as_numpy = cuda.as_numpy
    monkeypatch.setattr(cuda, "as_numpy", lambda array: moved.append(array.size) or as_numpy(array))
    assert "<td>9999</td>" in x._repr_html_()
    assert moved == [25] * 4


def test_errors_name_the_function_and_its_arrays(device: Any) -> None:
    with pytest.raises(ValueError, match=r"^add: cannot take x0 float64\[3\], x1 float64\[2\]: .*shape"):
        three(device) + Variable(device.asarray(np.ones(2)))


def test_the_books_helpers(device: Any) -> None:
    x = three(device).data
    assert gradient_check(F.tanh, x)
    assert utils.array_equal(x, np.array([1.0, 2.0, 3.0]))
    assert utils.array_allclose(x, x + 1e-9)
    wanted = np.log(np.exp([1.0, 2, 3]).sum())
    assert utils.logsumexp(x.reshape(1, 3)).item() == pytest.approx(wanted)
    assert utils.sum_to(x, (1,)).tolist() == [6]


def test_transforms_of_arrays_stay_on_the_device(device: Any) -> None:
    image = device.asarray(np.arange(12, dtype=np.uint8).reshape(3, 2, 2))
    for transform in (
        transforms.Compose([transforms.ToFloat(), transforms.Normalize([1, 2, 3], 2), transforms.Flatten()]),
        transforms.ToArray(),
        transforms.RandomHorizontalFlip(1.0),
        transforms.ToInt(),
    ):
        there = transform(image)
        assert type(there) is device.ndarray
        np.testing.assert_array_equal(cuda.as_numpy(there), transform(cuda.as_numpy(image)))
    pytest.importorskip("PIL")
    assert transforms.ToPIL()(image).size == (2, 2)


def test_unchained_graphs_and_detached_values(device: Any) -> None:
    x = three(device)
    y = F.sum(x.data * x) + F.sum(x)
    y.unchain_backward()
    y.backward()
    assert type(y.grad.data) is device.ndarray
    x.to_cpu()
    assert type(x.data) is np.ndarray
    x.to_gpu()
    assert cuda.get_array_module(x) is device
