"""Long answers a page at a time, in an order that later rows do not change."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in rows ordered by time, then by id: right behind the row it names."""

    at: datetime
    row_id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the cursor that an answer gave out as `text`.

        Raises:
            ConfigurationError: None did.
        """
        try:
            at, _, row_id = base64.urlsafe_b64decode(text.encode()).decode().partition(" ")
            place = cls(datetime.fromisoformat(at), row_id)
        except (binascii.Error, ValueError) as error:
            raise _unknown(text) from error
        if place.at.tzinfo is None or str(place) != text:
            raise _unknown(text)
        return place

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.at.isoformat()} {self.row_id}".encode()).decode()


def event_rows(
    rows: pa.Table,
    *,
    camera_id: str | None,
    start: datetime | None,
    end: datetime | None,
    after: Cursor | None,
) -> pa.Table:
    """Return the rows of an event table that one camera saw in [start, end), behind a cursor.

    Raises:
        ConfigurationError: The cursor is none of an event table's.
    """
    at = pc.field("occurred_at")
    wanted = pc.scalar(True)
    if camera_id is not None:
        wanted &= pc.field("camera_id") == camera_id
    if start is not None:
        wanted &= at >= start
    if end is not None:
        wanted &= at < end
    if after is not None:
        same, behind = at == after.at, pc.field("event_id") > _event_id(after)
        wanted &= (at > after.at) | (same & behind)
    return rows.filter(wanted)


def _event_id(cursor: Cursor) -> "pa.Scalar[pa.FixedSizeBinaryType]":
    try:
        return pa.scalar(bytes.fromhex(cursor.row_id), pa.binary(16))
    except (ValueError, pa.ArrowInvalid) as error:
        raise _unknown(str(cursor)) from error


def _unknown(text: str) -> ConfigurationError:
    return ConfigurationError(
        f"cursor: expected the next_cursor of an earlier answer, got {text!r:.60}"
    )
