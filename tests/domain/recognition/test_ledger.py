from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.ledger import (
    NOTHING_DECIDED,
    Confirm,
    Merge,
    Reject,
    Rename,
    Split,
    Undo,
    Unlearn,
    fold,
)
from genesis_ray.domain.recognition.ledger_checks import check
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import GenesisError, LedgerError, NotFoundError

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def person(identity_id: str, seconds: float, kind: str = "visitor") -> Person:
    name = identity_id.title() if kind == "enrolled" else f"visitor {identity_id[:4]}"
    return Person(identity_id=identity_id, name=name, kind=kind, enrolled_at=at(seconds))


ADA, BOB = person("ada", 10, "enrolled"), person("bob", 20, "enrolled")
EARLY, LATE, LAST = person("early", 1), person("late", 2), person("last", 3)
PEOPLE = [EARLY, LATE, LAST, ADA, BOB]
IDS = [each.identity_id for each in PEOPLE]


def own(number) -> dict[str, object]:
    return {"entry_id": str(number), "at": at(100), "by": "eve", "why": "seen by hand"}


def merge(one: str, other: str, number=0) -> Merge:
    return Merge(**own(number), identity_id=one, other_id=other)


def sight(identity_id: str, track_id: int, camera_id: str = "door") -> TrackSight:
    return TrackSight(
        identity_id=identity_id,
        camera_id=camera_id,
        track_id=track_id,
        since=at(track_id),
        until=at(track_id + 5),
    )


def split(identity_id: str, *tracks: TrackSight, new="new", faces=(), number=0) -> Split:
    return Split(**own(number), identity_id=identity_id, new_id=new, tracks=tracks, face_ids=faces)


def rename(identity_id: str, name: str, number=0) -> Rename:
    return Rename(**own(number), identity_id=identity_id, name=name)


def reject(identity_id: str, track_id: int, number=0) -> Reject:
    return Reject(**own(number), track=sight(identity_id, track_id))


def confirm(identity_id: str, track_id: int, number=0) -> Confirm:
    return Confirm(**own(number), track=sight(identity_id, track_id))


def undo(number, of) -> Undo:
    return Undo(**own(number), undone_id=str(of))


def written(*entries):
    """Return entries, each of which was fine when it was made."""
    for number, entry in enumerate(entries):
        check(entry, entries[:number], PEOPLE)
    return entries


def names(*entries) -> dict[str, str]:
    return {each.identity_id: each.name for each in fold(entries, PEOPLE).people}


def whom(who, identity_id: str, track_id: int, *, seconds: float | None = None) -> str | None:
    moment = at(track_id + 1 if seconds is None else seconds)
    return who.of_track(identity_id, "door", track_id, moment)


def test_where_nobody_decided_anything_everybody_is_themselves():
    who = fold([], PEOPLE)
    assert list(who.people) == PEOPLE
    assert [who.now(each) for each in IDS] == IDS
    assert whom(who, "ada", 1) == "ada"
    assert NOTHING_DECIDED.now("anybody") == "anybody"


def test_merged_identities_are_one_person():
    who = fold(written(merge("late", "ada")), PEOPLE)
    assert who.now("late") == who.now("ada") == "ada"
    assert whom(who, "late", 1) == "ada"
    assert "late" not in [each.identity_id for each in who.people]
    assert who.members("ada") == ["ada", "late"]


def test_who_was_given_a_name_survives_visitors_and_the_first_of_equals():
    assert fold([merge("early", "bob")], PEOPLE).now("early") == "bob"
    assert fold([merge("late", "early")], PEOPLE).now("late") == "early"
    assert fold([merge("bob", "ada")], PEOPLE).now("bob") == "ada"


def test_a_visitor_with_a_name_survives_those_without():
    entries = written(rename("last", "Carl", 0), merge("early", "last", 1))
    assert fold(entries, PEOPLE).person("early").name == "Carl"


