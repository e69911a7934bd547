"""How large the inputs of the benchmarks are, of which dtype, and how they lie in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Size:
    """The inputs of every function.

    Attributes:
        elements: of an array of an elementwise function; 0: these are left out.
        rows: the shape of what is reduced, normalized or looked at row by row.
        items: the shape of what is moved, gathered and embedded.
        product: (N, I, O) of x (N, I) times W (I, O).
        images: (N, C, H, W).
        sequence: (steps, N, I, H) of recurrent layers.
        parameters: how many an optimizer updates, and their elements; (0, 0): layers and optimizers are
            left out.
        dtype: of all floats.
        strided: the differentiated inputs have gaps between their elements.
    """

    name: str
    rows: tuple[int, int]
    items: tuple[int, int]
    product: tuple[int, int, int]
    images: tuple[int, int, int, int]
    elements: int = 0
    sequence: tuple[int, int, int, int] = (0, 0, 0, 0)
    parameters: tuple[int, int] = (0, 0)
    dtype: str = "f"
    strided: bool = False


SMALL = Size(
    "small",
    rows=(10, 10),
    items=(10, 10),
    product=(32, 32, 32),
    images=(2, 3, 8, 8),
    elements=100,
    sequence=(3, 2, 8, 8),
    parameters=(20, 100),
)
MILLION = Size(
    "million",
    rows=(1000, 1000),
    items=(10_000, 100),
    product=(512, 512, 512),
    images=(16, 32, 28, 28),
    elements=1_000_000,
    sequence=(10, 64, 128, 128),
    parameters=(4, 250_000),
)
FLOAT64 = replace(MILLION, name="float64", dtype="d")
STRIDED = replace(MILLION, name="strided", strided=True, sequence=(0, 0, 0, 0), parameters=(0, 0))
TALL = Size(
    "tall",
    rows=(100_000, 10),
    items=(100_000, 10),
    product=(100_000, 10, 10),
    images=(64, 3, 64, 64),
)
WIDE = Size(
    "wide",
    rows=(10, 100_000),
    items=(10, 100_000),
    product=(10, 10_000, 10),
    images=(4, 256, 14, 14),
)
LARGE = Size(
    "large",
    rows=(10_000, 1000),
    items=(100_000, 100),
    product=(4096, 4096, 4096),
    images=(64, 64, 56, 56),
    elements=10_000_000,
    sequence=(30, 64, 512, 512),
    parameters=(4, 2_500_000),
)

HOST = (MILLION, FLOAT64, STRIDED, TALL, WIDE, SMALL)  # the first is the one that headlines speak of
DEVICE = (SMALL, LARGE)  # what calls and launches cost; what the elements do
