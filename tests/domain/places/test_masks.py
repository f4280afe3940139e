import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.places.geometry import Polygon
from genesis_ray.domain.places.masks import Mask, unmasked
from genesis_ray.domain.tracking.detections import Detections

SCREEN = Polygon.of([(0.6, 0.1), (0.9, 0.1), (0.9, 0.4), (0.6, 0.4)])
ON_THE_SCREEN = (0.7, 0.15, 0.75, 0.35)
BEFORE_IT = (0.65, 0.15, 0.85, 0.9)
BESIDE_IT = (0.1, 0.2, 0.2, 0.6)


def detections(*boxes) -> Detections:
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.linspace(0.5, 0.9, len(boxes), dtype=np.float32),
    )


def test_who_stands_in_a_mask_is_ignored_and_who_stands_before_it_is_not():
    found = detections(ON_THE_SCREEN, BEFORE_IT, BESIDE_IT)
    seen = unmasked(found, [Mask("screen", SCREEN)])
    assert seen.xyxy.tolist() == found.xyxy[1:].tolist()
    assert seen.confidence.tolist() == found.confidence[1:].tolist()


def test_the_anchor_says_who_is_in_a_mask():
    heads = Mask("screen", SCREEN, "top_center")
    assert unmasked(detections(ON_THE_SCREEN, BEFORE_IT, BESIDE_IT), [heads]).xyxy.tolist() == (
        detections(BESIDE_IT).xyxy.tolist()
    )


def test_without_masks_or_people_nothing_changes():
    found, nobody = detections(ON_THE_SCREEN), Detections.none()
    assert unmasked(found, []) is found
    assert len(unmasked(nobody, [Mask("screen", SCREEN)])) == 0
    assert unmasked(detections(ON_THE_SCREEN), [Mask("screen", SCREEN)]).xyxy.shape == (0, 4)


@given(st.lists(st.tuples(*[st.floats(0, 1, width=32)] * 4), max_size=6))
def test_masks_leave_what_each_of_them_leaves(boxes):
    one = Mask("screen", SCREEN)
    other = Mask("floor", Polygon.of([(0, 0.8), (1, 0.8), (1, 1), (0, 1)]))
    found = detections(*boxes)
    both = unmasked(found, [one, other]).xyxy.tolist()
    assert both == unmasked(unmasked(found, [other]), [one]).xyxy.tolist()
