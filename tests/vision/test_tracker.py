import itertools
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.tracking.appearance import View
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.vision.looks import view_of
from genesis_ray.vision.tracker import PersonTracker

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SPEED = 0.06  # frame widths a second: a person of 40 % of the frame's height who strolls


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def people(*places: tuple[float, float], confidence: float = 0.8) -> Detections:
    """People of one size who stand at (x, y)."""
    boxes = [(x - 0.05, y - 0.4, x + 0.05, y) for x, y in places]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.full(len(boxes), confidence, np.float32)
    )


def walker(seconds: float, *, begin: float = 0.1) -> Detections:
    return people((begin + SPEED * seconds, 0.9))


def ids_over(tracker: PersonTracker, times, scene) -> list[list[int]]:
    return [tracker.update(at(s), scene(s)).track_id.tolist() for s in times]


def crowd(rng: np.random.Generator, frames: int) -> list[tuple[datetime, Detections]]:
    """Six people who walk through each other, are missed now and then, at irregular times."""
    begin, speed = rng.uniform(0.1, 0.9, 6), rng.uniform(-0.08, 0.08, 6)
    seconds = np.cumsum(rng.choice([0.1, 0.2, 0.35], frames))
    film = []
    for now in seconds:
        seen = rng.random(6) > 0.1
        boxes = people(*zip(begin + speed * now, np.linspace(0.5, 0.9, 6), strict=True)).xyxy[seen]
        boxes = (boxes + rng.normal(0, 0.004, boxes.shape)).astype(np.float32)
        confidence = rng.uniform(0.3, 1, len(boxes)).astype(np.float32)
        film.append((at(now), Detections(boxes, confidence)))
    return film


def looks_of_lane(box: np.ndarray) -> np.ndarray:
    angle = 8 * float(box[3])
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


LANES = View(4 / 3, looks_of_lane)
"""In which the people of `crowd` look like the lane they walk in."""


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.track_id, b.track_id)
        np.testing.assert_array_equal(a.detections.xyxy, b.detections.xyxy)
        np.testing.assert_array_equal(a.detections.confidence, b.detections.confidence)


@pytest.mark.parametrize("fps", [2, 5, 10, 12.5, 30])
def test_walker_keeps_one_id_at_any_frame_rate(fps):
    tracker = PersonTracker(process_fps=fps)
    ids = ids_over(tracker, np.arange(0, 10, 1 / fps), walker)
    assert ids == [[1]] * len(ids)


@pytest.mark.parametrize("fps", [2, 5, 30])
def test_people_who_pass_each_other_keep_their_ids(fps):
    def scene(seconds: float) -> Detections:
        return people((0.2 + SPEED * seconds, 0.8), (0.8 - SPEED * seconds, 0.85))

    tracker = PersonTracker(process_fps=fps)
    last = [tracker.update(at(s), scene(s)) for s in np.arange(0, 10, 1 / fps)][-1]
    assert last.track_id.tolist() == [1, 2]
    assert last.detections.xyxy[0, 0] > last.detections.xyxy[1, 0]


@pytest.mark.parametrize("fps", [2, 5, 10])
def test_a_camera_with_fewer_frames_than_asked_for_is_looked_at_no_more_often(fps):
    def looks_taken(asked_for: float) -> list[datetime]:
        tracker, taken = PersonTracker(process_fps=asked_for), []

        def looks_of(box: np.ndarray) -> np.ndarray:
            taken.append(now)
            return looks_of_lane(box)

        for now in map(at, np.arange(0, 60, 1 / fps)):
            tracker.update(now, people((0.5, 0.9)), View(4 / 3, looks_of))
        return [one for one in taken if one > at(10)]  # by then the tracker knows better

    assert looks_taken(asked_for=30) == looks_taken(asked_for=fps)


def test_who_is_sure_has_an_id_at_first_sight():
    tracker = PersonTracker(process_fps=10)
    assert ids_over(tracker, [0, 0.1], walker) == [[1], [1]]


def test_who_stands_at_the_border_has_an_id_at_second_sight():
    tracker = PersonTracker(process_fps=10)
    assert ids_over(tracker, [0, 0.1], lambda _: people((0.06, 0.9))) == [[], [1]]


