"""CSV files of pictures of people: who is in each picture, and in which set it is."""

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from genesis_ray.errors import StoreError
from genesis_ray.evaluation.labels_file import Cells, read_labels

_AND = "|"


class LabelledPicture(NamedTuple):
    """A picture, as a path relative to the root folder, and who is in it."""

    file: str
    people: tuple[str, ...]
    set_name: str


def read_identities(path: Path, *, sets: Collection[str] = ()) -> list[LabelledPicture]:
    """Read the pictures of some sets, or of all.

    The first line names the columns: file, identity and set; others are ignored. "a|b" for
    identity means that both are in the picture.

    Raises:
        StoreError: The file cannot be read, a row is malformed, or a picture is there twice.
        ConfigurationError: A set is not in the file.
    """
    columns = ("file", "identity", "set")
    pictures = read_labels(path, columns, _picture, kind="pictures", sets=sets)
    file, times = Counter(picture.file for picture in pictures).most_common(1)[0]
    if times > 1:
        raise StoreError(f"{path}: {file} is there {times} times; keep one line of it, or one set")
    return pictures


def _picture(row: Cells) -> LabelledPicture:
    file, identity, set_name = row.values()
    people = tuple(identity.split(_AND))
    if not file or not set_name or not all(people):
        raise ValueError("expected file, identity and set, one of them is empty")
    return LabelledPicture(file, people, set_name)
