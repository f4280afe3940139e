"""Rollups that are kept up to date are what all events together give, whatever came when."""

import shutil
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from genesis_ray.domain.events import (
    Event,
    FaceRecognized,
    LineCrossed,
    TrackObserved,
    VisitEnded,
    VisitStarted,
    ZoneCrossed,
)
from genesis_ray.domain.figures.rollups import GROUPS
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.upkeep.rollups import RunRollups
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.store.conftest import Mortality

MIDNIGHT = datetime(2026, 3, 28, tzinfo=UTC)
"""The day before the one on which summer time begins in Berlin."""
SPAN = {"start": MIDNIGHT - timedelta(days=1), "end": MIDNIGHT + timedelta(days=4)}
BERLIN = ZoneInfo("Europe/Berlin")


def event(kind: str, number: int, minute: int, tenant_id: str = "default") -> Event:
    """An event of a kind, told apart by a small number, so many minutes after midnight."""
    at = MIDNIGHT + timedelta(minutes=minute)
    envelope = {
        "tenant_id": tenant_id, "site_id": "site", "camera_id": f"camera{number % 2}",
        "occurred_at": at,
    }  # fmt: skip
    track = {"track_id": number}
    match kind:
        case "enter" | "exit":
            return ZoneCrossed(**envelope, **track, zone_id="till", direction=kind)
        case "in" | "out":
            return LineCrossed(**envelope, **track, line_id="door", direction=kind)
        case "seen":
            return TrackObserved(
                **envelope, **track, frame_index=0, x1=0, y1=0, x2=1, y2=1, confidence=1
            )
        case "start":
            visit = {"visit_id": f"{number} {minute}", "identity_id": "a", "started_at": at}
            return VisitStarted(**envelope, **visit)
        case "end":
            visit = {"visit_id": f"{number} {minute}", "identity_id": "a", "zone_ids": ()}
            begun = at - timedelta(minutes=number * 7)
            return VisitEnded(**envelope, **visit, started_at=begun, ended_at=at)
        case decision:
            return FaceRecognized(
                **envelope, **track, identity_id="a", decision=decision, similarity=0.9,
                runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8, gate="",
                is_new=False, embedder="e",
            )  # fmt: skip


def append(run: RunFolder, events: list[Event]) -> None:
    with EventLog(run.events) as log:
        log.append(events)


def answers(rollups: RunRollups, bucket="hour", zone=BERLIN, tenant_id="default", now=None) -> dict:
    return {
        group: rollups.read(
            group, tenant_id=tenant_id, bucket=bucket, zone=zone, now=now, **SPAN
        ).to_pylist()
        for group in GROUPS
    }


def from_raw(run: RunFolder, **how) -> dict:
    """The same of a run that never had rollups."""
    copy = RunFolder(run.path.with_name("raw"))
    shutil.rmtree(copy.path, ignore_errors=True)
    shutil.copytree(run.path, copy.path, ignore=shutil.ignore_patterns("rollups"))
    return answers(RunRollups(copy), **how)


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "run")


EVENTS = st.tuples(
    st.sampled_from(["enter", "exit", "in", "seen", "start", "end", "named", "unknown"]),
    st.integers(0, 3),
    st.integers(-1440, 3 * 1440 - 1),
)


@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    events=st.lists(EVENTS, min_size=1, max_size=30, unique=True),
    commits=st.lists(st.integers(0, 30), max_size=3),
    hours=st.integers(0, 96),
)
def test_kept_up_in_any_order_they_are_what_all_events_give(
    tmp_path_factory, events, commits, hours
):
    run = RunFolder.create(tmp_path_factory.mktemp("rollups") / "run")
    rollups = RunRollups(run)
    cuts = sorted({0, *(min(cut, len(events)) for cut in commits), len(events)})
    for since, until in pairwise(cuts):
        append(run, [event(*each) for each in events[since:until]])
        rollups.update()
    assert rollups.update().made == 0
    assert answers(rollups) == from_raw(run)
    assert answers(rollups, bucket="day") == from_raw(run, bucket="day")
    meanwhile = MIDNIGHT + timedelta(hours=hours)
    assert answers(rollups, now=meanwhile) == from_raw(run, now=meanwhile)


DAYS = [event("seen", 1, minute) for minute in (0, 1440, 2 * 1440)]


def test_only_days_with_other_events_are_made_again(run):
    rollups = RunRollups(run)
    append(run, DAYS)
    assert rollups.update().made == 3
    append(run, [event("enter", 1, 5)])
    assert rollups.update().made == 2 * len(["zones", "site"])  # of that day and the next


