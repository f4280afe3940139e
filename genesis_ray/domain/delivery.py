"""What became of one attempt to tell a notice, and when the next one is due."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

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
