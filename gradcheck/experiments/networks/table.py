"""Every network-level check."""

from __future__ import annotations

from gradcheck.experiments.networks import curvature, dense, images, optimizer, recurrent
from gradcheck.experiments.networks.network import Network

NETWORKS: tuple[Network, ...] = (
    Network("two-layer network", "3 real images of the UCI handwritten digits", dense.two_layer),
    Network("MLP", "4 real digits", dense.mlp, sample=256),
    Network("CNN", "2 real digits and a little noise", images.cnn, sample=256),
    Network("RNN over 3 steps", "2 pieces of a noisy sine", recurrent.rnn),
    Network("LSTM over 3 steps", "2 pieces of a noisy sine", recurrent.lstm),
    Network("ResNet bottleneck", "2 random images of 4x4 pixels", images.bottleneck),
    Network(
        "VGG's first block, 4 channels",
        "a random image of 6x6 pixels",
        images.narrow_vgg_block,
        sample=256,
    ),
    Network(
        "VGG16's first block, 64 channels",
        "a random image of 4x4 pixels",
        images.vgg_block,
        sample=256,
        profile="full",
    ),
    Network(
        "gradient penalty (WGAN-GP)",
        "3 real digits, noise, and points between them",
        dense.gradient_penalty,
        sample=256,
    ),
    Network(
        "Hessian of a small MLP",
        "6 real digits, as 4 quarters each",
        dense.small_mlp,
        check=curvature.hessian_rows,
    ),
    Network("small MLP", "6 real digits, as 4 quarters each", dense.small_mlp),
    Network(
        "Newton's method",
        "Rosenbrock's function",
        optimizer.rosenbrock,
        check=optimizer.newton_rows,
    ),
)