def test_a_row_that_comes_late_counts(run):
    rollups = RunRollups(run)
    append(run, [event("in", 1, 0), event("in", 1, 1440)])
    rollups.update()
    append(run, [event("in", 2, 3)])
    rollups.update()
    (day, *_) = rollups.read("lines", tenant_id="default", bucket="day", **SPAN).to_pylist()
    assert day["went_in"] + 0 == 1
    assert (
        sum(
            row["went_in"]
            for row in rollups.read("lines", tenant_id="default", bucket="day", **SPAN).to_pylist()
        )
        == 3
    )


def test_rows_that_are_in_no_table_yet_count(run):
    rollups = RunRollups(run)
    append(run, DAYS)
    rollups.update()
    with EventLog(run.events) as log:
        log.append([event("enter", 1, 1439), event("exit", 1, 1441), event("seen", 2, 1)])
        assert answers(rollups) == from_raw(run)
        (zone,) = (
            rollups.read("zones", tenant_id="default", bucket="quarter", **SPAN)
            .slice(0, 1)
            .to_pylist()
        )
        assert (zone["entries"], zone["person_us"]) == (1, 60_000_000)


def hours_in_zone(run: RunFolder, now: datetime | None) -> list[tuple[date, float]]:
    """The hours that people were in the zone, by day, as told at a time."""
    answer = RunRollups(run).read("zones", tenant_id="default", bucket="day", now=now, **SPAN)
    return [
        (row["bucket"].date(), row["person_us"] / 3_600_000_000)
        for row in answer.to_pylist()
        if row["person_us"]
    ]


def test_who_has_not_left_yet_is_there_until_now_though_the_day_is_kept_up(run):
    append(run, [event("enter", 1, 20 * 60)])
    RunRollups(run).update()
    first, second = date(2026, 3, 28), date(2026, 3, 29)
    assert hours_in_zone(run, MIDNIGHT + timedelta(hours=23)) == [(first, 3)]
    assert hours_in_zone(run, MIDNIGHT + timedelta(hours=30)) == [(first, 4), (second, 6)]


def test_who_did_not_leave_in_a_day_was_there_for_four_hours(run):
    append(run, [event("enter", 1, 12 * 60)])
    lost = MIDNIGHT + timedelta(hours=36.5)
    assert hours_in_zone(run, lost) == [(date(2026, 3, 28), 4)]
    RunRollups(run).update()
    assert hours_in_zone(run, lost) == [(date(2026, 3, 28), 4)]
    assert hours_in_zone(run, lost + timedelta(days=9)) == [(date(2026, 3, 28), 4)]


@pytest.mark.parametrize("is_kept_up", [True, False])
def test_who_was_lost_before_midnight_counts_on_a_day_on_which_nothing_happened(run, is_kept_up):
    append(run, [event("enter", 1, 23 * 60), event("seen", 2, 3 * 1440)])
    if is_kept_up:
        RunRollups(run).update()
    assert hours_in_zone(run, None) == [(date(2026, 3, 28), 1), (date(2026, 3, 29), 3)]
    assert from_raw(run)["zones"] == answers(RunRollups(run))["zones"]


@pytest.mark.parametrize("last_seen_h", [14.5, 26])
def test_where_the_log_breaks_off_nobody_was_there_for_longer(run, last_seen_h, monkeypatch):
    append(run, [event("enter", 1, 12 * 60), event("seen", 1, round(last_seen_h * 60))])
    rollups = RunRollups(run)
    first = [(date(2026, 3, 28), min(last_seen_h - 12, 12))]
    expected = first if last_seen_h < 24 else [*first, (date(2026, 3, 29), last_seen_h - 24)]
    assert hours_in_zone(run, None) == expected
    rollups.update()
    with monkeypatch.context() as patched:  # and then none of its events is read
        patched.setattr("genesis_ray.running.upkeep.rollup_sources.parquet_file.read", None)
        assert hours_in_zone(run, None) == expected
    assert rollups.update().made == 0
    for group in ("zones", "site"):
        rollups.folder.seal(group, "default", date(2026, 3, 29))
    assert hours_in_zone(run, None) == expected
    assert answers(rollups) == from_raw(run)


def test_a_log_that_broke_off_and_goes_on_is_counted_as_any_other(run):
    append(run, [event("enter", 1, 12 * 60), event("seen", 1, 14 * 60)])
    rollups = RunRollups(run)
    rollups.update()
    append(run, [event("exit", 1, 14 * 60), event("enter", 2, 15 * 60), event("seen", 3, 4000)])
    rollups.update()
    assert answers(rollups) == from_raw(run)
    told, untold = (date(2026, 3, 28), 2), (date(2026, 3, 28), 4)
    assert hours_in_zone(run, None) == [untold, told]  # by camera


