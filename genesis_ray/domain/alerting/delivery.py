"""What became of one attempt to tell a notice, and when the next one is due."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

ChannelKind = Literal["webhook", "mail"]
"""How a channel tells somebody something."""

Outcome = Literal["delivered", "failed", "refused"]
"""It was taken; it may be taken later; it will never be, however often it is tried."""

LONGEST_ASKED_S = 3600.0
"""What a receiver can have us wait at the most: it is down then, and others may want to know."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said.

    Attributes:
        said: For people, without anything secret.
        wait_s: How long it asked us to wait.
    """

    outcome: Outcome
    said: str
    wait_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFigures:
    """How deliveries go on channels.

    Attributes:
        delivered: Notices that were taken; the first three count from the start of a process.
        tried_again: Attempts that failed, to be made again.
        set_aside: Notices that were given up.
        waiting: Notices that wait now, also for their first attempt.
        waits_since: When the one that waits longest began to; None where none does.
    """

    delivered: int = 0
    tried_again: int = 0
    set_aside: int = 0
    waiting: int = 0
    waits_since: datetime | None = None

    def __add__(self, other: "DeliveryFigures") -> "DeliveryFigures":
        """Return those of the channels of both."""
        since = [each.waits_since for each in (self, other) if each.waits_since]
        return DeliveryFigures(
            delivered=self.delivered + other.delivered,
            tried_again=self.tried_again + other.tried_again,
            set_aside=self.set_aside + other.set_aside,
            waiting=self.waiting + other.waiting,
            waits_since=min(since, default=None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a notice is tried, and how long is waited between.

    Attributes:
        attempts: After so many it is set aside.
        first_wait_s: The first wait is up to this long; each next one up to twice the one before,
        longest_wait_s: and none longer than this, unless the receiver asks for it.
    """

    attempts: int = 12
    first_wait_s: float = 5.0
    longest_wait_s: float = 900.0

    def is_last(self, attempt: int, answer: Answer) -> bool:
        """Tell whether a notice is set aside after its `attempt`-th one, counted from 1."""
        return answer.outcome == "refused" or attempt >= self.attempts


def asked_wait_s(header: str | None, *, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), at most an hour.

    It has seconds or a date; None where there is none, or none that can be read.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_ASKED_S)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return min(max((date - now).total_seconds(), 0.0), LONGEST_ASKED_S)
