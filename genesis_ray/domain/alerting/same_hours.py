"""How many came in hours of a site's clock, to tell whether an hour is like those before it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.figures.anomalies import Reading, Usual, WeeklyPolicy, usual_of

MOSTLY = timedelta(minutes=54)
"""Of an hour, for which it has to be watched to be like others: some seconds without a picture are
no gap in it."""


class SameHours:
    """The hours of the last weeks, to compare one with those of its weekday and hour.

    As `WeeklyScore`, but an hour may be judged while it goes on, and those before are never older
    than the policy's weeks. It is kept small, as it is stored each time that a state is.
    """

    def __init__(self, zone: ZoneInfo, policy: WeeklyPolicy) -> None:
        """Begin without any; `zone` is the site's."""
        self._zone = zone
        self._policy = policy
        self._slots: npt.NDArray[np.int16] = np.empty(0, np.int16)
        self._days: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._values: npt.NDArray[np.int32] = np.empty(0, np.int32)
        self._usual: tuple[datetime, Usual | None] | None = None  # of the hour asked for last

    def add(self, starts_at: datetime, people: int) -> None:
        """Take an hour that is over; hours come in order of time."""
        slot, day = self._place(starts_at)
        kept = np.searchsorted(self._days, day - 7 * self._policy.weeks)
        self._slots = np.append(self._slots[kept:], np.int16(slot))
        self._days = np.append(self._days[kept:], np.int32(day))
        self._values = np.append(self._values[kept:], np.int32(people))
        self._usual = None

    def reading(self, starts_at: datetime, people: int) -> Reading | None:
        """Return how unusual so many are in an hour; None: too few weeks are known of it."""
        if self._usual is None or self._usual[0] != starts_at:
            self._usual = starts_at, self._usual_of(starts_at)
        usual = self._usual[1]
        return usual and usual.reading(people, self._policy)

    def name_of(self, starts_at: datetime) -> str:
        """Return what hours like this are called: Tuesdays from 14:00 to 15:00."""
        local = starts_at.astimezone(self._zone)
        return f"{local:%A}s from {local.hour}:00 to {local.hour + 1}:00"

    def _place(self, starts_at: datetime) -> tuple[int, int]:
        """Return which hour of the week it is, and on which day."""
        local = starts_at.astimezone(self._zone)
        return 24 * local.weekday() + local.hour, local.toordinal()

    def _usual_of(self, starts_at: datetime) -> Usual | None:
        slot, day = self._place(starts_at)
        is_same = (
            (self._slots == slot)
            & (self._days < day)
            & (self._days >= day - 7 * self._policy.weeks)
        )
        before: list[float] = self._values[is_same].tolist()
        return usual_of(before, len(np.unique(self._days[is_same])), self._policy)
