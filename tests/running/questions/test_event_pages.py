from dataclasses import replace
from pathlib import Path

import pytest

from genesis_ray.domain.alerting.alert_events import AlertRaised
from genesis_ray.domain.events import Event, FaceRecognized, IdentityNoted, VisitEnded, VisitStarted
from genesis_ray.domain.figures.event_page import PageRequest
from genesis_ray.domain.recognition.ledger import Confirm, Entry, Merge, Reject
from genesis_ray.domain.recognition.people import visitor
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.running.questions.event_pages import EventPages
from genesis_ray.running.questions.history import present_tables
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.event_pages import place_behind
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import gallery_folder
from tests.hand_made import at

PEOPLE = [f"visitor-{number}" for number in range(8)]
OWN = {"at": at(0), "by": "eve", "why": ""}


def named(number: int) -> FaceRecognized:
    return FaceRecognized(
        tenant_id="default", site_id="site", camera_id="door", occurred_at=at(60 * number),
        track_id=number, identity_id=PEOPLE[number], decision="named", similarity=0.9,
        runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8, gate="", is_new=False,
        embedder="fused",
    )  # fmt: skip


def visit(number: int) -> list[VisitStarted | VisitEnded]:
    own = {
        "tenant_id": "default", "site_id": "site", "camera_id": "door", "visit_id": f"v{number}",
        "identity_id": PEOPLE[number], "started_at": at(60 * number),
    }  # fmt: skip
    ended_at = at(60 * number + 30)
    return [
        VisitStarted(occurred_at=at(60 * number), **own),
        VisitEnded(occurred_at=ended_at, ended_at=ended_at, zone_ids=("till",), **own),
    ]


def told(number: int) -> list[AlertRaised | IdentityNoted]:
    own = {
        "tenant_id": "default", "site_id": "site", "camera_id": "door",
        "occurred_at": at(60 * number), "identity_id": PEOPLE[number],
    }  # fmt: skip
    return [
        AlertRaised(
            **own, alert_id=f"a{number}", rule_id="vip", severity="info", track_id=number,
            message="somebody tagged vip is at door",
        ),
        IdentityNoted(**own, event_type="zone_enter", zone_id=None),
    ]  # fmt: skip


def sight(number: int, identity_id: str) -> TrackSight:
    since, until = at(60 * number), at(60 * number + 30)
    return TrackSight(
        identity_id=identity_id, camera_id="door", track_id=number, since=since, until=until
    )


DECISIONS: dict[str, list[Entry]] = {
    "nothing": [],
    "a merge": [Merge(**OWN, entry_id="0", identity_id=PEOPLE[1], other_id=PEOPLE[2])],
    "rejected tracks": [
        Reject(**OWN, entry_id=str(number), track=sight(number, PEOPLE[number]))
        for number in (2, 3, 4, 5)
    ],
    "a confirmation": [Confirm(**OWN, entry_id="0", track=sight(6, PEOPLE[0]))],
}


def of(number: int) -> list[Event]:
    return [named(number), *visit(number), *told(number)]


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data", visit_gap_s=60)


@pytest.fixture
def events(tmp_path, settings) -> Path:
    """A log of eight people, each there for half a minute, partly in files, partly not yet."""
    folder = tmp_path / "events"
    with People(gallery_folder(settings.data_dir, "default"), writer=True) as people:
        for each in PEOPLE:
            people.add(visitor(each, at=at(0)))
    with EventLog(folder) as log:
        log.append([event for number in range(5) for event in of(number)])
    log = EventLog(folder)
    log.append([event for number in range(5, 8) for event in of(number)])
    yield folder
    log.close()


@pytest.mark.parametrize("decided", DECISIONS.values(), ids=DECISIONS)
@pytest.mark.parametrize("table", ["face_recognitions", "visits", "alerts", "identity_events"])
def test_pages_are_all_rows_as_they_are_shown(settings, events, decided, table):
    with Ledger(gallery_folder(settings.data_dir, "default"), writer=True) as ledger:
        for entry in decided:
            ledger.append(entry)
    every = present_tables(events, settings, "default")[table].to_pylist()
    read, rows, wanted = EventPages(events, settings), [], PageRequest(limit=5)
    while len(page := read(table, wanted)):
        rows += page.to_pylist()
        wanted = wanted.behind(place_behind(page))
    assert rows == every


def test_rows_are_of_the_tenant_of_the_settings_alone(settings, events):
    others = settings.model_copy(update={"tenant_id": "other"})
    assert len(EventPages(events, others)("visits", PageRequest(limit=9))) == 0


def test_where_nothing_was_decided_no_file_of_a_later_day_is_looked_at(settings, tmp_path, caplog):
    folder = tmp_path / "days"
    with EventLog(folder) as log:
        log.append([named(0), *visit(0)])
        log.append([replace(each, occurred_at=at(86_400)) for each in (named(1), *visit(1))])
    for table in ("visits", "face_recognitions"):
        max((folder / table).rglob("*.parquet")).write_bytes(b"of a later day")
        assert len(EventPages(folder, settings)(table, PageRequest(limit=1))) == 1
    assert caplog.records == []
