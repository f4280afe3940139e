"""CSV files that say what pictures show: columns by name, one of them the set."""

import csv
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from genesis_ray.errors import ConfigurationError, StoreError

Cells = dict[str, str]
"""A row by the wanted columns; what is missing is empty."""


class Label(Protocol):
    """What a row says."""

    @property
    def set_name(self) -> str:
        """The set it belongs to."""
        ...


LabelT = TypeVar("LabelT", bound=Label)
"""What the rows of a file say."""


def read_labels(
    path: Path,
    columns: Sequence[str],
    label_of: Callable[[Cells], LabelT],
    *,
    kind: str,
    sets: Collection[str] = (),
) -> list[LabelT]:
    """Read the labels of some sets, or of all; columns beside `columns` are ignored.

    Args:
        path: The file.
        columns: Those it must have.
        label_of: Turns a row into its label; raises ValueError where it makes no sense.
        kind: What the labels are called in errors, in the plural.
        sets: Which are wanted; none: all.

    Raises:
        StoreError: The file cannot be read, or a row is malformed.
        ConfigurationError: A set is not in the file.
    """
    labels = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [column for column in columns if column not in (rows.fieldnames or ())]
            if missing:
                raise StoreError(
                    f"{path}: expected the columns {', '.join(columns)} in the first line, "
                    f"there is no {', '.join(missing)}; name them so"
                )
            for row in rows:
                try:
                    labels.append(label_of({column: row[column] or "" for column in columns}))
                except ValueError as problem:
                    raise StoreError(f"{path}, line {rows.line_num}: {problem}") from None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; name the CSV file of the {kind}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path}: no CSV file in UTF-8 ({error})") from error
    if not labels:
        raise StoreError(f"{path}: has no {kind}; each is a line {','.join(columns)}")
    there = dict.fromkeys(label.set_name for label in labels)
    if unknown := [name for name in sets if name not in there]:
        raise ConfigurationError(
            f"{path} has no set {', '.join(unknown)}; it has {', '.join(there)}"
        )
    return [label for label in labels if not sets or label.set_name in sets]
