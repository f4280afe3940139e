import pyarrow as pa
import pytest

from genesis_ray.analytics.alerts import present as alerts_now
from genesis_ray.analytics.query import run
from genesis_ray.domain.alerting.alert_events import AlertEscalated, AlertRaised, AlertResolved
from genesis_ray.domain.events import FalseMergeFound, GateRejected, IdentityNoted
from genesis_ray.domain.recognition.ledger import Confirm, Reject, Undo
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.schemas import to_tables
from tests.analytics.test_present import (
    ANN,
    BEN,
    CAT,
    TWO,
    at,
    merge,
    own,
    present,
    sight,
    split,
    stay,
    written,
)

OWN = {"tenant_id": "default", "site_id": "site"}
BENS = sight(BEN, 1, 5, 30, camera_id="till")


def alert(second, who, track_id=1, *, kind=AlertRaised, alert_id="a", camera_id="till", **of):
    return kind(
        **OWN | of, camera_id=camera_id, occurred_at=at(second), alert_id=alert_id, rule_id="vip",
        severity="info", track_id=track_id, identity_id=who, message="somebody is here",
    )  # fmt: skip


def with_events(*events) -> dict[str, pa.Table]:
    return TWO | to_tables(events)


def about(tables) -> list[str | None]:
    rows = run("SELECT identity_id FROM alerts ORDER BY occurred_at, status", tables)
    return rows["identity_id"].to_pylist()


NOTED = IdentityNoted(
    **OWN, camera_id="imported", occurred_at=at(3), identity_id=BEN, event_type="zone_enter",
    zone_id="desk",
)  # fmt: skip
REFUSED = GateRejected(
    **OWN, camera_id="door", occurred_at=at(3), track_id=9, identity_id=BEN, reason="too-soon",
    similarity=0.8, in_view_since=at(1), seen_camera_id="till", seen_track_id=1, seen_until=at(2),
)  # fmt: skip
DOUBLE = FalseMergeFound(
    **OWN, camera_id="door", occurred_at=at(3), track_id=9, identity_id=BEN,
    other_camera_id="till", other_track_id=1, is_quarantined=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("table", "event"),
    [
        ("identity_events", NOTED),
        ("gate_rejections", REFUSED),
        ("false_merges", DOUBLE),
        ("alerts", alert(6, BEN)),
        ("alerts", alert(6, BEN, None)),
    ],
)
def test_what_was_said_of_somebody_joins_their_visits_after_a_merge_and_its_undo(table, event):
    tables = with_events(event)
    joined = f"SELECT v.identity_id FROM {table} JOIN visits AS v USING (identity_id)"
    entry = merge(ANN, BEN)
    assert run(joined, present(tables, entry)).to_pylist() == [{"identity_id": ANN}]
    (row,) = run(f"FROM {table}_as_written", present(tables, entry)).to_pylist()
    assert row["identity_id"] == BEN
    undone = present(tables, entry, Undo(**own(1), undone_id="0"))
    assert run(joined, undone).to_pylist() == [{"identity_id": BEN}]


LIFE = [
    alert(6, BEN),
    alert(20, BEN, kind=AlertEscalated),
    alert(500, BEN, kind=AlertResolved),  # long after its track
]


@pytest.mark.parametrize(
    ("entries", "who"),
    [
        ([split(BEN, BENS)], "new"),
        ([split(BEN, BENS), merge(CAT, "new", 1)], CAT),
        ([Reject(**own(0), track=BENS)], None),
        ([Confirm(**own(0), track=sight(CAT, 1, 5, 30, camera_id="till"))], CAT),
        ([split(BEN, sight(BEN, 2, 5, 30, camera_id="till"))], BEN),
        ([split(BEN, sight(BEN, 1, 5, 30))], BEN),  # of another camera
        ([Reject(**own(0), track=sight(BEN, 1, 7, 9, camera_id="till"))], BEN),  # another recording
    ],
)
def test_all_rows_of_an_alert_are_about_whom_its_track_is_now(entries, who):
    tables = present(with_events(*LIFE), *entries)
    assert about(tables) == [who] * 3
    (now,) = alerts_now(tables).to_pylist()
    assert (now["identity_id"], now["status"], now["severity"]) == (who, "resolved", "info")


def test_an_alert_that_a_cool_down_put_off_is_about_whom_its_track_was():
    tables = with_events(alert(300, BEN))
    assert about(present(tables, split(BEN, BENS))) == ["new"]


@pytest.mark.parametrize(
    ("track", "who"),
    [(BENS, "new"), (sight(BEN, 2, 40, 50, camera_id="till"), BEN)],
)
def test_an_alert_about_a_visit_is_about_whom_the_track_was_that_was_in_view(track, who):
    tables = with_events(alert(5, BEN, None))
    assert about(present(tables, split(BEN, track))) == [who]


def test_an_alert_about_no_person_stays_so():
    tables = with_events(alert(6, None), alert(6, None, None, alert_id="b"))
    confirmed = Confirm(**own(0), track=sight(CAT, 1, 5, 30, camera_id="till"))
    assert about(present(tables, confirmed, merge(ANN, BEN, 1))) == [None, None]


def test_what_the_gate_found_of_tracks_stays_what_it_found():
    tables = present(with_events(REFUSED, DOUBLE), split(BEN, BENS))
    for table in ("gate_rejections", "false_merges"):
        (row,) = run(f"FROM {table}", tables).to_pylist()
        assert row["identity_id"] == BEN


def test_an_alert_of_a_time_is_about_whom_it_was_raised_about():
    tables = with_events(*LIFE)
    whole = present(tables, Reject(**own(0), track=BENS))
    rows = tables["alerts"]
    later = whole.said_now("alerts", rows.slice(2))
    assert later["identity_id"].to_pylist() == [None]
    assert later["status"].to_pylist() == ["resolved"]


def test_other_tenants_and_other_people_are_as_they_were_written(tmp_path):
    others = [
        alert(6, BEN, tenant_id="other"),
        alert(7, CAT, alert_id="c"),
        IdentityNoted(**OWN | {"tenant_id": "other"}, camera_id="imported", occurred_at=at(4),
                      identity_id=BEN, event_type="zone_enter", zone_id=None),
    ]  # fmt: skip
    with EventLog(tmp_path) as log:
        log.append([alert(5, BEN), NOTED, *others, *stay(ANN, 1, 0, 20)])
    for tables in (RunTables(tmp_path), written() | to_tables([alert(5, BEN), NOTED, *others])):
        merged = present(tables, merge(ANN, BEN))
        assert about(merged) == [ANN, BEN, CAT]
        ask = "SELECT identity_id FROM identity_events ORDER BY occurred_at"
        assert run(ask, merged)["identity_id"].to_pylist() == [ANN, BEN]


def test_rows_keep_their_columns_and_their_ids():
    tables = with_events(*LIFE, NOTED, REFUSED, DOUBLE)
    shown = present(tables, merge(ANN, BEN))
    for table in ("alerts", "identity_events", "gate_rejections", "false_merges"):
        before, after = tables[table], shown[table]
        assert after.schema == before.schema
        assert after.drop_columns(["identity_id"]) == before.drop_columns(["identity_id"])
