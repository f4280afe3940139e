"""How well predicted tracks agree with the true ones: HOTA, CLEAR MOT and IDF1."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from trackeval.metrics import CLEAR, HOTA, Identity

from genesis_ray.domain.places.geometry import iou
from genesis_ray.errors import ConfigurationError
from genesis_ray.evaluation.mot_file import TrackedBoxes

_MATCHING_IOU = 0.5


@dataclass(frozen=True, slots=True)
class TrackingScore:
    """The agreement of one video's tracks with its ground truth, at IoU 0.5.

    Attributes:
        hota: Higher order tracking accuracy, the mean over IoU 0.05 to 0.95
            (Luiten et al., IJCV 2021).
        mota: 1 - (misses + false boxes + switches) / true boxes; can be negative
            (Bernardin and Stiefelhagen, 2008).
        idf1: F1 of boxes under the best one-to-one pairing of ids (Ristani et al., 2016).
        id_switches: How often a true person's predicted id changed.
        precision: Share of predicted boxes that match a true one.
        recall: Share of true boxes that a predicted one matches.
        frames: Frames that were scored.
    """

    hota: float
    mota: float
    idf1: float
    id_switches: int
    precision: float
    recall: float
    frames: int


def evaluate(
    ground_truth: TrackedBoxes, predictions: TrackedBoxes, *, frames: int, every: int = 1
) -> TrackingScore:
    """Score the predicted tracks of a video of so many frames.

    With `every` above 1 only frames 1, 1 + every, ... are scored, as if the video had no
    others: a tracker that was shown every third frame is asked about those alone.

    Raises:
        ConfigurationError: A row's frame is none of the video's.
    """
    if every < 1:
        raise ValueError(f"every must be at least 1, got {every}")
    for name, boxes in (("ground truth", ground_truth), ("predictions", predictions)):
        if len(boxes) and boxes.frame.max() > frames:
            raise ConfigurationError(
                f"the {name} reaches frame {boxes.frame.max()}, the video has {frames} frames; "
                "are they of the same video?"
            )
    scored = range(1, frames + 1, every)
    data = _sequence(ground_truth.in_frames(scored), predictions.in_frames(scored), scored)
    quiet = {"THRESHOLD": _MATCHING_IOU, "PRINT_CONFIG": False}
    clear = CLEAR(quiet).eval_sequence(data)
    return TrackingScore(
        hota=float(np.mean(HOTA().eval_sequence(data)["HOTA"])),
        mota=float(clear["MOTA"]),
        idf1=float(Identity(quiet).eval_sequence(data)["IDF1"]),
        id_switches=int(clear["IDSW"]),
        precision=float(clear["CLR_Pr"]),
        recall=float(clear["CLR_Re"]),
        frames=len(scored),
    )


def _sequence(
    ground_truth: TrackedBoxes, predictions: TrackedBoxes, frames: range
) -> dict[str, object]:
    """Return what trackeval's metrics read: ids numbered from 0, a list entry a frame."""
    true_ids, true_id = np.unique(ground_truth.track_id, return_inverse=True)
    found_ids, found_id = np.unique(predictions.track_id, return_inverse=True)
    of_truth = _by_frame(ground_truth, frames)
    of_found = _by_frame(predictions, frames)
    return {
        "num_timesteps": len(frames),
        "num_gt_dets": len(ground_truth),
        "num_tracker_dets": len(predictions),
        "num_gt_ids": len(true_ids),
        "num_tracker_ids": len(found_ids),
        "gt_ids": [true_id[rows] for rows in of_truth],
        "tracker_ids": [found_id[rows] for rows in of_found],
        "similarity_scores": [
            iou(_xyxy(ground_truth.ltwh[true]), _xyxy(predictions.ltwh[found]))
            for true, found in zip(of_truth, of_found, strict=True)
        ],
    }


def _by_frame(boxes: TrackedBoxes, frames: range) -> list[npt.NDArray[np.int64]]:
    return [np.flatnonzero(boxes.frame == frame) for frame in frames]


def _xyxy(ltwh: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return np.hstack([ltwh[:, :2], ltwh[:, :2] + ltwh[:, 2:]]).astype(np.float32)
