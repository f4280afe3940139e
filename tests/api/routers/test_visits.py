import csv
import io
import json

import pytest

from genesis_ray.api.routers import visits
from genesis_ray.domain.events import VisitEnded, VisitStarted
from genesis_ray.domain.recognition.ledger import Merge
from genesis_ray.domain.recognition.people import Person
from tests.api.system import System, at, crossed, recognized

RANGE = {"start": at(0).isoformat(), "end": at(3600).isoformat()}


def visit(
    number: int, since: float, until: float | None, zone_ids=()
) -> list[VisitStarted | VisitEnded]:
    own = {
        "tenant_id": "default", "site_id": "site", "camera_id": "door",
        "visit_id": f"visit-{number}", "identity_id": f"identity-{number}", "started_at": at(since),
    }  # fmt: skip
    started = VisitStarted(**own, occurred_at=at(since))
    if until is None:
        return [started]
    ended = VisitEnded(**own, occurred_at=at(until), ended_at=at(until), zone_ids=zone_ids)
    return [started, ended]


def test_a_visit_is_shown_with_its_seconds_in_each_zone(system: System):
    inside = [crossed(10, "enter"), recognized(12), crossed(25, "exit")]
    system.log.append([*visit(1, 0, 40, ("entrance",)), *inside])
    (shown,) = system.get("/v1/visits", **RANGE)["visits"]
    assert shown == {
        "contract": "VisitRecord.v1",
        "visit_id": "visit-1",
        "tenant_id": "default",
        "identity_id": "identity-1",
        "site_id": "site",
        "started_at": "2026-01-05T12:00:00Z",
        "ended_at": "2026-01-05T12:00:40Z",
        "duration_s": 40.0,
        "first_camera_id": "door",
        "last_camera_id": "door",
        "zone_ids": ["entrance"],
        "dwell_s": {"entrance": 15.0},
    }


def test_a_visit_that_is_not_over_has_no_end_and_tells_no_time_in_zones(system: System):
    system.log.append(visit(1, 0, None))
    (shown,) = system.get("/v1/visits", **RANGE)["visits"]
    assert [shown[name] for name in ("ended_at", "duration_s", "dwell_s")] == [None] * 3


def test_visits_can_be_chosen(system: System):
    system.log.append([*visit(1, 0, 40), *visit(2, 5, 500, ("entrance",)), *visit(3, 4000, 4100)])

    def chosen(**query: object) -> list[str]:
        shown = system.get("/v1/visits", **{**RANGE, **query})["visits"]
        return [each["visit_id"] for each in shown]

    assert chosen() == ["visit-1", "visit-2"]
    assert chosen(start=at(1).isoformat()) == ["visit-2"]
    assert chosen(identity_id="identity-1") == ["visit-1"]
    assert chosen(zone_id="entrance") == chosen(least_s=60) == ["visit-2"]
    assert chosen(camera_id="street") == []


def test_pages_together_are_each_visit_once(system: System):
    system.log.append([event for n in range(5) for event in visit(n, n // 2, 40)])
    pages, cursor = [], {}
    while True:
        page = system.get("/v1/visits", limit=2, **RANGE, **cursor)
        pages.append([each["visit_id"] for each in page["visits"]])
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert pages == [["visit-0", "visit-1"], ["visit-2", "visit-3"], ["visit-4"]]


def test_who_was_merged_has_one_visit(system: System):
    people = [
        Person(identity_id=f"identity-{n}", name=str(n), kind="visitor", enrolled_at=at(0))
        for n in (1, 2)
    ]
    system.add_people(*people)
    system.log.append([*visit(1, 0, 40), *visit(2, 20, 60)])
    own = {"at": at(9), "by": "eve", "why": "", "entry_id": "0"}
    system.decide(Merge(**own, identity_id="identity-1", other_id="identity-2"))
    (shown,) = system.get("/v1/visits", **RANGE)["visits"]
    assert (shown["identity_id"], shown["duration_s"]) == ("identity-1", 60.0)


def test_by_default_they_are_of_the_last_day(system: System):
    system.log.append(visit(1, 0, 40))
    assert system.get("/v1/visits") == {"visits": [], "next_cursor": None}


@pytest.mark.parametrize("wrong", [{"end": at(-1).isoformat()}, {"start": "2026"}])
def test_what_is_no_range_is_refused(system: System, wrong):
    answer = system.client.get("/v1/visits", params={**RANGE, **wrong})
    assert answer.status_code == 422


def test_all_visits_of_a_range_are_a_csv_file_whatever_their_number(system: System, monkeypatch):
    monkeypatch.setattr(visits, "MOST_ROWS", 2)
    system.log.append([event for n in range(5) for event in visit(n, n // 2, 40, ("entrance",))])
    answer = system.client.get("/v1/visits", params={**RANGE, "format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="visits.csv"'
    rows = [*csv.DictReader(io.StringIO(answer.text))]
    assert [row["visit_id"] for row in rows] == [f"visit-{n}" for n in range(5)]
    first = rows[0]
    assert (first["started_at"], first["duration_s"]) == ("2026-01-05T12:00:00+00:00", "40")
    assert json.loads(first["zone_ids"]) == ["entrance"]


def test_csv_is_given_to_who_accepts_it_and_chooses_as_json_does(system: System):
    system.log.append([*visit(1, 0, 40), *visit(2, 5, 500)])
    asked = {**RANGE, "least_s": 60}
    answer = system.client.get("/v1/visits", params=asked, headers={"accept": "text/csv"})
    assert [row["visit_id"] for row in csv.DictReader(io.StringIO(answer.text))] == ["visit-2"]


def test_csv_has_no_pages(system: System):
    answer = system.client.get("/v1/visits", params={**RANGE, "format": "csv", "limit": 5})
    assert answer.status_code == 422
    assert "leave out limit" in answer.json()["detail"]
