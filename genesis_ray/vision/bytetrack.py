"""ByteTrack of the library `trackers`, made to live with a few frames a second.

Y. Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box",
ECCV 2022. Of the library it takes association, motion model and the lives of tracks; what
differs is how near a box has to be, and that a sure first sight is enough.
"""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import supervision as sv
from trackers import ByteTrackTracker, DIoU
from trackers.utils.state_representations import XCYCWHStateEstimator

# Chosen on the clip PETS09-S2L1 over all frames down to every fourth: docs/tracking.md.

_BIRTH_CONFIDENCE = 0.6
"""Of a track's first detection."""

_SURE_CONFIDENCE = 0.4
"""From here detections choose their tracks; those below only continue tracks left over."""

_MOTION_RATE = 8.0
"""Frames a second for which the library's motion noise is meant. Held fixed, so that the model of
how people walk does not change with how often they are looked at."""

_CLOSE = 0.2
"""DIoU of prediction and detection that somebody seen in the last frame needs. Where two meet and
one is hidden, less would let each take the other's box."""

_CLOSE_AFTER_HIDING = 0.0
"""After a missed frame the prediction is less sure."""

_CLOSE_AT_SECOND_SIGHT = -0.1
"""Nothing is known of the speed yet: at a few frames a second two boxes of somebody who walks
need not overlap."""

_CLOSE_IF_FAINT = 0.5
"""Detections below the sure confidence are often a part of somebody, or nobody."""


class TimedByteTrack(ByteTrackTracker):  # type: ignore[misc]
    """Tracks the boxes of one camera, given the time of each frame.

    A detection of at least `sure_birth` that does not touch the border has an id at its
    first sight, others at their second in successive frames.
    """

    tracker_id = None  # not one of those that the library's own command offers
    search_space: ClassVar[dict[str, Any]] = {}

    def __init__(
        self, *, interval_s: float, lost_after_s: float, sure_birth: float, margin: float
    ) -> None:
        super().__init__(
            lost_track_buffer=30 * lost_after_s,  # counted in frames of 30 a second
            frame_rate=_MOTION_RATE,
            track_activation_threshold=_BIRTH_CONFIDENCE,
            minimum_consecutive_frames=2,
            minimum_iou_threshold=_CLOSE_AT_SECOND_SIGHT,
            high_conf_det_threshold=_SURE_CONFIDENCE,
            state_estimator_class=XCYCWHStateEstimator,
            iou=DIoU(),
        )
        self.expect_every(interval_s)
        self._sure_birth = sure_birth
        self._margin = margin
        self._left_over: list[int] | None = None

    def expect_every(self, interval_s: float) -> None:
        """Expect the next frames so far apart."""
        self._hidden_s = 1.5 * interval_s  # without a sight for longer: a frame was missed

    def update(
        self, detections: sv.Detections, frame: None = None, timestamp: float | None = None
    ) -> sv.Detections:
        """See the library; boxes are normalised to the frame."""
        self._left_over = None
        return super().update(detections, frame, timestamp)

    def _get_associated_indices(
        self, closeness: npt.NDArray[np.float64], least: float
    ) -> tuple[list[tuple[int, int]], list[int], list[int]]:
        """Assign detections to tracks: called with all tracks first, then with those left over."""
        is_first = self._left_over is None
        rows = range(len(self.tracks)) if self._left_over is None else self._left_over
        needed = np.array([self._needed(self.tracks[row]) for row in rows]).reshape(-1, 1)
        if not is_first:
            needed = np.maximum(needed, _CLOSE_IF_FAINT)
        # All pairs that cannot be are equally bad: otherwise the assignment, which seeks the
        # greatest sum, gives up a good pair to make an impossible one less so.
        possible = np.where(closeness < needed, -1.0, closeness)
        matched, unmatched, unseen = super()._get_associated_indices(possible, least)
        if is_first:
            self._left_over = unmatched
        return matched, unmatched, unseen

    def _needed(self, tracklet: Any) -> float:
        if tracklet.tracker_id < 0:
            return _CLOSE_AT_SECOND_SIGHT
        is_fresh = tracklet.time_since_update_seconds <= self._hidden_s
        return _CLOSE if is_fresh else _CLOSE_AFTER_HIDING

    def _spawn_new_tracks(
        self,
        boxes: npt.NDArray[np.float64],
        confidences: npt.NDArray[np.float32],
        unmatched: list[int],
        rows: npt.NDArray[np.int64],
        out_rows: list[int],
        out_ids: list[int],
    ) -> None:
        tracks_before, out_before = len(self.tracks), len(out_rows)
        super()._spawn_new_tracks(boxes, confidences, unmatched, rows, out_rows, out_ids)
        begun = iter(self.tracks[tracks_before:])
        for place in range(out_before, len(out_rows)):
            row = out_rows[place]
            if float(confidences[row]) < self.track_activation_threshold:
                continue
            tracklet, box = next(begun), boxes[row]
            is_whole = box.min() >= self._margin and box.max() <= 1 - self._margin
            if confidences[row] >= self._sure_birth and is_whole:
                tracklet.tracker_id = out_ids[place] = self._allocate_tracker_id()
