"""What was found out about the thresholds of one tenant and embedder, with its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A number that was chosen by looking at data.

    Attributes:
        value: A least similarity, or for a camera what is added to it.
        low, high: What it would be for other people like these, with 95 % confidence.
        method: The rule it was chosen by, as "FPIR 0.01".
        data: What it was chosen on: a file of labels and which sets of it, or a run.
        figures: What else was measured, by name.
    """

    value: float
    low: float
    high: float
    made_at: datetime
    method: str
    data: str
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """What the thresholds made of this are said to come from."""
        return f"calibrated {self.made_at:%Y-%m-%d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """All that is known of one tenant's thresholds by one embedder.

    Attributes:
        threshold: The usual one; None: never calibrated.
        offsets: What cameras add to it, by camera.
        cameras: Thresholds chosen on pictures of one camera, by camera: they count in place of
            the usual one and the offset.
    """

    threshold: Calibrated | None = None
    offsets: Mapping[str, Calibrated] = field(default_factory=dict)
    cameras: Mapping[str, Calibrated] = field(default_factory=dict)

    def with_threshold(self, made: Calibrated, camera_id: str | None) -> "Calibration":
        """Return this with another threshold of a camera; None: another usual one."""
        if camera_id is None:
            return replace(self, threshold=made)
        return replace(self, cameras={**self.cameras, camera_id: made})

    def without_camera(self, camera_id: str) -> "Calibration":
        """Return this without what is known of one camera."""
        return replace(
            self,
            offsets={name: each for name, each in self.offsets.items() if name != camera_id},
            cameras={name: each for name, each in self.cameras.items() if name != camera_id},
        )


NOT_CALIBRATED = Calibration()
