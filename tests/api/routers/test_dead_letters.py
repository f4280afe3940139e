import pytest

from tests.api.system import System, at
from tests.letters import became, frame, recording

DOOR = recording("door", at=at(0))
TILL = frame("till", 7, at=at(1))
YARD = frame("yard", 9, at=at(1), stage="embed")
OTHER = recording("door", at=at(0), tenant_id="other")


def cameras(page: dict[str, list[dict[str, object]]]) -> list[object]:
    return [letter["camera_id"] for letter in page["dead_letters"]]


def test_where_nothing_was_set_aside_there_is_nothing_to_list(system: System):
    assert system.get("/v1/dead-letters") == {"dead_letters": [], "next_cursor": None}


def test_a_letter_is_shown_with_why_it_failed_and_what_became_of_it(system: System):
    system.log.append([TILL, became(TILL, "dropped", "seen by hand", at=at(60))])
    assert system.get("/v1/dead-letters")["dead_letters"] == [
        {
            "dead_letter_id": TILL.dead_letter_id,
            "tenant_id": "default",
            "site_id": "site",
            "camera_id": "till",
            "captured_at": "2026-01-05T12:00:01Z",
            "unit": "frame",
            "stage": "detect",
            "frame_index": 7,
            "attempts": 4,
            "reason": "RuntimeError: cannot digest this picture",
            "status": "dropped",
            "changed_at": "2026-01-05T12:01:00Z",
            "outcome": "seen by hand",
        }
    ]


def test_letters_of_one_status_come_alone(system: System):
    system.log.append([DOOR, TILL, became(TILL, "replayed", "2 people found")])
    assert cameras(system.get("/v1/dead-letters", status="waiting")) == ["door"]
    assert cameras(system.get("/v1/dead-letters", status="replayed")) == ["till"]
    assert cameras(system.get("/v1/dead-letters", status="dropped")) == []


def test_pages_together_are_all_letters_once(system: System):
    system.log.append([YARD, TILL, DOOR])
    seen, cursor = [], {}
    for _ in range(3):
        page = system.get("/v1/dead-letters", limit=1, **cursor)
        seen += cameras(page)
        cursor = {"cursor": page["next_cursor"]}
    assert page["next_cursor"] is None
    assert seen[0] == "door"
    assert sorted(seen) == ["door", "till", "yard"]


def test_another_tenants_letters_are_not_shown(system: System):
    system.log.append([OTHER])
    assert cameras(system.get("/v1/dead-letters")) == []


@pytest.mark.parametrize(
    ("parameters", "wrong"),
    [({"status": "lost"}, "status"), ({"limit": "0"}, "limit"), ({"camera": "door"}, "camera")],
)
def test_wrong_parameter_is_named(system: System, parameters, wrong):
    answer = system.client.get("/v1/dead-letters", params=parameters)
    assert answer.status_code == 422
    assert [each["parameter"] for each in answer.json()["parameters"]] == [wrong]


def test_letters_are_neither_replayed_nor_dropped_here(system: System):
    assert system.client.post("/v1/dead-letters", json={}).status_code == 405
