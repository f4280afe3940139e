from datetime import UTC, datetime, timedelta

from genesis_ray.analytics.query import describe, run
from genesis_ray.analytics.with_stays import WithStays
from genesis_ray.domain.events import TrackObserved
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def tables(*tenants: str) -> WithStays:
    """Return a track of two seconds of each tenant, all of the same camera and number."""
    events = [
        TrackObserved(
            tenant_id=tenant, site_id="york", camera_id="hall",
            occurred_at=NINE + timedelta(seconds=second), track_id=1, frame_index=second,
            x1=0.1, y1=0.1, x2=0.2, y2=0.5, confidence=0.9,
        )
        for tenant in tenants
        for second in (0, 1, 2)
    ]  # fmt: skip
    written = {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()}
    return WithStays(written | to_tables(events), visit_gap=timedelta(minutes=5))


def test_stays_are_a_table_like_others():
    answer = run("SELECT seconds, entry_camera_id FROM stays", tables("shop"))
    assert answer.to_pylist() == [{"seconds": 2.0, "entry_camera_id": "hall"}]


def test_tenants_are_kept_apart():
    answer = run("SELECT tenant_id, len(tracks) AS n FROM stays ORDER BY 1", tables("b", "a"))
    assert answer.to_pylist() == [{"tenant_id": "a", "n": 1}, {"tenant_id": "b", "n": 1}]


def test_the_table_is_listed_and_has_its_columns_when_nobody_came():
    listed = {row["table"]: row for row in describe(tables()).to_pylist()}
    assert listed["stays"]["rows"] == 0
    assert listed["stays"]["columns"][:3] == ["tenant_id", "identity_id", "started_at"]
    assert "track_observations" in listed
