from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.recognition.consent import (
    Consent,
    ConsentEntry,
    Consents,
    MatchingByConsent,
)
from genesis_ray.domain.recognition.ledger import Entry, Merge, Reject, Split, Undo, fold
from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.domain.tracking.track_sights import TrackSight

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ADA = Person(identity_id="ada", name="Ada", kind="enrolled", enrolled_at=NOON)
PEOPLE = [ADA, visitor("ben", at=NOON + timedelta(hours=1)), visitor("cy", at=NOON)]


def day(number: int) -> datetime:
    return NOON + timedelta(days=number)


def said(what: str, number: int, *members: str) -> ConsentEntry:
    """Return what the first of some identities, which were one person, said on a day."""
    return ConsentEntry(
        entry_id=f"{what} {number}", identity_id=members[0], member_ids=members, said=what,
        at=day(number), noted_at=day(99), by="eve", why="",
    )  # fmt: skip


def own(number: int) -> dict[str, object]:
    return {"entry_id": str(number), "at": NOON, "by": "eve", "why": ""}


ONE = Merge(**own(1), identity_id="ada", other_id="ben")
APART = Undo(**own(2), undone_id="1")


def consents(*entries: ConsentEntry, ledger: list[Entry] | None = None) -> Consents:
    return Consents(entries, fold(ledger or [], PEOPLE))


def test_who_said_nothing_gave_no_consent():
    assert consents().of("ada") == Consent("none", None)
    assert consents(said("given", 1, "ada")).of("ben").state == "none"


def test_the_last_word_holds_since_it_was_said():
    first, second, third = (
        said("given", 1, "ada"),
        said("withdrawn", 2, "ada"),
        said("given", 3, "ada"),
    )
    assert consents(first).of("ada") == Consent("given", day(1))
    assert consents(first, second).of("ada") == Consent("withdrawn", day(2))
    assert consents(first, second, third).of("ada") == Consent("given", day(3))
    assert consents(first, second, third).history("ada") == [first, second, third]


def test_what_is_noted_late_counts_from_when_it_was_said():
    assert consents(said("withdrawn", 5, "ada"), said("given", 2, "ada")).of("ada").since == day(5)


def test_of_words_of_one_moment_the_one_noted_last_holds():
    assert consents(said("given", 1, "ada"), said("withdrawn", 1, "ada")).of("ada").state == (
        "withdrawn"
    )


@pytest.mark.parametrize(
    ("of_ada", "of_ben", "together"),
    [
        ("given", None, "given"),
        (None, "given", "given"),
        ("given", "given", "given"),
        ("given", "withdrawn", "withdrawn"),
        ("withdrawn", "given", "withdrawn"),
        ("withdrawn", None, "withdrawn"),
        (None, None, "none"),
    ],
)
@pytest.mark.parametrize("ben_first", [True, False])
def test_of_merged_identities_the_strictest_holds(of_ada, of_ben, together, ben_first):
    days = (2, 1) if ben_first else (1, 2)
    words = [
        said(what, number, who)
        for what, number, who in zip((of_ada, of_ben), days, ("ada", "ben"), strict=True)
        if what
    ]
    for identity_id in ("ada", "ben"):
        assert consents(*words, ledger=[ONE]).of(identity_id).state == together


def test_who_is_several_identities_can_give_consent_for_all_of_them():
    words = [said("withdrawn", 1, "ben"), said("given", 2, "ada", "ben")]
    assert consents(*words, ledger=[ONE]).of("ada") == Consent("given", day(2))


def test_a_merge_that_is_undone_leaves_no_consent_with_somebody_who_gave_none():
    words = [said("withdrawn", 1, "ben"), said("given", 2, "ada", "ben")]
    parted = consents(*words, ledger=[ONE, APART])
    assert (parted.of("ada").state, parted.of("ben").state) == ("given", "withdrawn")
    parted = consents(words[1], ledger=[ONE, APART])
    assert (parted.of("ada").state, parted.of("ben").state) == ("given", "none")


def test_a_merge_that_is_undone_leaves_withdrawn_both_who_may_have_meant_it():
    words = [said("given", 1, "ben"), said("withdrawn", 2, "ada", "ben")]
    parted = consents(*words, ledger=[ONE, APART])
    assert (parted.of("ada").state, parted.of("ben").state) == ("withdrawn", "withdrawn")


def test_who_is_split_off_gave_no_consent():
    split = Split(**own(3), identity_id="ada", new_id="dora", face_ids=("f",))
    parted = consents(said("given", 1, "ada"), ledger=[split])
    assert (parted.of("ada").state, parted.of("dora").state) == ("given", "none")


def test_only_who_gave_consent_may_be_matched_and_not_where_somebody_said_no():
    sight = TrackSight(
        identity_id="ada", camera_id="door", track_id=7, since=NOON, until=day(1)
    )  # fmt: skip
    ledger: list[Entry] = [ONE, Reject(**own(4), track=sight)]
    who = fold(ledger, PEOPLE)
    given = Consents([said("given", 1, "ada")], who).given()
    assert given == {"ada"}
    matching = MatchingByConsent(who, given)
    assert matching.now("ben") == "ada"
    assert matching.may_be("ben", "door", 8, NOON)
    assert not matching.may_be("ben", "door", 7, NOON)
    assert not matching.may_be("cy", "door", 8, NOON)
    assert not matching.may_be("somebody new", "door", 8, NOON)


def test_of_who_gave_no_consent_nothing_is_told_and_of_others_what_was_said():
    matching = MatchingByConsent(fold([ONE], PEOPLE), frozenset({"ada"}))
    assert [matching.is_withheld(each) for each in ("ada", "ben", "cy", "somebody new")] == [
        False, False, True, True,
    ]  # fmt: skip
    assert not fold([ONE], PEOPLE).is_withheld("cy")
