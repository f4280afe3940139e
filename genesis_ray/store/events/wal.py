"""The write-ahead log: segments of records, each of which is there whole or not at all.

A record is what one append wrote: `length, crc32, payload`, the two numbers as unsigned
32-bit little-endian, the checksum over length and payload. The payload is, a table, its
name and one Arrow IPC record batch, each after its length. The name says which version of
the schema the batch has, `name@2`; where it says none it is the first.
"""

import os
import struct
import time
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path

import pyarrow as pa

from genesis_ray.store.disk import sync_folder
from genesis_ray.store.schemas import (
    EVENT_SCHEMAS,
    SCHEMA_VERSION,
    in_this_version,
    of_version,
)

_LENGTH = struct.Struct("<I")
_HEADER = struct.Struct("<II")
HEADER_BYTES = _HEADER.size
"""Of a record: its length and a checksum over all of it."""


class Segment:
    """A write-ahead log file that is open for appending.

    Attributes:
        size: Bytes of whole records.
        opened_at: `time.monotonic()` when it was made.
    """

    def __init__(self, path: Path) -> None:
        self.size = 0
        self.opened_at = time.monotonic()
        self._file = path.open("xb", buffering=0)
        self._synced = 0
        self._not_synced: deque[tuple[int, bytes]] = deque()  # records, by where they begin
        self._is_in_doubt = False
        try:
            sync_folder(path.parent)
        except OSError:
            self._file.close()
            path.unlink(missing_ok=True)
            raise

    def append(self, record: bytes) -> None:
        """Hand a record to the operating system, where it outlives this process.

        Raises:
            OSError: The disk is full or refuses; nothing is left of the record.
        """
        rest = memoryview(record)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            self._file.truncate(self.size)
            self._file.seek(self.size)
            raise
        self._not_synced.append((self.size, record))
        self.size += len(record)

    def sync(self) -> None:
        """Make every record appended so far outlive the machine.

        Raises:
            OSError: The disk is full or refuses; the next time tries again.
        """
        size = self.size
        if size > self._synced:
            if self._is_in_doubt:
                self._write_again()
            self._is_in_doubt = True
            os.fsync(self._file.fileno())
            self._is_in_doubt = False
            while self._not_synced and self._not_synced[0][0] < size:
                self._not_synced.popleft()
            self._synced = size

    def _write_again(self) -> None:
        """Hand over what was not synced: a system that could not write it may forget it."""
        for begin, record in [*self._not_synced]:
            rest = memoryview(record)
            while rest:
                at = begin + len(record) - len(rest)
                rest = rest[os.pwrite(self._file.fileno(), rest, at) :]

    def close(self) -> None:
        """Close the file; call `sync` first."""
        self._file.close()


def encode(tables: Mapping[str, pa.Table]) -> bytes:
    """Return the tables as one record."""
    parts = []
    for name, table in tables.items():
        for batch in table.combine_chunks().to_batches():
            for part in (f"{name}@{SCHEMA_VERSION}".encode(), memoryview(batch.serialize())):
                parts += [_LENGTH.pack(len(part)), part]
    payload = b"".join(parts)
    length = _LENGTH.pack(len(payload))
    return length + _LENGTH.pack(zlib.crc32(payload, zlib.crc32(length))) + payload


def read_rows(content: bytes, only: str | None = None) -> dict[str, pa.Table]:
    """Return a segment's rows, a table a kind, up to the first record that is not whole.

    With `only`, those of one table.
    """
    found: dict[str, list[pa.Table]] = {}
    for record in _records(content):
        parts = _parts(record)
        for name, batch in zip(parts, parts, strict=True):
            table, _, version = str(name, "utf-8").partition("@")
            if only in (None, table):
                # A copy is aligned as Arrow wants it; the middle of a record need not be.
                schema = of_version(EVENT_SCHEMAS[table], int(version or 1))
                rows = pa.ipc.read_record_batch(pa.py_buffer(bytes(batch)), schema)
                found.setdefault(table, []).append(
                    in_this_version(pa.Table.from_batches([rows]), EVENT_SCHEMAS[table])
                )
    return {
        table: pa.concat_tables([EVENT_SCHEMAS[table].empty_table(), *batches]).combine_chunks()
        for table, batches in found.items()
    }


def record_ends(content: bytes) -> list[int]:
    """Return where each whole record of a segment ends."""
    return [*accumulate(_HEADER.size + len(record) for record in _records(content))]


def whole_bytes(content: bytes) -> int:
    """Return how many bytes of a segment are whole records; what follows was torn off."""
    return max(record_ends(content), default=0)


def _records(content: bytes) -> Iterator[memoryview]:
    end = 0
    while record := _record_at(content, end):
        yield record
        end += _HEADER.size + len(record)


def _record_at(content: bytes, start: int) -> memoryview | None:
    begin = start + _HEADER.size
    if begin > len(content):
        return None
    length, checksum = _HEADER.unpack_from(content, start)
    payload = memoryview(content)[begin : begin + length]
    expected = zlib.crc32(payload, zlib.crc32(content[start : start + _LENGTH.size]))
    if len(payload) < length or checksum != expected:
        return None
    return payload


def _parts(record: memoryview) -> Iterator[memoryview]:
    start = 0
    while start < len(record):
        (length,) = _LENGTH.unpack_from(record, start)
        start += _LENGTH.size
        yield record[start : start + length]
        start += length
