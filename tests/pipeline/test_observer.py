import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.clocks.schedules import Schedule, Window
from genesis_ray.domain.events import (
    Event,
    LineCrossed,
    LoiteringFound,
    TrackObserved,
    ZoneCrossed,
)
from genesis_ray.domain.places.geometry import Point, Polygon
from genesis_ray.domain.places.lines import Line
from genesis_ray.domain.places.masks import Mask
from genesis_ray.domain.places.untold_exits import LOST_AFTER
from genesis_ray.domain.places.zones import Zone
from genesis_ray.domain.streams.frames import FrameStamp
from genesis_ray.domain.tracking.appearance import Impression, View
from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.pipeline.observer import CameraObserver, CameraRules, FaceSchedule, Observation

WIDTH = 640
"""Of the frames, in pixels; 32 are a twentieth."""

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LEFT_HALF = Zone("entrance", Polygon.of([(0, 0), (0.5, 0), (0.5, 1), (0, 1)]))
MIDDLE = Line("door", Point(0.5, 1), Point(0.5, 0))  # upwards: its right-hand side is the right
RULES = CameraRules(
    tenant_id="shop",
    site_id="york",
    camera_id="hall",
    zones=(LEFT_HALF,),
    lines=(MIDDLE,),
    settle=timedelta(seconds=0.5),
    faces=FaceSchedule(
        interval=timedelta(seconds=0.5),
        looks=3,
        later_interval=timedelta(seconds=5),
        min_width=32,
    ),
)

Scene = dict[int, float]
"""Where people stand, from 0 at the left to 1, by their number."""


class NumberedPeople:
    """A tracker that is told who is who: a detection's confidence is a hundredth of the id."""

    def __init__(self) -> None:
        self.at = START
        self.seen_at: dict[int, datetime] = {}

    def update(self, at: datetime, detections: Detections, view: View | None) -> Tracks:  # noqa: ARG002
        tracks = Tracks(detections, np.rint(detections.confidence * 100).astype(np.int64))
        self.at = at
        self.seen_at |= dict.fromkeys(tracks.track_id.tolist(), at)
        return tracks

    def is_open(self, track_id: int) -> bool:
        return self.at - self.seen_at[track_id] <= timedelta(seconds=2)

    def impression(self, track_id: int) -> Impression | None:
        """Track 9 was never looked at, track 8 never seen clearly."""
        if track_id == 9:
            return None
        return Impression(np.full(1, track_id, np.float32), track_id != 8)


def people(scene: Scene, *, width: float = 0.1) -> Detections:
    boxes = [(x - width / 2, 0.2, x + width / 2, 0.8) for x in scene.values()]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), np.array([*scene], np.float32) / 100
    )


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def watch(
    scenes: list[Scene], *, fps: float = 10, rules: CameraRules = RULES, width: float = 0.1
) -> list[Observation]:
    """Return what an observer says of a film of scenes and of its end."""
    observer = CameraObserver(rules, NumberedPeople())
    observations = [
        observer.observe(
            FrameStamp("hall", n, at(n / fps)), people(scene, width=width), width=WIDTH
        )
        for n, scene in enumerate(scenes)
    ]
    end = observer.finish()
    return [*observations, end] if end else observations


def events(observations, kind):
    return [e for observation in observations for e in observation.events if isinstance(e, kind)]


def looks(observations) -> list[tuple[int, int, float]]:
    """Return who is to be looked at, for which time of asking, and when."""
    return [
        (wanted.track_id, wanted.face_index, (observation.at - START).total_seconds())
        for observation in observations
        for wanted in observation.wanted_faces
    ]


@pytest.mark.parametrize("fps", [2, 10, 30])
def test_a_track_has_a_row_for_its_first_and_last_sight_and_one_a_second(fps):
    rows = events(watch([{7: 0.3}] * int(3.5 * fps + 1), fps=fps), TrackObserved)
    assert [(row.track_id, row.occurred_at) for row in rows] == [
        (7, at(second)) for second in (0, 1, 2, 3, 3.5)
    ]


def test_a_track_seen_once_has_one_row():
    rows = events(watch([{7: 0.3}]), TrackObserved)
    assert len(rows) == 1


def test_a_row_says_where_the_person_was_and_which_frame_it_is():
    (row,) = events(watch([{}, {7: 0.3}]), TrackObserved)
    assert (row.tenant_id, row.site_id, row.camera_id) == ("shop", "york", "hall")
    assert (row.frame_index, row.occurred_at) == (1, at(0.1))
    assert (row.x1, row.y1, row.x2, row.y2) == pytest.approx((0.25, 0.2, 0.35, 0.8))
    assert row.confidence == pytest.approx(0.07)


def test_the_last_row_of_a_lost_track_is_its_last_sight():
    observations = watch([{7: 0.3}] * 5 + [{}] * 40)
    rows = events(observations, TrackObserved)
    assert [row.occurred_at for row in rows] == [at(0), at(0.4)]
    assert [o.at for o in observations if o.events][-1] == at(0.4 + 2.1)


