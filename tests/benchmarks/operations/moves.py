"""What computes nothing, and moves elements or gives them another shape."""

# ruff: noqa: N803, N806  # the field's letters

from __future__ import annotations

import dezero.functions as F
from tests.benchmarks.operations.operation import Draw, Operation, torch_function
from tests.benchmarks.sizes import Size

EVEN = slice(None, None, 2)


def operations(size: Size) -> list[Operation]:
    return [*_gathered(size.items), *_shaped(size.items)]


def _gathered(x: tuple[int, int]) -> list[Operation]:
    N, few = x[0], max(x[0] // 20, 1)

    def ids(count: int) -> list[Draw]:
        return [lambda rng: rng.integers(0, N, count)]

    def embed(name: str, count: int) -> Operation:
        return Operation(
            name,
            lambda W, ids: F.embed_id(ids, W),
            lambda torch, W, ids: torch.nn.functional.embedding(ids, W),
            [x],
            ids(count),
        )

    return [
        embed("embed_id", N),
        embed("embed_id, few of many", few),
        Operation("get_item", lambda x: F.get_item(x, EVEN), lambda torch, x: x[EVEN], [x]),
        Operation("get_item, rows by number", F.get_item, lambda torch, x, ids: x[ids], [x], ids(N)),
        Operation(
            "get_item, columns by number",
            lambda x, ids: F.get_item(x, (slice(None), ids)),
            lambda torch, x, ids: x[:, ids],
            [x],
            [lambda rng: rng.integers(0, x[1], x[1])],
        ),
        Operation("get_item, one column", lambda x: F.get_item(x, (..., 0)), lambda torch, x: x[..., 0], [x]),
    ]


def _shaped(x: tuple[int, int]) -> list[Operation]:
    N, D = x
    line = (1, N, D)
    return [
        Operation("reshape", lambda x: F.reshape(x, (N * D,)), torch_function("reshape", (N * D,)), [x]),
        Operation("flatten", F.flatten, torch_function("flatten", 1), [(N, D, 1)]),
        Operation("expand_dims", lambda x: F.expand_dims(x, 0), torch_function("unsqueeze", 0), [x]),
        Operation("squeeze", lambda x: F.squeeze(x, 0), torch_function("squeeze", 0), [line]),
        Operation("transpose", F.transpose, torch_function("t"), [x]),
        Operation("concatenate", lambda *xs: F.concatenate(xs), lambda torch, *xs: torch.cat(xs), [x, x]),
        Operation(
            "concatenate, axis 1",
            lambda *xs: F.concatenate(xs, 1),
            lambda torch, *xs: torch.cat(xs, 1),
            [x, x],
        ),
        Operation("stack", lambda *xs: F.stack(xs), lambda torch, *xs: torch.stack(xs), [x, x]),
    ]
