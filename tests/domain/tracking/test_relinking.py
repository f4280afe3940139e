import pickle
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.tracking.appearance import View
from genesis_ray.domain.tracking.relinking import Relinker, RelinkPolicy

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
INTERVAL_S = 0.2
HEIGHT, WIDTH = 0.3, 0.1
RED, GREEN, PURPLE = 0.0, 1.0, 0.5
"""Looks as angles: cosine distance 0.46 between red and green, 0.12 between purple and either."""


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class Shown:
    """One frame's tracks: who is where, as (track, x, looks), all of them on one line."""

    people: tuple[tuple[int, float, float], ...]
    height: float = HEIGHT
    looks: bool = True
    asked: list[float] = field(default_factory=list)

    @property
    def boxes(self) -> np.ndarray:
        sides = [(x - WIDTH / 2, 0.8 - self.height, x + WIDTH / 2, 0.8) for _, x, _ in self.people]
        return np.array(sides, np.float32).reshape(-1, 4)

    def looks_of(self, box: np.ndarray) -> np.ndarray:
        (row,) = np.flatnonzero((self.boxes == box).all(axis=1))
        self.asked.append(self.people[row][1])
        angle = self.people[row][2]
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


class Camera:
    """A relinker, shown one frame after the other."""

    def __init__(self, **policy: object) -> None:
        self.relinker = Relinker(
            interval=timedelta(seconds=INTERVAL_S),
            kept=timedelta(seconds=1.5),
            policy=RelinkPolicy(**policy),
        )

    def show(self, seconds: float, *people: tuple[int, float, float], **more) -> list[int]:
        shown = Shown(people, **more)
        return self.take(seconds, shown)

    def take(self, seconds: float, shown: Shown) -> list[int]:
        view = View(1.0, shown.looks_of) if shown.looks else None
        tracks = [track for track, *_ in shown.people]
        return self.relinker.update(at(seconds), tracks, shown.boxes, shown.boxes, view).tolist()


@pytest.fixture
def camera() -> Camera:
    """A camera that saw somebody red at 0.5 and lost them."""
    camera = Camera()
    for n in range(3):
        assert camera.show(n * INTERVAL_S, (7, 0.5, RED)) == [1]
    camera.show(3 * INTERVAL_S)
    return camera


def test_track_that_begins_takes_over_the_id_of_a_lost_person(camera):
    assert camera.show(3, (8, 0.55, RED)) == [1]
    assert camera.show(3.2, (8, 0.56, RED)) == [1]


def test_who_looks_otherwise_is_somebody_else(camera):
    assert camera.show(3, (8, 0.55, GREEN)) == [2]


def test_without_a_view_nobody_is_found_again(camera):
    assert camera.show(3, (8, 0.5, RED), looks=False) == [2]


def test_an_id_is_final_from_the_frame_it_is_given_in(camera):
    """Green at first, because covered by a green person's bag, and then red: still the second."""
    assert camera.show(3, (8, 0.55, GREEN)) == [2]
    assert camera.show(3.2, (8, 0.55, RED)) == [2]


def test_old_track_of_a_person_who_was_linked_to_another_is_somebody_new(camera):
    assert camera.show(1, (8, 0.5, RED)) == [1]
    assert camera.show(1.2, (8, 0.5, RED), (7, 0.7, RED)) == [1, 2]
    assert camera.show(1.4, (7, 0.7, RED), (8, 0.5, RED)) == [2, 1]


@pytest.mark.parametrize(("gap_s", "expected"), [(9.9, 1), (10.1, 2)])
def test_nobody_is_found_again_after_the_longest_gap(gap_s, expected, camera):
    assert camera.show(0.4 + gap_s, (8, 0.5, RED)) == [expected]


@pytest.mark.parametrize(("seconds", "expected"), [(1, 2), (2, 1)])
def test_reach_grows_with_time(seconds, expected):
    camera = Camera(reach=0.5, speed=0.5)
    camera.show(0, (7, 0.2, RED))
    assert camera.show(seconds, (8, 0.2 + 1.25 * HEIGHT, RED)) == [expected]


