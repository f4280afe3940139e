"""Rows of answers as CSV, a piece at a time, where who asks wants it so."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Annotated, Literal

import pyarrow as pa
from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from genesis_ray.store.events.rows_text import csv_header, csv_lines

Format = Annotated[
    Literal["json", "csv"] | None,
    Field(description="By default what the header Accept asks for: text/csv, else JSON"),
]

_CSV = "text/csv"
_ROWS = 2_000
"""Of a piece: some hundred kilobytes."""

CSV_DESCRIBED = {"content": {_CSV: {"schema": {"type": "string"}}}}
"""What OpenAPI is told of an answer that can be CSV."""


def wants_csv(request: Request, given: Literal["json", "csv"] | None) -> bool:
    """Tell whether rows are to be CSV: by the parameter, else by the header Accept."""
    if given:
        return given == "csv"
    kinds = [each.partition(";")[0].strip().lower() for each in _accepted(request)]
    return _CSV in kinds and "application/json" not in kinds


def csv_of(name: str, tables: Iterable[pa.Table]) -> StreamingResponse:
    """Return tables of one schema, the first of which is made before the answer begins, as a file.

    A text that a spreadsheet would run as a formula gets a `'` in front.
    """
    rest = iter(tables)
    first = next(rest)
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    lines = _text(first.schema, chain([first], rest))
    return StreamingResponse(lines, media_type=f"{_CSV}; charset=utf-8", headers=headers)


def _text(schema: pa.Schema, tables: Iterable[pa.Table]) -> Iterator[bytes]:
    yield f"{csv_header(schema)}\n".encode()
    for table in tables:
        for start in range(0, len(table), _ROWS):
            yield "".join(f"{line}\n" for line in csv_lines(table.slice(start, _ROWS))).encode()


def _accepted(request: Request) -> list[str]:
    return ",".join(request.headers.getlist("accept")).split(",")
