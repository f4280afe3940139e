"""The actor that keeps the log: its only writer."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from genesis_ray.domain.ordering import NOT_BEGUN
from genesis_ray.live.resolver import PATIENCE
from genesis_ray.live.spec import LiveSpec
from genesis_ray.pipeline.stages import JournalStage, TimedEvents
from genesis_ray.running.assembly import build_journal
from genesis_ray.store.event_log import EventLog
from genesis_ray.store.run_folder import RunFolder

_PATIENCE = 2 * PATIENCE
"""Longer than the resolver's: what a lagging camera made it wait for has to come through."""


@dataclass(frozen=True, slots=True)
class JournalFigures:
    """What the journal counts.

    Attributes:
        first_event_at: When the first event was written, in time.time()'s seconds.
        last_event_at: When the last one was.
        write_s: Seconds spent in applying and writing.
        by_class: The events by the name of their class.
        logged_until: Capture time up to which everything is in the log; `datetime.min` before
            the first frame, `datetime.max` after the last.
    """

    events: int
    late: int
    first_event_at: float | None
    last_event_at: float | None
    write_s: float
    by_class: Mapping[str, int] = field(default_factory=dict)
    logged_until: datetime = NOT_BEGUN


class JournalActor:
    """A shell round `JournalStage` and the event log.

    Its methods run one at a time, in the order in which each caller called them.
    """

    def __init__(self, spec: LiveSpec) -> None:
        cameras = [camera.camera_id for camera in spec.settings.cameras]
        self._stage = JournalStage(
            cameras, build_journal(spec.settings), patience=_PATIENCE if spec.realtime else None
        )
        self._log = EventLog(RunFolder.open(spec.run).events)
        self._events = 0
        self._by_class: Counter[str] = Counter()
        self._first_event_at: float | None = None
        self._last_event_at: float | None = None
        self._write_s = 0.0

    def take(self, producer: str, events: TimedEvents, progress: datetime) -> None:
        """Take a producer's next events and log what is now in order."""
        begun = time.perf_counter()
        facts = self._stage.take(producer, events, progress)
        if self._stage.is_done:
            facts += self._stage.finish()
        if facts:
            self._log.append(facts)
            self._events += len(facts)
            self._by_class.update(type(fact).__name__ for fact in facts)
            self._last_event_at = time.time()
            self._first_event_at = self._first_event_at or self._last_event_at
        self._write_s += time.perf_counter() - begun

    def figures(self) -> JournalFigures:
        """Return what has been counted so far."""
        return JournalFigures(
            self._events,
            self._stage.late,
            self._first_event_at,
            self._last_event_at,
            self._write_s,
            dict(self._by_class),
            self._stage.progress,
        )

    def finish(self) -> JournalFigures:
        """Commit the log; nothing may be taken after this."""
        self._log.close()
        return self.figures()