def test_merging_is_transitive():
    who = fold(written(merge("early", "late", 0), merge("last", "late", 1)), PEOPLE)
    assert {who.now(each) for each in ("early", "late", "last")} == {"early"}


@given(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=6), st.randoms())
def test_the_order_of_merges_does_not_matter(pairs, chance):
    merges = [merge(*pair, number=number) for number, pair in enumerate(pairs)]
    shuffled = chance.sample(merges, len(merges))
    assert fold(merges, PEOPLE) == fold(shuffled, PEOPLE)


def test_a_track_that_was_split_off_is_somebody_new_during_its_time_alone():
    who = fold(written(split("ada", sight("ada", 7))), PEOPLE)
    assert whom(who, "ada", 7) == "new"
    assert whom(who, "ada", 8) == "ada"
    assert whom(who, "ada", 7, seconds=100) == "ada"
    assert whom(who, "bob", 7) == "bob"
    assert who.of_track("ada", "yard", 7, at(8)) == "ada"
    assert who.person("new").name == "visitor new"


def test_a_face_that_was_split_off_is_the_new_identitys():
    who = fold(written(split("ada", faces=("f1", "f2"))), PEOPLE)
    assert who.moved_faces == {"f1": "new", "f2": "new"}


def test_of_a_merged_person_the_tracks_of_either_identity_can_be_split_off():
    entries = written(
        merge("ada", "late", 0), split("ada", sight("ada", 1), sight("late", 2), number=1)
    )
    who = fold(entries, PEOPLE)
    assert [whom(who, "ada", 1), whom(who, "late", 2)] == ["new", "new"]
    assert [whom(who, "ada", 3), whom(who, "late", 4)] == ["ada", "ada"]
    apart = fold(written(*entries, undo(2, 0)), PEOPLE)
    assert [whom(apart, "late", 2), whom(apart, "late", 4)] == ["new", "late"]


def test_who_was_split_off_can_be_split_again_and_the_last_word_counts():
    entries = written(
        split("ada", sight("ada", 1), sight("ada", 2), number=0),
        split("new", sight("ada", 2), new="newer", number=1),
    )
    who = fold(entries, PEOPLE)
    assert [whom(who, "ada", 1), whom(who, "ada", 2)] == ["new", "newer"]
    assert whom(fold(written(*entries, undo(2, 1)), PEOPLE), "ada", 2) == "new"


def test_who_was_split_off_can_be_merged_with_somebody_else():
    entries = written(split("ada", sight("ada", 1), number=0), merge("new", "bob", 1))
    who = fold(entries, PEOPLE)
    assert whom(who, "ada", 1) == "bob"
    assert "new" not in [each.identity_id for each in who.people]


def test_a_rejected_identity_is_not_the_tracks_whatever_it_was_merged_with():
    who = fold(written(merge("ada", "late", 0), reject("ada", 7, 1)), PEOPLE)
    assert not who.may_be("late", "door", 7, at(8))
    assert who.may_be("bob", "door", 7, at(8))
    assert who.may_be("ada", "door", 8, at(9))
    assert whom(who, "late", 7) is None
    assert whom(who, "bob", 7) == "bob"


def test_a_renamed_visitor_is_known_by_that_name():
    who = fold(written(rename("late", "Carl")), PEOPLE)
    assert who.person("late") == replace(LATE, name="Carl", kind="enrolled")
    assert who.by_name("Carl") == [who.person("late")]


def test_the_last_name_holds_and_the_one_before_when_it_is_undone():
    entries = written(rename("ada", "Augusta", 0), rename("ada", "Lady L", 1))
    assert names(*entries)["ada"] == "Lady L"
    assert names(*written(*entries, undo(2, 1)))["ada"] == "Augusta"


