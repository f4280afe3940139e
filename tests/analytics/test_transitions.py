from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.analytics.transitions import transitions
from genesis_ray.domain.events import (
    Event,
    FaceRecognized,
    FalseMergeFound,
    TrackObserved,
    VisitEnded,
)
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
OWN = {"tenant_id": "shop", "site_id": "york"}


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def track(camera: str, number: int, since: float, until: float, **name) -> list[Event]:
    """Return the events of a track that was named, by default Ada beyond doubt."""
    sights: list[Event] = [
        TrackObserved(
            **OWN, camera_id=camera, occurred_at=at(second), track_id=number, frame_index=0,
            x1=0, y1=0, x2=1, y2=1, confidence=0.9,
        )
        for second in (since, until)
    ]  # fmt: skip
    values = {
        "identity_id": "ada", "decision": "named", "similarity": 0.8, "runner_up_similarity": 0.3,
        "threshold": 0.5, "votes": 3, "quality": 0.9, "gate": "", "is_new": False,
        "embedder": "fused", **name,
    }  # fmt: skip
    named = FaceRecognized(
        **OWN, camera_id=camera, occurred_at=at(since + 1), track_id=number, **values
    )
    return [*sights, named]


def visit(since: float, until: float, who: str = "ada") -> VisitEnded:
    return VisitEnded(
        **OWN, camera_id="door", occurred_at=at(until), visit_id=f"{who}{since}", identity_id=who,
        started_at=at(since), ended_at=at(until), zone_ids=(),
    )  # fmt: skip


def gone(*events) -> list[tuple[str, str, float]]:
    flat = [each for event in events for each in (event if isinstance(event, list) else [event])]
    tables = {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()}
    rows = transitions(tables | to_tables(flat), lead=0.1).to_pylist()
    return [(row["origin"], row["destination"], row["seconds"]) for row in rows]


DOOR, TILL = track("door", 1, 0, 10), track("till", 1, 18.5, 40)


def test_a_way_is_from_the_last_sight_at_one_camera_to_the_first_at_the_next():
    assert gone(DOOR, TILL, visit(0, 40)) == [("door", "till", 8.5)]


def test_tracks_of_one_camera_are_no_way_and_only_the_last_counts():
    assert gone(DOOR, track("door", 2, 12, 15), TILL, visit(0, 40)) == [("door", "till", 3.5)]


def test_whom_both_cameras_see_at_once_takes_less_than_no_time():
    assert gone(DOOR, track("hall", 1, 4, 20), visit(0, 20)) == [("door", "hall", -6)]


def test_ways_are_within_one_visit():
    assert gone(DOOR, TILL, visit(0, 10), visit(18, 40)) == []


@pytest.mark.parametrize(
    "doubt",
    [
        {"runner_up_similarity": 0.75},
        {"decision": "review"},
        {"identity_id": "bob"},
    ],
)
def test_who_was_named_with_doubt_does_not_count(doubt):
    assert gone(DOOR, track("till", 1, 18.5, 40, **doubt), visit(0, 40), visit(0, 40, "bob")) == []


def test_who_is_new_or_without_a_rival_is_beyond_doubt():
    alone = track("till", 1, 18.5, 40, runner_up_similarity=None)
    assert gone(track("door", 1, 0, 10, is_new=True), alone, visit(0, 40)) == [
        ("door", "till", 8.5)
    ]


def test_tracks_of_a_false_merge_do_not_count():
    merge = FalseMergeFound(
        **OWN, camera_id="till", occurred_at=at(20), track_id=1, identity_id="ada",
        other_camera_id="door", other_track_id=1, is_quarantined=False,
    )  # fmt: skip
    assert gone(DOOR, TILL, visit(0, 40), merge) == []


def test_a_run_without_anybody_has_no_ways():
    assert gone() == []
