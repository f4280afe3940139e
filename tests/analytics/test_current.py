from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics import current
from genesis_ray.analytics.metrics import METRICS, current_metrics
from genesis_ray.domain.events import Event, FaceRecognized, TrackObserved, ZoneCrossed
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def observed(seconds: float, track_id: int = 1, camera_id: str = "door") -> TrackObserved:
    return TrackObserved(
        tenant_id="t",
        site_id="s",
        camera_id=camera_id,
        occurred_at=at(seconds),
        track_id=track_id,
        frame_index=0,
        x1=0.0,
        y1=0.0,
        x2=1.0,
        y2=1.0,
        confidence=0.9,
    )


def crossed(
    seconds: float,
    direction: str,
    track_id: int = 1,
    zone: str = "till",
    camera_id: str = "door",
) -> ZoneCrossed:
    return ZoneCrossed(
        tenant_id="t",
        site_id="s",
        camera_id=camera_id,
        occurred_at=at(seconds),
        zone_id=zone,
        track_id=track_id,
        direction=direction,
    )


def recognized(seconds: float, track_id: int, *, is_new: bool) -> FaceRecognized:
    return FaceRecognized(
        tenant_id="t",
        site_id="s",
        camera_id="door",
        occurred_at=at(seconds),
        track_id=track_id,
        identity_id="i",
        decision="named",
        similarity=0.9,
        runner_up_similarity=None,
        threshold=0.5,
        votes=3,
        quality=0.9,
        gate="",
        is_new=is_new,
        embedder="e",
    )


def now(events: list[Event], seconds: float, **how: object) -> dict[str, dict[str, object]]:
    empty = {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()}
    tables: dict[str, pa.Table] = {**empty, **to_tables(events)}
    rows = current.now(tables, at=at(seconds), window_s=60, **how).to_pylist()
    return {row["camera_id"]: row for row in rows}


def test_track_is_in_view_until_two_seconds_after_its_last_row():
    assert now([observed(0)], 1.9)["door"]["people_in_view"] == 1
    row = now([observed(0)], 2.0)["door"]
    assert (row["people_in_view"], row["people_total"]) == (0, 1)
    assert now([observed(0)], 60.1) == {}


def test_person_is_counted_once_however_many_rows_they_have():
    events = [observed(second / 2) for second in range(4)]
    row = now(events, 1.6)["door"]
    assert (row["people_in_view"], row["people_total"]) == (1, 1)


def test_what_is_still_to_come_does_not_count():
    assert now([observed(5), crossed(5, "enter")], 4) == {}


def test_people_of_two_cameras_are_counted_apart():
    counted = now([observed(0), observed(0, 2), observed(0, 1, "street")], 1)
    assert [counted[each]["people_in_view"] for each in ("door", "street")] == [2, 1]
    assert [counted[each]["people_total"] for each in ("door", "street")] == [2, 1]


def test_person_is_in_the_zones_they_entered_and_did_not_leave_seen_of_late_or_not():
    events = [
        observed(9),
        crossed(1, "enter", 1),
        crossed(2, "enter", 2),
        crossed(3, "exit", 2),
        crossed(4, "enter", 2, "exit-door"),
    ]
    row = now(events, 10, queue_zone_ids=["till"])["door"]
    assert row["people_by_zone"] == [("exit-door", 1), ("till", 1)]
    assert (row["queue_len"], row["avg_wait_sec"], row["waited"]) == (1, 1.0, 1)


def test_without_queue_zones_there_is_no_queue():
    assert now([crossed(1, "enter"), crossed(3, "exit")], 10) == {}
    row = now([observed(9), crossed(1, "enter"), crossed(3, "exit")], 10)["door"]
    assert (row["queue_len"], row["avg_wait_sec"], row["waited"]) == (None, None, 0)


def test_person_who_entered_and_left_in_one_instant_is_out():
    events = [observed(9), crossed(9, "enter"), crossed(9, "exit")]
    assert now(events, 10)["door"]["people_by_zone"] == []


def test_who_entered_more_than_a_day_ago_was_lost():
    day = 86_400
    events = [observed(day - 1), crossed(0, "enter"), crossed(-0.1, "enter", 2)]
    assert now(events, day)["door"]["people_by_zone"] == [("till", 1)]


EVENTS = st.lists(
    st.one_of(
        st.builds(
            observed, st.integers(0, 200), st.integers(1, 3), st.sampled_from(["door", "in"])
        ),
        st.builds(
            crossed, st.integers(0, 200), st.sampled_from(["enter", "exit"]), st.integers(1, 3),
            st.sampled_from(["till", "shelf"]), st.sampled_from(["door", "in"]),
        ),
        st.builds(recognized, st.integers(0, 200), st.integers(1, 3), is_new=st.booleans()),
    ),
    max_size=16,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(EVENTS, st.integers(1, 220), st.sampled_from([[], ["till"], ["till", "shelf"]]))
def test_each_camera_has_the_metrics_of_that_minute(events, second, queues):
    rows = now(events, second, queue_zone_ids=queues)
    empty = {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()}
    whole = empty | to_tables(events)
    own = {"at": at(second), "queue_zone_ids": queues}
    for camera_id, row in rows.items():
        (told,) = current_metrics(whole, **own, camera_ids=[camera_id]).to_pylist()
        assert {name: row[name] for name in METRICS} == {name: told[name] for name in METRICS}


def test_faces_of_the_last_minute_count_new_visitors_apart_from_known_people():
    events = [
        recognized(-1, 1, is_new=False),  # more than a minute ago
        recognized(50, 2, is_new=True),
        recognized(55, 3, is_new=False),
        recognized(59, 4, is_new=False),
    ]
    counted = now(events, 60)["door"]
    assert (counted["new_faces"], counted["recognized_faces"]) == (1, 2)


def test_nothing_has_no_rows():
    assert now([], 0) == {}


def test_only_the_days_of_the_last_minute_are_looked_at_and_of_zones_the_last_two(tmp_path, caplog):
    yesterday, before = -80_000, -2 * 86_400
    with EventLog(tmp_path) as log:
        log.append([crossed(before, "enter", 2)])
        log.append([observed(yesterday), recognized(yesterday, 1, is_new=True)])
        log.append([crossed(yesterday, "enter"), observed(0), recognized(0, 1, is_new=True)])
    for table in ("zone_crossings", "track_observations", "face_recognitions"):
        (day_before, _) = sorted((tmp_path / table).rglob("*.parquet"))
        day_before.write_bytes(b"not to be looked at")
    (row,) = current.now(RunTables(tmp_path, "t"), at=at(1), window_s=60).to_pylist()
    assert (row["people_in_view"], row["people_by_zone"], row["new_faces"]) == (1, [("till", 1)], 1)
    assert caplog.records == []
