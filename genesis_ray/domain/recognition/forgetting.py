"""Forgetting a person: what of a ledger stays, and how what was written is to be read last.

Whoever was split from the person, or of whom something was split to them, is somebody else and
loses nothing. What they have by an entry that has to go is written down instead: rows are read
once more with `Forgetting.read_by` and stored so, and `Forgetting.on_their_own` become people. Of
a split that has to go the parting of others stays.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from genesis_ray.domain.recognition.forgotten_splits import (
    faces_of,
    settled_tracks,
    still_parting,
)
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
from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.domain.recognition.redaction import nobody_elses, redacted
from genesis_ray.domain.recognition.template_update import TemplateChange, undone_with
from genesis_ray.domain.tracking.track_sights import TrackSight, by_track, owner_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What has to go with a person, and what stays of the rest.

    Attributes:
        identity_ids: All that are this person, whom they are now first.
        names: All that they were ever called.
        others: What those are and were called who stay.
        words: By which texts of others may name the person: identities, and names that are not, nor
            are in, a name of somebody else.
        entries: Of the ledger that stay, without a word of the person.
        on_their_own: People whom an entry made that does not stay.
        read_by: What the entries that do not stay say of others' tracks and of the person's:
            with it rows are read before they are gone.
        given_away: Identities of others, by faces that such an entry gave them, or that were
            enrolled as the person, whoever it was that gave them away.
        taken: Faces that an entry gave the person, whoever they were enrolled as, and templates
            that were built on theirs and unlearned, which would be used again without them.
        faces: All faces of the person that are known of, which nothing may name any more.
    """

    identity_ids: tuple[str, ...]
    names: tuple[str, ...]
    others: frozenset[str]
    words: tuple[str, ...]
    entries: tuple[Entry, ...]
    on_their_own: tuple[Person, ...]
    read_by: WhoIsWho
    given_away: dict[str, str]
    taken: frozenset[str]
    faces: frozenset[str]


def forgetting(
    entries: Sequence[Entry],
    people: Collection[Person],
    identity_ids: Sequence[str],
    *,
    face_ids: Collection[str] = (),
    changes: Sequence[TemplateChange] = (),
) -> Forgetting:
    """Return what it takes to forget the person who is all of `identity_ids`.

    Args:
        entries: The ledger.
        people: Everyone, as stored.
        identity_ids: Of the person, whom they are now first.
        face_ids: Of the person in the galleries, which no entry may name any more.
        changes: What all people learned, in its order.
    """
    gone = frozenset(identity_ids)
    who = fold(entries, people)
    leaving = _leaving(entries, gone)
    held = [each for each in holding_of(entries) if each.entry_id in leaving]
    taken = {face for face, owner in who.moved_faces.items() if owner in gone}
    given_away = {
        face: who.moved_faces[face]
        for entry in holding_of(entries)
        if isinstance(entry, Split)
        for face, enrolled_as in faces_of(entry)
        if (entry in held or enrolled_as in {"", *gone}) and who.moved_faces[face] not in gone
    }
    taken |= _unlearned_with({*face_ids, *taken}, changes, who, gone)
    faces = frozenset(face_ids) | taken
    names = _names(entries, people, gone)
    parted = {
        split.entry_id: owners - gone
        for split, owners in parted_from(e for e in holding_of(entries) if isinstance(e, Split))
        if split.new_id not in gone and owners - gone
    }
    others = _others(entries, people, gone, who)
    words = (*nobody_elses(names, others), *identity_ids)
    staying = [e for e in entries if e.entry_id not in leaving or e.entry_id in parted]
    settled = settled_tracks(entries, gone, leaving)
    without = [_without(each, gone, who, faces, given_away, words, settled) for each in staying]
    return Forgetting(
        identity_ids=tuple(identity_ids),
        names=names,
        others=others,
        words=words,
        entries=_telling(still_parting(without, parted, leaving)),
        on_their_own=tuple(
            each
            for identity_id, each in who.born.items()
            if identity_id not in gone
            and identity_id not in {person.identity_id for person in people}
            and any(isinstance(e, Split) and e.new_id == identity_id for e in held)
        ),
        read_by=_read_by(held, entries, gone, identity_ids[0], who, settled),
        given_away=given_away,
        taken=frozenset(taken),
        faces=faces,
    )


def _unlearned_with(
    faces: Collection[str], changes: Sequence[TemplateChange], who: WhoIsWho, gone: frozenset[str]
) -> set[str]:
    """Return the templates that are unlearned, of those that were built on faces of somebody."""
    built = undone_with(changes, faces) & undone_with(changes, who.unlearned)
    return {each for each in built if who.moved_faces.get(each) in {None, *gone}}


