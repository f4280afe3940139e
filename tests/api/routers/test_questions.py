import csv
import io
from datetime import timedelta

import pytest

from genesis_ray.analytics.catalogue import QUESTIONS
from genesis_ray.domain.events import LineCrossed
from tests.api.photos import ADA, photo
from tests.api.routers.test_visits import visit
from tests.api.system import System, at, crossed, observed, recognized

RANGE = {"since": at(0).isoformat(), "until": at(7200).isoformat()}


def over_the_sill(seconds: float, *, track_id: int) -> LineCrossed:
    return LineCrossed(
        tenant_id="default",
        site_id="site",
        camera_id="door",
        occurred_at=at(seconds),
        line_id="sill",
        track_id=track_id,
        direction="in",
    )


def ask(system: System, question: str, **query: object) -> dict:
    return system.get(f"/v1/ask/{question}", **{**RANGE, **query})


def test_every_question_says_what_it_takes_and_what_its_columns_mean(system: System):
    told = {each["question"]: each for each in system.get("/v1/ask")["questions"]}
    assert told.keys() == QUESTIONS.keys()
    assert told["footfall"]["takes"] == ["bucket", "camera_id"]
    assert {"column": "went_in", "meaning": "crossings inwards"} in told["footfall"]["columns"]


def test_footfall_is_told_by_the_hour(system: System):
    system.log.append([over_the_sill(second, track_id=second) for second in (10, 20, 4000)])
    answer = ask(system, "footfall")
    assert [row["went_in"] for row in answer["rows"]] == [2, 1]
    assert answer["rows"][0]["starts_at"] == "2026-01-05T12:00:00+00:00"
    assert (answer["since"], answer["time_zone"]) == ("2026-01-05T12:00:00+00:00", "UTC")
    assert answer["notes"] == []
    assert {"column": "went_in", "meaning": "crossings inwards"} in answer["columns"]


def test_times_and_buckets_are_of_the_clock_that_is_asked_for(system: System):
    system.log.append([over_the_sill(10, track_id=1)])
    own = {"time_zone": "Europe/Berlin", "since": "2026-01-05", "until": "2026-01-06"}
    (row,) = ask(system, "footfall", bucket="day", **own)["rows"]
    assert row["starts_at"] == "2026-01-05T00:00:00+01:00"
    answer = system.client.get(
        "/v1/ask/footfall", params={**RANGE, **own, "bucket": "day", "format": "csv"}
    )
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["starts_at"], row["went_in"]) == ("2026-01-05T00:00:00+01:00", "1")


def test_figures_of_few_people_are_withheld(system: System):
    for n in range(4):
        system.log.append(visit(n, 10 * n, 10 * n + 40))
    rows = ask(system, "visit-distribution", by="duration")["rows"]
    assert any(row["suppressed"] for row in rows)
    assert all(row["visits"] in (0, None) for row in rows)


def test_distribution_of_enough_people_is_told(system: System):
    for n in range(6):
        system.log.append(visit(n, 10 * n, 10 * n + 40))
    rows = ask(system, "visit-distribution", by="hour")["rows"]
    assert sum(row["visits"] or 0 for row in rows) == 6


def test_person_is_shown_with_their_name(system: System):
    ada = system.enroll("Ada", photo(ADA))
    (started, ended) = visit(1, 0, 40)
    system.log.append([_of(started, ada), _of(ended, ada)])
    (row,) = ask(system, "visits", identity_id=ada)["rows"]
    assert (row["identity_id"], row["name"], row["duration_s"]) == (ada, "Ada", 40.0)


def _of(event, identity_id: str):
    from dataclasses import replace

    return replace(event, identity_id=identity_id)


def test_metrics_take_the_queue_zones_of_alert_rules_and_maps_are_json(system: System):
    system.log.append([observed(0), crossed(1, "enter"), recognized(2)])
    (row, *_) = ask(system, "metrics", until=at(60).isoformat())["rows"]
    assert (row["queue_len"], row["people_by_zone"]) == (1, {"entrance": 1})


@pytest.mark.parametrize(
    ("question", "query", "status", "said"),
    [
        ("footfal", {}, 404, "no question 'footfal'; there are metrics"),
        ("dwell", {"bucket": "day"}, 422, "dwell takes no bucket; it takes camera_id, zone_id"),
        ("queue", {}, 422, "queue wants queue_zone_id, which /v1/ask explains"),
        ("heat", {"camera_id": ["a", "b"]}, 422, "camera_id can be given once here"),
        ("footfall", {"camera_id": "attic"}, 404, "attic"),
        ("footfall", {"since": "later"}, 422, "later"),
        ("footfall", {"time_zone": "Mars/Base"}, 422, "Mars/Base"),
        ("footfall", {"floor": 1}, 422, "floor"),
        ("footfall", {"format": "xlsx"}, 422, "format"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(
    system: System, question, query, status, said
):
    system.log.append([over_the_sill(10, track_id=1)])
    answer = system.client.get(f"/v1/ask/{question}", params={**RANGE, **query})
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


def test_where_nothing_happened_nothing_can_be_asked_without_a_range(system: System):
    answer = system.client.get("/v1/ask/footfall")
    assert answer.status_code == 422
    assert "no events" in answer.json()["detail"]


def test_csv_guards_spreadsheets_against_formulas(system: System):
    ada = system.enroll("=1+1", photo(ADA))
    started, ended = visit(1, 0, 40)
    system.log.append([_of(started, ada), _of(ended, ada)])
    answer = system.client.get("/v1/ask/visits", params=RANGE, headers={"accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["name"] == "'=1+1"


def test_whatever_retention_let_go_of_is_in_the_notes(system: System, monkeypatch):
    from genesis_ray.analytics.reach import Within
    from genesis_ray.running.questions import asking

    def cut(tables, question, since, until, **_):
        return Within(since + timedelta(hours=1), until, ("what was before 13:00 is gone",))

    monkeypatch.setattr(asking, "within_reach", cut)
    answer = ask(system, "entries")
    assert answer["notes"] == ["what was before 13:00 is gone"]
    assert answer["since"] == "2026-01-05T13:00:00+00:00"
