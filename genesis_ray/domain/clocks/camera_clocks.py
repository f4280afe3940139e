"""What time it is at each camera: by what it told itself, whatever others say."""

from collections.abc import Mapping
from datetime import datetime

from genesis_ray.domain.clocks.ordering import NOT_BEGUN
from genesis_ray.domain.events import CameraStateChanged, Event, TrackObserved

Reach = Mapping[str, datetime]
"""By camera, the capture time up to which it has told everything; who is left out is as far as
the site."""


class CameraClocks:
    """The time at each camera of a site, of which some may be dated wrongly.

    As long as cameras agree, the site has one time. A camera whose time is far ahead, as a
    recording of next year, moves the site's and not that of the others: at each it is never later
    than what it told itself.

    At a camera that is over, as its recording has ended, time goes on with those that still watch,
    by the slower half of them, and stays where it is once nobody does: what is dated later says
    nothing of the time between.
    """

    def __init__(self) -> None:
        self._reach: Reach = {}
        self._watching: set[str] = set()
        self._over: dict[str, datetime | None] = {}  # since when its time stands still
        self._latest: dict[str, datetime] = {}  # that was told

    def hear(self, reach: Reach, now: datetime | None) -> None:
        """Take how far cameras are; those that are left out are over at the site's time `now`."""
        if now and not self._watching <= reach.keys():
            self._end(self._watching - reach.keys(), now)
        self._reach = reach

    def has_begun(self, camera_id: str) -> bool:
        """Tell whether it is known what time it is at a camera."""
        return self._reach.get(camera_id) != NOT_BEGUN

    def take(self, event: Event, now: datetime) -> None:
        """Take an event that is told at the site's time `now`: the camera watches, or is over."""
        if isinstance(event, CameraStateChanged) and event.state in ("ended", "failed"):
            self._end({event.camera_id} - self._over.keys(), now)
        elif isinstance(event, CameraStateChanged | TrackObserved):
            self._watching.add(event.camera_id)
            if event.camera_id in self._over:  # another one of that name, or a recording anew
                del self._over[event.camera_id]
                self._latest.pop(event.camera_id, None)

    def at(self, camera_id: str, now: datetime) -> datetime:
        """Return a camera's time at the site's time `now`; it never goes back.

        The site's does where something comes after its turn.
        """
        at = self._own(camera_id, now)
        if camera_id in self._over:
            at = self._over[camera_id] or self._slower_half(now)
        at = self._latest[camera_id] = max(at, self._latest.get(camera_id, at))
        return at

    def _own(self, camera_id: str, now: datetime) -> datetime:
        return min(now, self._reach.get(camera_id, now))

    def _slower_half(self, now: datetime) -> datetime:
        times = sorted(self._own(camera_id, now) for camera_id in self._watching)
        return times[(len(times) - 1) // 2]

    def _end(self, camera_ids: set[str], now: datetime) -> None:
        if self._watching <= camera_ids:  # the last ones: at all of them time stands still
            stands_at = {camera_id: self._own(camera_id, now) for camera_id in camera_ids}
            follows = [camera_id for camera_id, since in self._over.items() if since is None]
            if self._watching and follows:
                stands_at |= dict.fromkeys(follows, self._slower_half(now))
            self._over |= stands_at
        else:
            self._over |= dict.fromkeys(camera_ids)
        self._watching -= camera_ids
