"""What a resolver remembers of tracks between their faces."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from genesis_ray.domain.identity import Face
from genesis_ray.domain.voting import TrackVote

_EVIDENCE_KEPT = timedelta(minutes=10)
"""Faces of a nameless track decide together unless a longer pause lies between them."""

_NAME_KEPT = timedelta(days=1)
"""How long it is remembered that a track was named: no track shows a face again after more."""

_TIDIED_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class TrackFaces:
    """What is known of one track's faces until it has a name, and then that it has."""

    vote: TrackVote
    last_at: datetime
    faces: deque[Face]
    named: bool = False

    def is_over(self, now: datetime) -> bool:
        """Tell whether a face of `now` could have nothing to do with these any more."""
        return now - self.last_at > (_NAME_KEPT if self.named else _EVIDENCE_KEPT)


@dataclass(slots=True)
class ResolverMemory:
    """What a resolver knows beside gallery and register, which are stored elsewhere."""

    tracks: dict[tuple[str, int], TrackFaces] = field(default_factory=dict)
    tidied_at: datetime | None = None

    def tidy(self, now: datetime) -> None:
        """Once a minute of capture time, forget tracks that are over."""
        if self.tidied_at and now - self.tidied_at < _TIDIED_EVERY:
            return
        self.tidied_at = now
        self.tracks = {k: track for k, track in self.tracks.items() if not track.is_over(now)}
