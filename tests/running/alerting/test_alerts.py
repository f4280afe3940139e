from dataclasses import fields
from datetime import timedelta

import pytest

from genesis_ray.domain.alerting.alert_events import AlertRaised, AlertResolved
from genesis_ray.domain.alerting.alert_rules import Subject
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.alerting.alerts import (
    Acknowledgements,
    acknowledge,
    alerts_left_open,
    alerts_of,
    chosen,
    log_waiting,
    take_in,
)
from genesis_ray.running.local import run_local
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables, read_table
from genesis_ray.store.runs.run_folder import RunFolder
from tests.domain.told import at
from tests.vision.test_decode import cut, write_video


def raised(alert_id: str, seconds: float = 0, **own) -> AlertRaised:
    return AlertRaised(
        tenant_id="default", site_id="york", camera_id="door", occurred_at=at(seconds),
        alert_id=alert_id, rule_id="queue", severity="warning", message="5 people", **own,
    )  # fmt: skip


@pytest.fixture
def run(tmp_path) -> RunFolder:
    run = RunFolder.create(tmp_path / "run")
    with EventLog(run.events) as log:
        log.append([raised("a1", zone_id="till"), raised("a2", 5, identity_id="ada")])
    return run


def rows(run: RunFolder) -> list[tuple[str, str]]:
    table = read_table(run.events, "alerts")
    return [*zip(table["alert_id"].to_pylist(), table["status"].to_pylist(), strict=True)]


def say(run: RunFolder, alert_id: str = "a1") -> bool:
    alert = chosen(alerts_of(run), alert_id)
    return acknowledge(run, alert, by="eve", why="till 2 opened", at=at(60))


def test_where_nobody_writes_what_somebody_looks_after_is_logged_at_once(run):
    assert say(run)
    (first, other) = alerts_of(run)
    assert (first.status, first.acknowledged_by) == ("acknowledged", "eve")
    assert first.why == "till 2 opened"
    assert (first.acknowledged_at, other.acknowledged_at) == (at(60), None)
    assert [*run.acknowledgements.iterdir()] == []


def test_while_somebody_writes_it_waits_for_them_to_take_it_in(run):
    with EventLog(run.events) as log:
        assert not say(run)
        assert rows(run) == [("a1", "raised"), ("a2", "raised")]
        take_in(run, log)
        take_in(run, log)
    assert rows(run) == [("a1", "raised"), ("a2", "raised"), ("a1", "acknowledged")]
    assert [*run.acknowledgements.iterdir()] == []


def test_what_nobody_took_in_is_logged_with_the_next(run):
    with EventLog(run.events):
        assert not say(run)
    assert say(run, "a2")
    assert [status for _, status in rows(run)].count("acknowledged") == 2


def test_killed_between_logging_and_noting_it_there_is_one_row(run):
    with EventLog(run.events) as log:
        say(run)
        ((_, event),) = Acknowledgements(run).waiting()
        log.append([event])
    log_waiting(run)
    assert rows(run).count(("a1", "acknowledged")) == 1


@pytest.mark.parametrize(
    "note",
    [
        '{"alert_id": "a1"}',
        '{"alert_id": "b", "by": "eve", "why": "", "at": "2026-01-05T09:00:00+00:00"}',
        '{"alert_id": "a1", "by": "eve", "why": "", "at": "noon"}',
    ],
)
def test_a_note_that_means_nothing_is_set_aside(run, note):
    run.acknowledgements.mkdir()
    (run.acknowledgements / "x.json").write_text(note)
    log_waiting(run)
    assert [path.name for path in run.acknowledgements.iterdir()] == ["x.unreadable"]
    assert len(rows(run)) == 2


def test_an_alert_is_named_by_the_beginning_of_its_id(run):
    known = alerts_of(run)
    assert chosen(known, "a2").identity_id == "ada"
    with pytest.raises(ConfigurationError, match="several alerts begin with 'a': a1, a2"):
        chosen(known, "a")
    with pytest.raises(NotFoundError, match="no alert 'b'"):
        chosen(known, "b")
    say(run)
    with pytest.raises(ConfigurationError, match="acknowledged by eve at 2026-01-05 09:01:00"):
        chosen(alerts_of(run), "a1")


