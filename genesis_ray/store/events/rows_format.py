"""How rows are written; apart from what writes them, which takes a while to load."""

from enum import StrEnum


class RowsFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
