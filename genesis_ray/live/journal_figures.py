"""What the journal counts beside what it logs."""

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import numpy as np

from genesis_ray.domain.clocks.ordering import NOT_BEGUN
from genesis_ray.domain.events import (
    DeadLetterChanged,
    Event,
    FramesDropped,
    GateRejected,
    SystemStateChanged,
)
from genesis_ray.domain.recognition.drift import MatchLevel
from genesis_ray.figures import GalleryFigures
from genesis_ray.live.spec import Snapshot
from genesis_ray.pipeline.counting import SiteCounts

_LATENCIES = 20_000
"""Reports that the latency is told of: the last minutes of a few cameras, or ten seconds of a
hundred at thirty frames a second."""

_QUANTILES = (0.5, 0.95, 0.99)

_NOTES = 2_000
"""Of so many it is known that they were counted: a caller that had no answer tells them again
within seconds, and those of a minute are a few hundred."""

_NOTED = (DeadLetterChanged, FramesDropped, SystemStateChanged)
"""What is told beside reports."""


@dataclass(frozen=True, slots=True)
class JournalFigures:
    """What the journal counts.

    Attributes:
        first_event_at: When the first event was written, in time.time()'s seconds.
        last_event_at: When the last one was.
        write_s: Seconds spent in applying and writing.
        by_class: The events by the name of their class.
        set_aside: Dead letters by their unit and the stage that failed.
        logged_until: Capture time up to which everything is in the log; `datetime.min` before
            the first frame, `datetime.max` after the last.
        system: The system's states by component and state.
        latency_s: Of the latest reports in real time, by quantile: seconds from the capture of
            their last frame until the log had them.
        gallery: As the resolver told of it last.
        match_levels: How alike matches are, by camera.
        rejections: Names that the spatiotemporal gate refused, by the reason.
        site: Who went over lines, and who is in zones.
    """

    events: int
    late: int
    first_event_at: float | None
    last_event_at: float | None
    write_s: float
    by_class: Mapping[str, int] = field(default_factory=dict)
    set_aside: Mapping[tuple[str, str], int] = field(default_factory=dict)
    logged_until: datetime = NOT_BEGUN
    system: Mapping[tuple[str, str], int] = field(default_factory=dict)
    latency_s: Mapping[float, float] = field(default_factory=dict)
    gallery: GalleryFigures | None = None
    match_levels: Mapping[str, MatchLevel] = field(default_factory=dict)
    rejections: Mapping[str, int] = field(default_factory=dict)
    site: SiteCounts | None = None


@dataclass(slots=True)
class Tally:
    """What a journal has counted, and the latest snapshot of each camera.

    It goes on in the process that follows.

    Attributes:
        left: By camera that came anew under its name, the capture time that the one before got to.
    """

    by_class: Counter[str] = field(default_factory=Counter)
    system: Counter[tuple[str, str]] = field(default_factory=Counter)
    set_aside: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejections: Counter[str] = field(default_factory=Counter)
    first_event_at: float | None = None
    last_event_at: float | None = None
    write_s: float = 0.0
    latencies_s: deque[float] = field(default_factory=partial(deque, maxlen=_LATENCIES))
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    left: dict[str, datetime] = field(default_factory=dict)
    noted: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def count(self, facts: Sequence[Event], *, now_s: float) -> None:
        """Count events that were logged at `now_s`, in time.time()'s seconds.

        What is noted beside reports may be told again, by who had no answer as this process died,
        and counts once. What is in reports is known by how far they have come.
        """
        for fact in facts:
            if isinstance(fact, _NOTED):
                if fact.event_id in self.noted:
                    continue
                self._remember(fact.event_id)
            self.by_class[type(fact).__name__] += 1
            match fact:
                case DeadLetterChanged():
                    self.set_aside[fact.unit, fact.stage] += 1
                case GateRejected():
                    self.rejections[fact.reason] += 1
                case SystemStateChanged():
                    self.system[fact.component, fact.state] += 1
        self.last_event_at = now_s
        self.first_event_at = self.first_event_at or now_s

    def _remember(self, event_id: bytes) -> None:
        self.noted[event_id] = None
        if len(self.noted) > _NOTES:
            self.noted.popitem(last=False)

    def latency_s(self) -> dict[float, float]:
        """Return what so many of the latencies do not exceed; nothing where there are none."""
        if not self.latencies_s:
            return {}
        seconds = np.fromiter(self.latencies_s, np.float64)
        values = np.quantile(seconds, _QUANTILES, method="nearest")
        return dict(zip(_QUANTILES, values.tolist(), strict=True))
