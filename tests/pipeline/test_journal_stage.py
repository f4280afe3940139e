import pickle
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import (
    CameraStateChanged,
    Event,
    FaceRecognized,
    FaceScored,
    VisitEnded,
    VisitStarted,
)
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.pipeline.resolver_stage import ResolverStage
from tests.pipeline.staged import (
    CAMERAS,
    Album,
    appearances,
    at,
    face,
    journal_stage,
    named,
    online,
    resolver_stage,
    seen_twice,
)


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


def test_a_review_is_no_visit():
    resolved = resolver_stage(["door"], visitor_faces=None, known=True).take(
        "door", [face("door", 1)], DONE
    )
    stage = journal_stage(["door"])
    stage.take("door", [], DONE)
    facts = stage.take(RESOLVER, resolved.events, DONE) + stage.finish()
    assert [type(fact) for fact in facts] == [FaceScored, FaceRecognized]


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


@pytest.mark.parametrize("others_end", [True, False])
def test_a_camera_that_was_done_and_is_another_one_now_is_resolved_and_heard(others_end):
    cameras = ["door", "till"]
    resolver, journal = resolver_stage(cameras), journal_stage(cameras)
    for camera in cameras:
        progress = DONE if others_end or camera == "door" else at(3)
        shown = resolver.take(camera, [], progress)
        journal.take(camera, [online(camera, 2)], progress)
        journal.take(RESOLVER, shown.events, shown.progress)
    assert journal.is_done is others_end
    shown = resolver.watch(cameras, anew=["door"])
    journal.watch(cameras, anew=["door"])
    journal.take(RESOLVER, shown.events, shown.progress)
    assert not journal.is_done
    logged: list[Event] = []
    for camera, own in (("door", seen_twice("door", 5)), ("till", [])):
        shown = resolver.take(camera, own, DONE)
        logged += journal.take(camera, [online(camera, 6)] if own else [], DONE)
        logged += journal.take(RESOLVER, shown.events, shown.progress)
    kinds = [type(event) for event in logged]
    assert kinds.count(VisitStarted) == 1
    assert [each.camera_id for each in logged if isinstance(each, CameraStateChanged)][-1] == "door"
    assert journal.is_done