def test_what_was_written_of_somebody_whose_split_is_undone_is_who_they_were():
    who = fold(written(split("ada", sight("ada", 7), number=0), undo(1, 0)), PEOPLE)
    assert who.now("new") == "ada"
    assert whom(who, "ada", 7) == "ada"
    assert list(who.people) == PEOPLE


@pytest.mark.parametrize(
    ("entry", "before", "error", "told"),
    [
        (merge("ada", "ada"), [], LedgerError, "'Ada' cannot be merged with itself"),
        (merge("ada", "nobody"), [], NotFoundError, "no person with identity 'nobody'"),
        (merge("late", "ada"), [merge("ada", "early", 1), merge("late", "early", 2)],
         LedgerError, "are one person already, 'Ada'"),
        (merge("new", "ada"), [split("ada", sight("ada", 1), number=1)],
         LedgerError, "were split from each other; undo that"),
        (merge("bob", "ada"), [split("ada", sight("ada", 1), number=1), merge("new", "bob", 2)],
         LedgerError, "were split from each other"),
        (split("nobody", sight("nobody", 1)), [], NotFoundError, "no person"),
        (split("ada"), [], LedgerError, "needs a track or a face"),
        (split("ada", sight("bob", 1)), [], LedgerError, "track 1 of camera door is not 'Ada'"),
        (split("ada", sight("ada", 1), new="bob"), [], LedgerError, "bob is there already"),
        (split("ada", sight("ada", 1)), [reject("ada", 1, 1)], LedgerError, "is not 'Ada'"),
        (rename("nobody", "Carl"), [], NotFoundError, "no person"),
        (rename("ada", "Ada"), [], LedgerError, "is called 'Ada' already"),
        (rename("ada", " "), [], LedgerError, "not empty"),
        (rename("late", "Carl"), [merge("late", "ada", 1)], LedgerError, "rename that one"),
        (reject("nobody", 1), [], NotFoundError, "no person"),
        (reject("ada", 1), [reject("ada", 1, 1)], LedgerError, "is not 'Ada' already"),
        (confirm("nobody", 1), [], NotFoundError, "no person"),
        (confirm("ada", 1), [reject("ada", 1, 1)], LedgerError, "said that track 1 .* not 'Ada'"),
        (confirm("ada", 1), [reject("late", 1, 1), merge("ada", "late", 2)], LedgerError, "not"),
        (confirm("bob", 1), [confirm("ada", 1, 1)], LedgerError, "to be 'Ada' already"),
        (undo(0, 1), [split("ada", sight("ada", 1), number=1), confirm("new", 2, 2)],
         LedgerError, "undo those first: 2"),
        (undo(0, 9), [], NotFoundError, "no entry '9'"),
        (undo(0, 1), [rename("ada", "A", 1), undo(2, 1)], LedgerError, "1 is undone already"),
        (undo(0, 2), [rename("ada", "A", 1), undo(2, 1)], LedgerError, "undoes another"),
        (undo(0, 1), [split("ada", sight("ada", 1), number=1), rename("new", "Carl", 2)],
         LedgerError, "undo those first: 2"),
    ],
)  # fmt: skip
def test_what_contradicts_what_holds_is_refused(entry, before, error, told):
    with pytest.raises(error, match=told):
        check(entry, before, PEOPLE)


def test_a_confirmed_track_is_that_person_at_that_time_whoever_they_are_now():
    entries = written(confirm("late", 7, 0), merge("ada", "late", 1))
    who = fold(entries, PEOPLE)
    assert who.of_track("bob", "door", 7, at(9)) == "ada"
    assert who.of_track("", "door", 7, at(9)) == "ada"
    assert who.of_track("bob", "door", 7, at(13)) == "bob"
    assert who.of_track("bob", "door", 8, at(9)) == "bob"
    assert fold([*entries, undo(2, 0)], PEOPLE).of_track("bob", "door", 7, at(9)) == "bob"


def test_after_an_undo_a_track_can_be_confirmed_as_somebody_else():
    written(confirm("ada", 7, 0), undo(1, 0), confirm("bob", 7, 2))


