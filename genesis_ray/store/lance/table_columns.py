"""The columns of a stored table against those that this version writes."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesis_ray.errors import StoreError


def missing_columns(
    path: Path, stored: pa.Schema, wanted: pa.Schema, later: Collection[str]
) -> list["pa.Field[Any]"]:
    """Return the columns that a table has not got yet, which came in `later` versions.

    Raises:
        StoreError: The table in `path` differs in any other way.
    """
    missing = [each for each in wanted if each.name in later and each.name not in stored.names]
    if pa.schema([*stored, *missing]) != wanted:
        raise StoreError(
            f"{path} has other columns than expected: {_outline(stored)} instead of "
            f"{_outline(wanted)}; use the model and the genesis_ray that wrote it, or another "
            f"data folder"
        )
    return missing


def completed(rows: pa.Table, wanted: pa.Schema) -> pa.Table:
    """Return rows with all columns in their order, null where they have not got one."""
    for field in wanted:
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(len(rows), field.type))
    return rows.select(wanted.names)


def _outline(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
