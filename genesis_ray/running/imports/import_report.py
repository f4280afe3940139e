"""What became of each row that was brought in."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from genesis_ray.migration.genesis_rows import Unreadable

REPORT = "import.json"
"""In the run's folder. It names people where it says why rows of theirs were left out."""

Row = TypeVar("Row")

_MOST_REASONS = 20
"""Told one by one; those beyond are counted."""


@dataclass(slots=True)
class Tally:
    """The rows of one kind: each was brought in, there already, or left out for a reason.

    Attributes:
        verified: Of the first two, those that were read back and are what the source says.
        left_out: How many, by the reason.
        examples: Some of those left out, with the reason of each.
    """

    what: str
    read: int = 0
    brought_in: int = 0
    already_there: int = 0
    verified: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every row that was not left out is there as the source has it."""
        return self.verified == self.read - self.left_out.total()

    def leave_out(self, row: str, reason: str, *, kind: str = "unreadable") -> None:
        """Note a row that is not brought in."""
        self.left_out[kind] += 1
        if len(self.examples) < _MOST_REASONS:
            self.examples.append(f"{row}: {reason}")

    def readable(self, rows: Iterable[Row | Unreadable]) -> Iterator[Row]:
        """Yield the rows that could be read, and count all."""
        for row in rows:
            self.read += 1
            if isinstance(row, Unreadable):
                self.leave_out(row.row, row.reason)
            else:
                yield row

    def to_json(self) -> dict[str, object]:
        """Return it for a report."""
        return {
            "what": self.what,
            "read": self.read,
            "brought_in": self.brought_in,
            "already_there": self.already_there,
            "verified": self.verified,
            "left_out": dict(self.left_out),
            "examples": self.examples,
        }
