"""Layers, models, optimizers, loaders, transforms and helpers with arguments that are right, for odd ones.

Each is made, and used once where making it proves nothing yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
import dezero.layers as L
import dezero.models as M
import dezero.optimizers as O
import dezero.transforms as T
from dezero import Parameter, Variable, utils
from dezero.dataloaders import DataLoader, SeqDataLoader
from dezero.datasets import Dataset, Digits, get_spiral

X, IMAGES = np.ones((2, 3), "f"), np.ones((2, 3, 4, 4), "f")
CONVOLUTION = {
    "x": IMAGES, "out_channels": 2, "kernel_size": 2, "stride": 1, "pad": 0, "nobias": False,
    "dtype": "f", "in_channels": 3,
}  # fmt: skip
RECURRENT = {"x": X, "hidden_size": 2, "in_size": 3}
BOTTLENECK = {"in_channels": 3, "mid_channels": 2, "out_channels": 2, "stride": 2, "downsample_fb": False}
LR, EPS = {"lr": 0.1}, {"eps": 1e-8}


class Three(Dataset):
    def prepare(self) -> None:
        self.data = self.label = np.arange(3)


def raw(x: Any) -> Any:
    """The array that a Variable was made of for `complaint`."""
    return x.data if isinstance(x, Variable) and x.data is not None and x.dtype.kind in "fc" else x


def _layer(make: Callable[..., L.Layer]) -> Callable[..., Any]:
    return lambda x, **settings: make(**settings)(x)


def _made(make: Callable[..., Any]) -> Callable[..., Any]:
    """Only made: a Variable that it may return is no result to be differentiated."""
    return lambda **settings: [make(**settings)]


def _optimizer(make: Callable[..., O.Optimizer]) -> Callable[..., Any]:
    return lambda **settings: _updated(make(**settings))


def _hook(make: Callable[..., Any]) -> Callable[..., Any]:
    def update(**settings: Any) -> None:
        optimizer = O.SGD()
        optimizer.add_hook(make(**settings))
        _updated(optimizer)

    return update


def _updated(optimizer: O.Optimizer) -> None:
    param = Parameter(np.ones(3))
    param.grad = Variable(np.ones(3))
    optimizer.setup([param]).update()


def _loader(make: Callable[..., DataLoader]) -> Callable[..., Any]:
    return lambda **settings: list(make(**settings))


def _transform(make: Callable[..., Any], given: str = "array") -> Callable[..., Any]:
    def use(**settings: Any) -> list[Any]:
        x = raw(settings.pop(given))
        return [make(**settings)(x)]

    return use


def _of_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **arguments: [function(**{key: raw(value) for key, value in arguments.items()})]


MAKERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "Linear": (
        _layer(L.Linear),
        {"x": X, "out_size": 2, "nobias": False, "dtype": np.float32, "in_size": 3},
    ),
    "Conv2d": (_layer(L.Conv2d), CONVOLUTION),
    "Deconv2d": (_layer(L.Deconv2d), CONVOLUTION),
    "EmbedID": (_layer(L.EmbedID), {"x": np.array([0, 1]), "in_size": 3, "out_size": 2, "dtype": "f"}),
    "BatchNorm": (_layer(L.BatchNorm), {"x": X}),
    "RNN": (_layer(L.RNN), RECURRENT),
    "LSTM": (_layer(L.LSTM), RECURRENT),
    "MLP": (_made(M.MLP), {"fc_output_sizes": (2, 2), "activation": F.relu}),
    "Sequential": (_made(lambda layers: M.Sequential(layers)), {"layers": L.Linear(2)}),
    "ResNet": (_made(M.ResNet), {"n_layers": 7}),  # none of that number: what is right takes a second
    "BottleneckA": (_made(M.BottleneckA), BOTTLENECK),
    "BottleneckB": (_made(M.BottleneckB), {"in_channels": 3, "mid_channels": 2}),
    "BuildingBlock": (_made(lambda **sizes: M.BuildingBlock(2, **sizes)), BOTTLENECK),
    "SGD": (_optimizer(O.SGD), LR),
    "MomentumSGD": (_optimizer(O.MomentumSGD), LR | {"momentum": 0.9}),
    "Nesterov": (_optimizer(O.Nesterov), LR | {"momentum": 0.9}),
    "AdaGrad": (_optimizer(O.AdaGrad), LR | EPS),
    "RMSProp": (_optimizer(O.RMSProp), LR | EPS | {"decay": 0.9}),
    "AdaDelta": (_optimizer(O.AdaDelta), EPS | {"rho": 0.9}),
    "Adam": (_optimizer(O.Adam), EPS | {"alpha": 0.1, "beta1": 0.9, "beta2": 0.9}),
    "Newton": (_made(O.Newton), LR | {"loss": len, "damping": 0.1}),
    "SGD.setup": (_made(lambda target: O.SGD().setup(target)), {"target": L.Linear(2)}),
    "SGD.add_hook": (_made(lambda f: O.SGD().add_hook(f)), {"f": len}),
    "WeightDecay": (_hook(O.WeightDecay), {"rate": 0.1}),
    "ClipGrad": (_hook(O.ClipGrad), {"max_norm": 0.1}),
    "FreezeParam": (_hook(lambda layers: O.FreezeParam(layers)), {"layers": L.Linear(2)}),
    "DataLoader": (_loader(DataLoader), {"dataset": Three(), "batch_size": 2, "shuffle": True, "rng": 0}),
    "SeqDataLoader": (_loader(SeqDataLoader), {"dataset": Three(), "batch_size": 2}),
    "Three": (_made(Three), {"transform": None, "target_transform": None}),
    "mosaic": (_made(Digits(train=False).mosaic), {"row": 2, "col": 3, "rng": 0}),
    "get_spiral": (_made(get_spiral), {"train": True}),
    "Compose": (_made(T.Compose), {"transforms": [T.Flatten()]}),
    "Normalize": (_transform(T.Normalize), {"array": IMAGES, "mean": 0, "std": 1}),
    "Flatten": (_transform(T.Flatten), {"array": IMAGES}),
    "AsType": (_transform(T.AsType), {"array": IMAGES, "dtype": "f"}),
    "ToInt": (_transform(T.ToInt), {"array": IMAGES, "dtype": "i"}),
    "sum_to": (_made(utils.sum_to), {"x": X, "shape": (3,)}),
    "logsumexp": (_of_arrays(utils.logsumexp), {"x": X, "axis": 0}),
    "array_equal": (_made(utils.array_equal), {"a": X, "b": X}),
    "array_allclose": (_made(utils.array_allclose), {"a": X, "b": X, "rtol": 1e-4, "atol": 1e-5}),
    "reshape_sum_backward": (
        _of_arrays(utils.reshape_sum_backward),
        {"gy": np.ones(3), "x_shape": (2, 3), "axis": 0, "keepdims": False},
    ),
    "max_backward_shape": (_made(utils.max_backward_shape), {"x": X, "axis": 0}),
    "get_conv_outsize": (
        _made(utils.get_conv_outsize),
        {"input_size": 4, "kernel_size": 2, "stride": 1, "pad": 0},
    ),
    "get_deconv_outsize": (_made(utils.get_deconv_outsize), {"size": 4, "k": 2, "s": 1, "p": 0}),
    "pair": (_made(utils.pair), {"x": 4}),
    "numerical_grad": (_made(lambda x: utils.numerical_grad(F.sin, x)), {"x": X}),
    "gradient_check": (
        _made(lambda x, **tolerances: utils.gradient_check(F.square, x, **tolerances)),
        {"x": X, "rtol": 1e-4, "atol": 1e-4},
    ),
    "get_dot_graph": (_made(utils.get_dot_graph), {"output": F.sin(1.0)}),
    "seed": (_made(dezero.seed), {"value": 3}),
}

PICTURE_SETTINGS: dict[str, tuple[Any, dict[str, Any]]] = {
    "Convert": (T.Convert, {"mode": "L"}),
    "Resize": (T.Resize, {"size": 3, "mode": 2}),
    "CenterCrop": (T.CenterCrop, {"size": 3}),
    "ToArray": (T.ToArray, {"dtype": "f"}),
    "ToPIL": (T.ToPIL, {}),
    "RandomHorizontalFlip": (T.RandomHorizontalFlip, {"p": 1.0, "rng": 0}),
}


def with_pictures(picture: Any) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """The transforms of Pillow's images, with one."""
    given = {name: "array" if name == "ToPIL" else "img" for name in PICTURE_SETTINGS}
    return {
        name: (_transform(make, given[name]), {given[name]: picture, **settings})
        for name, (make, settings) in PICTURE_SETTINGS.items()
    }
