"""One picture's content in another's style, by VGG16 (Gatys, Ecker and Bethge, arXiv:1508.06576).

The weights that VGG16 learned are used where they are in the cache, or may be downloaded. Where they
cannot be had random ones stand in, as in "What is a random network good for" of He, Wang and Hopcroft
(arXiv:1606.04801): those carry colours and texture, but know no objects.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import dezero.functions as F
from dezero.config import no_grad
from dezero.core import Parameter, Variable
from dezero.examples._progress import progress
from dezero.examples._shared import make_parser, parse, save_picture
from dezero.models import VGG16
from dezero.models.vgg import BLOCKS, MEAN_BGR
from dezero.optimizers import Adam
from dezero.utils import DownloadError, default_cache_dir

STYLE = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")
CONTENT = "conv3_3"
DEPTH = 4  # blocks of VGG16: no layer after conv4_1 is asked for
STYLE_WEIGHT, STEP = 10.0, 4.0
MEAN = np.array(MEAN_BGR, np.float32)[:, None, None]

Features = Callable[[Any], dict[str, Variable]]


def load_vgg(download: bool) -> tuple[VGG16, str]:
    """VGG16, and what its weights are."""
    path = os.path.join(default_cache_dir(), "vgg16.npz")
    if download or os.path.exists(path):
        try:
            return VGG16(pretrained=True), "VGG16's weights"
        except DownloadError as error:
            print(error)
    else:
        print(f"VGG16's weights are not at {path}; with --download they are fetched, 528 MB")
    print("so the features are those of RANDOM weights: texture, but no notion of objects")
    return VGG16(), "random weights"


def features_of(model: VGG16) -> Features:
    """A function of x (1, 3, H, W) that gives the features of the first convolutions, by name.

    The weights are constants in it. Pooling takes averages, as its authors advise for pictures.
    """
    constants: dict[str, tuple[Any, Any]] = {}

    def convolve(name: str, x: Any) -> Variable:
        if name not in constants:
            layer = getattr(model, name)
            with no_grad():
                layer(x)  # sizes random weights
            constants[name] = layer.W.data, layer.b.data
        return F.relu(F.conv2d(x, *constants[name], stride=1, pad=1))

    def features(x: Any) -> dict[str, Variable]:
        found = {}
        for block, (_, depth) in enumerate(BLOCKS[:DEPTH], start=1):
            for i in range(1, 2 if block == DEPTH else depth + 1):
                name = f"conv{block}_{i}"
                found[name] = x = convolve(name, x)
            x = F.average_pooling(x, kernel_size=2, stride=2)
        return found

    return features


def gram(h: Variable) -> Variable:
    """How channels go together, wherever: (1, C, H, W) to (C, C)."""
    rows = h.reshape(h.shape[1], -1)
    return F.matmul(rows, rows.T) / rows.size


def difference(x: Variable, target: np.ndarray) -> Variable:
    """The mean squared difference in units of the mean square of `target`."""
    return F.mean((x - target) ** 2) / float((target**2).mean())


class Losses:
    """How far a picture is from one picture's content, and from another's style."""

    def __init__(self, features: Features, content: np.ndarray, style: np.ndarray) -> None:
        self.features = features
        with no_grad():
            self.content = features(content)[CONTENT].data
            styled = features(style)
            self.grams = {name: gram(styled[name]).data for name in STYLE}

    def __call__(self, x: Any) -> tuple[Variable, Variable]:
        found = self.features(x)
        style = [difference(gram(found[name]), self.grams[name]) for name in STYLE]
        return difference(found[CONTENT], self.content), sum(style[1:], style[0]) / len(style)


def transfer(losses: Losses, start: np.ndarray, steps: int) -> np.ndarray:
    """The picture (1, 3, H, W) that is close to both, from `start` on."""
    x = Parameter(start.copy())
    optimizer = Adam(alpha=STEP).setup([x])
    with progress(steps, "style") as advance:
        for _ in range(steps):
            content, style = losses(x)
            x.cleargrad()
            (content + STYLE_WEIGHT * style).backward()
            optimizer.update()
            np.clip(x.data, -MEAN, 255 - MEAN, out=x.data)
            advance(f"content {float(content.data):.3f}, style {float(style.data):.3f}")
    return x.data


def to_input(picture: np.ndarray) -> np.ndarray:
    """RGB (H, W, 3) from 0 to 255 as VGG16 takes it, (1, 3, H, W); see `VGG16.preprocess`."""
    return picture[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32) - MEAN


def to_picture(x: np.ndarray) -> np.ndarray:
    """The way back, uint8."""
    return (x + MEAN)[0, ::-1].transpose(1, 2, 0).round().astype(np.uint8)


def scene(size: int) -> np.ndarray:
    """A house below a sun, RGB (size, size, 3)."""
    y, x = np.meshgrid(*[np.linspace(0, 1, size)] * 2, indexing="ij")
    picture = np.stack([120 + 60 * y, 170 + 40 * y, 235 - 20 * y], axis=-1)
    for places, colour in (
        (y > 0.75, (90, 150, 70)),
        (np.hypot(x - 0.78, y - 0.22) < 0.12, (250, 220, 90)),
        ((np.abs(x - 0.4) < 0.22) & (y > 0.5) & (y < 0.85), (225, 205, 180)),
        ((y < 0.5) & (y > 0.25 + np.abs(x - 0.4)), (170, 60, 50)),
        ((np.abs(x - 0.4) < 0.06) & (y > 0.65) & (y < 0.85), (90, 60, 40)),
    ):
        picture[places] = colour
    return picture


def waves(size: int) -> np.ndarray:
    """Swirling stripes in blue, white and orange, RGB (size, size, 3)."""
    y, x = np.meshgrid(*[np.linspace(0, 1, size)] * 2, indexing="ij")
    phase = 9 * np.hypot(x - 0.3, y - 0.6) + np.sin(5 * x) + np.cos(7 * y)
    stripe = np.stack([0.5 + 0.5 * np.sin(6 * phase + shift) for shift in (0, 0.9, 2.6)], axis=-1)
    return 255 * stripe


def _read(path: str, size: int) -> np.ndarray:
    """A picture from a file, as a square."""
    try:
        from PIL import Image
    except ImportError as error:
        raise SystemExit(
            f"Pillow is not installed, so {path} cannot be read; "
            "pip install 'dezero-gradcheck[examples]' brings it"
        ) from error
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((size, size)), np.float32)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = make_parser("style_transfer", __doc__, epochs=100, quick_epochs=20)
    parser.add_argument("--content", help="a picture file (default: a house)")
    parser.add_argument("--style", help="a picture file (default: stripes)")
    parser.add_argument("--size", type=int, help="of the pictures (default 64; quick 32)")
    parser.add_argument("--download", action="store_true", help="VGG16's weights, if not here yet")
    args = parse(parser, argv)
    args.size = args.size or (32 if args.quick else 64)
    if args.size < 2**DEPTH:
        parser.error(f"--size must be at least {2**DEPTH}, got {args.size}")
    return args


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Transfer, draw the three pictures; returns the losses of the first picture and the last."""
    args = _arguments(argv)
    content = _read(args.content, args.size) if args.content else scene(args.size)
    style = _read(args.style, args.size) if args.style else waves(args.size)
    model, weights = load_vgg(args.download)
    losses = Losses(features_of(model), to_input(content), to_input(style))
    result = transfer(losses, to_input(content), args.epochs)
    found = _compare(losses, content=to_input(content), style=to_input(style), result=result)
    titles = ("content", "style", f"result ({weights})")
    pictures = (content, style, to_picture(result))
    save_picture(args.out, lambda figure: _draw(figure, titles, pictures), (9, 3.3))
    return found


def _compare(losses: Losses, **pictures: np.ndarray) -> dict[str, float]:
    """Both losses of each picture, printed."""
    found: dict[str, float] = {}
    for name, x in pictures.items():
        with no_grad():
            content, style = (float(loss.data) for loss in losses(x))
        print(f"{name}: {content:.3f} from the content, {style:.3f} from the style")
        found |= {f"{name} from content": content, f"{name} from style": style}
    return found


def _draw(figure: Any, titles: Sequence[str], pictures: Sequence[np.ndarray]) -> None:
    for ax, title, picture in zip(figure.subplots(1, 3), titles, pictures, strict=True):
        ax.imshow(picture.round().astype(np.uint8))
        ax.set_title(title)
        ax.axis("off")


if __name__ == "__main__":
    main()
