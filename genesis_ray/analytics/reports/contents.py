"""What stands in a report: figures and words of a period, nobody's name and no picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import plotly.graph_objects as go

from genesis_ray.domain.figures.comparison import Change
from genesis_ray.domain.figures.periods import Period

_NO_GAP_S = 1.0

Unit = Literal["people", "entries", "visits", "seconds", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A figure of the period, and of the one before.

    Attributes:
        name: What it is.
        unit: Of its values; a share is from 0 to 1.
        value: None where it is withheld or there is none.
        before: Of the period before.
        of: How many people, stays or the like it was made of; of a count itself.
        of_before: The same of the period before.
        change: None where there is nothing to compare with, or too little.
        place: Which camera or zone, where there are several figures of the name.
        when: The hour of a peak.
        why_not: Why there is no value.
    """

    name: str
    unit: Unit
    value: float | None
    before: float | None = None
    of: int = 0
    of_before: int = 0
    change: Change | None = None
    place: str = ""
    when: Period | None = None
    why_not: str = ""


class Chart(NamedTuple):
    """A chart, and whether it wants the whole width of a page."""

    figure: go.Figure
    is_wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraTime:
    """In which state a camera was for how long, in seconds."""

    camera_id: str
    online_s: float
    impaired_s: float
    offline_s: float
    unwatched_s: float

    @property
    def gaps_s(self) -> float:
        """For how long it was not online."""
        return self.impaired_s + self.offline_s + self.unwatched_s

    @property
    def share_online(self) -> float:
        """Of all of the time, whether it was watched or not; less than a second is no gap."""
        return 1.0 if self.gaps_s < _NO_GAP_S else self.online_s / (self.online_s + self.gaps_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCount:
    """How often a rule raised an alert in the period."""

    rule_id: str
    severity: str
    alerts: int
    open: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """An hour that was out of the ordinary, and why."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A period of a site.

    Attributes:
        site_id: Which; "": it has no name.
        time_zone: Of the site; all times are shown by its clock.
        period: What is told of.
        before: What it is compared with.
        not_compared: Why it is not; "" where it is.
        made_at: When the report was made.
        headlines: The figures.
        charts: The charts.
        unusual: Hours out of the ordinary, the latest last.
        unusual_in_all: How many there are; more than are listed.
        cannot_tell: Why nothing can be called unusual; "" where it can.
        hours_compared: Of how many hours it can be told whether they were.
        hours: How many there are.
        alerts: By rule; None: rows of them are gone.
        cameras: Their time; None: it is not known any more.
        remarks: What else one has to know of how good the figures are, a sentence each.
    """

    site_id: str
    time_zone: str
    period: Period
    before: Period
    not_compared: str
    made_at: datetime
    headlines: Sequence[Headline]
    charts: Sequence[Chart]
    unusual: Sequence[Unusual]
    unusual_in_all: int
    cannot_tell: str
    hours_compared: int
    hours: int
    alerts: Sequence[AlertCount] | None
    cameras: Sequence[CameraTime] | None
    remarks: Sequence[str]


class Summary(NamedTuple):
    """A report in a few sentences, and a note of how they came about."""

    text: str
    note: str
