from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.recognition.forgetting import forgetting
from genesis_ray.domain.recognition.ledger import Split, fold
from genesis_ray.domain.recognition.ledger_checks import check
from genesis_ray.domain.recognition.redaction import REDACTED
from genesis_ray.domain.recognition.template_update import TemplateChange
from tests.domain.recognition.test_ledger import (
    IDS,
    PEOPLE,
    at,
    confirm,
    ledgers,
    merge,
    own,
    person,
    reject,
    rename,
    sight,
    split,
    undo,
    unlearn,
    whom,
    written,
)


def forget(entries, identity_id, **more):
    """Return what it takes to forget a person, and who everybody is after it."""
    who = fold(entries, PEOPLE)
    gone = forgetting(entries, PEOPLE, who.members(who.now(identity_id)), **more)
    stay = [each for each in PEOPLE if each.identity_id not in gone.identity_ids]
    return gone, fold(gone.entries, [*stay, *gone.on_their_own])


def test_all_identities_that_were_merged_into_a_person_go_with_every_name():
    entries = written(merge("late", "ada", 0), rename("ada", "Augusta", 1), rename("bob", "Rob", 2))
    gone, who = forget(entries, "late")
    assert gone.identity_ids == ("ada", "late")
    assert set(gone.names) == {"Ada", "visitor late", "Augusta"}
    assert gone.entries == (entries[2],)
    assert [each.name for each in who.people] == ["visitor earl", "visitor last", "Rob"]


def test_an_entry_that_was_undone_goes_with_what_undid_it():
    entries = written(merge("ada", "bob", 0), undo(1, 0), merge("bob", "late", 2))
    gone, who = forget(entries, "ada")
    assert gone.entries == (entries[2],)
    assert who.now("late") == "bob"


def test_who_was_split_from_the_person_stays_as_somebody_of_their_own():
    entries = written(
        split("ada", sight("ada", 7), faces=("f1",), number=0), rename("new", "Carl", 1)
    )
    gone, who = forget(entries, "ada")
    assert [each.identity_id for each in gone.on_their_own] == ["new"]
    assert who.person("new").name == "Carl"
    assert gone.given_away == {"f1": "new"}
    assert whom(gone.read_by, "ada", 7) == "new"
    assert whom(gone.read_by, "ada", 8) == "ada"


def test_what_was_split_from_somebody_else_to_the_person_goes():
    entries = written(split("bob", sight("bob", 7), faces=("f1",), number=0))
    gone, who = forget(entries, "new")
    assert gone.taken == {"f1"}
    assert whom(gone.read_by, "bob", 7) == "new"
    assert whom(gone.read_by, "bob", 8) == "bob"
    assert gone.entries == ()
    assert who.person("bob").name == "Bob"


def test_what_somebody_else_unlearned_names_no_face_of_the_person():
    entries = written(split("ada", faces=("f1",), number=0), unlearn(1, "f1", "f2"))
    gone, _ = forget(entries, "new")
    assert [each.face_ids for each in gone.entries] == [("f2",)]
    gone, _ = forget(written(unlearn(0, "f1", "f2")), "bob", face_ids=["f1"])
    assert [each.face_ids for each in gone.entries] == [("f2",)]


def test_an_entry_that_named_nothing_but_faces_of_the_person_goes_with_what_undid_it():
    entries = written(split("ada", faces=("f1",), number=0), unlearn(1, "f1"), undo(2, 1))
    assert forget(entries, "new")[0].entries == ()


def change(change_id: str, replaced_id: str) -> TemplateChange:
    return TemplateChange(
        change_id=change_id, identity_id="ada", kind="average", replaced_id=replaced_id, at=at(0),
        camera_id="door", track_id=1, similarity=0.9,
    )  # fmt: skip


def test_templates_that_are_unlearned_with_a_face_of_the_person_go_with_it():
    changes = [change("f1", "f0"), change("f2", "f1"), change("f3", "f2"), change("f9", "f8")]
    parted = split("ada", faces=("f1", "f3"), number=0)
    gone, _ = forget(written(parted, unlearn(1, "f1", "f9")), "new", changes=changes)
    assert gone.taken == gone.faces == {"f1", "f2", "f3"}
    gone, _ = forget(written(parted), "new", changes=changes)
    assert gone.taken == {"f1", "f3"}  # nobody said that f2 is wrong