@st.composite
def ledgers(draw):
    """Return entries that could be made one after the other."""
    entries = []
    for number in range(draw(st.integers(0, 8))):
        ids = [*IDS, *(each.new_id for each in entries if isinstance(each, Split))]
        one, other = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
        raw, track = draw(st.sampled_from(IDS)), draw(st.integers(1, 3))
        entry = draw(
            st.sampled_from(
                [
                    merge(one, other, number),
                    split(one, sight(raw, track), new=f"new{number}", number=number),
                    split(one, faces=(f"f{track}",), new=f"new{number}", number=number),
                    rename(one, f"name {track}", number),
                    reject(one, track, number),
                    confirm(one, track, number),
                    undo(number, draw(st.integers(0, 8))),
                ]
            )
        )
        try:
            check(entry, entries, PEOPLE)
        except GenesisError:
            continue
        entries.append(entry)
    return entries


def seen_by(who):
    """Return all that holds, but for what becomes of identities that no split makes any more."""
    known = {each: present for each, present in who.aliases.items() if each in {*IDS, *who.born}}
    return replace(who, aliases=known)


@given(ledgers())
def test_the_undo_of_everything_gives_the_original_view(entries):
    undone = list(entries)
    for entry in reversed(entries):
        if not isinstance(entry, Undo) and undo("x", entry.entry_id).undone_id not in {
            each.undone_id for each in undone if isinstance(each, Undo)
        }:
            last = undo(f"undo of {entry.entry_id}", entry.entry_id)
            check(last, undone, PEOPLE)
            undone.append(last)
    assert seen_by(fold(undone, PEOPLE)) == fold([], PEOPLE)


@given(ledgers(), st.integers(0, 8))
def test_an_entry_that_is_undone_is_as_if_it_had_never_been(entries, chosen):
    last = undo("last", chosen)
    try:
        check(last, entries, PEOPLE)
    except GenesisError:
        return
    without = [each for each in entries if each.entry_id != str(chosen)]
    assert seen_by(fold([*entries, last], PEOPLE)) == seen_by(fold(without, PEOPLE))


@given(ledgers())
def test_whoever_is_whom_is_somebody_there_is(entries):
    who = fold(entries, PEOPLE)
    there = {each.identity_id for each in who.people}
    assert {who.now(each) for each in [*IDS, *who.born]} <= there
    for identity_id in IDS:
        assert {whom(who, identity_id, track) for track in (1, 2, 3)} <= {*there, None}


def unlearn(number: int, *faces: str) -> Unlearn:
    return Unlearn(**own(number), identity_id="ada", face_ids=faces)


def test_nobody_is_known_by_what_was_unlearned_until_that_is_undone():
    entries = written(unlearn(0, "face", "other"))
    assert fold(entries, PEOPLE).unlearned == {"face", "other"}
    assert fold(written(*entries, undo(1, 0)), PEOPLE).unlearned == frozenset()


def test_what_was_unlearned_cannot_be_unlearned_again():
    with pytest.raises(LedgerError, match="has unlearned face already"):
        check(unlearn(1, "face"), written(unlearn(0, "face")), PEOPLE)


def shown_again(identity_id: str, seconds: float, recording: str = "") -> TrackSight:
    """Track 1 of the door, a second long: recordings of unknown date all have one."""
    return TrackSight(
        identity_id=identity_id,
        camera_id="door",
        track_id=1,
        since=at(seconds),
        until=at(seconds + 1),
        recording=recording,
    )


def test_tracks_of_one_number_at_two_times_are_each_whom_somebody_confirmed():
    entries = written(
        Confirm(**own(0), track=shown_again("ada", 0)),
        Confirm(**own(1), track=shown_again("bob", 50)),
    )
    who = fold(entries, PEOPLE)
    assert [who.of_track("", "door", 1, at(seconds)) for seconds in (0, 50)] == ["ada", "bob"]
    with pytest.raises(LedgerError, match="confirmed to be 'Ada' already"):
        check(Confirm(**own(2), track=shown_again("bob", 0)), entries, PEOPLE)


