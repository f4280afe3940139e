"""Sequences of MOTChallenge on disk, and how well found people agree with the true ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from genesis_ray.domain.places.geometry import Boxes, iou
from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.evaluation.mot_file import read_ground_truth

_MATCHING_IOU = 0.5


@dataclass(frozen=True)
class Snippet:
    """A sequence: its frames, and for each the true boxes, normalised."""

    name: str
    images: list[Image]
    truth: list[Boxes]


@dataclass(frozen=True)
class Agreement:
    """Boxes counted over frames; hits are pairs of a found and a true one with an IoU of 0.5."""

    true: int = 0
    found: int = 0
    hits: int = 0

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(self.true + other.true, self.found + other.found, self.hits + other.hits)

    def figures(self) -> dict[str, float]:
        """Return precision, recall, and MODA: MOTA without the switches of ids."""
        errors = self.true + self.found - 2 * self.hits
        return {
            "precision": round(self.hits / max(self.found, 1), 4),
            "recall": round(self.hits / self.true, 4),
            "moda": round(1 - errors / self.true, 4),
            "people": self.true,
        }


def snippets(folder: Path) -> list[Snippet]:
    """Read the sequences in a folder that have both their frames and the truth."""
    return [_read(path.parent.parent) for path in sorted(folder.glob("*/gt/gt.txt")) if _has(path)]


def agreement(found: Sequence[Detections], truth: Sequence[Boxes]) -> Agreement:
    """Compare what was found in frames with what is in them."""
    return sum(map(_in_frame, found, truth), Agreement())


def _has(truth: Path) -> bool:
    return (truth.parent.parent / "img1").is_dir()


def _read(sequence: Path) -> Snippet:
    images = [cv2.imread(str(path)) for path in sorted((sequence / "img1").glob("*.jpg"))]
    height, width = images[0].shape[:2]
    boxes = read_ground_truth(sequence / "gt" / "gt.txt")
    xyxy = np.hstack([boxes.ltwh[:, :2], boxes.ltwh[:, :2] + boxes.ltwh[:, 2:]])
    # The truth goes on where the picture ends; what is found does not.
    xyxy = np.clip(xyxy / [width, height, width, height], 0, 1).astype(np.float32)
    truth = [xyxy[boxes.frame == number] for number in range(1, len(images) + 1)]
    return Snippet(sequence.name, images, truth)


def _in_frame(found: Detections, truth: Boxes) -> Agreement:
    overlap = iou(found.xyxy, truth)
    pairs = linear_sum_assignment(np.where(overlap >= _MATCHING_IOU, overlap, 0), maximize=True)
    hits = int((overlap[pairs] >= _MATCHING_IOU).sum())
    return Agreement(len(truth), len(found), hits)
