"""Networks trained on the device and on the host, loss by loss: `python -m tests.gpu.networks FILE`.

Both begin with the same weights and see the same images, so their losses differ by rounding: a sum of n
terms, added up in another order, is another by some sqrt(n) units of rounding (Higham and Mary 2019: by
more than 8 sqrt(n) with a probability below 1e-13), n of the network's longest sum; and each step adds as
much again.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dezero import cuda
from tests.gpu.training import Network, networks, trainer

LAMBDA = 8.0
PLAIN = 100.0  # a fall of the loss by fewer bounds says nothing of backward


def main(argv: Sequence[str] | None = None) -> int:
    """Write one row for each network and dtype; exit status 1 where the losses part."""
    parser = argparse.ArgumentParser(prog="python -m tests.gpu.networks")
    parser.add_argument("file", type=Path)
    parser.add_argument("--rehearse", action="store_true", help="small images")
    options = parser.parse_args(argv)
    rows: list[dict[str, Any]] = []
    for network in networks(options.rehearse):
        for dtype in network.dtypes:
            rows.append(compared(network, dtype))
            print(_line(rows[-1]), flush=True)
            options.file.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    apart = [f"{row['network']} {row['dtype']}" for row in rows if row["verdict"] != "same"]
    print(f"losses on the device and on the host: {len(rows) - len(apart)} of {len(rows)} the same "
          f"within rounding{': not ' * bool(apart)}{', '.join(apart)}")  # fmt: skip
    return int(bool(apart))


def compared(network: Network, dtype: str) -> dict[str, Any]:
    """The losses of both sides, how far they are apart and may be (relative), and what follows."""
    (device, on_device), (host, on_host) = (losses(network, dtype, there) for there in (True, False))
    gaps = np.abs(device - host) / np.abs(host)
    bounds = bound(network, dtype)
    return {
        "network": network.name,
        "dtype": dtype,
        "shape": [network.batch, *network.shape],
        "device": device.tolist(),
        "host": host.tolist(),
        "gaps": gaps.tolist(),
        "bounds": bounds.tolist(),
        "device_seconds": on_device,
        "host_seconds": on_host,
        "verdict": verdict(host, gaps, bounds),
    }


def losses(network: Network, dtype: str, on_device: bool) -> tuple[np.ndarray, float]:
    """The loss before each step, and the median of the seconds that a step takes.

    A loss is looked at after its step: that waits for the device.
    """
    step = trainer(network, dtype, on_device)
    found, seconds = [], []
    for _ in range(network.steps):
        start = time.perf_counter()
        found.append(float(cuda.as_numpy(step())))
        seconds.append(time.perf_counter() - start)
    return np.array(found), float(np.median(seconds))


def bound(network: Network, dtype: str) -> np.ndarray:
    """How far apart, relative to the loss, rounding may bring both sides by each step."""
    unit = float(np.finfo(dtype).epsneg)
    return LAMBDA * math.sqrt(network.longest) * unit * np.arange(1, network.steps + 1)


def verdict(host: np.ndarray, gaps: np.ndarray, bounds: np.ndarray) -> str:
    """ "same", "apart", or "nothing learnt", where a wrong backward would not be seen.

    >>> host, gaps = np.array([2.0, 1.0]), np.array([0.0, 1e-7])
    >>> [verdict(host, gaps, np.full(2, size)) for size in (1e-6, 1e-8, 0.1)]
    ['same', 'apart', 'nothing learnt']
    """
    if not (gaps <= bounds).all():
        return "apart"
    moved = abs(host[-1] - host[0]) / abs(host[-1])
    return "same" if moved > PLAIN * bounds[-1] else "nothing learnt"


def _line(row: dict[str, Any]) -> str:
    worst = max(gap / allowed for gap, allowed in zip(row["gaps"], row["bounds"], strict=True))
    return (
        f"{row['network']:6} {row['dtype']:8} loss {row['host'][0]:.4f} -> {row['host'][-1]:.4f}, "
        f"apart by {worst:.3f} of the bound at most: {row['verdict']}; a step takes "
        f"{1e3 * row['device_seconds']:.2f} ms, on the host {1e3 * row['host_seconds']:.2f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