def test_a_track_that_is_back_before_it_is_lost_goes_on():
    observations = watch([{7: 0.3}] * 5 + [{}] * 19 + [{7: 0.3}])
    assert len(events(observations, ZoneCrossed)) == 2  # in at the start, out at the end


def test_a_zone_crossing_is_told_with_the_time_of_the_move():
    crossings = events(watch([{7: 0.8}] * 10 + [{7: 0.2}] * 10), ZoneCrossed)
    assert [(c.zone_id, c.track_id, c.direction, c.occurred_at) for c in crossings] == [
        ("entrance", 7, "enter", at(1)),
        ("entrance", 7, "exit", at(1.9)),
    ]


def test_a_lost_track_leaves_its_zones_when_it_was_last_seen():
    crossings = events(watch([{7: 0.2}] * 10 + [{}] * 40), ZoneCrossed)
    assert [(c.direction, c.occurred_at) for c in crossings] == [
        ("enter", at(0)),
        ("exit", at(0.9)),
    ]


def test_a_line_crossing_is_told_with_the_time_of_the_step():
    crossings = events(watch([{7: 0.2}] * 10 + [{7: 0.8}] * 10), LineCrossed)
    assert [(c.line_id, c.direction, c.occurred_at) for c in crossings] == [("door", "in", at(1))]


def test_who_stays_too_long_in_a_zone_is_told_once():
    bench = replace(LEFT_HALF, loiter=timedelta(seconds=1))
    told = events(watch([{7: 0.2}] * 40, rules=replace(RULES, zones=(bench,))), LoiteringFound)
    assert [(e.zone_id, e.track_id, e.since, e.occurred_at) for e in told] == [
        ("entrance", 7, at(0), at(1))
    ]


def test_nobody_is_seen_in_a_mask():
    screen = Mask("screen", LEFT_HALF.outline)
    observations = watch([{7: 0.2, 8: 0.8}] * 10, rules=replace(RULES, masks=(screen,)))
    told = [event for observation in observations for event in observation.events]
    assert {event.track_id for event in told} == {8}
    assert {wanted.track_id for seen in observations for wanted in seen.wanted_faces} == {8}


def test_a_new_face_is_looked_at_often_and_a_known_one_now_and_then():
    wanted = looks(watch([{7: 0.3}] * 130))
    assert wanted == [(7, 0, 0), (7, 1, 0.5), (7, 2, 1), (7, 3, 6), (7, 4, 11)]


def test_the_face_of_somebody_far_away_is_not_looked_at():
    assert looks(watch([{7: 0.3}] * 30, width=0.04)) == []


def test_faces_are_not_looked_at_where_they_are_not_wanted():
    assert looks(watch([{7: 0.3}] * 30, rules=replace(RULES, faces=None))) == []


def test_a_wanted_face_is_asked_for_with_the_box_of_this_frame():
    observation = watch([{7: 0.3}])[0]
    (wanted,) = observation.wanted_faces
    assert (wanted.person == observation.tracks.detections.xyxy[0]).all()


def test_the_end_of_a_film_closes_every_track():
    end = watch([{7: 0.2, 8: 0.3}] * 10)[-1]
    assert (end.tracks, end.wanted_faces) == (None, ())
    assert [(e.track_id, e.occurred_at) for e in end.events if isinstance(e, TrackObserved)] == [
        (7, at(0.9)),
        (8, at(0.9)),
    ]
    assert {e.direction for e in end.events if isinstance(e, ZoneCrossed)} == {"exit"}


def test_the_end_comes_after_the_last_frame_in_any_order_by_time():
    *_, last, end = watch([{7: 0.2}] * 10)
    assert end.at > last.at


def test_a_film_without_a_frame_has_nothing_to_end():
    assert watch([]) == []


def test_an_ended_film_has_nothing_more_to_say():
    observer = CameraObserver(RULES, NumberedPeople())
    observer.observe(FrameStamp("hall", 0, at(0)), people({7: 0.2}), width=WIDTH)
    observer.finish()
    assert observer.finish().events == ()


def test_where_frames_stop_for_long_tracks_end_as_the_next_frame_would_end_them():
    def told(*, lapses: bool) -> list[Event]:
        observer = CameraObserver(RULES, NumberedPeople())
        found = [
            event
            for second in range(3)
            for event in observer.observe(
                FrameStamp("hall", second, at(second)), people({7: 0.2}), width=WIDTH
            ).events
        ]
        assert observer.lapse(at(2) + LOST_AFTER) == []
        if lapses:
            found += observer.lapse(at(3) + LOST_AFTER)
            assert observer.lapse(at(4) + LOST_AFTER) == []
        back = FrameStamp("hall", 3, at(500))
        return [*found, *observer.observe(back, people({8: 0.3}), width=WIDTH).events]

    exits = [each for each in told(lapses=True) if isinstance(each, ZoneCrossed)]
    assert [(each.direction, each.occurred_at) for each in exits] == [
        ("enter", at(0)),
        ("exit", at(2)),
    ]
    assert told(lapses=True) == told(lapses=False)


