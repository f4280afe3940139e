"""The answer to a query, an Arrow table, as text or a file."""

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from genesis_ray.cli.narrow_tables import folded, narrowed
from genesis_ray.domain.figures.plain_values import plain
from genesis_ray.errors import ConfigurationError

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.table import Table

_ENDLESS = 100_000  # characters a line, where no terminal limits it


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def show(answer: "pa.Table", file: io.StringIO | None = None) -> None:
    """Print a row a line; what a terminal has no room for is cut short or left out, and told.

    A single row is printed a value a line then.
    """
    from genesis_ray.cli.console import PlainConsole

    on_terminal = file is None and sys.stdout.isatty()
    console = PlainConsole(width=None if on_terminal else _ENDLESS, file=file)
    columns = {
        name: _cells(answer[name].to_pylist(maps_as_pydicts="strict"))
        for name in answer.column_names
    }
    notes = [f"{len(answer)} row{'s' * (len(answer) != 1)}"]
    if _width(answer, columns) <= console.width:
        console.print(_row_a_line(answer, columns))
    elif len(answer) == 1:
        console.print(_value_a_line(answer.column_names, [cells[0] for cells in columns.values()]))
    else:
        some = narrowed(columns, console.width)
        console.print(_row_a_line(answer.select([*some.columns]), some.columns, folds=True))
        notes += [*some.notes, "all of it: --format csv or json, or a wider window"]
    console.print("; ".join(notes), style="dim")


def written(answer: "pa.Table", chosen: Format) -> bytes:
    """Return the answer as the content of a file.

    Raises:
        ConfigurationError: The format cannot hold a type of the answer.
    """
    match chosen:
        case Format.JSON:
            return _json(answer).encode()
        case Format.CSV:
            return _csv(answer).encode()
        case Format.PARQUET:
            return _parquet(answer)
        case Format.TABLE:
            file = io.StringIO()
            show(answer, file=file)
            return file.getvalue().encode()


def _json(answer: "pa.Table") -> str:
    rows = [
        json.dumps(plain(row), ensure_ascii=False)
        for row in answer.to_pylist(maps_as_pydicts="strict")
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n" if rows else "[]\n"


def _csv(answer: "pa.Table") -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.column_names)
    for row in _rows(answer):
        values = [plain(value) for value in row.values()]
        writer.writerow(
            json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
            for value in values
        )
    return file.getvalue()


def _rows(answer: "pa.Table") -> list[dict[str, Any]]:
    return answer.to_pylist(maps_as_pydicts="strict")


def _parquet(answer: "pa.Table") -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = pa.BufferOutputStream()
    try:
        pq.write_table(answer, content)
    except pa.ArrowNotImplementedError as error:
        raise ConfigurationError(f"Parquet cannot hold this answer: {error}; cast it") from error
    return content.getvalue().to_pybytes()


def _width(answer: "pa.Table", columns: Mapping[str, Sequence[str]]) -> int:
    """Return how many characters a line takes; a list may be folded to its name's width."""
    import pyarrow as pa

    widths = [
        len(field.name)
        if pa.types.is_list(field.type)
        else max(len(text) for text in (field.name, *columns[field.name]))
        for field in answer.schema
    ]
    return sum(widths) + 3 * len(widths) + 1


def _row_a_line(
    answer: "pa.Table", columns: Mapping[str, Sequence[str]], *, folds: bool = False
) -> "Table":
    """Return a table; where it `folds`, long names take several lines and lists one."""
    import pyarrow as pa
    from rich.table import Table

    table = Table()
    for field in answer.schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        table.add_column(
            folded(field.name) if folds else field.name,
            justify="right" if number else "left",
            no_wrap=folds or not pa.types.is_list(field.type),
        )
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table


def _value_a_line(names: Sequence[str], row: Sequence[str]) -> "Table":
    from rich.table import Table

    table = Table(show_header=False)
    for name, value in zip(names, row, strict=True):
        table.add_row(name, value)
    return table


def _cells(values: Sequence[object]) -> list[str]:
    """Return the values of a column as text; times have parts of a second where one of them has."""
    times = [value for value in values if isinstance(value, datetime)]
    if any(at.microsecond for at in times):
        return [_cell(value) for value in values]
    return [_cell(value, timespec="seconds") for value in values]


def _cell(value: object, *, timespec: str = "milliseconds") -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(sep=" ", timespec=timespec).removesuffix("+00:00")
        case timedelta():
            return str(value)
        case float():
            return f"{value:.6g}"
        case list():
            return ", ".join(_cell(each) for each in value)
        case _:
            known = plain(value)
            return known if isinstance(known, str) else json.dumps(known, ensure_ascii=False)