def test_distances_are_the_same_sideways_in_a_wide_picture():
    near = RelinkPolicy(reach=0.5, speed=0.0)
    for aspect, expected in ((1.0, 1), (2.0, 2)):
        relinker = Relinker(interval=timedelta(seconds=1), kept=timedelta(seconds=1), policy=near)
        for second, x in enumerate((0.4, 0.5)):
            shown = Shown(((second, x, RED),))
            view = View(aspect, shown.looks_of)
            ids = relinker.update(at(second), [second], shown.boxes, shown.boxes, view)
        assert ids.tolist() == [expected]


@pytest.mark.parametrize(("height", "expected"), [(0.16, 1), (0.14, 2), (0.59, 1), (0.61, 2)])
def test_box_may_not_be_twice_as_high_nor_half(height, expected, camera):
    assert camera.show(1, (8, 0.5, RED), height=height) == [expected]


@given(lost=st.floats(0.05, 0.95), begun=st.floats(0.05, 0.95), gap_s=st.floats(0.6, 9))
def test_nobody_within_the_border_margin_is_found_again(lost, begun, gap_s):
    camera = Camera(reach=100)
    camera.show(0, (7, lost, RED))
    within = [0.07 <= x <= 0.93 for x in (lost, begun)]
    found = camera.show(gap_s, (8, begun, RED)) == [1]
    assert not found or all(within)
    assert found or not all(0.071 <= x <= 0.929 for x in (lost, begun))


def test_who_turns_round_at_the_border_stays_the_same():
    """The motion was too sudden for the tracker; two frames are too short for another person."""
    camera = Camera()
    camera.show(0, (7, 0.06, RED))
    assert camera.show(2 * INTERVAL_S, (8, 0.06, RED)) == [1]
    assert camera.show(5 * INTERVAL_S, (9, 0.06, RED)) == [2]


def test_on_a_slow_camera_nobody_turns_round_at_the_border():
    relinker = Relinker(interval=timedelta(seconds=2), kept=timedelta(seconds=6))
    for track, expected in ((7, 1), (8, 2)):
        shown = Shown(((track, 0.06, RED),))
        view = View(1.0, shown.looks_of)
        ids = relinker.update(at(2 * track), [track], shown.boxes, shown.boxes, view)
        assert ids.tolist() == [expected]


def test_who_was_about_to_walk_out_is_not_found_again():
    """The last sight is inside, the next one would have been past the border."""
    camera = Camera()
    for n, x in enumerate((0.7, 0.78, 0.86)):
        camera.show(n * INTERVAL_S, (7, x, RED))
    assert camera.show(2, (8, 0.7, RED)) == [2]


def test_the_most_alike_chooses_first():
    camera = Camera()
    camera.show(0, (1, 0.3, RED), (2, 0.6, PURPLE))
    camera.show(1, (3, 0.4, PURPLE))
    assert camera.show(1.2, (3, 0.4, PURPLE), (4, 0.5, RED)) == [2, 1]


def test_hidden_track_that_comes_back_as_somebody_else_gets_an_id_of_its_own(camera):
    """The tracker confused two people: it took the green one for the red one come back."""
    assert camera.show(1.0, (7, 0.5, GREEN + 0.1)) == [2]
    assert camera.show(1.2, (7, 0.5, GREEN + 0.1), (9, 0.6, RED)) == [2, 1]


def test_a_doubt_is_not_enough_to_break_a_track(camera):
    assert camera.show(1.0, (7, 0.5, GREEN - 0.1)) == [1]


@pytest.mark.parametrize(
    ("edge", "missed", "expected"),
    [(0.95, 1, 1), (0.9, 1, 2), (0.95, 2, 2)],
    ids=["half out of the picture", "whole", "somebody else could have come"],
)
def test_looks_of_who_is_half_out_of_the_picture_break_no_track(edge, missed, expected):
    camera = Camera()
    for n in range(6):
        camera.show(n * INTERVAL_S, (7, 0.8, RED))
    assert camera.show((6 + missed) * INTERVAL_S, (7, edge, GREEN)) == [expected]


def test_looks_are_asked_for_now_and_then_only():
    camera = Camera()
    shown = [Shown(((7, 0.3 + n / 1000, RED),)) for n in range(26)]
    for n, one in enumerate(shown):
        camera.take(n * 0.1, one)
    assert [n for n, one in enumerate(shown) if one.asked] == [0, 5, 10, 15, 20, 25]
    assert all(len(one.asked) <= 1 for one in shown)


