from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from genesis_ray.analytics.dead_letters import present
from genesis_ray.domain.events import DeadLetterChanged
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables
from tests.letters import EVENING, NOON, became, frame, recording

DOOR, TILL = recording("door"), frame("till", 7, at=NOON + timedelta(seconds=0.7))


def now(*changes: DeadLetterChanged, **wanted: object) -> list[dict[str, object]]:
    tables = {"dead_letters": EVENT_SCHEMAS["dead_letters"].empty_table(), **to_tables(changes)}
    return present(tables, **wanted).to_pylist()


def test_a_letter_waits_until_something_becomes_of_it():
    assert now(DOOR) == [
        {
            "dead_letter_id": DOOR.dead_letter_id,
            "tenant_id": "default",
            "site_id": "site",
            "camera_id": "door",
            "captured_at": NOON,
            "unit": "recording",
            "stage": "watch",
            "frame_index": None,
            "attempts": 4,
            "reason": "RuntimeError: cannot digest this picture",
            "status": "waiting",
            "changed_at": None,
            "outcome": "",
        }
    ]


def test_what_became_of_it_last_is_its_state_and_why_it_failed_stays():
    changes = [
        DOOR,
        became(DOOR, "replayed", "60 frames watched"),
        became(DOOR, "dropped", "broken", at=EVENING + timedelta(seconds=1)),
    ]
    for order in permutations(changes):
        (letter,) = now(*order)
        assert (letter["status"], letter["outcome"]) == ("dropped", "broken")
        assert letter["changed_at"] == EVENING + timedelta(seconds=1)
        assert letter["reason"] == DOOR.reason


def test_what_was_tried_again_in_vain_waits_on_with_its_attempts_and_why_it_failed_last():
    tried = replace(DOOR, occurred_at=NOON - timedelta(days=1), attempts=5, reason="it was killed")
    for order in permutations([DOOR, tried]):
        (letter,) = now(*order)
        assert (letter["status"], letter["attempts"]) == ("waiting", 5)
        assert letter["reason"] == "it was killed"
        assert letter["captured_at"] == NOON


def test_a_letter_whose_recording_is_dated_after_its_end_is_ended_nonetheless():
    (letter,) = now(DOOR, became(DOOR, "dropped", at=NOON - timedelta(days=1)))
    assert letter["status"] == "dropped"


def test_letters_come_by_when_they_were_captured():
    early = recording("yard", at=NOON - timedelta(hours=1))
    assert [row["camera_id"] for row in now(TILL, DOOR, early)] == ["yard", "door", "till"]


@pytest.mark.parametrize(
    ("status", "cameras"),
    [("waiting", ["till"]), ("dropped", ["door"]), ("replayed", []), (None, ["door", "till"])],
)
def test_letters_of_one_status_come_alone(status, cameras):
    told = now(DOOR, TILL, became(DOOR, "dropped"), status=status)
    assert [row["camera_id"] for row in told] == cameras


def test_tenants_letters_are_apart():
    other = recording("door", tenant_id="acme")
    told = now(DOOR, other, became(other, "dropped"))
    assert {row["tenant_id"]: row["status"] for row in told} == {
        "default": "waiting",
        "acme": "dropped",
    }


def test_so_many_as_are_wanted_come_behind_one():
    letters = [recording("door"), recording("yard"), TILL]
    every = now(*letters)
    assert [each["captured_at"] for each in every] == [NOON, NOON, TILL.occurred_at]
    assert now(*letters, limit=2) == every[:2]
    for place, letter in enumerate(every):
        after = (letter["captured_at"], letter["dead_letter_id"])
        assert now(*letters, after=after) == every[place + 1 :]
        assert now(*letters, after=after, limit=1) == every[place + 1 : place + 2]
