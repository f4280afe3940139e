"""Places of a camera's picture in which nobody is looked for: screens, mirrors, the street."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genesis_ray.domain.places.geometry import Anchor, Polygon, anchor_of
from genesis_ray.domain.tracking.detections import Detections


@dataclass(frozen=True, slots=True)
class Mask:
    """An area of one camera's image; whose `anchor` lies in it is ignored."""

    mask_id: str
    outline: Polygon
    anchor: Anchor = "bottom_center"


def unmasked(detections: Detections, masks: Sequence[Mask]) -> Detections:
    """Return the detections that lie in none of the masks, in their order."""
    if not masks or not len(detections):
        return detections
    is_seen = np.array(
        [
            not any(mask.outline.contains(anchor_of(box, mask.anchor)) for mask in masks)
            for box in detections.xyxy
        ],
        np.bool_,
    )
    return Detections(detections.xyxy[is_seen], detections.confidence[is_seen])