def test_a_sealed_day_stays_as_it_is_though_somebody_may_be_there_still(run):
    append(run, [event("enter", 1, 12 * 60), event("seen", 2, 3 * 1440)])
    rollups = RunRollups(run)
    rollups.update()
    rollups.folder.seal("zones", "default", date(2026, 3, 28))
    assert hours_in_zone(run, MIDNIGHT + timedelta(hours=20)) == [(date(2026, 3, 28), 4)]


def minute_before_midnight(run: RunFolder) -> dict[str, int]:
    """The figures of the zone in the last quarter of the first day."""
    answer = RunRollups(run).read(
        "zones", tenant_id="default", bucket="quarter",
        start=MIDNIGHT + timedelta(minutes=1425), end=MIDNIGHT + timedelta(minutes=1440),
    )  # fmt: skip
    (row,) = answer.to_pylist()
    return row


@pytest.mark.parametrize("is_committed", [True, False])
def test_who_leaves_after_midnight_changes_the_day_before(run, is_committed):
    rollups = RunRollups(run)
    append(run, [event("enter", 1, 1439)])
    rollups.update()
    assert minute_before_midnight(run)["stays"] == 0
    with EventLog(run.events) as log:
        log.append([event("exit", 1, 1441)])
        if is_committed:
            with log.tables():
                assert rollups.update().made == 3 * len(["zones", "site"])
        assert minute_before_midnight(run)["stay_us"] == 120_000_000


def test_days_that_are_up_to_date_are_answered_without_their_events(run, monkeypatch):
    rollups = RunRollups(run)
    append(run, DAYS)
    rollups.update()
    expected = answers(rollups)

    def refuse(*_args, **_kwargs):
        raise AssertionError("events were read")

    monkeypatch.setattr("genesis_ray.running.upkeep.rollup_sources.parquet_file.read", refuse)
    assert answers(rollups) == expected


def test_days_that_are_not_over_can_be_left_out(run):
    append(run, DAYS)
    rollups = RunRollups(run)
    rollups.update(before=date(2026, 3, 29))
    assert rollups.folder.days("cameras", "default") == [date(2026, 3, 28)]
    assert answers(rollups) == from_raw(run)


def test_days_of_the_site_are_counted_in_its_zone_over_the_change_of_time(run):
    append(run, [event("in", n, 60 * n) for n in range(72)])
    rollups = RunRollups(run)
    rollups.update()
    days: dict[date, int] = {}
    answer = rollups.read("lines", tenant_id="default", bucket="day", zone=BERLIN, **SPAN)
    for row in answer.to_pylist():
        day = row["bucket"].astimezone(BERLIN).date()
        days[day] = days.get(day, 0) + row["went_in"]
    assert days == {
        date(2026, 3, 28): 23, date(2026, 3, 29): 23, date(2026, 3, 30): 24, date(2026, 3, 31): 2,
    }  # fmt: skip


def test_tenants_have_their_own(run):
    append(run, [event("in", 1, 0), event("in", 2, 0, tenant_id="other")])
    rollups = RunRollups(run)
    rollups.update()
    (row,) = rollups.read("lines", tenant_id="other", **SPAN).to_pylist()
    assert (row["camera_id"], row["went_in"]) == ("camera0", 1)


def test_a_day_that_is_sealed_stays_though_its_events_go(run):
    append(run, DAYS)
    rollups = RunRollups(run)
    rollups.update()
    expected = answers(rollups)
    for group in GROUPS:
        rollups.folder.seal(group, "default", date(2026, 3, 29))
    shutil.rmtree(run.events / "track_observations/tenant_id=default/day=2026-03-28")
    assert rollups.update().sealed
    assert answers(rollups) == expected


def seal(rollups: RunRollups, day: date) -> None:
    for group in GROUPS:
        rollups.folder.seal(group, "default", day)


def three_files(run: RunFolder, log: EventLog) -> list[Path]:
    """Log three people who go in; return the files of each, in order."""
    for number in (1, 2, 3):
        log.append([event("in", number, number)])
        with log.tables():
            files = sorted((run.events / "line_crossings").glob("*/day=2026-03-28/*"))
    assert len(files) == 3
    return files


