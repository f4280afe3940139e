from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.recognition.ledger import Merge, Rename, Split, fold
from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.domain.recognition.visitor_expiry import LastSeen, last_noted

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANN, BEN = visitor("ann", at=NOON), visitor("ben", at=NOON)
ADA = Person(identity_id="ada", name="Ada", kind="enrolled", enrolled_at=NOON)


def day(number: float) -> datetime:
    return NOON + timedelta(days=number)


def own(number: int) -> dict[str, object]:
    return {"entry_id": str(number), "at": day(3), "by": "eve", "why": ""}


def noted(*entries, sights=None) -> dict[str, datetime]:
    people = [ADA, ANN, BEN]
    return last_noted(people, sights or {}, fold(entries, people))


@pytest.fixture
def seen() -> LastSeen:
    return LastSeen(noted(), keep=timedelta(days=30))


def test_a_visitor_who_was_not_seen_for_so_long_is_recognised_no_more(seen):
    assert seen.is_current("ann", day(30))
    assert not seen.is_current("ann", day(30.01))
    assert seen.expired(day(30.01)) == ["ann", "ben"]


def test_a_visitor_who_was_seen_stays_from_then_on(seen):
    assert seen.saw("ann", day(20))
    assert seen.is_current("ann", day(50))
    assert seen.expired(day(50)) == ["ben"]


def test_seeing_somebody_is_noted_once_a_day(seen):
    assert [seen.saw("ann", day(number)) for number in (0.5, 1, 1.9, 2)] == [
        False,
        True,
        False,
        True,
    ]


def test_older_footage_does_not_make_a_visitor_older(seen):
    seen.saw("ann", day(20))
    assert not seen.saw("ann", day(10))
    assert seen.is_current("ann", day(-100))
    assert seen.is_current("ann", day(45))


def test_whoever_has_a_name_never_expires(seen):
    assert seen.is_current("ada", day(10_000))
    assert not seen.saw("ada", day(10_000))


def test_a_new_visitor_was_seen_when_they_were_made(seen):
    seen.add("carl", day(20))
    assert seen.expired(day(45)) == ["ann", "ben"]


def test_a_visitor_was_last_seen_as_the_latest_of_those_who_are_one_with_them():
    merge = Merge(**own(0), identity_id="ann", other_id="ben")
    assert noted(merge, sights={"ben": day(7)}) == {"ann": day(7)}


@pytest.mark.parametrize(
    "entry",
    [
        Rename(**own(0), identity_id="ann", name="Ann"),
        Merge(**own(0), identity_id="ann", other_id="ada"),
    ],
    ids=["who was renamed", "who was merged with somebody enrolled"],
)
def test_a_visitor_is_none_any_more(entry):
    assert noted(entry) == {"ben": NOON}


def test_whom_a_split_made_was_seen_then():
    split = Split(**own(0), identity_id="ann", new_id="new", face_ids=("face",))
    assert noted(split)["new"] == day(3)
