"""Exits from zones that nobody told, because the process died that would have told them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from genesis_ray.domain.clocks.camera_clocks import Reach
from genesis_ray.domain.clocks.ordering import DONE, NOT_BEGUN
from genesis_ray.domain.events import CameraStateChanged, Event, TrackObserved, ZoneCrossed

LOST_AFTER = timedelta(minutes=2)
"""A track in view has a row a second, and one that is lost is over after ten. This is long enough
for a camera of which one frame in half a minute is looked at."""

_TOLD_LATER = timedelta(seconds=10)
"""At the most, than a camera tells itself that all have left, of which no frame comes."""

_LOOKED_AT_EVERY = timedelta(seconds=1)


class UntoldExits:
    """Tells that tracks left zones where their camera does not tell it any more.

    A camera tells things in the order of its frames, and all exits of a track that is over before
    anything of the next frame. So who is in a zone and was not seen for two minutes, while the
    camera saw others, or said that it went on and nobody was there, is gone, and the exit was lost:
    with a process that was killed after it had told the entry, or because what it told was set
    aside. At a camera that has ended or is given up, that holds for everybody. They left at their
    last sight, as all do who are lost in a zone.
    """

    def __init__(self) -> None:
        self._cameras: dict[str, _Camera] = {}
        self._looked_at: datetime | None = None

    def hear(self, reach: Reach) -> None:
        """Take how far each camera has told everything, some of which may be still to be taken."""
        for camera_id, camera in self._cameras.items():
            camera.hear(reach.get(camera_id, NOT_BEGUN))

    def turn(self, at: datetime) -> list[ZoneCrossed]:
        """Take it that all has been taken of the time before `at`; return the exits missing."""
        if self._looked_at and abs(at - self._looked_at) < _LOOKED_AT_EVERY:
            return []
        self._looked_at = at
        exits = [each for camera in self._cameras.values() for each in camera.unseen(at)]
        return sorted(exits, key=_in_order)

    def take(self, event: Event) -> list[ZoneCrossed]:
        """Take the next event; return the exits, in order of time, that it shows to be missing."""
        at = event.occurred_at
        camera = self._cameras.setdefault(event.camera_id, _Camera())
        match event:
            case ZoneCrossed():
                camera.cross(event)
            case TrackObserved():
                camera.seen_at[event.track_id] = max(at, camera.seen_at.get(event.track_id, at))
                return sorted(camera.lost(event), key=_in_order)
            case CameraStateChanged(state="ended" | "failed"):
                del self._cameras[event.camera_id]
                return sorted(camera.leave(event), key=_in_order)
        return []


@dataclass(slots=True)
class _Camera:
    """When each track was seen last, and in which zones those are that have not left them.

    Attributes:
        entered: Any entry.
        told_until: All that the camera tells of the time until then has been taken.
        told_next: The same, once the time has come.
    """

    seen_at: dict[int, datetime] = field(default_factory=dict)
    inside: dict[int, set[str]] = field(default_factory=dict)
    looked_at: datetime | None = None
    entered: ZoneCrossed | None = None
    told_until: datetime = NOT_BEGUN
    told_next: datetime | None = None

    def hear(self, reach: datetime) -> None:
        if self.told_next is None and NOT_BEGUN < reach < DONE:
            self.told_next = reach

    def unseen(self, at: datetime) -> Iterator[ZoneCrossed]:
        """Yield the exits of those whom the camera told nothing of for long, though it went on."""
        if self.told_next and self.told_next < at:
            self.told_until, self.told_next = self.told_next, None
        if self.entered is None or self.told_until == NOT_BEGUN:
            return
        long_ago = self.told_until - LOST_AFTER - _TOLD_LATER
        for track_id in [each for each in self.inside if self.seen_at[each] < long_ago]:
            yield from self._exits(self.entered, track_id)

    def cross(self, event: ZoneCrossed) -> None:
        if event.direction == "enter":
            self.entered = event
            self.inside.setdefault(event.track_id, set()).add(event.zone_id)
            at = event.occurred_at
            self.seen_at[event.track_id] = max(at, self.seen_at.get(event.track_id, at))
        elif zones := self.inside.get(event.track_id):
            zones.discard(event.zone_id)
            if not zones:
                del self.inside[event.track_id]

    def lost(self, event: Event) -> Iterator[ZoneCrossed]:
        """Now and then forget who was not seen for long; yield their exits."""
        at = event.occurred_at
        if self.looked_at and abs(at - self.looked_at) < _LOOKED_AT_EVERY:
            return
        self.looked_at = at
        for track_id in [each for each, seen in self.seen_at.items() if at - seen > LOST_AFTER]:
            yield from self._exits(event, track_id)

    def leave(self, event: Event) -> Iterator[ZoneCrossed]:
        """Yield the exits of all who are in a zone."""
        for track_id in list(self.inside):
            yield from self._exits(event, track_id)

    def _exits(self, event: Event, track_id: int) -> Iterator[ZoneCrossed]:
        seen_at = self.seen_at.pop(track_id)
        for zone_id in self.inside.pop(track_id, ()):
            yield ZoneCrossed(
                tenant_id=event.tenant_id,
                site_id=event.site_id,
                camera_id=event.camera_id,
                occurred_at=seen_at,
                zone_id=zone_id,
                track_id=track_id,
                direction="exit",
            )


def _in_order(event: ZoneCrossed) -> tuple[datetime, int, str]:
    return event.occurred_at, event.track_id, event.zone_id
