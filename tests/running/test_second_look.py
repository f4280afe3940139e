import numpy as np

from genesis_ray.domain.streams.frames import Frame
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.running.second_look import SecondLook


def found(*confidences: float) -> Detections:
    return Detections(np.zeros((len(confidences), 4), np.float32), np.float32(confidences))


class Station:
    """A camera whose frames with two people are crowded, whose tiles have its number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def tiles(self, frame: Frame, found: Detections) -> np.ndarray | None:  # noqa: ARG002
        return np.full((4, 2, 3, 3), self.number, np.uint8) if len(found) == 2 else None

    def people(self, frame: Frame, found: Detections, in_tiles=()) -> Detections:  # noqa: ARG002
        confidences = [one.confidence for one in (found, *in_tiles)]
        return Detections(np.zeros((sum(map(len, confidences)), 4)), np.concatenate(confidences))


def look(*people: Detections) -> SecondLook:
    return SecondLook([(Station(n), None) for n in range(len(people))], list(people))


def test_frames_that_are_not_crowded_ask_for_nothing():
    closer = look(found(0.5), found())
    assert closer.stacks(8) == []
    assert [one.confidence.tolist() for one in closer.merged([])] == [[0.5], []]


def test_tiles_of_all_crowded_frames_travel_together():
    closer = look(found(0.5, 0.5), found(0.5), found(0.5, 0.5))
    (stack,) = closer.stacks(8)
    assert stack[:, 0, 0, 0].tolist() == [0] * 4 + [2] * 4


def test_more_tiles_than_a_request_may_have_make_several():
    closer = look(*[found(0.5, 0.5)] * 3)
    assert [len(stack) for stack in closer.stacks(5)] == [5, 5, 2]


def test_every_frame_gets_the_people_of_its_own_tiles():
    closer = look(found(1, 1), found(0.5), found(1, 1))
    answers = [found(n / 16) for n in range(8)]
    first, calm, last = (one.confidence.tolist() for one in closer.merged(answers))
    assert first == [1, 1, 0, 1 / 16, 2 / 16, 3 / 16]
    assert calm == [0.5]
    assert last == [1, 1, 4 / 16, 5 / 16, 6 / 16, 7 / 16]
