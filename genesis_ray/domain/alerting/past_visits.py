"""Visits that there were, as alerts on those who come again count them."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple


class PastVisit(NamedTuple):
    """A visit that has begun."""

    identity_id: str
    started_at: datetime


class PastVisits(NamedTuple):
    """The visits that there were, as they are by what people decided.

    Attributes:
        visits: Those that may count, with those that go on.
        aliases: Whom an identity is now, for those who are another.
    """

    visits: tuple[PastVisit, ...]
    aliases: Mapping[str, str]
