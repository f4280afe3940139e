"""Rows of any number as a file, a piece at a time; whole, or not there at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from genesis_ray.store.disk import writing_file, writing_to
from genesis_ray.store.events.rows_format import RowsFormat
from genesis_ray.store.events.rows_text import csv_header, csv_lines, json_lines

_TEXT_ROWS = 20_000


class RowsWriter(Protocol):
    """Takes rows, then is finished."""

    def write(self, rows: pa.Table) -> None:
        """Add rows."""

    def finish(self) -> None:
        """Write what comes after the last row."""


def writer_of(form: RowsFormat, file: IO[bytes], schema: pa.Schema) -> RowsWriter:
    """Return what writes rows of a schema to an open file."""
    match form:
        case RowsFormat.CSV:
            return _Csv(file, schema)
        case RowsFormat.JSON:
            return _JsonArray(file)
        case RowsFormat.JSONL:
            return _JsonLines(file)
        case RowsFormat.PARQUET:
            return _Parquet(file, schema)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write, which takes the place of `path` once it is written to its end.

    Whatever breaks it off, as Ctrl-C, leaves `path` as it was, and nothing beside it. A process
    that is killed leaves a `.tmp` file, which the next attempt replaces.

    Raises:
        StoreError: The disk is full or refuses.
    """
    path = path.resolve()
    with writing_to(path.parent), writing_file(path) as file:
        yield file


@contextmanager
def standard_output() -> Iterator[IO[bytes]]:
    """Give stdout; a reader who has seen enough, as `head`, ends it quietly."""
    sys.stdout.flush()
    file = sys.stdout.buffer
    try:
        yield file
        file.flush()
    except BrokenPipeError:
        # What Python still holds would fail again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Csv:
    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._file = file
        _write_lines(file, [csv_header(schema)])

    def write(self, rows: pa.Table) -> None:
        for some in _slices(rows):
            _write_lines(self._file, csv_lines(some))

    def finish(self) -> None:
        """There is nothing to add."""


class _JsonLines:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, rows: pa.Table) -> None:
        for some in _slices(rows):
            _write_lines(self._file, json_lines(some))

    def finish(self) -> None:
        """There is nothing to add."""


class _JsonArray:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._before = "[\n"

    def write(self, rows: pa.Table) -> None:
        for some in _slices(rows):
            self._file.write((self._before + ",\n".join(json_lines(some))).encode())
            self._before = ",\n"

    def finish(self) -> None:
        self._file.write(b"[]\n" if self._before == "[\n" else b"\n]\n")


class _Parquet:
    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")

    def write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows)

    def finish(self) -> None:
        self._writer.close()


def _slices(rows: pa.Table) -> Iterator[pa.Table]:
    """Yield so few rows at a time that their text takes little memory; none of no rows."""
    for start in range(0, len(rows), _TEXT_ROWS):
        yield rows.slice(start, _TEXT_ROWS)


def _write_lines(file: IO[bytes], lines: list[str]) -> None:
    if lines:
        file.write(("\n".join(lines) + "\n").encode())
