"""CSV files that say what pictures show: columns by name, and where they are in sets, theirs."""

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


RowT = TypeVar("RowT")
"""What the rows of a file say."""

LabelT = TypeVar("LabelT", bound=Label)
"""What the rows of a file with sets say."""


def read_rows(
    path: Path, columns: Sequence[str], value_of: Callable[[Cells], RowT], *, kind: str
) -> list[RowT]:
    """Read all rows of a file; columns beside `columns` are ignored.

    Args:
        path: The file.
        columns: Those it must have.
        value_of: Turns a row into what it says; raises ValueError where it makes no sense.
        kind: What the rows are called in errors, in the plural.

    Raises:
        StoreError: The file cannot be read, is empty, or a row is malformed.
    """
    values = []
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
                    values.append(value_of({column: row[column] or "" for column in columns}))
                except ValueError as problem:
                    raise StoreError(f"{path}, line {rows.line_num}: {problem}") from None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; name the CSV file of the {kind}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path}: no CSV file in UTF-8 ({error})") from error
    if not values:
        raise StoreError(f"{path}: has no {kind}; each is a line {','.join(columns)}")
    return values


def read_labels(
    path: Path,
    columns: Sequence[str],
    label_of: Callable[[Cells], LabelT],
    *,
    kind: str,
    sets: Collection[str] = (),
) -> list[LabelT]:
    """Read the labels of some sets, or of all: see `read_rows`.

    Raises:
        StoreError: The file cannot be read, or a row is malformed.
        ConfigurationError: A set is not in the file.
    """
    labels = read_rows(path, columns, label_of, kind=kind)
    there = dict.fromkeys(label.set_name for label in labels)
    if unknown := [name for name in sets if name not in there]:
        raise ConfigurationError(
            f"{path} has no set {', '.join(unknown)}; it has {', '.join(there)}"
        )
    return [label for label in labels if not sets or label.set_name in sets]
