"""`genesis query`: any question in SQL over the events of a run."""

import csv
import io
import json
import math
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genesis_ray.errors import ConfigurationError

if TYPE_CHECKING:
    import pyarrow as pa

_ENDLESS = 100_000  # characters a line, where no terminal limits it


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def query(
    sql: Annotated[
        str | None, typer.Argument(help="The query. Without one: which tables there are.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="The run's folder; the newest in runs/ by default.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="Only the rows of this tenant; all by default.")
    ] = None,
    output_format: Annotated[
        Format | None,
        typer.Option("--format", help="By default what --output ends with, else a table."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write to this file instead of the terminal.")
    ] = None,
) -> None:
    """Ask the events of a run a question in SQL, such as "FROM visits ORDER BY started_at".

    The dialect is DuckDB's, times are UTC. `visits` has one row a visit, `visit_events` the rows
    that it was made from.
    """
    from genesis_ray.analytics import query as analytics
    from genesis_ray.store.disk import write_file
    from genesis_ray.store.reader import RunTables
    from genesis_ray.store.run_folder import RunFolder

    chosen = _chosen(output_format, output)
    folder = RunFolder.open(run) if run else RunFolder.newest()
    tables = RunTables(folder.events, tenant)
    answer = analytics.run(sql, tables) if sql is not None else analytics.describe(tables)
    if output:
        write_file(output.resolve(), _written(answer, chosen))
    elif chosen is Format.TABLE:
        _show(answer, width=None if sys.stdout.isatty() else _ENDLESS)
    else:
        sys.stdout.write(_written(answer, chosen).decode())


def _chosen(output_format: Format | None, output: Path | None) -> Format:
    if output and output.exists() and not output.is_file():
        raise ConfigurationError(
            f"--output {output} is no file; name one, or leave --output out to print the answer"
        )
    ending = output.suffix.removeprefix(".").lower() if output else ""
    chosen = output_format or (Format(ending) if ending in list(Format) else Format.TABLE)
    if chosen is Format.PARQUET and not output:
        raise ConfigurationError("--format parquet is no text; say where to: --output FILE")
    return chosen


def _written(answer: "pa.Table", chosen: Format) -> bytes:
    match chosen:
        case Format.JSON:
            return _json(answer).encode()
        case Format.CSV:
            return _csv(answer).encode()
        case Format.PARQUET:
            return _parquet(answer)
        case Format.TABLE:
            file = io.StringIO()
            _show(answer, width=_ENDLESS, file=file)
            return file.getvalue().encode()


def _json(answer: "pa.Table") -> str:
    rows = [json.dumps(_plain(row), ensure_ascii=False) for row in answer.to_pylist()]
    return "[\n" + ",\n".join(rows) + "\n]\n" if rows else "[]\n"


def _csv(answer: "pa.Table") -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.column_names)
    for row in answer.to_pylist():
        values = [_plain(value) for value in row.values()]
        writer.writerow(
            json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
            for value in values
        )
    return file.getvalue()


def _parquet(answer: "pa.Table") -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = pa.BufferOutputStream()
    try:
        pq.write_table(answer, content)
    except pa.ArrowNotImplementedError as error:
        raise ConfigurationError(f"Parquet cannot hold this answer: {error}; cast it") from error
    return content.getvalue().to_pybytes()


def _show(answer: "pa.Table", *, width: int | None, file: io.StringIO | None = None) -> None:
    import pyarrow as pa
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for field in answer.schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        table.add_column(Text(field.name), justify="right" if number else "left", overflow="fold")
    for row in answer.to_pylist():
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    console = Console(width=width, file=file)
    console.print(table)
    console.print(f"{len(answer)} row{'s' * (len(answer) != 1)}", style="dim", highlight=False)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")
        case timedelta():
            return str(value)
        case float():
            return f"{value:.6g}"
        case _:
            plain = _plain(value)
            return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Return a value of Arrow as JSON knows it: durations in seconds, bytes in hex."""
    match value:
        case dict():
            return {str(name): _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return value.hex()
        case str() | int() | None:
            return value
        case _:
            return str(value)
