"""Following people from frame to frame, at a few frames a second: ids that stay with a person.

Three steps: ByteTrack follows boxes by their motion; what it follows is believed once it is
sure or has lasted; who was hidden gets the old id back by place and looks. At a cut to another
scene all begins anew: whoever stands where somebody stood is somebody else.
"""

from datetime import datetime, timedelta

import numpy as np
import supervision as sv

from genesis_ray.domain.streams.cadence import Cadence
from genesis_ray.domain.streams.cuts import CutWatch
from genesis_ray.domain.tracking.appearance import Impression, View
from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.domain.tracking.relinking import Relinker, RelinkPolicy
from genesis_ray.vision.bytetrack import TimedByteTrack

_SURE_CONFIDENCE = 0.7
"""Once seen with it, a track is believed: the library's own bound for the birth of a track."""

_BELIEVED_AFTER = timedelta(seconds=2)
"""A track that never was that sure: somebody far away, and seldom nobody."""

_MARGIN = 0.02
"""Of the frame, at each side. Who is that near to it is not known whole."""

_LOST_AFTER_S = 1.5
_LOST_AFTER_FRAMES = 3
"""Where these take longer than the seconds do."""


class PersonTracker:
    """Gives the detections of one camera ids that stay with a person.

    Ids count up in order of birth and are final when given. The result depends on the times,
    boxes and pixels handed in and nothing else: not on the order of a frame's detections, nor
    on other trackers in the process, nor on whether this one was pickled on the way.

    Attributes:
        lost_after_s: A person unseen for longer never gets the old id back; most are known
            to be gone sooner, see `is_open`.
    """

    def __init__(
        self,
        *,
        process_fps: float,
        first_track_id: int = 1,
        relinking: RelinkPolicy | None = None,
    ) -> None:
        """Set up for so many frames a second, or fewer; `relinking` belongs to the views' looks."""
        if process_fps <= 0:
            raise ValueError(f"process_fps must be positive, got {process_fps}")
        kept_s = max(_LOST_AFTER_S, _LOST_AFTER_FRAMES / process_fps)
        self._cadence = Cadence(timedelta(seconds=1 / process_fps))
        self._relinker = Relinker(
            interval=self._cadence.interval,
            kept=timedelta(seconds=kept_s),
            first_track_id=first_track_id,
            policy=relinking,
        )
        self._kept_s = kept_s
        self._tracker = self._new_tracker()
        self._cuts = CutWatch()
        self.lost_after_s = self._relinker.longest_gap.total_seconds()
        self._since: dict[int, datetime] = {}
        self._believed: set[int] = set()
        self._started_at: datetime | None = None
        self._last_at: datetime | None = None

    def is_open(self, track_id: int) -> bool:
        """Tell whether, as of the last frame, this id may be seen again."""
        return self._relinker.is_open(track_id)

    def impression(self, track_id: int) -> Impression | None:
        """Return how somebody looks, by the views' looks; None while nobody looked."""
        return self._relinker.impression(track_id)

    def renumber(self, first_track_id: int) -> None:
        """Give tracks that are born from now on ids from `first_track_id`; others keep theirs."""
        self._relinker.renumber(first_track_id)

    def update(self, at: datetime, detections: Detections, view: View | None = None) -> Tracks:
        """Return the detections of the frame of time `at` that belong to a track, oldest first.

        A track not seen in this frame is not returned: a predicted box is no evidence.
        Without the frame's `view` nobody who was lost for long is found again.

        Raises:
            ValueError: The time is not after the last one's.
        """
        if self._last_at and at <= self._last_at:
            raise ValueError(f"frames must come in order of time, got {at} after {self._last_at}")
        self._started_at, self._last_at = self._started_at or at, at
        if view is not None and view.grey is not None and self._cuts.sees_cut(view.grey):
            self._forget_everybody()
        self._cadence.take(at)
        self._relinker.expect_every(self._cadence.interval)
        self._tracker.expect_every(self._cadence.interval.total_seconds())
        detections = _in_fixed_order(detections)
        # Fractions of the frame will do as the unit: the filter's gain depends on the ratio of
        # its noise terms alone, and DIoU has no unit.
        found = self._tracker.update(
            sv.Detections(
                xyxy=detections.xyxy.astype(np.float64),
                confidence=detections.confidence,
                data={"row": np.arange(len(detections))},
            ),
            timestamp=(at - self._started_at).total_seconds(),
        )
        rows = self._believable(at, found, detections)
        seen = np.array(list(rows.values()), np.int64)
        boxes = detections.xyxy[seen]
        track_id = self._relinker.update(at, list(rows), boxes, detections.xyxy, view)
        by_age = np.argsort(track_id)
        return Tracks(
            Detections(boxes[by_age], detections.confidence[seen[by_age]]), track_id[by_age]
        )

    def _new_tracker(self) -> TimedByteTrack:
        return TimedByteTrack(
            interval_s=self._cadence.interval.total_seconds(),
            lost_after_s=self._kept_s,
            sure_birth=_SURE_CONFIDENCE,
            margin=_MARGIN,
        )

    def _forget_everybody(self) -> None:
        self._tracker = self._new_tracker()
        self._since.clear()
        self._believed.clear()
        self._relinker.forget_everybody()

    def _believable(
        self, at: datetime, found: sv.Detections, detections: Detections
    ) -> dict[int, int]:
        """Return the rows of `detections` that are people, by the library's track ids."""
        tracks = np.asarray(found.tracker_id, np.int64).tolist()
        rows = np.asarray(found.data.get("row", ()), np.int64).tolist()
        alive = {tracklet.tracker_id for tracklet in self._tracker.tracks}
        self._since = {track: since for track, since in self._since.items() if track in alive}
        self._believed &= alive
        row_of = {}
        for track, row in zip(tracks, rows, strict=True):
            if track < 0:  # not, or not yet, a track
                continue
            since = self._since.setdefault(track, at)
            if detections.confidence[row] >= _SURE_CONFIDENCE or at - since >= _BELIEVED_AFTER:
                self._believed.add(track)
            if track in self._believed:
                row_of[track] = row
        return row_of


def _in_fixed_order(detections: Detections) -> Detections:
    row = np.lexsort(np.column_stack([detections.confidence, detections.xyxy]).T)
    return Detections(detections.xyxy[row], detections.confidence[row])
