"""Long answers a page at a time, in an order that later rows do not change."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from genesis_ray.domain.figures.event_page import Place
from genesis_ray.errors import ConfigurationError

_ID_BYTES = 16


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


def place_of(cursor: Cursor) -> Place:
    """Return the place in an event table that a cursor names.

    Raises:
        ConfigurationError: The cursor is none of an event table's.
    """
    try:
        event_id = bytes.fromhex(cursor.row_id)
    except ValueError as error:
        raise _unknown(str(cursor)) from error
    if len(event_id) != _ID_BYTES:
        raise _unknown(str(cursor))
    return Place(cursor.at, event_id)


def _unknown(text: str) -> ConfigurationError:
    return ConfigurationError(
        f"cursor: expected the next_cursor of an earlier answer, got {text!r:.60}"
    )
