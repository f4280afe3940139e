"""What tracks are called, for who draws it: told to a camera once, and again when it changes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from genesis_ray.domain.events import FaceRecognized

_TRACKS_KEPT = 256
"""Of a camera, the latest named: none before them is still in its picture."""

NameNow = Callable[[str, str, int, datetime], str]
"""What a track is called: by the identity it was named, its camera, itself, and when it was."""


@dataclass(slots=True)
class _Called:
    identity_id: str
    named_at: datetime
    name: str


@dataclass(slots=True)
class NameBoard:
    """The names of the latest tracks; picklable, so that another process goes on with it."""

    _tracks: dict[str, dict[int, _Called]] = field(default_factory=dict)
    _news: dict[str, dict[int, str]] = field(default_factory=dict)

    def put(self, named: FaceRecognized, name: str) -> None:
        """Take what a track was named."""
        tracks = self._tracks.setdefault(named.camera_id, {})
        tracks.pop(named.track_id, None)
        tracks[named.track_id] = _Called(named.identity_id, named.occurred_at, name)
        if len(tracks) > _TRACKS_KEPT:
            del tracks[next(iter(tracks))]
        self._tell(named.camera_id, named.track_id, name)

    def rename(self, name_now: NameNow) -> None:
        """Take it that tracks may be called something else now; "" where nothing any more."""
        for camera_id, tracks in self._tracks.items():
            for track_id, called in tracks.items():
                name = name_now(called.identity_id, camera_id, track_id, called.named_at)
                if name != called.name:
                    called.name = name
                    self._tell(camera_id, track_id, name)

    def forget(self, identity_ids: Collection[str]) -> None:
        """Call tracks that were named one of these nothing any more."""
        for camera_id, tracks in self._tracks.items():
            for track_id in [one for one, it in tracks.items() if it.identity_id in identity_ids]:
                del tracks[track_id]
                self._tell(camera_id, track_id, "")

    def take(self, camera_id: str) -> dict[int, str]:
        """Return what is new at a camera, by track, and take it that it is told."""
        return self._news.pop(camera_id, {})

    def _tell(self, camera_id: str, track_id: int, name: str) -> None:
        self._news.setdefault(camera_id, {})[track_id] = name