def test_where_there_never_was_a_frame_nothing_lapses():
    assert CameraObserver(RULES, NumberedPeople()).lapse(at(5000)) == []


def test_an_observer_that_was_pickled_on_the_way_says_the_same():
    morning = Schedule((Window(frozenset(range(7)), 9 * 60, 9 * 60 + 1),), ZoneInfo("Etc/UTC"))
    bench = replace(LEFT_HALF, loiter=timedelta(seconds=3), hours=morning)
    door = replace(MIDDLE, band=0.1, hours=morning)
    rules = replace(RULES, zones=(bench,), lines=(door,))
    film = [{7: x, 8: 1 - x} for x in [0.2] * 30 + [0.45, 0.55] * 5 + [0.8] * 10] * 2
    frames = [(FrameStamp("hall", n, at(n * 0.7)), people(scene)) for n, scene in enumerate(film)]
    whole, resumed = (CameraObserver(rules, NumberedPeople()) for _ in range(2))
    for stamp, found in frames:
        expected = whole.observe(stamp, found, width=WIDTH).events
        resumed = pickle.loads(pickle.dumps(resumed))
        assert resumed.observe(stamp, found, width=WIDTH).events == expected
    assert resumed.finish() == whole.finish()


films = st.lists(st.dictionaries(st.integers(1, 4), st.floats(0, 1), max_size=4), max_size=60)


@given(films, st.randoms(use_true_random=False))
def test_the_order_of_the_detections_changes_no_event(film, random):
    shuffled = [dict(random.sample([*scene.items()], len(scene))) for scene in film]
    for one, other in zip(watch(film, fps=4), watch(shuffled, fps=4), strict=True):
        assert set(one.events) == set(other.events)
        assert {w.track_id for w in one.wanted_faces} == {w.track_id for w in other.wanted_faces}


@given(films)
def test_people_do_not_change_what_is_said_of_each_other(film):
    together = {event for o in watch(film, fps=4) for event in o.events}
    alone = set()
    for number in (1, 2, 3, 4):
        own = [{n: x for n, x in scene.items() if n == number} for scene in film]
        alone |= {event for o in watch(own, fps=4) for event in o.events}
    assert together == alone


@given(films)
def test_no_event_is_told_twice(film):
    told = [event.event_id for o in watch(film, fps=4) for event in o.events]
    assert len(told) == len(set(told))


def test_how_tracks_look_is_told_twice_a_second_where_names_are_carried_by_it():
    film = [{1: 0.2}] * 3 + [{1: 0.2, 8: 0.5, 9: 0.8}] * 8
    told = [
        (each.track_id, (each.captured_at - START).total_seconds(), each.is_clear)
        for observation in watch(film, rules=replace(RULES, tells_looks=True))
        for each in observation.appearances
    ]
    assert told == [(1, 0, True), (8, 0.3, False), (1, 0.5, True), (8, 0.8, False), (1, 1, True)]
    assert not any(observation.appearances for observation in watch(film))


def test_what_is_told_of_looks_says_whose_they_are_and_since_when_the_track_is_there():
    film = [{}, {2: 0.5}] + [{2: 0.5}] * 5
    *_, last = [
        each
        for observation in watch(film, rules=replace(RULES, tells_looks=True))
        for each in observation.appearances
    ]
    assert (last.camera_id, last.track_id, last.since, last.captured_at) == (
        "hall", 2, at(0.1), at(0.6),
    )  # fmt: skip
    assert last.looks.tolist() == [2]


def test_a_wanted_face_tells_since_when_its_track_is_in_view():
    wanted = [w for seen in watch([{}, *[{7: 0.3}] * 12]) for w in seen.wanted_faces]
    assert len(wanted) == 3
    assert {each.in_view_since for each in wanted} == {at(0.1)}


def test_a_track_that_comes_again_is_in_view_since_then():
    film = [{7: 0.3}, *[{}] * 30, {7: 0.3}]
    wanted = [w for seen in watch(film) for w in seen.wanted_faces]
    assert [each.in_view_since for each in wanted] == [at(0), at(3.1)]


def test_a_wanted_face_tells_who_keeps_close():
    film = [{1: 0.3, 2: 0.34, 3: 0.8}] * 100
    wanted = [each for seen in watch(film) for each in seen.wanted_faces]
    assert {w.track_id: w.companions for w in wanted} == {1: (2,), 2: (1,), 3: ()}
    assert {w.overlapped for w in wanted if w.track_id == 1} == {(2,)}
    assert {w.overlapped for w in wanted if w.track_id == 3} == {()}


def test_companions_are_forgotten_with_their_tracks():
    film = [*[{1: 0.3, 2: 0.34}] * 40, *[{1: 0.3}] * 60]
    *_, last = [w for seen in watch(film) for w in seen.wanted_faces]
    assert (last.track_id, last.companions) == (1, ())
