import csv
import io
import json

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.analytics.catalogue import QUESTIONS
from genesis_ray.cli.ask import ask
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError, GenesisError, NotFoundError
from genesis_ray.running.erasure.retention import purge
from genesis_ray.running.result import summary
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.people import People
from tests.hand_made import at, camera_is, line, recognized, seen, stay, visit, zone

EVENTS = [
    camera_is(0, "online"), seen(0), seen(5), seen(70), line(1), line(3700, "out"), recognized(2),
    *stay(10, 40, "queue"), zone(41, "enter", "till"),
    *visit(0, 60, zones=("queue", "till")), *visit(30, 90, "bob"),
]  # fmt: skip


@pytest.fixture
def genesis(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = RunFolder.create()
    with EventLog(run.events) as log:
        log.append(EVENTS)
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(ask)

    def asked(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments)
        if result.exception:
            raise result.exception
        return result.stdout

    return lambda *arguments: asked(*arguments, "--tenant", "shop")


def rows(answer: str) -> list[dict[str, object]]:
    return json.loads(answer)


def test_the_whole_run_is_asked_and_times_are_the_zones(genesis):
    answer = rows(genesis("footfall", "--time-zone", "Asia/Kolkata", "--format", "json"))
    assert [(row["starts_at"], row["went_in"], row["went_out"]) for row in answer] == [
        ("2026-01-05T14:30:00+05:30", 1, 0),
        ("2026-01-05T15:00:00+05:30", 0, 1),
    ]
    assert answer[-1]["ends_at"] == "2026-01-05T15:31:41+05:30"  # after the last event


def test_the_range_is_of_the_sites_clock(genesis):
    own = ["--time-zone", "Asia/Kolkata", "--format", "json", "--bucket", "day"]
    day = rows(genesis("footfall", "--since", "2026-01-05", "--until", "2026-01-06", *own))
    assert [(row["went_in"], row["went_out"]) for row in day] == [(1, 1)]
    late = genesis("footfall", "--since", "2026-01-05T14:31", *own)
    assert [row["went_in"] for row in rows(late)] == [0]


def test_queues_and_areas_are_those_of_the_configuration(genesis, tmp_path):
    half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    till = {"zone_id": "till", "outline": half, "area_m2": 4}
    settings = Settings(
        data_dir=tmp_path,
        alerts=[{"rule": "queue", "zone_id": "till"}],
        cameras=[{"camera_id": "door", "source": "door.mp4", "zones": [till]}],
    )
    RunFolder.newest().write_summary(summary(settings, None))
    first_hour = ["--since", "2026-01-05T09:00", "--until", "2026-01-05T10:00", "--format", "json"]
    (_, queue, place) = rows(genesis("occupancy", *first_hour))
    assert (queue["zone_id"], queue["max_people_per_m2"]) == ("queue", None)
    assert (place["zone_id"], place["max_people_per_m2"]) == ("till", 0.25)
    minute = ["current-metrics", "--until", "2026-01-05T09:01", "--format", "json"]
    (row,) = rows(genesis(*minute))
    assert (row["queue_len"], row["avg_wait_sec"]) == (1, None)
    (row,) = rows(genesis(*minute, "--queue-zone", "queue"))
    assert (row["queue_len"], row["avg_wait_sec"]) == (0, 30)


def test_a_range_of_the_present_has_nothing_of_an_old_run(genesis):
    (row,) = rows(genesis("occupancy", "--since", "-1h", "--bucket", "month", "--format", "json"))[
        -1:
    ]
    assert row["max_people"] == 0


def test_options_are_the_questions_parameters(genesis):
    asked = ["queue", "--queue-zone", "queue", "--service-zone", "till", "--within", "20"]
    (row, *_) = rows(genesis(*asked, "--format", "json"))
    assert (row["served"], row["served_within"], row["mean_wait_s"]) == (1, 0, 30)


def test_a_question_shows_a_table(genesis):
    assert "│ door      │ queue   │     1 │" in genesis("dwell")


def test_people_by_zone_are_an_object_by_zone(genesis):
    (first, *_) = rows(genesis("metrics", "--bucket-s", "30", "--format", "json"))
    assert first["people_by_zone"] == {"queue": 1}
    assert '{"queue": 1}' in genesis("metrics", "--bucket-s", "30")


def test_groups_of_few_people_are_withheld(genesis):
    answer = rows(genesis("visit-distribution", "--by", "weekday", "--format", "json"))
    assert all(row["people"] is None for row in answer if row["suppressed"])
    assert answer[0]["suppressed"]


def test_how_small_a_group_may_be_is_set(genesis, monkeypatch):
    monkeypatch.setenv("GENESIS_ANALYTICS__MIN_GROUP", "2")
    assert Settings().analytics.min_group == 2
    answer = rows(genesis("visit-distribution", "--by", "weekday", "--format", "json"))
    assert (answer[0]["people"], answer[0]["suppressed"]) == (2, False)


def test_a_page_of_visits_goes_on_after_the_last(genesis):
    own = ["visits", "--limit", "1", "--format", "json", "--time-zone", "Europe/Berlin"]
    (first,) = rows(genesis(*own))
    (second,) = rows(genesis(*own, "--after", f"{first['started_at']},{first['visit_id']}"))
    assert (first["identity_id"], second["identity_id"]) == ("ada", "bob")
    assert list(first)[1:3] == ["identity_id", "name"]
    assert first["name"] == "ada"  # nobody is enrolled
    assert rows(genesis(*own, "--person", "bob"))[0]["visit_id"] == second["visit_id"]


def test_people_of_another_tenant_are_neither_named_nor_meant(genesis, tmp_path):
    with People(tmp_path / "genesis-data" / "gallery" / "default", writer=True) as people:
        people.add(Person(identity_id="bob", name="Robert", kind="enrolled", enrolled_at=at(0)))
    page = rows(genesis("visits", "--format", "json"))
    assert "Robert" not in [row["name"] for row in page]
    assert rows(genesis("visits", "--person", "Robert", "--format", "json")) == []


def test_answers_are_written_as_other_formats(genesis, tmp_path):
    shown = csv.DictReader(io.StringIO(genesis("uptime", "--format", "csv")))
    assert next(shown)["online_s"] == "3600.0"
    genesis("timeline", "--person", "ada", "--output", "ada.parquet")
    assert "named" in pq.read_table(tmp_path / "ada.parquet")["event"].to_pylist()


def test_without_a_question_all_are_told_and_what_their_columns_mean(genesis):
    told = rows(genesis("--format", "json"))
    assert [row["question"] for row in told] == list(QUESTIONS)
    assert {"--queue-zone", "--within"} <= set(told[list(QUESTIONS).index("queue")]["options"])
    assert "seconds, mean" in genesis("dwell", "--columns")


def test_the_help_names_every_question():
    named = (ask.__doc__ or "").replace("\n", " ").replace(",", " ").replace(".", " ").split()
    assert set(QUESTIONS) <= set(named)


def test_after_retention_a_range_is_answered_from_when_on_it_can_be_and_that_is_told(
    genesis, caplog
):
    run, settings = RunFolder.newest(), Settings()
    with EventLog(run.events) as log:
        log.append([line(-86_400 * 40 + 7), *stay(-86_400 * 40, -86_400 * 40 + 60)])
    with EventLog(run.events) as log:
        purge(run, log, settings, at=at(120))
    month = ["--since", "2025-11-01", "--bucket", "month", "--format", "json"]
    assert [row["went_in"] for row in rows(genesis("footfall", *month))] == [1, 0, 1]
    assert not caplog.records
    assert rows(genesis("dwell", "--since", "2025-11-01", "--format", "json"))[0]["stays"] == 1
    (note,) = [record.message for record in caplog.records]
    assert note.startswith(
        "dwell is answered from 2025-12-06 09:02 (UTC) on, since what it is told"
    )
    with pytest.raises(ConfigurationError, match=r"dwell can be answered from 2025-12-06 09:02"):
        genesis("dwell", "--since", "2025-11-01", "--until", "2025-12-01")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["mood"], "no question 'mood'; there are metrics, current-metrics"),
        (["dwell", "--bucket", "day"], "dwell takes no --bucket; it takes --camera, --zone"),
        (["cohorts", "--zone", "till"], "none beside --since and --until"),
        (["queue"], "queue wants --queue-zone, which `genesis ask --help` explains"),
        (["entries", "--zone", "tills"], "no zone tills in this run; there are queue, till"),
        (["metrics", "--queue-zone", "line"], "no zone line in this run"),
        (["queue", "--queue-zone", "queue", "--service-zone", "desk"], "no zone desk in this run"),
        (["heat", "--camera", "yard"], "no camera yard in this run; there is door"),
        (["heat", "--camera", "a", "--camera", "b"], "--camera can be given once here, got a, b"),
        (["footfall", "--since", "soon"], "expected a time as"),
        (["footfall", "--since", "today", "--until", "yesterday"], "not after its start"),
        (["footfall", "--bucket", "year"], "there are minute, hour, day, week, month"),
        (["footfall", "--time-zone", "Mars"], "no time zone 'Mars'"),
        (["metrics", "--metric", "mood"], "no metric mood; there are people_total"),
        (["visits", "--after", "v1"], "with a comma between"),
    ],
)
def test_what_cannot_be_asked_is_told_with_the_remedy(genesis, arguments, told):
    with pytest.raises((ConfigurationError, NotFoundError), match=told):
        genesis(*arguments)


def test_a_run_without_events_is_told(tmp_path, monkeypatch, genesis):
    RunFolder.create(tmp_path / "empty")
    with pytest.raises(GenesisError, match="empty has nothing of tenant 'shop'"):
        genesis("footfall", "--run", "empty")