@pytest.mark.parametrize("fps", [2, 5, 30])
def test_who_never_is_sure_has_an_id_once_seen_for_two_seconds(fps):
    tracker = PersonTracker(process_fps=fps)
    times = np.arange(0, 4, 1 / fps)
    ids = ids_over(tracker, times, lambda _: people((0.5, 0.9), confidence=0.65))
    second_sight = 1 / fps
    assert ids == [[1] if s >= second_sight + 2 - 1e-3 else [] for s in times]


def test_who_was_sure_once_is_believed_from_then_on():
    tracker = PersonTracker(process_fps=10)
    confidences = [0.65, 0.65, 0.72, 0.5, 0.45]
    ids = [
        tracker.update(at(n / 10), people((0.5, 0.9), confidence=c)).track_id.tolist()
        for n, c in enumerate(confidences)
    ]
    assert ids == [[], [], [1], [1], [1]]


def test_what_flickers_faintly_gets_no_id():
    tracker = PersonTracker(process_fps=10)
    film = [people((0.5, 0.9), confidence=0.65), Detections.none()] * 20
    assert not any(len(tracker.update(at(n / 10), seen)) for n, seen in enumerate(film))


def test_faint_detections_begin_no_track():
    tracker = PersonTracker(process_fps=10)
    assert not any(
        ids_over(tracker, np.arange(0, 2, 0.1), lambda _: people((0.5, 0.9), confidence=0.55))
    )


def test_faint_detections_continue_a_track():
    tracker = PersonTracker(process_fps=10)
    ids_over(tracker, [0, 0.1], lambda _: people((0.5, 0.9)))
    faint = people((0.502, 0.9), confidence=0.25)
    assert ids_over(tracker, [0.2, 0.3], lambda _: faint) == [[1], [1]]


def test_hidden_person_is_not_returned_and_comes_back_with_the_same_id():
    tracker = PersonTracker(process_fps=10)
    ids = ids_over(
        tracker,
        np.arange(0, 5, 0.1),
        lambda s: Detections.none() if 2 <= s < 3 else walker(s),
    )
    assert ids[19:30] == [[1], *[[]] * 10]
    assert ids[30:] == [[1]] * 20


def test_who_was_lost_for_long_comes_back_only_by_looks():
    red, green = np.eye(2, dtype=np.float32)
    for looks, expected in ((red, 1), (green, 2), (None, 2)):
        tracker = PersonTracker(process_fps=10)
        for n in range(3):
            tracker.update(at(n / 10), people((0.5, 0.9)), View(1.0, lambda _: red))
        view = None if looks is None else View(1.0, lambda _, looks=looks: looks)
        assert tracker.update(at(6), people((0.55, 0.9)), view).track_id.tolist() == [expected]


def test_id_never_comes_back_after_lost_after_s():
    tracker, view = PersonTracker(process_fps=10), View(1.0, lambda _: np.ones(1, np.float32))
    for n in range(3):
        tracker.update(at(n / 10), people((0.5, 0.9)), view)
    later = 0.2 + tracker.lost_after_s + 0.01
    assert tracker.update(at(later), people((0.5, 0.9)), view).track_id.tolist() == [2]


def test_id_is_open_until_it_cannot_come_back():
    tracker = PersonTracker(process_fps=10)
    ids_over(tracker, [0, 0.1], lambda _: people((0.5, 0.9)))
    ids_over(tracker, [10, 10.2], lambda _: Detections.none())
    assert not tracker.is_open(1)
    ids_over(tracker, [11, 11.1], lambda _: people((0.5, 0.9), (0.06, 0.9)))
    ids_over(tracker, [12, 12.5], lambda _: Detections.none())
    assert [tracker.is_open(track_id) for track_id in (1, 2, 3, 4)] == [False, True, True, False]
    ids_over(tracker, [13], lambda _: Detections.none())
    # The third was last seen where the picture ends: gone, as soon as the motion is forgotten.
    assert [tracker.is_open(track_id) for track_id in (2, 3)] == [True, False]


