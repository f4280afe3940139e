"""Who is who now, where the events lie in files: what nobody decided about stays there."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from genesis_ray.analytics.present import PresentTables
from genesis_ray.analytics.query import run
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.tracking.track_sights import TrackSight, by_track
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from tests.hand_made import at, recognized, seen, tables, visit, zone

GAP = timedelta(seconds=10)
DAY = 86_400.0
EVENTS = [
    event
    for number, who in enumerate(["ann", "ben", "cat", "dan", "eve"])
    for event in (
        recognized(number * DAY, who=who, track_id=number),
        *(seen(number * DAY + second, track_id=number) for second in (0, 30)),
        zone(number * DAY + 5, "enter", track_id=number),
        *visit(number * DAY, number * DAY + 60, who),
    )
]
"""Five people, each for half a minute of a day of their own."""


def sight(who: str, track_id: int) -> TrackSight:
    since = at(track_id * DAY)
    return TrackSight(
        identity_id=who, camera_id="door", track_id=track_id, since=since,
        until=since + timedelta(seconds=30),
    )  # fmt: skip


MERGED = WhoIsWho(aliases={"ben": "ann"})
REJECTED = WhoIsWho(rejected=by_track([sight("ben", 1)]))
CONFIRMED = WhoIsWho(confirmed=by_track([sight("ann", 3)]))
SPLIT = WhoIsWho(moved=((sight("cat", 2), "new"),))


@pytest.fixture
def folder(tmp_path):
    """The events, the last of them not committed yet."""
    with EventLog(tmp_path) as log:
        log.append(EVENTS[:-8])
    log = EventLog(tmp_path)
    log.append(EVENTS[-8:])
    yield tmp_path
    log.close()


def present(written: Mapping[str, object], who: WhoIsWho) -> PresentTables:
    return PresentTables(written, lambda: who, tenant_id="shop", visit_gap=GAP)


@pytest.mark.parametrize("who", [MERGED, REJECTED, CONFIRMED, SPLIT])
@pytest.mark.parametrize("table", ["visits", "face_recognitions"])
def test_files_tell_what_memory_does(folder, table, who):
    expected = present(tables(EVENTS), who)
    query = f"FROM {table.replace('visits', 'visit_events')} ORDER BY occurred_at, event_id"
    assert run(query, present(RunTables(folder), who)) == run(query, expected)
    assert present(RunTables(folder), who)[table].read() == expected[table]


@pytest.mark.parametrize(("table", "rows"), [("visits", 4), ("face_recognitions", 2)])
def test_only_rows_of_who_was_decided_about_are_taken_from_the_files(folder, table, rows):
    shown = present(RunTables(folder), MERGED)[table]
    assert len(shown.instead) == rows
    assert shown.written.files == RunTables(folder)[table].files


def test_of_a_time_only_its_files_are_looked_for(folder):
    day = present(RunTables(folder), MERGED).between(at(DAY), at(DAY + 600))
    for table in ("visits", "face_recognitions"):
        assert len(day[table].written.files) == 1
    assert run("SELECT identity_id FROM face_recognitions", day).to_pylist() == [
        {"identity_id": "ann"}
    ]


class Watched(dict[str, pa.Table]):
    """Tables that know of which times they were looked for."""

    asked: list[tuple[datetime, datetime]]

    def between(self, since: datetime, until: datetime) -> "Watched":
        self.asked.append((since, until))
        return self


def test_tracks_are_looked_for_around_those_that_were_decided_about():
    written = Watched(tables(EVENTS))
    written.asked = []
    assert len(present(written, REJECTED)["visits"]) == 8
    ((since, until),) = written.asked
    assert at(0) <= since <= at(DAY) <= until <= at(2.1 * DAY)


def test_a_file_that_was_merged_meanwhile_is_found_again(folder):
    shown = present(RunTables(folder), MERGED)
    before = {name: shown[name] for name in ("visits", "face_recognitions")}
    for path in (folder / "visits").rglob("*.parquet"):
        path.rename(path.with_stem("00000001-00000002"))
    assert len(run("FROM visits", before)) == 5


def test_names_of_a_track_that_was_confirmed_are_of_one_person(folder):
    named = present(RunTables(folder), CONFIRMED)["face_recognitions"].read()
    assert named["identity_id"].to_pylist() == ["ann", "ben", "cat", "ann", "eve"]