def test_who_is_covered_is_looked_at_once_and_then_not_before_clear():
    camera = Camera()
    together = [Shown(((7, 0.30, RED), (8, 0.36, GREEN))) for _ in range(3)]
    for n, one in enumerate(together):
        camera.take(n, one)
    assert [one.asked for one in together] == [[0.30, 0.36], [], []]
    apart = Shown(((7, 0.30, RED), (8, 0.6, GREEN)))
    camera.take(3, apart)
    assert apart.asked == [0.30, 0.6]


def test_id_stays_open_while_its_person_may_come_back(camera):
    def open_at(seconds: float) -> bool:
        camera.show(seconds)
        return camera.relinker.is_open(1)

    assert [open_at(seconds) for seconds in (1, 2, 10, 10.4)] == [True] * 4
    assert not open_at(10.5)
    assert not camera.relinker.is_open(99)


def test_id_of_who_left_closes_when_the_tracker_gives_up():
    camera = Camera()
    camera.show(0, (7, 0.06, RED))
    camera.show(1.5)
    assert camera.relinker.is_open(1)
    camera.show(1.6)
    assert not camera.relinker.is_open(1)


Film = list[tuple[float, Shown]]


@st.composite
def films(draw) -> Film:
    """Up to six tracks that come and go at random, with random looks, at irregular times."""
    seconds, film = 0.0, []
    for _ in range(draw(st.integers(2, 15))):
        seconds += draw(st.sampled_from([0.2, 0.4, 1.0, 4.0]))
        tracks = draw(st.lists(st.integers(0, 5), unique=True, max_size=6))
        places = draw(
            st.lists(st.integers(0, 40), unique=True, min_size=len(tracks), max_size=len(tracks))
        )
        people = tuple(
            (track, place / 40, draw(st.sampled_from([RED, PURPLE, GREEN])))
            for track, place in zip(tracks, places, strict=True)
        )
        film.append((seconds, Shown(people)))
    return film


@settings(max_examples=50)
@given(film=films())
def test_an_id_is_never_given_to_two_tracks_of_a_frame(film):
    camera = Camera()
    for seconds, shown in film:
        ids = camera.take(seconds, shown)
        assert len(set(ids)) == len(ids) == len(shown.people)


@settings(max_examples=50)
@given(film=films())
def test_new_ids_count_up_and_no_id_comes_back_once_closed(film):
    camera, newest, closed = Camera(), 0, set()
    for seconds, shown in film:
        ids = camera.take(seconds, shown)
        new = sorted(i for i in ids if i > newest)
        assert new == list(range(newest + 1, newest + 1 + len(new)))
        assert closed.isdisjoint(ids)
        newest += len(new)
        closed |= {i for i in range(1, newest + 1) if not camera.relinker.is_open(i)}


@settings(max_examples=50)
@given(film=films(), seed=st.integers(0, 999))
def test_order_of_a_frames_tracks_does_not_matter(film, seed):
    rng = np.random.default_rng(seed)
    straight, shuffled = Camera(), Camera()
    for seconds, shown in film:
        order = rng.permutation(len(shown.people))
        expected = straight.take(seconds, shown)
        actual = shuffled.take(seconds, Shown(tuple(shown.people[row] for row in order)))
        assert actual == [expected[row] for row in order]


@settings(max_examples=50)
@given(film=films())
def test_pickled_relinker_goes_on_equally(film):
    steady, moving = Camera(), Camera()
    for seconds, shown in film:
        moving.relinker = pickle.loads(pickle.dumps(moving.relinker))
        assert moving.take(seconds, shown) == steady.take(seconds, shown)


def test_state_does_not_grow_with_the_people_who_have_left():
    camera = Camera()
    for visit in range(40):
        camera.show(visit, (visit, 0.3, GREEN if visit % 2 else RED))
        if visit == 15:
            small = len(pickle.dumps(camera.relinker))
    assert len(pickle.dumps(camera.relinker)) <= small + 64


def test_ids_that_were_given_are_not_given_again_whatever_the_next_one_is_to_be():
    camera = Camera()
    assert camera.show(0, (1, 0.2, RED), (2, 0.8, GREEN)) == [1, 2]
    camera.relinker.renumber(2)
    assert camera.show(1, (3, 0.5, PURPLE), looks=False) == [3]
    camera.relinker.renumber(1000)
    assert camera.show(2, (4, 0.1, PURPLE), looks=False) == [1000]
