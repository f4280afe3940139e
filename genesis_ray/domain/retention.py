"""How long what is kept: the limits that a time gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

JOURNEYS = ("visits", "face_recognitions", "alerts", "metric_samples", "identity_events")
"""Tables of who was where, of what people were told, and of what was brought in. All others but
`SYSTEM` are what such things are told from."""

SYSTEM = ("camera_states", "frame_drops", "system_states", "dead_letters")
"""Tables that tell of cameras and processes, and of nobody. A state holds until the next one, so
how long a camera was online cannot be told without one that may be old."""

ROLLUPS = "rollups"
"""What rollups are called beside the tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """For how many days rows are kept, by capture time; None: for ever.

    Attributes:
        raw_days: All tables that are not named here.
        journey_days: `JOURNEYS`.
        system_days: States of cameras and of the system, dropped frames, dead letters.
        rollup_days: Rollups.
        table_days: Other limits than those, by table, or `rollups`.
    """

    raw_days: float | None = 30.0
    journey_days: float | None = 90.0
    system_days: float | None = None
    rollup_days: float | None = 90.0
    table_days: Mapping[str, float | None] = field(default_factory=dict)

    def days_of(self, table: str) -> float | None:
        """Return for how many days a table's rows are kept."""
        if table in self.table_days:
            return self.table_days[table]
        if table == ROLLUPS:
            return self.rollup_days
        if table in SYSTEM:
            return self.system_days
        return self.journey_days if table in JOURNEYS else self.raw_days

    def limit_of(self, table: str, *, at: datetime) -> datetime | None:
        """Return the time before which rows of a table go at a time; None where none do."""
        days = self.days_of(table)
        return None if days is None else at - timedelta(days=days)
