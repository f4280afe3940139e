"""CSV files of picture pairs: which two pictures, whether one person, and in which set."""

import csv
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from genesis_ray.errors import ConfigurationError, StoreError

_COLUMNS = ("img1", "img2", "same", "set")


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
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [column for column in _COLUMNS if column not in (rows.fieldnames or ())]
            if missing:
                raise StoreError(
                    f"{path}: expected the columns {', '.join(_COLUMNS)} in the first line, "
                    f"there is no {', '.join(missing)}; name them so"
                )
            pairs = [_pair(path, rows.line_num, row) for row in rows]
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; name the CSV file of the pairs") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path}: no CSV file in UTF-8 ({error})") from error
    if not pairs:
        raise StoreError(f"{path}: has no pairs; each is a line img1,img2,same,set")
    there = dict.fromkeys(pair.set_name for pair in pairs)
    if unknown := [name for name in sets if name not in there]:
        raise ConfigurationError(
            f"{path} has no set {', '.join(unknown)}; it has {', '.join(there)}"
        )
    return [pair for pair in pairs if not sets or pair.set_name in sets]


def _pair(path: Path, line: int, row: dict[str, str | None]) -> Pair:
    img1, img2, same, set_name = (row[column] for column in _COLUMNS)
    if not img1 or not img2 or not set_name:
        raise StoreError(f"{path}, line {line}: expected img1, img2 and set, one of them is empty")
    if same not in ("0", "1"):
        raise StoreError(f"{path}, line {line}: expected 1 or 0 for same, got {same!r}")
    return Pair(img1, img2, same == "1", set_name)
