"""The boxes of one frame, as arrays in parallel."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.places.geometry import Boxes


@dataclass(frozen=True, slots=True)
class Detections:
    """The people a detector found in one frame.

    Attributes:
        xyxy: float32 [n, 4], normalised to the frame.
        confidence: float32 [n], the detector's.
    """

    xyxy: Boxes
    confidence: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.confidence)
        if self.xyxy.shape != (n, 4) or self.confidence.shape != (n,):
            raise ValueError(
                f"expected xyxy [n, 4] and confidence [n], "
                f"got {self.xyxy.shape} and {self.confidence.shape}"
            )

    def __len__(self) -> int:
        return len(self.confidence)

    @classmethod
    def none(cls) -> "Detections":
        """Return the detections of an empty scene."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class Tracks:
    """Detections that a tracker has given ids.

    Attributes:
        detections: What was seen; never a predicted box.
        track_id: int64 [n], unique within a camera for ever.
    """

    detections: Detections
    track_id: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.track_id.shape != (len(self.detections),):
            raise ValueError(
                f"expected {len(self.detections)} track ids, got shape {self.track_id.shape}"
            )

    def __len__(self) -> int:
        return len(self.detections)
