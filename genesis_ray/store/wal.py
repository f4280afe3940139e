"""The write-ahead log: segments of records, each of which is there whole or not at all.

A record is what one append wrote: `length, crc32, payload`, the two numbers as unsigned
32-bit little-endian, the checksum over length and payload. The payload is one Arrow IPC
stream a table, whose schema metadata names the table.
"""

import os
import struct
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from genesis_ray.store.disk import sync_folder

_LENGTH = struct.Struct("<I")
_HEADER = struct.Struct("<II")
_TABLE = b"table"


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
        sync_folder(path.parent)

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
            raise
        self.size += len(record)

    def sync(self) -> None:
        """Make every record appended so far outlive the machine."""
        size = self.size
        if size > self._synced:
            os.fsync(self._file.fileno())
            self._synced = size

    def close(self) -> None:
        """Close the file; call `sync` first."""
        self._file.close()


def encode(tables: Mapping[str, pa.Table]) -> bytes:
    """Return the tables as one record."""
    payload = pa.BufferOutputStream()
    for name, table in tables.items():
        named = table.replace_schema_metadata({_TABLE: name})
        with pa.ipc.new_stream(payload, named.schema) as stream:
            stream.write_table(named)
    content = payload.getvalue().to_pybytes()
    length = _LENGTH.pack(len(content))
    return length + _LENGTH.pack(zlib.crc32(content, zlib.crc32(length))) + content


def read_records(content: bytes) -> Iterator[dict[str, pa.Table]]:
    """Yield the tables of each record, in order, up to the first that is not whole."""
    end = 0
    while record := _record_at(content, end):
        yield _decode(record)
        end += _HEADER.size + len(record)


def whole_bytes(content: bytes) -> int:
    """Return how many bytes of a segment are whole records; what follows was torn off."""
    end = 0
    while record := _record_at(content, end):
        end += _HEADER.size + len(record)
    return end


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


def _decode(payload: memoryview) -> dict[str, pa.Table]:
    source = pa.BufferReader(payload)
    tables = {}
    while source.tell() < source.size():
        with pa.ipc.open_stream(source) as stream:
            table = stream.read_all()
        name = table.schema.metadata[_TABLE].decode()
        tables[name] = table.replace_schema_metadata(None)
    return tables
