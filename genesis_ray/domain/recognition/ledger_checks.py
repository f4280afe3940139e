"""What may be decided next about who is who, by what was decided before."""

from collections.abc import Collection, Sequence

from genesis_ray.domain.recognition.ledger import (
    Confirm,
    Entry,
    Merge,
    Reject,
    Rename,
    Split,
    Undo,
    Unlearn,
    WhoIsWho,
    fold,
    holding_of,
    parted_from,
)
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import LedgerError, NotFoundError


def check(entry: Entry, entries: Sequence[Entry], people: Collection[Person]) -> None:
    """Make sure that an entry can come after `entries`.

    Raises:
        NotFoundError: It is about an identity or an entry that is not there.
        LedgerError: It contradicts what holds.
    """
    who = fold(entries, people)
    match entry:
        case Merge():
            _check_merge(entry, who)
        case Split():
            _check_split(entry, who)
        case Rename():
            _check_rename(entry, who)
        case Reject(track=track):
            person = who.person(track.identity_id)
            there = who.of_recordings(track.only)
            if not there.may_be(person.identity_id, track.camera_id, track.track_id, track.since):
                raise LedgerError(
                    f"track {track.track_id} of camera {track.camera_id} is not {person.name!r} "
                    f"already; `genesis people log` shows who said so"
                )
        case Confirm(track=track):
            _check_confirm(track, who.of_recordings(track.only))
        case Unlearn():
            _check_unlearn(entry, who)
        case Undo(undone_id=undone_id):
            _check_undo(undone_id, entries)
            _check_parted([*entries, entry], entries, people)


def _check_merge(entry: Merge, who: WhoIsWho) -> None:
    one, other = who.person(entry.identity_id), who.person(entry.other_id)
    if entry.identity_id == entry.other_id:
        raise LedgerError(
            f"{one.name!r} cannot be merged with itself ({entry.identity_id}); name two identities"
        )
    if one == other:
        raise LedgerError(
            f"{entry.identity_id} and {entry.other_id} are one person already, {one.name!r}"
        )
    if frozenset((one.identity_id, other.identity_id)) in who.apart:
        raise LedgerError(
            f"{one.name!r} and {other.name!r} were split from each other; undo that instead: "
            f"`genesis people log` has its entry"
        )


def _check_split(entry: Split, who: WhoIsWho) -> None:
    person = who.person(entry.identity_id)
    if entry.new_id in {each.identity_id for each in who.people} | who.aliases.keys():
        raise LedgerError(f"identity {entry.new_id} is there already; a split makes a new one")
    if not entry.tracks and not entry.face_ids:
        raise LedgerError("a split needs a track or a face that is somebody else")
    for track in entry.tracks:
        there = who.of_recordings(track.only)
        present = there.of_track(track.identity_id, track.camera_id, track.track_id, track.since)
        if present != person.identity_id:
            raise LedgerError(
                f"track {track.track_id} of camera {track.camera_id} is not {person.name!r}, so it "
                f"cannot be split from them"
            )


def _check_rename(entry: Rename, who: WhoIsWho) -> None:
    person = who.person(entry.identity_id)
    if not entry.name.strip():
        raise LedgerError("a person needs a name that is not empty")
    if person.identity_id != entry.identity_id:
        raise LedgerError(
            f"{entry.identity_id} is {person.name!r} now ({person.identity_id}); rename that one"
        )
    if person.name == entry.name:
        raise LedgerError(f"{person.identity_id} is called {person.name!r} already")


def _check_confirm(track: TrackSight, who: WhoIsWho) -> None:
    person = who.person(track.identity_id)
    called = f"track {track.track_id} of camera {track.camera_id}"
    if not who.may_be(person.identity_id, track.camera_id, track.track_id, track.since):
        raise LedgerError(
            f"somebody said that {called} is not {person.name!r}; `genesis people log` shows who, "
            f"and `genesis people undo ENTRY` takes that back"
        )
    confirmed = who.confirmed.get((track.camera_id, track.track_id), ())
    held = (
        each
        for each in confirmed  # but for whom somebody rejected since
        if who.may_be(each.identity_id, track.camera_id, track.track_id, track.since)
    )
    before = next((each for each in held if each.begins(track)), None)
    if before:
        raise LedgerError(
            f"{called} was confirmed to be {who.person(before.identity_id).name!r} already; "
            f"`genesis people log` has the entry, which `genesis people undo` takes back"
        )


def _check_unlearn(entry: Unlearn, who: WhoIsWho) -> None:
    person = who.person(entry.identity_id)
    again = who.unlearned.intersection(entry.face_ids)
    if again:
        raise LedgerError(
            f"{person.name!r} has unlearned {', '.join(sorted(again))} already; "
            f"`genesis people log` shows who said so"
        )


def _check_undo(undone_id: str, entries: Sequence[Entry]) -> None:
    undone = next((each for each in entries if each.entry_id == undone_id), None)
    if undone is None:
        raise NotFoundError(
            f"the ledger has no entry {undone_id!r}; `genesis people log` shows which there are"
        )
    if isinstance(undone, Undo):
        raise LedgerError(
            f"entry {undone_id} undoes another, which cannot be undone; decide anew instead"
        )
    holding = holding_of(entries)
    if undone not in holding:
        raise LedgerError(f"entry {undone_id} is undone already")
    if isinstance(undone, Split):
        later = [each.entry_id for each in holding if _is_about(each, undone.new_id)]
        if later:
            raise LedgerError(
                f"entry {undone_id} made an identity that later entries are about; "
                f"undo those first: {', '.join(reversed(later))}"
            )


def _check_parted(
    after: Sequence[Entry], before: Sequence[Entry], people: Collection[Person]
) -> None:
    """Make sure that two who were split are not one person for want of an entry between them."""
    were = _joined(before, people)
    joined = [each for each in _joined(after, people) if each not in were]
    if joined:
        raise LedgerError(
            f"without that entry two would be one person who were split from each other since; "
            f"undo that first: {', '.join(reversed(joined))}"
        )


def _joined(entries: Sequence[Entry], people: Collection[Person]) -> list[str]:
    """Return the splits whose new identity is one person with whom it was split from."""
    who = fold(entries, people)
    splits = [each for each in holding_of(entries) if isinstance(each, Split)]
    return [
        split.entry_id
        for split, owners in parted_from(splits)
        if who.now(split.new_id) in map(who.now, owners)
    ]


def _is_about(entry: Entry, identity_id: str) -> bool:
    match entry:
        case Merge():
            return identity_id in (entry.identity_id, entry.other_id)
        case Split() | Rename() | Unlearn():
            return entry.identity_id == identity_id
        case Reject() | Confirm():
            return entry.track.identity_id == identity_id
    return False
