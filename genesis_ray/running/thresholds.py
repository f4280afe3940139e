"""The thresholds that a system begins with: what is set, else the embedder's."""

from genesis_ray.domain.thresholds import Threshold, ThresholdBook
from genesis_ray.running.assembly import EmbedderTraits
from genesis_ray.settings import IdentitySettings

_SET = "settings"


def threshold_book(identity: IdentitySettings, embedder: EmbedderTraits) -> ThresholdBook:
    """Return which similarity counts at which camera; what is set goes first."""
    usual = Threshold(embedder.threshold, "embedder")
    if identity.threshold is not None:
        usual = Threshold(identity.threshold, _SET)
    return ThresholdBook(
        usual=usual,
        cameras={
            camera_id: Threshold(value, _SET)
            for camera_id, value in identity.camera_thresholds.items()
        },
    )
