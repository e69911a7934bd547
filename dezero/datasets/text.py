"""Shakespear: a text, character by character."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dezero.datasets.base import Dataset, Transform
from dezero.datasets.images import CacheDir
from dezero.utils import get_file

__all__ = ["Shakespear", "Shakespeare"]


class Shakespear(Dataset):
    """A million characters of Shakespeare's plays, to be predicted one ahead, 1 MB.

    Example and label are numbers of characters; both parts, train and test, are the whole text, as
    in the book.

    Attributes:
        char_to_id, id_to_char: from characters to numbers, in the order of their first appearance,
            and back.

    Raises:
        DownloadError: the file could not be had (see `dezero.utils.get_file`).
    """

    url = (
        "https://raw.githubusercontent.com/karpathy/char-rnn/"
        "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt"
    )
    sha256: str | None = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"

    def __init__(
        self,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        *,
        cache_dir: CacheDir = None,
    ) -> None:
        self.cache_dir = cache_dir
        super().__init__(train, transform, target_transform)

    def prepare(self) -> None:
        path = get_file(self.url, "shakespear.txt", sha256=self.sha256, cache_dir=self.cache_dir)
        text = Path(path).read_text(encoding="utf-8")
        characters = dict.fromkeys(text)  # a set that keeps the order
        self.char_to_id = {character: i for i, character in enumerate(characters)}
        self.id_to_char = dict(enumerate(characters))
        ids = np.array([self.char_to_id[character] for character in text])
        self.data, self.label = ids[:-1], ids[1:]


Shakespeare = Shakespear  # the poet's name, for who looks for it
