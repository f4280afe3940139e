"""Which similarity counts at which camera, and where that number comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from genesis_ray.domain.recognition.identity import MatchPolicy


class Threshold(NamedTuple):
    """A least similarity.

    Attributes:
        value: A cosine, of one embedder.
        origin: Who says so: "settings", "embedder", or "calibrated" with the day, as in
            "calibrated 2026-11-28".
    """

    value: float
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdBook:
    """The thresholds of one tenant's cameras, by one embedder.

    Attributes:
        usual: What counts where a camera has none of its own.
        cameras: Those that have, by camera.
    """

    usual: Threshold
    cameras: Mapping[str, Threshold] = field(default_factory=dict)

    def at(self, camera_id: str) -> Threshold:
        """Return what counts at a camera."""
        return self.cameras.get(camera_id, self.usual)

    def match_at(self, camera_id: str, usual: MatchPolicy) -> MatchPolicy:
        """Return the policy `usual` with what counts at a camera; a review begins as far below."""
        value, origin = self.at(camera_id)
        review = usual.review
        if review is not None:
            review = max(0.0, review + value - usual.threshold)
        return replace(usual, threshold=value, origin=origin, review=review)
