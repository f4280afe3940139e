import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.events import (
    CameraStateChanged,
    Event,
    FaceRecognized,
    FaceScored,
    VisitEnded,
    VisitStarted,
)
from genesis_ray.domain.identity import Candidate, Face, MatchPolicy
from genesis_ray.domain.ordering import DONE
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.pipeline.resolver import IdentityResolver, ResolverPolicy
from genesis_ray.pipeline.resolver_stage import Resolved, ResolverStage

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CAMERAS = ("door", "till")
PEOPLE = np.eye(4, dtype=np.float32)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Album:
    """A gallery of visitors, one face each, and their register."""

    def __init__(self) -> None:
        self._faces: dict[str, np.ndarray] = {}

    def nearest(self, embedding, *, limit):
        found = [Candidate(who, float(face @ embedding)) for who, face in self._faces.items()]
        return sorted(found, key=lambda each: -each.similarity)[:limit]

    def expect(self, embeddings, *, limit):
        pass

    def enroll(self, identity_id, embeddings, *, qualities, at, camera_id):  # noqa: ARG002
        self._faces[identity_id] = embeddings[0]

    def add_visitor(self, identity_id, *, at):
        pass

    def forget(self) -> None:
        self._faces.clear()


def resolver_stage(
    cameras=CAMERAS, album=None, *, visitor_faces: int | None = 1, known: bool = False, **options
) -> ResolverStage:
    policy = ResolverPolicy(
        tenant_id="shop",
        site_id="york",
        embedder="fused",
        match=MatchPolicy(threshold=0.5, votes=2),
        min_quality=0,
        visitor_faces=visitor_faces,
    )
    album = album or Album()
    if known:
        album.enroll("ada", PEOPLE[:1], qualities=[1], at=START, camera_id="")
    return ResolverStage(cameras, IdentityResolver(policy, album, album), **options)


def journal_stage(cameras=CAMERAS) -> JournalStage:
    journal = SiteJournal(tenant_id="shop", site_id="york", visit_gap=timedelta(minutes=5))
    return JournalStage(cameras, journal)


def face(
    camera: str,
    seconds: float,
    *,
    track: int = 1,
    person: int = 0,
    number: int = 0,
    since: float | None = None,
) -> Face:
    return Face(
        camera_id=camera,
        track_id=track,
        face_index=number,
        captured_at=at(seconds),
        embedding=PEOPLE[person],
        quality=1.0,
        in_view_since=None if since is None else at(since),
    )


def online(camera: str, seconds: float) -> tuple[datetime, tuple[Event, ...]]:
    state = CameraStateChanged(
        tenant_id="shop",
        site_id="york",
        camera_id=camera,
        occurred_at=at(seconds),
        state="online",
        reason="",
    )
    return at(seconds), (state,)


def seen_twice(camera: str, seconds: float, **whose) -> list[Face]:
    return [face(camera, seconds, **whose), face(camera, seconds, **whose, number=1)]


def named(resolved: Resolved) -> list[tuple[str, str, bool]]:
    return [
        (event.camera_id, event.identity_id, event.is_new)
        for _, together in resolved.events
        for event in together
        if isinstance(event, FaceRecognized) and event.decision == "named"
    ]


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


def test_a_name_comes_into_the_journal_after_what_cameras_saw_at_that_time():
    stage = journal_stage()
    recognized = resolver_stage(["door"]).take("door", [face("door", 1)], DONE)
    stage.take(RESOLVER, recognized.events, DONE)
    stage.take("till", [online("till", 1)], DONE)
    facts = stage.take("door", [online("door", 1)], DONE)
    assert [type(fact) for fact in facts] == [
        CameraStateChanged,
        CameraStateChanged,
        FaceScored,
        FaceRecognized,
        VisitStarted,
    ]
    assert [fact.camera_id for fact in facts[:2]] == ["door", "till"]


def test_the_journal_is_done_when_cameras_and_resolver_are():
    stage = journal_stage()
    for producer in (*CAMERAS, RESOLVER):
        assert not stage.is_done
        stage.take(producer, [], DONE)
    assert stage.is_done


