from datetime import timedelta

import pyarrow as pa

from genesis_ray.domain.events import FalseMergeFound, IdentityNoted
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED, WhoIsWho
from genesis_ray.domain.stable_ids import stable_id
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.running.erasure.anonymous import (
    SAID,
    differs,
    without_person,
    without_said,
    without_scores,
)
from genesis_ray.running.erasure.anonymous_alerts import ALERTS
from genesis_ray.running.left_open import visits_left_open
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.event_rewriting import EventRewriting
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables
from tests.analytics.test_present import ANN, BEN, CAT, GAP, NOON, at, stay, written

KNOWN = {ANN, BEN, CAT}


def anonymous(tables, person=ANN, who=NOTHING_DECIDED):
    return without_person(tables, who, (person,), tenant_id="default", gap_s=GAP.total_seconds())


def whole(rows: pa.Table) -> list[tuple]:
    """Return visits that have ended, by their start: who, from when to when, which zones."""
    names = ("identity_id", "started_at", "ended_at", "zone_ids")
    found = [tuple(row[name] for name in names) for row in rows.to_pylist() if row["ended_at"]]
    return sorted(found, key=lambda each: each[1])


def test_each_visit_is_of_somebody_else_and_all_else_of_it_stays():
    tables = written(stay(ANN, 1, 0, 5, zone="till"), stay(BEN, 2, 3, 8), stay(ANN, 3, 60, 65))
    before, after = whole(tables["visits"]), anonymous(tables)
    assert [each[1:] for each in whole(after.visits)] == [each[1:] for each in before]
    one, ben, other = (each[0] for each in whole(after.visits))
    assert ben == BEN
    assert len({one, other} | KNOWN) == 5
    names = dict(
        zip(
            after.names["track_id"].to_pylist(), after.names["identity_id"].to_pylist(), strict=True
        )
    )
    assert names == {1: one, 2: BEN, 3: other}
    assert after.tracks == {("door", 1), ("door", 3)}
    assert after.changed == 6  # two visits of two rows, and two names


def test_ids_that_were_made_of_the_person_are_made_anew():
    tables = written(stay(ANN, 1, 0, 5), stay(BEN, 2, 3, 8))
    before, after = tables["visits"].to_pylist(), anonymous(tables).visits.to_pylist()
    for name in ("visit_id", "event_id"):
        kept = {row[name] for row in before} & {row[name] for row in after}
        assert kept == {row[name] for row in before if row["identity_id"] == BEN}
    assert len({row["visit_id"] for row in after}) == 2


def test_a_name_outside_of_any_visit_is_somebodys_too():
    tables = written(stay(ANN, 1, 0, 5))
    tables["visits"] = tables["visits"].slice(0, 0)
    (name,) = anonymous(tables).names["identity_id"].to_pylist()
    assert name not in KNOWN


def test_where_the_person_never_was_nothing_changes():
    tables = written(stay(BEN, 2, 3, 8))
    after = anonymous(tables)
    assert not differs(after.names, tables["face_recognitions"])
    assert not differs(after.visits, tables["visits"])
    assert (after.changed, after.tracks) == (0, frozenset())


def test_a_person_is_nobodys_rival_and_theirs_are_nobodys_too():
    tables = written(stay(ANN, 1, 0, 5), stay(BEN, 2, 3, 8), stay(CAT, 3, 4, 9))
    rivals = pa.array([BEN, ANN, BEN])
    place = tables["face_recognitions"].schema.get_field_index("runner_up_id")
    tables["face_recognitions"] = tables["face_recognitions"].set_column(
        place, tables["face_recognitions"].schema.field(place), rivals
    )
    assert anonymous(tables).names["runner_up_id"].to_pylist() == [None, None, BEN]


