"""Rows of Arrow tables as lines of text, a column at a time: CSV and JSON.

Times are ISO 8601 with their offset, durations are seconds, bytes are hex; a list or a map is JSON,
in CSV too.
"""

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.figures.plain_values import plain

_FORMULA = r"^[=+\-@\t\r]"
"""What a spreadsheet takes for the beginning of a formula, as OWASP lists it ("CSV Injection")."""

_TEXT_THAT_NEEDS_QUOTES = r'[",\r\n]'


def csv_header(schema: pa.Schema) -> str:
    """Return the names of the columns as a line."""
    return ",".join(_quoted(pa.array(schema.names, pa.string())).to_pylist())


def csv_lines(rows: pa.Table) -> list[str]:
    """Return each row as a line of CSV (RFC 4180), without its end; null is nothing.

    Text that a spreadsheet would run as a formula gets a `'` in front, which it shows as text.
    """
    return _lines([_csv(column) for column in _columns(rows)], ",", len(rows))


def json_lines(rows: pa.Table) -> list[str]:
    """Return each row as an object of JSON in a line of its own, without its end."""
    pieces: list[Any] = []
    for name, column in zip(rows.column_names, _columns(rows), strict=True):
        key = json.dumps(name, ensure_ascii=False)
        pieces.append(pc.binary_join_element_wise(f"{key}: ", _json(column), ""))
    return ["{" + line + "}" for line in _lines(pieces, ", ", len(rows))]


def _columns(rows: pa.Table) -> list[Any]:
    """Return each column as one array."""
    return [
        column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        for column in rows.columns
    ]


def _lines(columns: list[Any], separator: str, count: int) -> list[str]:
    if not columns:
        return [""] * count
    joined = pc.binary_join_element_wise(
        *columns, separator, null_handling="replace", null_replacement=""
    )
    lines: list[str] = joined.to_pylist()
    return lines


def _csv(column: Any) -> Any:
    """Return a column's cells, as they stand between commas."""
    if pa.types.is_string(column.type):
        danger = pc.match_substring_regex(column, _FORMULA)
        guarded = pc.binary_join_element_wise("'", column, "")
        return _quoted(pc.if_else(danger, guarded, column))
    return _quoted(_as_text(column))


def _json(column: Any) -> Any:
    """Return a column's values in JSON."""
    text: Any
    if pa.types.is_string(column.type):
        known: Any = pc.dictionary_encode(column)
        texts = [json.dumps(text, ensure_ascii=False) for text in known.dictionary.to_pylist()]
        text = pc.take(pa.array(texts, pa.string()), known.indices)
    elif pa.types.is_timestamp(column.type):
        text = pc.binary_join_element_wise('"', _as_text(column), '"', "")
    else:
        text = _as_text(column)
    return pc.fill_null(text, "null")


def _as_text(column: Any) -> Any:
    """Return a column as text that is JSON too, but for times, which have no quotes."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz == "UTC":
        moments = pc.strftime(column.cast(pa.timestamp(kind.unit)), "%Y-%m-%dT%H:%M:%S")
        return pc.binary_join_element_wise(
            pc.replace_substring_regex(moments, r"\.0+$", ""), "+00:00", ""
        )
    if pa.types.is_timestamp(kind):
        moments = (at and at.isoformat() for at in column.to_pylist())
        return pa.array(moments, pa.string())
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return column.cast(pa.string())
    if pa.types.is_floating(kind):
        finite = pc.if_else(pc.is_finite(column), column, None)
        return finite.cast(pa.string())
    values = column.to_pylist(maps_as_pydicts="strict")
    return pa.array(
        [None if each is None else json.dumps(plain(each), ensure_ascii=False) for each in values],
        pa.string(),
    )


def _quoted(text: Any) -> Any:
    needs = pc.match_substring_regex(text, _TEXT_THAT_NEEDS_QUOTES)
    doubled = pc.replace_substring(text, '"', '""')
    return pc.if_else(needs, pc.binary_join_element_wise('"', doubled, '"', ""), text)
