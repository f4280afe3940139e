"""How long what is kept: the limits that a time gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

JOURNEYS = ("visits", "face_recognitions")
"""Tables that tell of people's ways; all others are what those were told from."""

ROLLUPS = "rollups"
"""What rollups are called beside the tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """For how many days rows are kept, by capture time; None: for ever.

    Attributes:
        raw_days: All tables but journeys.
        journey_days: Visits and the decisions about faces.
        rollup_days: Rollups.
        table_days: Other limits than those, by table, or `rollups`.
    """

    raw_days: float | None = 30.0
    journey_days: float | None = 90.0
    rollup_days: float | None = 90.0
    table_days: Mapping[str, float | None] = field(default_factory=dict)

    def days_of(self, table: str) -> float | None:
        """Return for how many days a table's rows are kept."""
        if table in self.table_days:
            return self.table_days[table]
        if table == ROLLUPS:
            return self.rollup_days
        return self.journey_days if table in JOURNEYS else self.raw_days

    def limit_of(self, table: str, *, at: datetime) -> datetime | None:
        """Return the time before which rows of a table go at a time; None where none do."""
        days = self.days_of(table)
        return None if days is None else at - timedelta(days=days)
