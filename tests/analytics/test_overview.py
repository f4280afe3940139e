from datetime import UTC, datetime, timedelta

from genesis_ray.analytics import overview
from genesis_ray.domain.events import (
    FaceRecognized,
    FalseMergeFound,
    GateRejected,
    LoiteringFound,
    TrackObserved,
    VisitEnded,
    ZoneCrossed,
)
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
OWN = {"tenant_id": "shop", "site_id": "york", "occurred_at": NINE}


def named(camera: str, track: int, who: str, decision: str = "named") -> list:
    seen = TrackObserved(
        **OWN, camera_id=camera, track_id=track, frame_index=0, x1=0, y1=0, x2=1, y2=1,
        confidence=0.9,
    )  # fmt: skip
    recognized = FaceRecognized(
        **OWN, camera_id=camera, track_id=track, identity_id=who, decision=decision,
        similarity=0.9, runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8, gate="",
        is_new=False, embedder="fused",
    )  # fmt: skip
    return [seen, recognized]


def tables(*events):
    return {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()} | to_tables(
        events
    )


def rejected(track: int, reason: str) -> GateRejected:
    return GateRejected(
        **OWN, camera_id="till", track_id=track, identity_id="ada", reason=reason, similarity=0.8,
        in_view_since=NINE, seen_camera_id="door", seen_track_id=1, seen_until=NINE,
    )  # fmt: skip


def test_who_is_not_named_but_for_review_is_no_name_of_a_camera_nor_of_a_visit():
    visit = VisitEnded(
        **OWN, camera_id="door", visit_id="v", identity_id="ada", started_at=NINE,
        ended_at=NINE + timedelta(seconds=9), zone_ids=(),
    )  # fmt: skip
    carried = named("yard", 1, "ada", "carried")
    own = tables(*named("door", 1, "ada"), *named("till", 1, "ada", "review"), *carried, visit)
    cameras = {row["camera_id"]: row["identity_ids"] for row in overview.cameras(own).to_pylist()}
    assert cameras == {"door": ["ada"], "till": [], "yard": ["ada"]}
    (visitor,) = overview.visitors(own).to_pylist()
    assert visitor["camera_ids"] == ["door", "yard"]


def test_refused_names_are_counted_by_reason():
    own = tables(rejected(1, "too-soon"), rejected(2, "too-soon"), rejected(3, "double"))
    assert overview.gate_rejections(own).to_pylist() == [
        {"reason": "double", "names": 1},
        {"reason": "too-soon", "names": 2},
    ]


def test_false_merges_name_both_tracks():
    merge = FalseMergeFound(
        **OWN, camera_id="till", track_id=7, identity_id="ada", other_camera_id="door",
        other_track_id=1, is_quarantined=True,
    )  # fmt: skip
    (row,) = overview.false_merges(tables(merge)).to_pylist()
    assert (row["camera_id"], row["track_id"]) == ("till", 7)
    assert (row["other_camera_id"], row["other_track_id"]) == ("door", 1)
    assert overview.false_merges(tables()).num_rows == 0


def test_zones_tell_who_came_in_and_how_many_stayed_too_long():
    own = {**OWN, "camera_id": "till"}
    moves = [
        ZoneCrossed(**own, zone_id=zone, track_id=track, direction=direction)
        for zone, track in (("queue", 1), ("queue", 2), ("shelf", 1))
        for direction in ("enter", "exit")
    ]
    stayed = LoiteringFound(**own, zone_id="queue", track_id=2, since=NINE)
    assert overview.zone_entries(tables(*moves, stayed)).to_pylist() == [
        {"camera_id": "till", "zone_id": "queue", "entries": 2, "loiterings": 1},
        {"camera_id": "till", "zone_id": "shelf", "entries": 1, "loiterings": 0},
    ]
