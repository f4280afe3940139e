"""What is in the way where frames are dropped for want of time, from what was counted."""

from collections.abc import Mapping
from typing import Literal

Bottleneck = Literal["decoding", "detector", "detector-starved"]
"""Streams come faster than they are decoded; or the detector does not look at frames as fast as
they come: because it has no time, or although it has, as something else holds them up."""

_IDLE = 0.3
"""Of the time, below which a device that frames wait for counts as starved: the reference's."""


def bottleneck(dropped: Mapping[str, float], *, detector_busy: float) -> Bottleneck | None:
    """Return what is in the way; None where no frame is dropped for want of time.

    Args:
        dropped: Frames by the reason, of a while.
        detector_busy: Share of that while in which its replicas ran the model, of each on average;
            above 1 where each runs several stacks at once.
    """
    waited = dropped.get("busy", 0) + dropped.get("sampled", 0)
    undecoded = dropped.get("skipped", 0)
    if undecoded > waited:
        return "decoding"
    if not waited:
        return None
    return "detector-starved" if detector_busy < _IDLE else "detector"
