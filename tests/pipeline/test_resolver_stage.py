from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import (
    FaceRecognized,
)
from tests.pipeline.staged import (
    CAMERAS,
    appearances,
    at,
    face,
    named,
    resolver_stage,
    run,
    seen_twice,
)


def test_faces_are_resolved_in_order_of_capture_whoever_reports_first():
    stage = resolver_stage()
    assert named(stage.take("door", seen_twice("door", 2), at(2))) == []
    first, second = named(stage.take("till", [face("till", 1)], DONE))
    assert (first[0], first[2]) == ("till", True)
    assert (second[0], second[2]) == ("door", False)
    assert first[1] == second[1]


def test_progress_is_the_time_up_to_which_all_faces_are_resolved():
    stage = resolver_stage()
    stage.take("door", [], at(5))
    assert stage.take("till", [], at(3)).progress == at(3)
    stage.take("door", [], DONE)
    assert stage.take("till", [], DONE).progress == DONE


def test_the_names_of_one_camera_are_told_by_track():
    stage = resolver_stage()
    stage.take("door", [face("door", 1), face("door", 1, track=2, person=1)], DONE)
    names = stage.take("till", seen_twice("till", 1, track=9), DONE).names()
    door, till = names["door"], names["till"]
    assert sorted(door) == [1, 2]
    assert till == {9: door[1]}


def test_a_track_that_is_quarantined_has_no_name():
    stage = resolver_stage()
    stage.take("till", [], DONE)
    faces = [face("door", 1), face("door", 5), face("door", 6, track=2, since=3)]
    resolved = stage.take("door", faces, DONE)
    decisions = [
        event.decision
        for _, together in resolved.events
        for event in together
        if isinstance(event, FaceRecognized)
    ]
    assert decisions == ["named", "review"]
    assert [*resolved.names()["door"]] == [1]


def test_which_camera_is_named_first_does_not_matter():
    def told(cameras):
        stage = resolver_stage(cameras)
        events = stage.take("till", [face("till", 1)], DONE).events
        return events + stage.take("door", [face("door", 1)], DONE).events

    assert told(["door", "till"]) == told(["till", "door"])


def test_a_face_for_review_is_told_when_time_has_passed_and_names_nobody():
    stage = resolver_stage(["door"], visitor_faces=None, known=True)
    stage.take("door", [face("door", 1)], at(1))
    assert stage.take("door", [], at(600)).events == []
    later = stage.take("door", [], at(700))
    ((told_at, (review,)),) = later.events
    assert (review.decision, review.occurred_at, told_at) == ("review", at(1), at(601))
    assert later.names() == {}


def test_what_became_of_the_last_tracks_is_told_at_the_end():
    stage = resolver_stage(["door"], visitor_faces=None)
    stage.take("door", [face("door", 1), face("door", 2, track=2)], at(2))
    end = stage.take("door", [], DONE)
    assert [event.track_id for _, together in end.events for event in together] == [1, 2]
    assert end.progress == DONE


def test_what_became_of_a_track_that_came_late_is_told_after_what_was_told_before():
    stage = resolver_stage(patience=timedelta(seconds=1), visitor_faces=None)
    stage.take("door", [], at(1000))
    before = stage.take("till", [face("till", 2)], at(2))
    late = stage.take("door", [], at(1100))
    ((told_at, (unknown,)),) = late.events
    assert (unknown.decision, unknown.occurred_at) == ("unknown", at(2))
    assert before.progress < told_at <= late.progress


def test_late_faces_are_resolved_and_counted():
    stage = resolver_stage(patience=timedelta(seconds=1))
    stage.take("door", [], at(10))
    assert named(stage.take("till", [face("till", 2)], at(2)))
    assert stage.late == 1


@given(appearances, st.lists(st.integers(0, 1), max_size=40), st.permutations(CAMERAS))
@settings(max_examples=50)
def test_how_the_cameras_reports_interleave_does_not_matter(seen, turns, cameras):
    faces = [face(camera, second, track=t, person=p) for camera, second, t, p in seen]
    assert run(faces, cameras=cameras, turns=iter(turns)) == run(
        faces, cameras=CAMERAS, turns=iter(())
    )


def test_cameras_come_and_go():
    stage = resolver_stage(["door"])
    stage.take("door", [], at(1))
    assert stage.watch(["door", "till"]).events == []
    assert named(stage.take("door", [face("door", 2)], at(2))) == []
    (found,) = named(stage.watch(["door"]))
    assert found[0] == "door"


def test_what_comes_late_is_told_after_what_was_told_before():
    stage = resolver_stage(patience=timedelta(seconds=1))
    before = stage.take("door", [face("door", 10)], at(12))
    late = stage.take("till", [face("till", 2), face("till", 3)], at(3))
    assert before.events[-1][0] < before.progress
    assert all(before.progress < told_at <= late.progress for told_at, _ in late.events)
    assert len(late.events) == 2


def test_a_face_that_is_refused_is_left_out_and_all_others_are_resolved():
    stage = resolver_stage()
    faces = [face("door", 1), face("door", 2, track=2, person=1), face("door", 3, track=3)]
    stage.take("door", faces, at(3))
    resolved = stage.take("till", [], at(3), lambda each: each.track_id != 2)
    assert [event.track_id for _, both in resolved.events for event in both] == [1, 1, 3]
    assert resolved.progress == at(3)
