from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.events import (
    Event,
    FaceRecognized,
    FaceScored,
    GateRejected,
    TrackObserved,
)
from genesis_ray.domain.recognition.ledger import Merge, Reject, Rename, Split, Undo
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import NotFoundError
from genesis_ray.running.people.explaining import explain
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.people.naming import TrackName
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DOOR_7 = TrackName("door", 7)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def own(track: int, seconds: float) -> dict[str, object]:
    return {
        "tenant_id": "default", "site_id": "site", "camera_id": "door", "track_id": track,
        "occurred_at": at(seconds),
    }  # fmt: skip


def seen(track: int) -> TrackObserved:
    return TrackObserved(
        **own(track, 0), frame_index=0, x1=0.1, y1=0.1, x2=0.2, y2=0.9, confidence=0.9
    )


def scored(number: int, verdict, *candidates: tuple[str, float], track: int = 7) -> FaceScored:
    return FaceScored(
        **own(track, number), face_index=number, quality=0.5, embedder="fused",
        candidate_ids=tuple(who for who, _ in candidates),
        similarities=tuple(similarity for _, similarity in candidates),
        verdict=verdict, weight=1.0,
    )  # fmt: skip


def found(decision, seconds: float, identity_id: str, rival: str | None = "bob") -> FaceRecognized:
    return FaceRecognized(
        **own(7, seconds), identity_id=identity_id, decision=decision, similarity=0.75,
        runner_up_similarity=0.25 if rival else None, threshold=0.5, votes=3, quality=0.5,
        gate="", is_new=False, embedder="fused", runner_up_id=rival,
        threshold_origin="settings", evidence=2.5, face_indices=(0, 2, 3), qualities=(0.5,) * 3,
        similarities=(0.75, 0.5, 0.625),
    )  # fmt: skip


@pytest.fixture
def explained(tmp_path):
    """Explain a track of a run with these events, by these entries of the ledger."""

    def make(*events: Event, entries=(), track: TrackName = DOOR_7):
        settings = Settings(data_dir=tmp_path / "data", identity={"votes": 1, "review": 0.1})
        folder = identity_folder(settings)
        with People(folder, writer=True) as people:
            for name in ("Ada", "Bob"):
                people.add(
                    Person(identity_id=name.lower(), name=name, kind="enrolled", enrolled_at=NOON)
                )
        with Ledger(folder, writer=True) as ledger:
            for entry in entries:
                ledger.append(entry)
        run = RunFolder.create(tmp_path / "run")
        with EventLog(run.events) as log:
            log.append(events)
        return explain(track, run, settings)

    return make


def entry(number: int) -> dict[str, object]:
    return {"entry_id": str(number), "at": NOON, "by": "eve", "why": ""}


def sight(identity_id: str, track: int = 7) -> TrackSight:
    return TrackSight(
        identity_id=identity_id, camera_id="door", track_id=track, since=NOON, until=at(60)
    )


def test_each_face_is_told_with_whom_it_was_like_and_what_came_of_it(explained):
    faces = explained(
        scored(1, "margin", ("ada", 0.75), ("bob", 0.72)),
        scored(0, "voted", ("ada", 0.75)),
        scored(0, "voted", ("bob", 0.9), track=8),
    ).faces
    assert [(face.face_index, face.verdict, face.weight) for face in faces] == [
        (0, "voted", 1.0),
        (1, "margin", 1.0),
    ]
    assert [(one.name, one.similarity) for one in faces[1].candidates] == [
        ("Ada", 0.75),
        ("Bob", pytest.approx(0.72)),
    ]


def test_a_decision_is_told_with_all_that_it_was_made_by(explained):
    explanation = explained(found("named", 3, "ada"))
    decision = explanation.decision
    assert (decision.present.name, decision.runner_up.name) == ("Ada", "Bob")
    assert (decision.threshold, decision.threshold_origin) == (0.5, "settings")
    assert (decision.evidence, decision.face_indices) == (2.5, (0, 2, 3))
    rules = explanation.rules
    assert (rules.votes, rules.margin, rules.threshold) == (2, 0.05, 0.48)
    assert rules.review == pytest.approx(0.38)


def test_a_name_holds_whenever_it_was_given(explained):
    explanation = explained(found("review", 9, "bob"), found("named", 3, "ada"))
    assert [each.decision for each in explanation.decisions] == ["named", "review"]
    assert explanation.decision.present.name == "Ada"


def test_of_what_was_no_name_the_last_holds(explained):
    explanation = explained(found("review", 3, "bob"), found("unknown", 900, "", None))
    assert (explanation.decision.decision, explanation.decision.written) == ("unknown", None)


def test_people_are_shown_as_they_are_now(explained):
    explanation = explained(
        scored(0, "voted", ("bob", 0.75)),
        found("named", 3, "bob"),
        entries=[Merge(**entry(1), identity_id="ada", other_id="bob")],
    )
    assert explanation.faces[0].candidates[0].name == "Ada"
    assert explanation.decision.present.name == "Ada"
    assert [each.entry_id for each in explanation.ledger] == ["1"]


def test_who_was_rejected_since_is_told_as_written_and_is_nobody_now(explained):
    explanation = explained(
        found("named", 3, "ada"), entries=[Reject(**entry(1), track=sight("ada"))]
    )
    assert explanation.decision.written.name == "Ada"
    assert explanation.decision.present is None


def test_the_entries_of_the_ledger_that_concern_a_track_are_told_and_no_others(explained):
    explanation = explained(
        found("named", 3, "ada"),
        entries=[
            Rename(**entry(1), identity_id="ada", name="Countess"),
            Rename(**entry(2), identity_id="bob", name="Robert"),
            Reject(**entry(3), track=sight("bob")),
            Reject(**entry(4), track=sight("ada", track=8)),
            Undo(**entry(5), undone_id="3"),
            Undo(**entry(6), undone_id="4"),
            Split(**entry(7), identity_id="bob", new_id="new", tracks=(sight("bob"),)),
        ],
    )
    assert [each.entry_id for each in explanation.ledger] == ["1", "3", "5", "7"]


def test_a_track_without_a_face_has_nothing_to_explain_it(explained):
    explanation = explained(seen(7))
    assert (explanation.faces, explanation.decision) == ((), None)


def test_a_track_that_the_run_does_not_have_is_an_error_that_says_where_to_look(explained):
    with pytest.raises(NotFoundError, match=r"no track door:7 in .*--run DIR"):
        explained(seen(8))


def test_a_name_that_the_gate_refused_is_told_with_where_its_bearer_was(explained):
    refused = GateRejected(
        **own(7, 3), identity_id="ada", reason="too-soon", similarity=0.75, in_view_since=at(1),
        seen_camera_id="till", seen_track_id=4, seen_until=at(0),
    )  # fmt: skip
    (told,) = explained(seen(7), refused).refusals
    assert (told.bearer.name, told.bearer.similarity) == ("Ada", 0.75)
    assert (told.reason, told.seen_at) == ("too-soon", TrackName("till", 4))
    assert (told.at, told.seen_until) == (at(3), at(0))


def test_a_carried_name_holds_until_a_face_gives_one(explained):
    carried = found("carried", 1, "bob")
    assert explained(carried).decision.decision == "carried"


def test_a_face_has_the_last_word_over_looks(explained):
    both = explained(found("named", 1, "ada"), found("carried", 2, "bob"), found("unknown", 3, ""))
    assert both.decision.present.name == "Ada"