def test_what_a_log_left_open_is_taken_up_with_who_looks_after_it(run):
    say(run)
    with EventLog(run.events) as log:
        log.append([raised("a3", 9)])
        over = AlertResolved(**{**_values(raised("a3")), "occurred_at": at(20)})
        log.append([over])
    first, second = alerts_left_open(RunTables(run.events, "default"))
    assert (first.alert.alert_id, first.is_acknowledged, first.told_at) == ("a1", True, at(0))
    assert first.alert.subject == Subject("door", "till")
    assert (second.alert.subject, second.is_acknowledged) == (Subject(identity_id="ada"), False)
    assert not alerts_left_open(RunTables(run.events, "other"))


def _values(event: AlertRaised) -> dict:
    return {each.name: getattr(event, each.name) for each in fields(event) if each.name != "status"}


def test_a_tenant_without_alerts_has_none_open(tmp_path):
    assert alerts_left_open(RunTables(tmp_path, "default")) == ()


@pytest.mark.timeout(300)
def test_on_a_film_alerts_are_raised_by_its_own_time(tmp_path):
    settings = Settings(
        data_dir=tmp_path / "data",
        detector={"model": "synthetic"},
        faces={"enabled": False},
        alerts=[
            {"rule": "crowd", "camera_id": "door", "over": 2, "for_s": 3},
            {"rule": "loitering", "zone_id": "hall", "over_s": 4, "name": "stays"},
            {"rule": "camera-down"},
        ],
        cameras=[
            {
                "camera_id": "door",
                "source": "synthetic:?people=3&seconds=8",
                "zones": [{"zone_id": "hall", "outline": [[0, 0], [1, 0], [1, 1], [0, 1]]}],
            }
        ],
    )
    run = RunFolder.create(tmp_path / "run")
    run_local(settings, run, on_progress=lambda _: None)
    crowd, *stays = alerts_of(run)
    assert (crowd.rule_id, [each.rule_id for each in stays]) == ("crowd-door", ["stays"] * 3)
    assert {each.status for each in (crowd, *stays)} == {"resolved"}
    for each in stays:
        later = each.raised_at - crowd.raised_at  # the one after 3 s, the others after 4
        assert timedelta(seconds=0.8) <= later <= timedelta(seconds=1.2)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("days_later", "expected"),
    [pytest.param(0, 1, id="then"), pytest.param(365, 0, id="next-year")],
)
def test_a_recording_that_broke_off_is_down_if_somebody_watched_on_and_not_by_another_date(
    days_later, expected, tmp_path
):
    torn = cut(write_video(tmp_path / "torn.mp4"), 0.6)
    settings = Settings(
        data_dir=tmp_path / "data",
        detector={"model": "synthetic"},
        faces={"enabled": False},
        alerts=[{"rule": "camera-down", "for_s": 2}],
        cameras=[
            {"camera_id": "door", "source": str(torn), "start": at(0)},
            {
                "camera_id": "hall",
                "source": "synthetic:?people=1&seconds=6",
                "start": at(0) + timedelta(days=days_later),
            },
        ],
    )
    run = RunFolder.create(tmp_path / "run")
    run_local(settings, run, on_progress=lambda _: None)
    assert [each.camera_id for each in alerts_of(run)] == ["door"] * expected


@pytest.mark.data
@pytest.mark.models
@pytest.mark.timeout(600)
def test_a_real_crowd_is_told(shared_data, tmp_path):
    settings = Settings(
        data_dir=tmp_path / "data",
        process_fps=2,
        faces={"enabled": False},
        alerts=[{"rule": "crowd", "over": 4, "for_s": 2, "escalate_s": 3}],
        cameras=[
            {
                "camera_id": "square",
                "source": str(shared_data / "videos" / "PETS09-S2L1-a.mp4"),
            },
            {"camera_id": "hall", "source": "synthetic:?people=2&seconds=8"},
        ],
    )
    run = RunFolder.create(tmp_path / "run")
    run_local(settings, run, on_progress=lambda _: None)
    told = read_table(run.events, "alerts")
    assert set(told["camera_id"].to_pylist()) == {"square"}
    assert {"raised", "escalated", "resolved"} == set(told["status"].to_pylist())
    assert told["rule_id"].to_pylist()[0] == "crowd"
