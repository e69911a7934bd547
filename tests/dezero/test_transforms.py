"""Transforms: values, shapes, dtypes and sides; Pillow is asked for only when an image comes."""

import builtins
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dezero import transforms
from dezero.transforms import (
    AsType,
    CenterCrop,
    Compose,
    Convert,
    Flatten,
    Normalize,
    RandomHorizontalFlip,
    Resize,
    ToArray,
    ToFloat,
    ToInt,
    ToPIL,
)

IMAGES = hnp.arrays(np.uint8, st.tuples(st.sampled_from([1, 3, 4]), st.just(5), st.just(4)))


def colours(*pixels):
    """A picture of one row."""
    pillow = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    return pillow.fromarray(np.array([pixels], np.uint8))


@given(image=IMAGES)
def test_an_image_survives_the_way_to_pillow_and_back(image):
    pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    back = ToArray(np.uint8)(ToPIL()(image))
    np.testing.assert_array_equal(back, image)


def test_to_array_gives_channels_first_in_float32():
    array = ToArray()(colours([1, 2, 3], [4, 5, 6]))
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, [[[1, 4]], [[2, 5]], [[3, 6]]])
    assert ToArray()(colours(7, 8)).shape == (1, 1, 2)


def test_to_array_lets_arrays_pass_and_refuses_the_rest():
    pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    array = np.arange(3)
    assert ToArray()(array) is array
    with pytest.raises(TypeError, match="ToArray: img must be a Pillow image or an array"):
        ToArray()([1, 2])


@pytest.mark.parametrize(
    "array", [np.zeros((3, 2, 2)), np.zeros((2, 2), np.uint8), np.zeros((2, 4, 4), np.uint8)]
)
def test_to_pil_refuses_what_is_no_picture(array):
    with pytest.raises(ValueError, match=r"ToPIL: array must be uint8 of shape \(C, H, W\)"):
        ToPIL()(array)


def test_convert():
    image = colours([1, 2, 3])
    assert Convert("BGR")(image).getpixel((0, 0)) == (3, 2, 1)
    assert Convert()(Convert("L")(image)).mode == "RGB"


def test_resize_takes_width_and_height():
    image = colours([0, 0, 0], [90, 90, 90])
    assert Resize((6, 2))(image).size == (6, 2)
    assert Resize(4)(image).size == (4, 4)
    # Nearest neighbour keeps the two colours, bilinear (the default) makes some between.
    assert set(np.asarray(Resize((6, 1), mode=0)(image)).ravel()) == {0, 90}
    assert len(set(np.asarray(Resize((6, 1))(image)).ravel())) > 2


@given(width=st.integers(1, 9), height=st.integers(1, 9), size=st.integers(1, 9))
def test_center_crop(width, height, size):
    pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    image = ToPIL()(np.full((1, height, width), 255, np.uint8))
    cropped = np.asarray(CenterCrop(size)(image))
    assert cropped.shape == (size, size)
    inside = min(size, width) * min(size, height)
    assert np.count_nonzero(cropped) == inside


def test_center_crop_takes_the_middle():
    cropped = CenterCrop((1, 1))(colours(10, 20, 30))
    assert np.asarray(cropped).tolist() == [[20]]


def test_random_flip_mirrors_images_and_arrays_alike():
    image = colours([1, 1, 1], [2, 2, 2], [3, 3, 3])
    array = ToArray()(image)
    flip = RandomHorizontalFlip(p=1.0)
    np.testing.assert_array_equal(ToArray()(flip(image)), array[:, :, ::-1])
    np.testing.assert_array_equal(flip(array), array[:, :, ::-1])
    assert RandomHorizontalFlip(p=0.0)(image) is image


def test_random_flip_is_repeatable_and_as_frequent_as_asked():
    def flips(seed):
        flip = RandomHorizontalFlip(p=0.25, rng=seed)
        return [flip(np.array([0, 1]))[0] for _ in range(1000)]

    assert flips(3) == flips(3)
    assert flips(3) != flips(4)
    assert 200 < sum(flips(3)) < 300
    with pytest.raises(ValueError, match=r"p must be a number from 0 to 1, got 1\.5"):
        RandomHorizontalFlip(1.5)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("mean", "std"), [(2, 4), ([1, 2], [4, 8]), (np.float64(1), [2.0])])
def test_normalize(dtype, mean, std):
    array = np.arange(12).reshape(2, 2, 3).astype(dtype)
    before = array.copy()
    result = Normalize(mean, std)(array)
    m, s = (np.broadcast_to(np.ravel(v), 2).reshape(2, 1, 1) for v in (mean, std))
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, (np.arange(12).reshape(2, 2, 3) - m) / s)
    np.testing.assert_array_equal(array, before)


def test_normalize_makes_integers_float32():
    assert Normalize(0.0, 255.0)(np.array([51], np.uint8)).dtype == np.float32


def test_normalize_refuses_a_wrong_number_of_channels():
    for options in ({"mean": [1, 2, 3]}, {"std": [[1, 2]]}):
        with pytest.raises(ValueError, match="must be one number or 2, one for each channel"):
            Normalize(**options)(np.zeros((2, 4)))


def test_flatten_and_casts():
    array = np.array([[1.5, -2.5]])
    flat = Flatten()(array)
    flat[0] = 9
    assert array[0, 0] == 1.5
    assert ToInt()(array).tolist() == [[1, -2]]
    assert ToInt(np.int8)(array).dtype == np.int8
    assert ToFloat()(np.arange(2)).dtype == np.float32
    assert AsType(np.float16)(array).dtype == np.float16


def test_compose_keeps_the_order_and_does_nothing_when_empty():
    assert Compose([ToFloat(), Normalize(1, 2), Flatten()])(np.full((1, 2), 5)).tolist() == [2, 2]
    assert Compose()("as it is") == "as it is"


@pytest.mark.parametrize("transform", [ToPIL(), Convert("BGR"), RandomHorizontalFlip(p=1.0)])
def test_without_pillow_the_message_says_what_to_install(transform, monkeypatch):
    real_import = builtins.__import__

    def without_pillow(name, *args, **kwargs):
        if name.partition(".")[0] == "PIL":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    image = np.zeros((3, 2, 2), np.uint8) if isinstance(transform, ToPIL) else colours([1, 2, 3])
    monkeypatch.setattr(builtins, "__import__", without_pillow)
    with pytest.raises(ImportError, match=r"needs Pillow.*install dezero-gradcheck\[images\]"):
        transform(image)


def test_pillow_is_not_imported_with_the_module():
    source = f"import sys, {transforms.__name__}; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source]).returncode == 0
