"""Up to when tables tell where people are."""

from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from genesis_ray.analytics.stored import Tables


@runtime_checkable
class Told(Protocol):
    """Tables that know where their log breaks off."""

    def told_at(self, now: datetime) -> datetime:
        """Return the moment that they tell of, asked `now`: see `domain.last_word`."""


def told_now(tables: Tables, at: datetime | None = None) -> datetime:
    """Return a moment, by default the present, or when the log of these tables broke off before.

    Until then, and no longer, is there who has not left.
    """
    now = at or datetime.now(UTC)
    return tables.told_at(now) if isinstance(tables, Told) else now
