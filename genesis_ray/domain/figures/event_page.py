"""Which rows of a long table are on a page."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple


class Place(NamedTuple):
    """A place in rows by (occurred_at, event_id): right behind the row it names."""

    at: datetime
    event_id: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """The first `limit` rows by (occurred_at, event_id) of those that are meant.

    Attributes:
        camera_id: Only that camera's.
        since: The first moment that counts.
        until: The first moment that does not count any more.
        after: Only rows behind that place, wherever later rows come to lie.
    """

    limit: int
    camera_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: Place | None = None

    @property
    def begins_at(self) -> datetime | None:
        """The first moment at which a row can be on the page; None: there is no such bound."""
        bounds = (self.since, self.after.at if self.after else None)
        return max(filter(None, bounds), default=None)

    def behind(self, place: Place) -> "PageRequest":
        """Return the request for the page that follows one that ends there."""
        return replace(self, after=place)
