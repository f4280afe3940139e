"""Forgetting a person: what of a ledger stays, and how what was written is to be read last.

Whoever was split from the person, or of whom something was split to them, is somebody else and
loses nothing. What they have by an entry that has to go is written down instead: rows are read
once more with `Forgetting.read_by` and stored so, and `Forgetting.on_their_own` become people.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from genesis_ray.domain.ledger import (
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
)
from genesis_ray.domain.people import Person, visitor
from genesis_ray.domain.track_sights import TrackSight, by_track, owner_of

REDACTED = "(forgotten)"
"""Stands in texts of others' entries where the person was named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What has to go with a person, and what stays of the rest.

    Attributes:
        identity_ids: All that are this person, whom they are now first.
        names: All that they were ever called.
        entries: Of the ledger that stay, without a word of the person.
        on_their_own: People whom an entry made that does not stay.
        read_by: What the entries that do not stay say of others' tracks and of the person's:
            with it rows are read before they are gone.
        given_away: Identities of others, by faces that such an entry gave them.
        taken: Faces that an entry gave the person, whoever they were enrolled as.
    """

    identity_ids: tuple[str, ...]
    names: tuple[str, ...]
    entries: tuple[Entry, ...]
    on_their_own: tuple[Person, ...]
    read_by: WhoIsWho
    given_away: dict[str, str]
    taken: frozenset[str]


def forgetting(
    entries: Sequence[Entry],
    people: Collection[Person],
    identity_ids: Sequence[str],
    *,
    face_ids: Collection[str] = (),
) -> Forgetting:
    """Return what it takes to forget the person who is all of `identity_ids`.

    `face_ids` are those of the person in the galleries, which no entry may name any more.
    """
    gone = frozenset(identity_ids)
    who = fold(entries, people)
    leaving = _leaving(entries, gone)
    held = [each for each in holding_of(entries) if each.entry_id in leaving]
    taken = {face for face, owner in who.moved_faces.items() if owner in gone}
    given_away = {
        face: who.moved_faces[face]
        for entry in held
        if isinstance(entry, Split)
        for face in entry.face_ids
        if who.moved_faces[face] not in gone
    }
    written_down = {*face_ids, *taken, *given_away}
    names = _names(entries, people, gone)
    return Forgetting(
        identity_ids=tuple(identity_ids),
        names=names,
        entries=tuple(
            _without(each, gone, who, written_down, names)
            for each in entries
            if each.entry_id not in leaving
        ),
        on_their_own=tuple(
            each
            for identity_id, each in who.born.items()
            if identity_id not in gone
            and identity_id not in {person.identity_id for person in people}
            and any(isinstance(e, Split) and e.new_id == identity_id for e in held)
        ),
        read_by=_read_by(held, entries, gone, identity_ids[0], who),
        given_away=given_away,
        taken=frozenset(taken),
    )


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


def _without(
    entry: Entry,
    gone: frozenset[str],
    who: WhoIsWho,
    face_ids: Collection[str],
    names: Iterable[str],
) -> Entry:
    """Return an entry of others without what it says of somebody, or of certain faces."""
    if isinstance(entry, Split):
        entry = replace(
            entry,
            tracks=tuple(
                each
                for each in entry.tracks
                if each.identity_id not in gone and owner_of(each, who.moved) not in gone
            ),
            face_ids=tuple(each for each in entry.face_ids if each not in face_ids),
            owner_ids=tuple(
                "" if owner in gone else owner
                for face, owner in zip(entry.face_ids, entry.owner_ids, strict=False)
                if face not in face_ids
            ),
        )
    words = [*names, *gone]
    return replace(entry, by=redacted(entry.by, words), why=redacted(entry.why, words))


def redacted(text: str, words: Iterable[str]) -> str:
    """Return a text without certain words, whole ones in whatever case."""
    for word in sorted(filter(None, words), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", REDACTED, text, flags=re.IGNORECASE)
    return text


def _read_by(
    held: Sequence[Entry],
    entries: Sequence[Entry],
    gone: frozenset[str],
    present_id: str,
    who: WhoIsWho,
) -> WhoIsWho:
    """Return what holds by entries that go, and by others for what they name of the person.

    A track that such an entry moved is whose all entries together make it. One that somebody
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
        moved=tuple((sight, owner_of(sight, who.moved)) for sight in sights),
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
