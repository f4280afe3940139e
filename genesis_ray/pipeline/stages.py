"""Resolver and journal behind a buffer that puts their input in order of capture time.

Live actors, the local mode and an archive's last pass all feed these two, so what they
make of the same observations is the same, whatever order the cameras are named in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from genesis_ray.domain.events import Event, FaceRecognized
from genesis_ray.domain.identity import Face
from genesis_ray.domain.ordering import DONE, ReorderBuffer
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.resolver import IdentityResolver

RESOLVER = "/resolver"
"""The resolver's name as a producer of events; no camera can be called so."""

TimedEvents = list[tuple[datetime, tuple[Event, ...]]]
"""Events by the time of the frame that brought them about."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the resolver said, and up to which time it has said everything."""

    events: TimedEvents
    progress: datetime

    def named(self, camera_id: str) -> dict[int, str]:
        """Return the identities given to tracks of one camera, by track id."""
        return {
            event.track_id: event.identity_id
            for _, together in self.events
            for event in together
            if isinstance(event, FaceRecognized) and event.camera_id == camera_id
        }


class ResolverStage:
    """Resolves the faces of many cameras in capture order."""

    def __init__(
        self,
        cameras: Sequence[str],
        resolver: IdentityResolver,
        *,
        patience: timedelta | None = None,
    ) -> None:
        self._resolver = resolver
        self._buffer: ReorderBuffer[Face] = ReorderBuffer(sorted(cameras), patience=patience)

    def take(self, camera_id: str, faces: Sequence[Face], progress: datetime) -> Resolved:
        """Take a camera's next faces; return what all that is now in order led to."""
        timed = [(face.captured_at, face) for face in faces]
        ready = self._buffer.add(camera_id, timed, progress=progress)
        events = [(at, tuple(self._resolver.resolve(face))) for at, face in ready]
        return Resolved(events, self._buffer.progress)

    @property
    def late(self) -> int:
        """Faces that came after their turn."""
        return self._buffer.late


class JournalStage:
    """Applies what cameras and resolver said to the journal in capture order."""

    def __init__(
        self, cameras: Sequence[str], journal: SiteJournal, *, patience: timedelta | None = None
    ) -> None:
        self._journal = journal
        self._buffer: ReorderBuffer[tuple[Event, ...]] = ReorderBuffer(
            [*sorted(cameras), RESOLVER], patience=patience
        )

    def take(self, producer: str, events: TimedEvents, progress: datetime) -> list[Event]:
        """Take a producer's next events; return those now in order, with what they led to."""
        ready = self._buffer.add(producer, events, progress=progress)
        facts: list[Event] = []
        for _, together in ready:
            for event in together:
                facts.append(event)
                facts += self._journal.apply(event)
        return facts

    def finish(self) -> list[Event]:
        """Return what the end of everything leads to, once all producers are done."""
        return self._journal.finish()

    @property
    def is_done(self) -> bool:
        """Whether every producer has said that nothing more will come."""
        return self._buffer.progress == DONE

    @property
    def progress(self) -> datetime:
        """The capture time up to which everything has been applied."""
        return self._buffer.progress

    @property
    def late(self) -> int:
        """Groups of events that came after their turn."""
        return self._buffer.late
