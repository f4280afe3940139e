"""Which faces of a camera's tracks are worth embedding: a track's best few.

To embed a face costs many times what it costs to find it and to tell its quality.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from genesis_ray.domain.recognition.evidence import is_worth, weight_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicePolicy:
    """When a face is embedded.

    Attributes:
        min_quality: Of worse ones none is.
        enough: What a track's faces count for together, in good faces, before it gets choosy.
        later: From then on one is embedded after so long,
        better: or where its quality is so much above that of all before.
        remember: How long after its last face what a track had still counts.
    """

    min_quality: float
    enough: int
    later: timedelta
    better: float = 0.2
    remember: timedelta = timedelta(minutes=10)


class FaceChoice:
    """Chooses among one camera's faces, in capture order.

    What it says depends on that order, the qualities and the policy alone. Picklable, so that
    another process can go on with it.
    """

    def __init__(self, policy: ChoicePolicy) -> None:
        self._policy = policy
        self._tracks: dict[int, _Chosen] = {}

    def takes(self, track_id: int, at: datetime, quality: float) -> bool:
        """Tell whether the next face of a track is to be embedded, and count it if so."""
        self._tidy(at)
        track = self._tracks.setdefault(track_id, _Chosen(at))
        track.last_at = at
        if quality < self._policy.min_quality or not self._is_of_use(track, at, quality):
            return False
        track.evidence += weight_of(quality)
        track.best = max(track.best, quality)
        track.chosen_at = at
        return True

    def _is_of_use(self, track: "_Chosen", at: datetime, quality: float) -> bool:
        if track.chosen_at is None or not is_worth(track.evidence, self._policy.enough):
            return True
        is_due = at - track.chosen_at >= self._policy.later
        return is_due or quality >= track.best + self._policy.better

    def _tidy(self, now: datetime) -> None:
        """Forget tracks that have shown no face for long."""
        remember = self._policy.remember
        self._tracks = {
            track_id: track
            for track_id, track in self._tracks.items()
            if now - track.last_at <= remember
        }


@dataclass(slots=True)
class _Chosen:
    """What was chosen of one track so far."""

    last_at: datetime
    chosen_at: datetime | None = None
    evidence: float = 0.0
    best: float = 0.0
