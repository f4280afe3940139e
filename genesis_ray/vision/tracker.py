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

# Chosen on the clip PETS09-S2L1, over all frames down to every fourth, with noise put on the
# detections: IDF1 is 0.81 at every one of those rates, and each figure lies on a plateau.

_BIRTH_CONFIDENCE = 0.6
"""Of a track's first detection. 0.7 would lose half of the people that are found in the first
frames of MOT17-04 and 13, where they are small; 0.5 finds more of them, and of what is nobody."""

_SIGHTS_AT_BIRTH = 2
"""In successive frames, before a track has an id: what flickers once is nobody."""

_SURE_CONFIDENCE = 0.4
"""From here detections choose their tracks; those below only continue tracks left over."""

_LEAST_CLOSENESS = -0.1
"""DIoU of prediction and detection below which they are two people. It is negative because at
few frames a second the boxes of somebody who walks need not overlap."""

_MOTION_RATE = 8.0
"""Frames a second for which the library's motion noise is meant. Held fixed, so that the model of
how people walk does not change with how often they are looked at: with the rate of the frames
in its place IDF1 at every second frame is 0.70 and at every fourth 0.64."""

_LOST_AFTER_S = 1.5
_LOST_AFTER_FRAMES = 3
"""Where these take longer than the seconds do."""


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
        self._ids = _IdBlocks(first_track_id)
        self._started_at: datetime | None = None
        self._last_at: datetime | None = None
        self._tracker = ByteTrackTracker(
            lost_track_buffer=30 * self.lost_after_s,  # counted in frames of 30 a second
            frame_rate=_MOTION_RATE,
            track_activation_threshold=_BIRTH_CONFIDENCE,
            minimum_consecutive_frames=_SIGHTS_AT_BIRTH,
            minimum_iou_threshold=_LEAST_CLOSENESS,
            high_conf_det_threshold=_SURE_CONFIDENCE,
            state_estimator_class=XCYCWHStateEstimator,
            iou=_Closeness(),
        )

    def update(self, at: datetime, detections: Detections) -> Tracks:
        """Return the detections of the frame of time `at` that belong to a track, oldest first.

        A track not seen in this frame is not returned: a predicted box is no evidence.

        Raises:
            ValueError: The time is not after the last one's.
        """
        if self._last_at and at <= self._last_at:
            raise ValueError(f"frames must come in order of time, got {at} after {self._last_at}")
        self._started_at, self._last_at = self._started_at or at, at
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
        return self._by_age(found, detections)

    def renumber(self, first_track_id: int) -> None:
        """Give tracks that are born from now on ids from `first_track_id`; others keep theirs."""
        self._ids.begin(first_track_id)

    def _by_age(self, found: sv.Detections, detections: Detections) -> Tracks:
        age_rank = np.asarray(found.tracker_id, np.int64)
        order = np.argsort(age_rank, kind="stable")
        order = order[age_rank[order] >= 0]  # -1 is not, or not yet, a track
        row = np.asarray(found.data.get("row", ()), np.int64)[order]
        return Tracks(
            Detections(detections.xyxy[row], detections.confidence[row]),
            self._ids.of(age_rank[order]),
        )


class _IdBlocks:
    """Turns a track's place in the order of births into its id."""

    def __init__(self, first_id: int) -> None:
        self._first_ids = [first_id]
        self._first_ranks = [0]
        self._born = 0

    def begin(self, first_id: int) -> None:
        """Count on from `first_id` with the next birth."""
        self._first_ids.append(first_id)
        self._first_ranks.append(self._born)

    def of(self, age_rank: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the ids of tracks, in the frame in which they are born and after."""
        self._born = max([self._born, *(age_rank + 1).tolist()])
        block = np.searchsorted(self._first_ranks, age_rank, side="right") - 1
        shift = np.subtract(self._first_ids, self._first_ranks)
        ids: npt.NDArray[np.int64] = age_rank + shift[block]
        return ids


class _Closeness(DIoU):  # type: ignore[misc]
    """DIoU that calls all pairs below the threshold equally bad.

    Otherwise the assignment, which seeks the greatest sum, gives up a good pair to make an
    impossible one less so.
    """

    def _compute(
        self, predicted: npt.NDArray[np.float64], detected: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        closeness: npt.NDArray[np.float64] = super()._compute(predicted, detected)
        return np.where(closeness < _LEAST_CLOSENESS, -1.0, closeness)


def _in_fixed_order(detections: Detections) -> Detections:
    row = np.lexsort(np.column_stack([detections.confidence, detections.xyxy]).T)
    return Detections(detections.xyxy[row], detections.confidence[row])