def _leaving(entries: Sequence[Entry], gone: frozenset[str]) -> set[str]:
    """Return the ids of the entries that are about somebody, and of those that undo one."""
    about = {entry.entry_id for entry in entries if _is_about(entry, gone)}
    undoing = {e.entry_id for e in entries if isinstance(e, Undo) and e.undone_id in about}
    return about | undoing


def _is_about(entry: Entry, gone: frozenset[str]) -> bool:
    match entry:
        case Merge():
            return not gone.isdisjoint((entry.identity_id, entry.other_id))
        case Split():
            return not gone.isdisjoint((entry.identity_id, entry.new_id))
        case Rename() | Unlearn():
            return entry.identity_id in gone
        case Reject() | Confirm():
            return entry.track.identity_id in gone
    return False


def _names(
    entries: Sequence[Entry], people: Collection[Person], gone: frozenset[str]
) -> tuple[str, ...]:
    written = [each.name for each in people if each.identity_id in gone]
    given = [each.name for each in entries if isinstance(each, Rename) and each.identity_id in gone]
    born = [
        visitor(each.new_id, at=each.at).name
        for each in entries
        if isinstance(each, Split) and each.new_id in gone
    ]
    return tuple(dict.fromkeys([*written, *given, *born]))


def _others(
    entries: Sequence[Entry], people: Collection[Person], gone: frozenset[str], who: WhoIsWho
) -> frozenset[str]:
    """Return what all others are called, as stored and since."""
    everyone = (*people, *who.people, *who.born.values())
    known = {each.name for each in everyone if each.identity_id not in gone}
    given = (each for each in entries if isinstance(each, Rename) and each.identity_id not in gone)
    return frozenset(known.union(each.name for each in given))


def _without(
    entry: Entry,
    gone: frozenset[str],
    who: WhoIsWho,
    faces: Collection[str],
    given_away: Collection[str],
    words: Iterable[str],
    settled: Mapping[TrackSight, str],
) -> Entry:
    """Return an entry of others without what it says of somebody, or of their faces."""
    if isinstance(entry, Unlearn):
        entry = replace(entry, face_ids=tuple(e for e in entry.face_ids if e not in faces))
    if isinstance(entry, Split):
        written_down = {*faces, *given_away}
        entry = replace(
            entry,
            tracks=tuple(
                replace(each, identity_id=settled.get(each, each.identity_id))
                for each in entry.tracks
                if each in settled
                or (each.identity_id not in gone and owner_of(each, who.moved) not in gone)
            ),
            face_ids=tuple(each for each in entry.face_ids if each not in written_down),
            owner_ids=tuple(
                "" if owner in gone else owner
                for face, owner in faces_of(entry)
                if face not in written_down
            ),
        )
    return replace(entry, by=redacted(entry.by, words), why=redacted(entry.why, words))


def _telling(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return entries but those that say nothing any more, and those that undo one of them."""
    empty = {each.entry_id for each in entries if isinstance(each, Unlearn) and not each.face_ids}
    return tuple(
        each
        for each in entries
        if each.entry_id not in empty and not (isinstance(each, Undo) and each.undone_id in empty)
    )


def _read_by(
    held: Sequence[Entry],
    entries: Sequence[Entry],
    gone: frozenset[str],
    present_id: str,
    who: WhoIsWho,
    settled: Mapping[TrackSight, str],
) -> WhoIsWho:
    """Return what holds by entries that go, and by others for what they name of the person.

    A track that such an entry moved is whose all entries together make it, or whom it is settled
    on for those that stay to move it further. One that somebody
    confirmed as another's stays there for that entry to be read by, whoever it was not.
    """
    splits = [entry for entry in held if isinstance(entry, Split)]
    sights = [sight for split in splits for sight in split.tracks]
    sights += [
        sight
        for entry in holding_of(entries)
        if isinstance(entry, Split) and entry not in splits
        for sight in entry.tracks
        if sight.identity_id in gone or owner_of(sight, who.moved) in gone
    ]
    others = [
        entry.track
        for entry in holding_of(entries)
        if isinstance(entry, Confirm) and entry not in held
    ]
    return WhoIsWho(
        aliases={each: present_id for each in gone if each != present_id},
        moved=tuple((each, settled.get(each) or owner_of(each, who.moved)) for each in sights),
        rejected=by_track(
            entry.track
            for entry in held
            if isinstance(entry, Reject) and not any(_within(entry.track, each) for each in others)
        ),
        confirmed=by_track(entry.track for entry in held if isinstance(entry, Confirm)),
    )


def _within(sight: TrackSight, other: TrackSight) -> bool:
    camera_id, track_id = sight.camera_id, sight.track_id
    return other.is_of(sight.only) and all(
        other.covers(camera_id, track_id, at) for at in (sight.since, sight.until)
    )