def test_an_unlearned_template_that_is_somebody_elses_now_stays_with_them():
    entries = written(
        split("ada", faces=("f1",), number=0), split("ada", faces=("f2",), new="newer", number=1),
        unlearn(2, "f1"),
    )  # fmt: skip
    gone, _ = forget(entries, "new", changes=[change("f1", "f0"), change("f2", "f1")])
    assert gone.taken == {"f1"}


def test_a_track_that_was_rejected_as_the_person_is_nobodys():
    gone, _ = forget(written(reject("ada", 7)), "ada")
    assert whom(gone.read_by, "ada", 7) is None


def test_a_track_that_was_confirmed_as_the_person_is_theirs_to_the_last():
    gone, who = forget(written(confirm("ada", 7), confirm("bob", 8, 1)), "ada")
    assert whom(gone.read_by, "bob", 7) == "ada"
    assert whom(gone.read_by, "ada", 8) == "ada"
    assert [each.track.track_id for each in gone.entries] == [8]
    assert [*who.confirmed] == [("door", 8)]


def test_a_track_that_is_not_the_person_and_was_confirmed_as_another_stays_that_ones():
    gone, who = forget(written(confirm("bob", 7), reject("ada", 7, 1)), "ada")
    assert whom(gone.read_by, "ada", 7) == "ada"
    assert whom(who, "somebody new", 7) == "bob"


def test_a_later_entry_about_others_moves_tracks_on_that_were_written_as_the_person():
    entries = written(
        split("ada", sight("ada", 7), number=0),
        split("new", sight("ada", 7), new="newer", number=1),
    )
    gone, who = forget(entries, "ada")
    (left,) = gone.entries
    assert (left.identity_id, left.new_id, left.tracks) == ("new", "newer", (sight("new", 7),))
    assert whom(gone.read_by, "ada", 7) == "new"
    assert whom(who, "new", 7) == "newer"
    assert {"new", "newer"} <= {each.identity_id for each in who.people}


def test_a_later_entry_about_others_can_still_be_undone():
    entries = written(
        split("ada", sight("ada", 7), number=0),
        merge("bob", "new", 1),
        split("bob", sight("ada", 7), new="newer", number=2),
        undo(3, 1),
    )
    gone, who = forget(entries, "ada")
    assert whom(who, "new", 7) == "newer"
    stay = [each for each in PEOPLE if each.identity_id != "ada"] + [*gone.on_their_own]
    check(undo(4, 2), gone.entries, stay)
    after = fold([*gone.entries, undo(4, 2)], stay)
    assert whom(after, whom(gone.read_by, "ada", 7), 7) == "new"


def test_faces_that_are_gone_are_named_by_no_entry():
    entries = written(split("bob", faces=("f1", "f2"), number=0), undo(1, 0))
    gone, _ = forget(entries, "ada", face_ids=["f2"])
    assert gone.entries[0].face_ids == ("f1",)


def test_a_face_enrolled_as_the_person_is_whose_it_became_while_they_were_somebody_else():
    parted = Split(
        **own(1), identity_id="bob", new_id="new", face_ids=("f1", "f2"), owner_ids=("ada", "bob")
    )
    entries = written(merge("ada", "bob", 0), parted, undo(2, 0))
    gone, who = forget(entries, "ada")
    (left,) = gone.entries
    assert gone.given_away == {"f1": "new"}
    assert (left.face_ids, left.owner_ids) == (("f2",), ("bob",))
    assert who.apart == {frozenset(("bob", "new"))}


def parted(*owners: str) -> Split:
    faces = tuple(f"f{number}" for number in range(len(owners)))
    return Split(**own(1), identity_id="ada", new_id="new", face_ids=faces, owner_ids=owners)


def test_who_was_parted_from_others_too_stays_apart_from_them():
    entries = written(
        merge("ada", "bob", 0), parted("ada", "bob"), undo(2, 0), rename("new", "Carl", 3)
    )
    gone, who = forget(entries, "ada")
    assert who.apart == {frozenset(("bob", "new"))}
    assert gone.given_away == {"f0": "new", "f1": "new"}
    assert [each.entry_id for each in gone.entries] == ["1", "3"]
    left = gone.entries[0]
    assert (left.identity_id, left.face_ids) == ("bob", ())
    assert who.person("new").name == "Carl"