def went_in(rollups: RunRollups) -> int:
    answer = rollups.read("lines", tenant_id="default", bucket="day", **SPAN)
    return sum(answer["went_in"].to_pylist())


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_sealed_day_follows_a_file_that_is_put_back_though_others_were_merged(run, place):
    """Two files are there and a third is not, as one that was torn and is being repaired."""
    rollups = RunRollups(run)
    with EventLog(run.events) as log:
        files = three_files(run, log)
        out = files[place]
        whole = out.read_bytes()
        out.unlink()
        rollups.update()
        seal(rollups, date(2026, 3, 28))
    assert rollups.update().made == 0  # the log has merged what was there
    out.write_bytes(whole)
    EventLog(run.events).close()
    assert rollups.update().made == 1
    assert went_in(rollups) == 3
    assert rollups.update().made == 0


def test_a_sealed_day_does_not_follow_one_file_while_rows_of_others_are_gone(run, caplog):
    rollups = RunRollups(run)
    with EventLog(run.events) as log:
        first, _, torn = three_files(run, log)
        whole = torn.read_bytes()
        torn.unlink()
        rollups.update()
        seal(rollups, date(2026, 3, 28))
        first.unlink()
        assert rollups.update().too_late == ()
        torn.write_bytes(whole)
        updated = rollups.update()
        assert (updated.made, updated.too_late) == (0, (torn,))
    assert went_in(rollups) == 2
    assert f"{torn} came after other events of its day were let go of" in caplog.text


def test_a_sealed_day_follows_a_file_that_is_replaced_by_one_with_more_of_its_rows(run):
    rollups = RunRollups(run)
    append(run, [event("in", 1, 1), event("in", 2, 2)])
    (file,) = (run.events / "line_crossings").glob("*/*/*.parquet")
    whole = file.read_bytes()
    pq.write_table(pq.read_table(file, partitioning=None).slice(0, 1), file)  # as it was rescued
    rollups.update()
    seal(rollups, date(2026, 3, 28))
    file.write_bytes(whole)
    assert rollups.update().made == 1
    assert went_in(rollups) == 2


def test_a_day_whose_events_went_in_another_way_is_made_again(run):
    append(run, DAYS)
    rollups = RunRollups(run)
    rollups.update()
    shutil.rmtree(run.events / "track_observations/tenant_id=default/day=2026-03-28")
    assert answers(rollups) == from_raw(run)
    rollups.update()
    assert rollups.update().made == 0
    assert answers(rollups) == from_raw(run)


def test_events_that_are_damaged_are_left_out_until_they_are_mended(run):
    append(run, DAYS)
    rollups = RunRollups(run)
    expected = answers(rollups)
    (file,) = (run.events / "track_observations").glob("*/day=2026-03-29/*")
    whole = file.read_bytes()
    file.write_bytes(b"torn")
    rollups.update()
    assert len(answers(rollups)["cameras"]) == 2
    file.write_bytes(whole)
    rollups.update()
    assert answers(rollups) == expected


def test_a_damaged_file_is_made_again(run):
    append(run, DAYS)
    rollups = RunRollups(run)
    rollups.update()
    expected = answers(rollups)
    rollups.folder.file("cameras", "default", date(2026, 3, 28)).write_bytes(b"torn")
    assert answers(rollups) == expected
    assert rollups.update().made == 1


def test_killed_at_any_step_they_are_made_by_the_next(run):
    mortality = Mortality()
    append(run, DAYS[:1])
    expected = from_raw(run)
    for step in range(100):
        shutil.rmtree(run.path / "rollups", ignore_errors=True)
        rollups = RunRollups(run)
        died = mortality.dies_at(step, rollups.update)
        assert answers(rollups) == expected
        rollups.update()
        assert rollups.update().made == 0
        assert not list((run.path / "rollups").rglob("*.tmp"))
        if not died:
            break
    else:
        pytest.fail("it dies at any step")
    assert step > 5


def test_what_cannot_be_asked_is_refused(run):
    rollups = RunRollups(run)
    with pytest.raises(NotFoundError, match="there are zones"):
        rollups.read("zone", tenant_id="default", **SPAN)
    with pytest.raises(ConfigurationError, match="before it starts"):
        rollups.read("zones", tenant_id="default", start=SPAN["end"], end=SPAN["start"])


def test_figures_of_groups_that_are_no_longer_made_go(run):
    former = run.path / "rollups/visits/tenant_id=default/day=2026-03-28.parquet"
    former.parent.mkdir(parents=True)
    former.write_bytes(b"figures")
    append(run, [event("in", 1, 0)])
    RunRollups(run).update()
    assert not (run.path / "rollups/visits").exists()
    assert RunRollups(run).folder.days("lines", "default")