def test_the_end_of_everything_ends_the_visits():
    stage = journal_stage()
    recognized = resolver_stage(["door"]).take("door", [face("door", 1)], DONE)
    stage.take(RESOLVER, recognized.events, DONE)
    for camera in CAMERAS:
        stage.take(camera, [], DONE)
    assert [type(fact) for fact in stage.finish()] == [VisitEnded]


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


def test_a_review_is_no_visit():
    resolved = resolver_stage(["door"], visitor_faces=None, known=True).take(
        "door", [face("door", 1)], DONE
    )
    stage = journal_stage(["door"])
    stage.take("door", [], DONE)
    facts = stage.take(RESOLVER, resolved.events, DONE) + stage.finish()
    assert [type(fact) for fact in facts] == [FaceScored, FaceRecognized]


def test_late_faces_are_resolved_and_counted():
    stage = resolver_stage(patience=timedelta(seconds=1))
    stage.take("door", [], at(10))
    assert named(stage.take("till", [face("till", 2)], at(2)))
    assert stage.late == 1


appearances = st.lists(
    st.tuples(st.sampled_from(CAMERAS), st.integers(0, 20), st.integers(1, 3), st.integers(0, 2)),
    unique_by=lambda appearance: appearance[:3],
    max_size=20,
)
"""Faces: of which camera, at which second, of which track, and whose."""


def run(faces: list[Face], *, cameras, turns) -> list[Event]:
    """Give two stages the faces second by second, the cameras taking turns; return the facts."""
    resolving, journaling = resolver_stage(cameras), journal_stage(cameras)
    facts: list[Event] = []
    clocks = dict.fromkeys(CAMERAS, 0)
    while clocks:
        camera = [*clocks][next(turns, 0) % len(clocks)]
        second = clocks[camera]
        own = [f for f in faces if f.camera_id == camera and f.captured_at == at(second)]
        progress = at(second) if second < 20 else DONE
        resolved = resolving.take(camera, own, progress)
        facts += journaling.take(camera, [online(camera, second)], progress)
        facts += journaling.take(RESOLVER, resolved.events, resolved.progress)
        clocks[camera] += 1
        if progress == DONE:
            del clocks[camera]
    assert (resolving.late, journaling.late, journaling.is_done) == (0, 0, True)
    return facts + journaling.finish()


@given(appearances, st.lists(st.integers(0, 1), max_size=40), st.permutations(CAMERAS))
@settings(max_examples=50)
def test_how_the_cameras_reports_interleave_does_not_matter(seen, turns, cameras):
    faces = [face(camera, second, track=t, person=p) for camera, second, t, p in seen]
    assert run(faces, cameras=cameras, turns=iter(turns)) == run(
        faces, cameras=CAMERAS, turns=iter(())
    )


@given(appearances, st.integers(0, 39))
@settings(max_examples=50)
def test_another_process_goes_on_from_a_pickled_state_and_what_was_taken_since(seen, killed_at):
    faces = [face(camera, second, track=t, person=p) for camera, second, t, p in seen]
    turns = [
        (camera, [f for f in faces if f.camera_id == camera and f.captured_at == at(second)],
         at(second) if second < 19 else DONE)
        for second in range(20)
        for camera in CAMERAS
    ]  # fmt: skip
    album = Album()

    def stages() -> tuple[ResolverStage, JournalStage]:
        return resolver_stage(album=album), journal_stage()

    def tell(resolving, journaling, camera, own, progress) -> list[Event]:
        resolved = resolving.take(camera, own, progress)
        facts = journaling.take(camera, [online(camera, 0)] if own else [], progress)
        return facts + journaling.take(RESOLVER, resolved.events, resolved.progress)

    undisturbed = stages()
    expected = [fact for turn in turns for fact in tell(*undisturbed, *turn)]
    album.forget()
    first = stages()
    facts = [fact for turn in turns[:killed_at] for fact in tell(*first, *turn)]
    states = [pickle.loads(pickle.dumps(stage.state)) for stage in first]
    for stage, state in zip(second := stages(), states, strict=True):
        stage.resume(state)
    facts += [fact for turn in turns[max(0, killed_at - 3) :] for fact in tell(*second, *turn)]
    assert facts == expected