def test_what_was_said_of_a_track_of_one_recording_says_nothing_of_anothers():
    entries = written(
        split("early", shown_again("early", 0, "monday"), number=0),
        Reject(**own(1), track=shown_again("ada", 0, "monday")),
        Confirm(**own(2), track=shown_again("bob", 0, "monday")),
        Confirm(**own(3), track=shown_again("late", 0, "tuesday")),
    )
    who = fold(entries, PEOPLE)
    assert who.tells_recordings
    there = {
        day: who.of_recordings({"door": frozenset({day})}) for day in ("monday", "tuesday", "never")
    }
    assert [each.of_track("", "door", 1, at(0)) for each in there.values()] == ["bob", "late", ""]
    assert [each.may_be("ada", "door", 1, at(0)) for each in there.values()] == [False, True, True]
    assert [len(each.moved) for each in there.values()] == [1, 0, 0]
    assert who.of_recordings({"till": frozenset({"never"})}) == who


def test_what_was_said_without_a_recording_holds_in_all():
    who = fold(written(Reject(**own(0), track=shown_again("ada", 0))), PEOPLE)
    assert not who.tells_recordings
    assert who.of_recordings({"door": frozenset({"monday"})}) == who


def test_the_same_may_be_said_of_another_recording_and_not_twice_of_one():
    entries = [Reject(**own(0), track=shown_again("ada", 0, "monday"))]
    check(Reject(**own(1), track=shown_again("ada", 0, "tuesday")), entries, PEOPLE)
    with pytest.raises(LedgerError, match="is not 'Ada' already"):
        check(Reject(**own(1), track=shown_again("ada", 0, "monday")), entries, PEOPLE)


def test_a_split_parts_from_whose_the_track_was_also_once_a_merge_is_undone():
    entries = written(merge("ada", "bob", 0), split("ada", sight("bob", 7), number=1), undo(2, 0))
    for one in ("bob", "ada"):
        with pytest.raises(LedgerError, match="were split from each other"):
            check(merge(one, "new", 3), entries, PEOPLE)


def test_a_split_parts_from_whose_a_face_was_also_once_a_merge_is_undone():
    parted = Split(**own(1), identity_id="ada", new_id="new", face_ids=("f1",), owner_ids=("bob",))
    entries = written(merge("ada", "bob", 0), parted, undo(2, 0))
    assert frozenset(("bob", "new")) in fold(entries, PEOPLE).apart


def test_who_was_split_off_by_mistake_can_be_brought_back_over_a_second_split():
    entries = written(
        split("ada", sight("ada", 7), number=0),
        split("new", sight("ada", 7), new="newer", number=1),
    )
    check(merge("newer", "ada", 2), entries, PEOPLE)


def test_a_split_is_not_undone_while_two_who_were_split_since_would_be_one_without_it():
    def of(face: str, identity_id: str, new: str, number: int) -> Split:
        return Split(
            **own(number), identity_id=identity_id, new_id=new, face_ids=(face,), owner_ids=("ada",)
        )

    entries = written(
        of("f1", "ada", "new", 0), merge("bob", "new", 1), of("f1", "bob", "newer", 2), undo(3, 1),
        merge("ada", "newer", 4),
    )  # fmt: skip
    with pytest.raises(LedgerError, match=r"one person who were split .* undo that first: 2"):
        check(undo(5, 0), entries, PEOPLE)
    check(undo(6, 0), [*entries, undo(5, 4)], PEOPLE)


@given(ledgers())
def test_nobody_is_one_person_with_whom_they_were_split_from(entries):
    assert {len(each) for each in fold(entries, PEOPLE).apart} <= {2}