def test_slow_camera_waits_for_some_frames():
    assert PersonTracker(process_fps=30).lost_after_s == PersonTracker(process_fps=2).lost_after_s
    assert PersonTracker(process_fps=0.1).lost_after_s == 30


def test_ids_count_up_from_the_first_one_in_order_of_birth():
    def scene(seconds: float) -> Detections:
        return people(*[(0.1 + 0.2 * n, 0.9) for n in range(1 + int(seconds))])

    tracker = PersonTracker(process_fps=5, first_track_id=1_700_000_000_000_001)
    ids = ids_over(tracker, np.arange(0, 4, 0.2), scene)
    assert ids[-1] == [1_700_000_000_000_001 + n for n in range(4)]


def test_renumbered_the_next_births_count_on_from_there_and_others_keep_their_ids():
    def scene(seconds: float) -> Detections:
        return people(*[(0.1 + 0.2 * n, 0.9) for n in range(1 + int(seconds))])

    tracker = PersonTracker(process_fps=5)
    assert ids_over(tracker, np.arange(0, 2, 0.2), scene)[-1] == [1, 2]
    tracker.renumber(1000)
    assert ids_over(tracker, np.arange(2, 4, 0.2), scene)[-1] == [1, 2, 1000, 1001]


def test_boxes_and_confidences_are_returned_as_they_came():
    tracker = PersonTracker(process_fps=10)
    tracker.update(at(0), people((1 / 3, 0.9)))
    seen = people((0.337, 0.9001), confidence=0.7123)
    tracks = tracker.update(at(0.1), seen)
    np.testing.assert_array_equal(tracks.detections.xyxy, seen.xyxy)
    np.testing.assert_array_equal(tracks.detections.confidence, seen.confidence)


@pytest.mark.parametrize("gap_s", [3, 3600, 86_400 * 365])
def test_stream_goes_on_after_a_gap(gap_s):
    tracker = PersonTracker(process_fps=10)
    before = ids_over(tracker, [0, 0.1, 0.2], walker)
    after = ids_over(tracker, [gap_s, gap_s + 0.1, gap_s + 0.2], lambda s: walker(s - gap_s))
    assert before == [[1], [1], [1]]
    assert after == [[2], [2], [2]]


def test_empty_scenes_are_no_tracks():
    tracker = PersonTracker(process_fps=10)
    for frame in range(3):
        tracks = tracker.update(at(frame), Detections.none())
        assert tracks.detections.xyxy.shape == (0, 4)
        assert tracks.track_id.dtype == np.int64


def test_pair_that_cannot_be_does_not_spoil_one_that_can():
    """Crosswise the four boxes are closer together, but no pair of those is one person."""
    tracker = PersonTracker(process_fps=5)
    ids_over(tracker, [0, 0.2, 0.4], lambda _: people((0.40, 0.9), (0.52, 0.9)))
    tracks = tracker.update(at(0.6), people((0.465, 0.9), (0.586, 0.9)))
    assert tracks.track_id.tolist() == [2, 3]
    np.testing.assert_array_equal(tracks.detections.xyxy[0], people((0.465, 0.9)).xyxy[0])


def test_hidden_person_does_not_take_a_neighbours_box():
    """One of two who walk side by side is hidden: the other's box, half a step off, is not hers."""
    tracker = PersonTracker(process_fps=5)
    ids_over(tracker, [0, 0.2, 0.4], lambda _: people((0.40, 0.9), (0.47, 0.9)))
    tracks = tracker.update(at(0.6), people((0.47, 0.9)))
    assert tracks.track_id.tolist() == [2]
    tracks = tracker.update(at(0.8), people((0.47, 0.9)))
    assert tracks.track_id.tolist() == [2]