def test_whom_a_parting_alone_stays_of_can_be_told_to_be_one_after_all():
    entries = written(merge("ada", "bob", 0), parted("ada", "bob"), undo(2, 0))
    gone, who = forget(entries, "ada")
    stay = [each for each in PEOPLE if each.identity_id != "ada"] + [*gone.on_their_own]
    check(undo(3, 1), gone.entries, stay)
    after = fold([*gone.entries, undo(3, 1)], stay)
    assert after.apart == frozenset()
    assert after.people == who.people


def test_all_of_whom_somebody_was_parted_are_told_apart_also_when_one_is_forgotten_after_another():
    entries = written(
        merge("ada", "bob", 0), merge("late", "bob", 2), parted("ada", "bob", "late"),
        undo(3, 0), undo(4, 2),
    )  # fmt: skip
    gone, who = forget(entries, "ada")
    assert who.apart == {frozenset(("bob", "new")), frozenset(("late", "new"))}
    stay = [each for each in PEOPLE if each.identity_id != "ada"] + [*gone.on_their_own]
    again = forgetting(gone.entries, stay, ["bob"])
    assert fold(again.entries, stay).apart == {frozenset(("late", "new"))}


@given(ledgers(), st.sampled_from(IDS))
def test_others_who_were_apart_stay_apart(entries, chosen):
    gone, after = forget(entries, chosen)
    apart = {each for each in fold(entries, PEOPLE).apart if each.isdisjoint(gone.identity_ids)}
    assert apart <= after.apart


def test_a_name_is_cut_out_of_texts_of_others_unless_somebody_else_has_it():
    told = "form of Ada, by Ada"
    entries = written(replace(rename("bob", "Rob", 0), why=told))
    gone, _ = forget(entries, "ada")
    assert gone.entries[0].why == f"form of {REDACTED}, by {REDACTED}"
    for namesake in ("Ada", "Ada Byron"):
        gone, _ = forget(written(replace(rename("bob", namesake, 0), why=told)), "ada")
        assert gone.entries[0].why == told
        assert gone.words == ("ada",)


@given(ledgers(), st.sampled_from(IDS))
def test_everybody_else_is_who_they_were(entries, chosen):
    before = fold(entries, PEOPLE)
    gone, after = forget(entries, chosen)
    others = [each for each in before.people if each.identity_id not in gone.identity_ids]
    assert list(after.people) == others
    assert {each: after.now(each) for each in before.aliases if each not in gone.identity_ids} == {
        each: now for each, now in before.aliases.items() if each not in gone.identity_ids
    }


@given(ledgers(), st.sampled_from(IDS))
def test_tracks_of_others_are_theirs_and_those_of_the_person_are_found(entries, chosen):
    before = fold(entries, PEOPLE)
    gone, after = forget(entries, chosen)
    for identity_id, track_id in ((each, number) for each in IDS for number in (1, 2, 3)):
        was = whom(before, identity_id, track_id)
        read = whom(gone.read_by, identity_id, track_id)
        if was in gone.identity_ids:
            assert read == gone.identity_ids[0]
        elif read is None:
            assert was is None
        elif read in gone.identity_ids:  # somebody confirmed whose it is, and that entry stays
            assert ("door", track_id) in after.confirmed
            assert whom(after, "somebody new", track_id) == was
        else:
            assert read not in gone.identity_ids
            assert whom(after, read, track_id) == was


@given(ledgers(), st.sampled_from(IDS))
def test_no_entry_that_stays_names_the_person(entries, chosen):
    gone, _ = forget(entries, chosen)
    assert not [each for each in gone.identity_ids if f"'{each}'" in repr(gone.entries)]


def test_who_was_made_by_a_split_and_enrolled_since_is_not_made_again():
    entries = written(split("ada", sight("ada", 7), number=0))
    people = [*PEOPLE, person("new", 50)]
    gone = forgetting(entries, people, ["ada"])
    assert gone.on_their_own == ()
    assert fold(gone.entries, people).person("new").enrolled_at == at(50)


@given(ledgers(), st.sampled_from(IDS))
def test_faces_of_others_are_theirs_and_those_of_the_person_are_found(entries, chosen):
    before = fold(entries, PEOPLE)
    gone, after = forget(entries, chosen)
    for face, owner in ((face, each) for face in ("f1", "f2", "f3") for each in IDS):
        was = before.now(before.moved_faces.get(face, owner))
        is_taken = face in gone.taken or gone.given_away.get(face, owner) in gone.identity_ids
        assert is_taken == (was in gone.identity_ids)
        if not is_taken:
            kept_as = gone.given_away.get(face, owner)
            assert after.now(after.moved_faces.get(face, kept_as)) == was
