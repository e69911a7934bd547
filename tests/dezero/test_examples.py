"""Each example in its short form: it learns, says so, and saves its picture."""

import importlib
import io
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import dezero
from dezero import examples
from dezero.examples import (
    digits,
    gan,
    grad_cam,
    newton,
    sine_lstm,
    spiral,
    style_transfer,
    vae,
)
from dezero.examples._progress import progress

ALL = [digits, gan, grad_cam, newton, sine_lstm, spiral, style_transfer, vae]
PNG = b"\x89PNG"


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Run an example in its short form in an empty folder; its result and what it printed.

    The cache of downloads is empty.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path / "cache"))

    def run(module, *options):
        pytest.importorskip("matplotlib")
        found = module.main(["--quick", "--out", "picture.png", *options])
        assert (tmp_path / "picture.png").read_bytes().startswith(PNG)
        out, err = capfd.readouterr()
        assert "picture: picture.png" in out
        return found, out, err

    return run


def test_spiral(run):
    found, out, err = run(spiral)
    assert found["train"] > 0.9
    assert found["test"] > 0.85
    assert f"{found['train']:.1%} of the points seen" in out
    assert "spiral 150/150: loss " in err


def test_digits_are_read_as_well_as_promised(run):
    found, out, err = run(digits, "--epochs", "9")
    assert found["mlp"] > 0.97
    assert found["cnn"] > 0.98
    assert f"the MLP reads {found['mlp']:.2%}" in out
    assert "MLP 6/6: loss " in err
    assert "CNN, small steps 3/3: loss " in err


def test_sine_lstm(run):
    found, out, _ = run(sine_lstm)
    assert found["train"] < 0.02
    assert found["test"] < 0.01
    assert f"{found['test']:.5f} on the cosine" in out


def test_gan(run):
    found, _, _ = run(gan, "--epochs", "1")
    assert found["after"] < 0.9 * found["before"]
    assert found["variety"] > 0.005


def test_vae(run):
    found, _, _ = run(vae, "--epochs", "8")
    assert found["error"] < 0.8 * found["mean image"]


def test_grad_cam_finds_what_matters(run):
    found, _, _ = run(grad_cam)
    assert found["whole"] > 0.93
    assert found["without hottest"] < found["without coldest"] - 0.1


def test_newton_needs_a_handful_of_steps(run):
    found, out, _ = run(newton)
    assert found["newton"] <= 10
    assert found["gradient descent"] == 2000
    assert "newton: 4 steps" in out


def test_style_transfer_says_that_its_weights_are_random(run):
    found, out, _ = run(style_transfer)
    assert found["result from style"] < 0.5 * found["content from style"]
    assert found["result from content"] < 0.6
    assert "VGG16's weights are not at" in out
    assert "RANDOM" in out


def test_style_transfer_reads_pictures(run, tmp_path):
    image_module = pytest.importorskip("PIL.Image")
    image_module.new("RGB", (40, 30), (250, 10, 10)).save(tmp_path / "red.png")
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    image_module.fromarray(noise).save(tmp_path / "noise.png")
    options = ["--content", "red.png", "--style", "noise.png", "--size", "16", "--epochs", "2"]
    found, _, _ = run(style_transfer, *options)
    assert found["style from style"] == 0.0
    assert found["content from content"] == 0.0


def test_style_transfer_says_why_a_download_failed(monkeypatch, capsys):
    from dezero.models import vgg
    from dezero.utils import DownloadError

    def offline(*_args):
        raise DownloadError("no connection")

    monkeypatch.setattr(vgg.VGG16, "load_pretrained", offline)
    _, weights = style_transfer.load_vgg(download=True)
    out = capsys.readouterr().out
    assert weights == "random weights"
    assert "no connection" in out
    assert "RANDOM" in out


def test_pictures_go_to_vgg_and_back():
    picture = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype(float)
    x = style_transfer.to_input(picture)
    assert (x.shape, x.dtype) == ((1, 3, 5, 4), np.float32)
    np.testing.assert_array_equal(style_transfer.to_picture(x), picture)
    image_module = pytest.importorskip("PIL.Image")
    image = image_module.fromarray(picture.astype(np.uint8))
    np.testing.assert_array_equal(dezero.models.VGG16.preprocess(image, size=None), x[0])


def test_the_list_of_examples_is_complete():
    modules = {name for _, name, _ in pkgutil.iter_modules(examples.__path__)}
    assert {f"dezero.examples.{name}" for name in modules if not name.startswith("_")} == {
        module.__name__ for module in ALL
    }
    table = examples.__doc__.strip().rpartition("\n\n")[2]
    listed = {line.split()[0] for line in table.splitlines()}
    assert listed == {module.__name__.rpartition(".")[2] for module in ALL}


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.__name__.rpartition(".")[2])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epochs", "0"], "--epochs must be at least 1, got 0"),
        (["--out", "picture"], "--out must end in one of .png"),
        (["--out", "nowhere/picture.png"], "there is no folder 'nowhere'"),
    ],
)
def test_misuse_ends_before_any_work(module, options, message, capsys):
    with pytest.raises(SystemExit) as ended:
        module.main(options)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_module_runs_as_a_program(tmp_path):
    pytest.importorskip("matplotlib")
    target = tmp_path / "valley.svg"
    command = [sys.executable, "-m", "dezero.examples.newton", "--epochs", "50", "--out", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "gradient descent: 50 steps" in done.stdout
    assert target.read_text().startswith("<?xml")


def test_without_matplotlib_the_numbers_come_all_the_same(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    target = tmp_path / "spiral.png"
    found = spiral.main(["--epochs", "1", "--out", str(target)])
    out, err = capsys.readouterr()
    assert set(found) == {"train", "test"}
    assert "matplotlib is not installed, so no picture will be drawn" in err
    assert "dezero-gradcheck[examples]" in err
    assert "picture:" not in out
    assert not target.exists()


def test_the_same_seed_gives_the_same_result(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # pictures would take most of the time
    out = str(tmp_path / "spiral.png")
    one, again, other = (spiral.main(["--epochs", "3", "--out", out, "--seed", seed]) for seed in "001")
    assert one == again
    assert one != other


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_on_a_terminal_there_is_a_bar():
    pytest.importorskip("rich")
    stream = Terminal()
    with progress(3, "train", stream) as advance:
        for note in ("a", "b", "c"):
            advance(note)
    assert "3/3" in stream.getvalue()
    assert "train 1/3: a" not in stream.getvalue()


def test_without_rich_a_terminal_gets_lines(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)
    stream = Terminal()
    with progress(1, "train", stream) as advance:
        advance("done")
    assert stream.getvalue() == "train 1/1: done\n"


def test_elsewhere_there_are_about_ten_lines_and_always_the_last():
    stream = io.StringIO()
    with progress(57, "train", stream) as advance:
        for i in range(57):
            advance(str(i))
    lines = stream.getvalue().splitlines()
    assert 10 <= len(lines) <= 12
    assert lines[-1] == "train 57/57: 56"


def test_examples_import_without_what_only_pictures_need():
    """matplotlib, Pillow and rich load when used: see also the imports in a fresh process."""
    for module in ALL:
        names = vars(importlib.import_module(module.__name__))
        assert not {"matplotlib", "PIL", "rich", "Figure", "Image"} & set(names)
