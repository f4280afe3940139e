"""CSV files of picture pairs: which two pictures, whether one person, and in which set."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from genesis_ray.evaluation.labels_file import Cells, read_labels


class Pair(NamedTuple):
    """Two pictures to compare, as paths relative to the pairs' root folder."""

    img1: str
    img2: str
    same: bool
    set_name: str


def read_pairs(path: Path, *, sets: Collection[str] = ()) -> list[Pair]:
    """Read the pairs of some sets, or of all.

    The first line names the columns: img1, img2, same (1 or 0) and set; others are ignored.

    Raises:
        StoreError: The file cannot be read, or a row is malformed.
        ConfigurationError: A set is not in the file.
    """
    return read_labels(path, ("img1", "img2", "same", "set"), _pair, kind="pairs", sets=sets)


def _pair(row: Cells) -> Pair:
    img1, img2, same, set_name = row.values()
    if not img1 or not img2 or not set_name:
        raise ValueError("expected img1, img2 and set, one of them is empty")
    if same not in ("0", "1"):
        raise ValueError(f"expected 1 or 0 for same, got {same!r}")
    return Pair(img1, img2, same == "1", set_name)
