"""Following people from frame to frame: ByteTrack, without torch.

Y. Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box",
ECCV 2022, as the library `trackers` has it, told the time of every frame.
"""

from datetime import datetime

import numpy as np
import numpy.typing as npt
import supervision as sv
from trackers import ByteTrackTracker, DIoU
from trackers.utils.state_representations import XCYCWHStateEstimator

from genesis_ray.domain.detections import Detections, Tracks

# The figures were chosen on the PETS09-S2L1 clip, every frame to every fourth, with noise put on
# the detections, where neither half nor double of a figure did better at all of those rates.

_LEAST_CONFIDENCE = 0.4
"""Detections below take no part: with more of them ids wander during occlusions."""

_BIRTH_CONFIDENCE = 0.6
"""What a track's first detection needs. 0.7 and more loses most people who are small in the
picture (two thirds of those in MOT17-13), 0.5 and less follows more that is nobody."""

_SIGHTS_AT_BIRTH = 2
"""Sights in successive frames before a track has an id: what flickers once is nobody."""

_LEAST_CLOSENESS = -0.1
"""DIoU of prediction and detection below which they are two people. It is negative because at
5 frames a second a walking person's boxes need not overlap."""

_MOTION_RATE = 8.0
"""Frames a second of the library's motion noise. Held fixed, so that the model of how people
walk does not change with how often they are looked at: with the camera's own rate IDF1 falls
from 0.79 to 0.61 when frames are skipped."""

_LOST_AFTER_S = 1.5
_LOST_AFTER_FRAMES = 3


class PersonTracker:
    """Gives the detections of one camera ids that stay with a person.

    A track is born at its second sight in successive frames. Ids count up in order of
    birth. The result depends on the times and boxes handed in and nothing else: not on
    the order of a frame's detections, nor on other trackers in the process, nor on
    whether this one was pickled on the way.

    Attributes:
        lost_after_s: A person unseen for longer never gets the old id back.
    """

    def __init__(self, *, process_fps: float, first_track_id: int = 1) -> None:
        if process_fps <= 0:
            raise ValueError(f"process_fps must be positive, got {process_fps}")
        self.lost_after_s = max(_LOST_AFTER_S, _LOST_AFTER_FRAMES / process_fps)
        self._first_track_id = first_track_id
        self._started_at: datetime | None = None
        self._last_at: datetime | None = None
        self._tracker = ByteTrackTracker(
            lost_track_buffer=30 * self.lost_after_s,  # counted in frames of 30 a second
            frame_rate=_MOTION_RATE,
            track_activation_threshold=_BIRTH_CONFIDENCE,
            minimum_consecutive_frames=_SIGHTS_AT_BIRTH,
            minimum_iou_threshold=_LEAST_CLOSENESS,
            high_conf_det_threshold=_LEAST_CONFIDENCE,
            state_estimator_class=XCYCWHStateEstimator,
            iou=_Closeness(),
        )

    def update(self, at: datetime, detections: Detections) -> Tracks:
        """Return the detections of the frame of time `at` that belong to a track, by falling age.

        A track not seen in this frame is not returned: a predicted box is no evidence.

        Raises:
            ValueError: The time is not after the last one's.
        """
        if self._last_at and at <= self._last_at:
            raise ValueError(f"frames must come in order of time, got {at} after {self._last_at}")
        self._started_at, self._last_at = self._started_at or at, at
        detections = _in_fixed_order(detections)
        # Fractions of the frame serve as the unit: the filter's noise terms are constants that
        # only their ratio matters of, and DIoU has no unit.
        found = self._tracker.update(
            sv.Detections(
                xyxy=detections.xyxy.astype(np.float64),
                confidence=detections.confidence,
                data={"row": np.arange(len(detections))},
            ),
            timestamp=(at - self._started_at).total_seconds(),
        )
        return self._by_age(found, detections)

    def _by_age(self, found: sv.Detections, detections: Detections) -> Tracks:
        age_rank = np.asarray(found.tracker_id, np.int64)
        order = np.argsort(age_rank, kind="stable")
        order = order[age_rank[order] >= 0]  # -1 is not, or not yet, a track
        row = np.asarray(found.data.get("row", ()), np.int64)[order]
        return Tracks(
            Detections(detections.xyxy[row], detections.confidence[row]),
            self._first_track_id + age_rank[order],
        )


class _Closeness(DIoU):  # type: ignore[misc]
    """DIoU that calls all pairs below the threshold equally bad.

    Otherwise an impossible pair, above all with a box that shrank below nothing while it was
    predicted, sways the assignment of the others.
    """

    def _compute(
        self, predicted: npt.NDArray[np.float64], detected: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        closeness: npt.NDArray[np.float64] = super()._compute(predicted, detected)
        return np.where(closeness < _LEAST_CLOSENESS, -1.0, closeness)


def _in_fixed_order(detections: Detections) -> Detections:
    sure = np.flatnonzero(detections.confidence >= _LEAST_CONFIDENCE)
    keys = np.column_stack([detections.confidence, detections.xyxy])[sure]
    row = sure[np.lexsort(keys.T)]
    return Detections(detections.xyxy[row], detections.confidence[row])