def test_what_the_gate_said_of_a_person_is_of_somebody_and_has_an_id_of_its_own():
    own = {"tenant_id": "default", "site_id": "default", "camera_id": "till", "occurred_at": at(5)}
    told = [
        FalseMergeFound(
            **own, track_id=track, identity_id=who, other_camera_id="door", other_track_id=1,
            is_quarantined=True,
        )
        for track, who in ((7, ANN), (8, BEN))
    ]  # fmt: skip
    rows = to_tables(told)["false_merges"]
    after, changed = without_said(rows, FalseMergeFound, [ANN])
    somebody, ben = after.to_pylist()
    assert changed == 1
    assert somebody["identity_id"] not in KNOWN
    assert somebody["event_id"] != told[0].event_id
    assert [somebody[name] for name in ("track_id", "other_track_id")] == [7, 1]
    assert ben == rows.to_pylist()[1]


def test_what_another_system_noted_of_a_person_is_of_somebody():
    own = {"tenant_id": "default", "site_id": "default", "camera_id": "cam", "occurred_at": at(5)}
    noted = [
        IdentityNoted(**own, identity_id=who, event_type="entered", zone_id="till")
        for who in (ANN, BEN)
    ]
    rows = to_tables(noted)["identity_events"]
    after, changed = without_said(rows, SAID["identity_events"], [ANN])
    somebody, ben = after.to_pylist()
    assert changed == 1
    assert somebody["identity_id"] not in KNOWN
    assert somebody["event_id"] != noted[0].event_id
    assert (somebody["event_type"], ben) == ("entered", rows.to_pylist()[1])


def test_no_table_that_has_an_identity_is_overlooked():
    with_ids = {
        table
        for table, schema in EVENT_SCHEMAS.items()
        if {"identity_id", "runner_up_id", "candidate_ids"}.intersection(schema.names)
    }
    assert with_ids == {"face_recognitions", "visits", "face_scores", ALERTS, *SAID}


def test_a_visit_is_cut_where_a_track_of_it_is_somebody_elses():
    tables = written(stay(ANN, 1, 0, 5), stay(ANN, 2, 4, 9))
    sight = TrackSight(identity_id=ANN, camera_id="door", track_id=2, since=at(4), until=at(9))
    after = anonymous(tables, who=WhoIsWho(moved=((sight, CAT),)))
    stranger, cat = whole(after.visits)
    assert stranger[0] not in KNOWN
    assert stranger[1:3] == (at(0), at(5))
    assert cat[:3] == (CAT, at(4), at(9))
    (visit_id,) = {r["visit_id"] for r in after.visits.to_pylist() if r["identity_id"] == CAT}
    assert visit_id == str(stable_id("default", "visit", CAT, at(4)))


def test_a_visit_that_is_open_is_ended_by_the_next_journal(tmp_path):
    tables = written(stay(ANN, 1, 0, 5), is_over=False)
    events = tmp_path / "events"
    EventLog(events).close()
    after = anonymous(tables)
    shown = {"face_recognitions": after.names, "visits": after.visits}
    with EventRewriting(events) as rewriting:
        for name, rows in {**tables, **shown}.items():
            if len(rows):
                rewriting.stage(name, "default", f"{NOON:%Y-%m-%d}", rows)
                rewriting.apply()
    (visit,) = visits_left_open(RunTables(events, "default"))
    journal = SiteJournal(tenant_id="default", site_id="site", visit_gap=timedelta(seconds=10))
    journal.reopen([visit])
    (ended,) = journal.finish()
    (started,) = after.visits.to_pylist()
    assert (ended.visit_id, ended.identity_id) == (started["visit_id"], started["identity_id"])


def scores(*rows) -> pa.Table:
    schema = EVENT_SCHEMAS["face_scores"]
    return pa.Table.from_pylist(
        [
            {"camera_id": "door", "track_id": track, "candidate_ids": ids, "similarities": values}
            for track, ids, values in rows
        ],
        schema=schema,
    )


def test_scores_lose_the_person_and_the_persons_faces_lose_all():
    rows = scores((1, [ANN, BEN], [0.5, 0.25]), (2, [BEN, ANN], [0.5, 0.25]), (3, [CAT], [0.5]))
    rest, changed = without_scores(rows, [ANN], {("door", 1)})
    assert changed == 2
    assert rest["candidate_ids"].to_pylist() == [[], [BEN], [CAT]]
    assert rest["similarities"].to_pylist() == [[], [0.5], [0.5]]