def test_lost_person_is_found_again_in_real_pixels():
    """A red figure is hidden for four seconds, a blue one comes out first."""
    tracker = PersonTracker(process_fps=5)

    def frame(*figures: tuple[float, tuple[int, int, int]]) -> tuple[Detections, View]:
        image = np.full((480, 640, 3), 90, np.uint8)
        for x, colour in figures:
            image[240:432, int(640 * (x - 0.05)) : int(640 * (x + 0.05))] = colour
        return people(*[(x, 0.9) for x, _ in figures]), view_of(image)

    red, blue = (30, 30, 200), (200, 60, 30)
    seen = [tracker.update(at(n / 5), *frame((0.3 + n / 100, red))) for n in range(6)]
    assert seen[-1].track_id.tolist() == [1]
    seen = [tracker.update(at(5 + n / 5), *frame((0.4, blue), (0.6, red))) for n in range(2)]
    assert seen[0].track_id.tolist() == [1, 2]
    np.testing.assert_array_equal(seen[0].detections.xyxy[0], people((0.6, 0.9)).xyxy[0])


@pytest.mark.parametrize("seconds", [0.1, 0.05])
def test_time_that_does_not_rise_is_refused(seconds):
    tracker = PersonTracker(process_fps=10)
    tracker.update(at(0.1), walker(0.1))
    with pytest.raises(ValueError, match="order of time"):
        tracker.update(at(seconds), walker(seconds))


def test_frame_rate_must_be_positive():
    with pytest.raises(ValueError, match="process_fps"):
        PersonTracker(process_fps=0)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_order_of_detections_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    film = crowd(rng, 12)
    sorted_, shuffled = PersonTracker(process_fps=5), PersonTracker(process_fps=5)
    expected = [sorted_.update(now, seen, LANES) for now, seen in film]
    actual = []
    for now, seen in film:
        order = rng.permutation(len(seen))
        mixed = Detections(seen.xyxy[order], seen.confidence[order])
        actual.append(shuffled.update(now, mixed, LANES))
    assert_same(actual, expected)


def test_pickled_tracker_goes_on_equally():
    film = crowd(np.random.default_rng(1), 80)
    steady, moving = PersonTracker(process_fps=5), PersonTracker(process_fps=5)
    expected = [steady.update(now, seen, LANES) for now, seen in film]
    actual = []
    for now, seen in film:
        moving = pickle.loads(pickle.dumps(moving))
        actual.append(moving.update(now, seen, LANES))
    assert max(itertools.chain(*(t.track_id.tolist() for t in expected))) >= 6
    assert_same(actual, expected)


def test_trackers_of_one_process_do_not_share_anything():
    films = [crowd(np.random.default_rng(seed), 40) for seed in (1, 2)]
    alone = []
    for film in films:
        tracker = PersonTracker(process_fps=5)
        alone.append([tracker.update(now, seen) for now, seen in film])
    trackers = [PersonTracker(process_fps=5) for _ in films]
    together = [
        [tracker.update(*frame) for tracker, frame in zip(trackers, frames, strict=True)]
        for frames in zip(*films, strict=True)
    ]
    for one, other in zip(alone, zip(*together, strict=True), strict=True):
        assert_same(other, one)


def test_state_does_not_grow_with_the_people_who_have_left():
    tracker = PersonTracker(process_fps=10)
    ids_over(tracker, np.arange(0, 1, 0.1), walker)
    small = len(pickle.dumps(tracker))
    for visit in range(1, 30):
        ids_over(tracker, 10 * visit + np.arange(0, 1, 0.1), lambda s: walker(s % 10))
    assert len(pickle.dumps(tracker)) < 1.2 * small


def test_camera_needs_no_model_library_to_follow_people():
    code = (
        "import sys; import genesis_ray.vision.tracker, genesis_ray.vision.looks; "
        "sys.exit(any(m in sys.modules for m in ('torch', 'openvino', 'onnxruntime', 'ray')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_at_a_cut_whoever_stands_there_is_somebody_else():
    rng = np.random.default_rng(5)
    first, second = (rng.integers(0, 255, (90, 160, 3), np.uint8) for _ in range(2))
    tracker = PersonTracker(process_fps=10)
    ids = []
    for number, image in enumerate([first] * 5 + [second] * 5):
        tracks = tracker.update(at(number / 10), people((0.5, 0.9)), view_of(image))
        ids.append(tracks.track_id.tolist())
    assert ids == [[1]] * 5 + [[2]] * 5
    assert not tracker.is_open(1)
    assert tracker.is_open(2)