def test_cameras_come_and_go():
    stage = resolver_stage(["door"])
    stage.take("door", [], at(1))
    assert stage.watch(["door", "till"]).events == []
    assert named(stage.take("door", [face("door", 2)], at(2))) == []
    (found,) = named(stage.watch(["door"]))
    assert found[0] == "door"


def test_a_camera_that_comes_when_all_others_are_done_is_resolved_and_heard_by_the_journal():
    resolver, journal = resolver_stage(["door"]), journal_stage(["door"])
    first = resolver.take("door", seen_twice("door", 2), DONE)
    journal.take("door", [], DONE)
    journal.take(RESOLVER, first.events, first.progress)
    assert journal.is_done
    assert resolver.watch(["door", "yard"]).events == []
    journal.watch(["door", "yard"])
    assert not journal.is_done
    second = resolver.take("yard", seen_twice("yard", 5, track=2, person=1), DONE)
    journal.take("yard", [], DONE)
    logged = journal.take(RESOLVER, second.events, second.progress)
    assert [name[0] for name in named(second)] == ["yard"]
    assert [type(event) for event in logged].count(VisitStarted) == 1
    assert journal.is_done


def test_what_comes_late_is_told_after_what_was_told_before():
    stage = resolver_stage(patience=timedelta(seconds=1))
    before = stage.take("door", [face("door", 10)], at(12))
    late = stage.take("till", [face("till", 2), face("till", 3)], at(3))
    assert before.events[-1][0] < before.progress
    assert all(before.progress < told_at <= late.progress for told_at, _ in late.events)
    assert len(late.events) == 2


def test_a_prompt_journal_logs_events_as_they_come_and_visits_in_order():
    journal = SiteJournal(tenant_id="shop", site_id="york", visit_gap=timedelta(minutes=5))
    stage = JournalStage(CAMERAS, journal, is_prompt=True)
    recognized = resolver_stage(["door"]).take("door", [face("door", 1)], at(1))
    assert [type(e) for e in stage.take(RESOLVER, recognized.events, at(1))] == [
        FaceScored, FaceRecognized
    ]  # fmt: skip
    assert [type(e) for e in stage.take("door", [online("door", 1)], at(1))] == [CameraStateChanged]
    assert stage.take("door", [online("door", 1)], at(1)) == []
    facts = stage.take("till", [online("till", 1)], at(1))
    assert [type(fact) for fact in facts] == [CameraStateChanged, VisitStarted]


def test_a_face_that_is_refused_is_left_out_and_all_others_are_resolved():
    stage = resolver_stage()
    faces = [face("door", 1), face("door", 2, track=2, person=1), face("door", 3, track=3)]
    stage.take("door", faces, at(3))
    resolved = stage.take("till", [], at(3), lambda each: each.track_id != 2)
    assert [event.track_id for _, both in resolved.events for event in both] == [1, 1, 3]
    assert resolved.progress == at(3)


@pytest.mark.parametrize("is_prompt", [False, True])
def test_events_that_are_refused_are_left_out_with_all_that_they_would_lead_to(is_prompt):
    journal = SiteJournal(tenant_id="shop", site_id="york", visit_gap=timedelta(minutes=5))
    stage = JournalStage(["door"], journal, is_prompt=is_prompt)
    recognized = resolver_stage(["door"]).take("door", [face("door", 1)], DONE)

    def admits(when: datetime, together: tuple[Event, ...]) -> bool:
        return not (when == at(1) and isinstance(together[0], FaceScored))

    seen = [online("door", 1), online("door", 2)]
    logged = [
        *stage.take_each(RESOLVER, recognized.events, DONE, admits),
        *stage.take_each("door", seen, DONE, admits),
    ]
    assert [type(fact) for facts in logged for fact in facts] == [CameraStateChanged] * 2
    assert stage.is_done


def test_what_one_item_led_to_can_be_logged_before_the_next_is_begun():
    stage = journal_stage(["door"])
    stage.take(RESOLVER, [], DONE)
    begun = []
    items = stage.take_each(
        "door", [online("door", n) for n in (1, 2)], DONE, lambda when, _: not begun.append(when)
    )
    assert [fact.occurred_at for fact in next(items)] == [at(1)] == begun
    assert [fact.occurred_at for fact in next(items)] == [at(2)]
