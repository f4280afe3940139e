"""The ledger: what people decided about who is who, and what holds by all of it.

An entry is never changed nor taken away until a person in it is forgotten; to undo one is an entry
too. What holds depends on the entries that are not undone and on nothing else, so to undo one is as
if it had never been made.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain

from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.domain.recognition.person_names import is_same_name
from genesis_ray.domain.tracking.track_sights import (
    Recordings,
    Sights,
    TrackSight,
    by_track,
    owner_of,
)
from genesis_ray.errors import NotFoundError

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The envelope that all entries share: which one it is, and who made it, when and why."""

    entry_id: str
    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Entry):
    """Two identities are one person."""

    identity_id: str
    other_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Entry):
    """Some tracks or faces of an identity are somebody else, who is a new identity.

    Attributes:
        tracks: Each with the identity that the log has for it, which may be one that was merged.
        face_ids: Of the gallery.
        owner_ids: As whom each of these faces was enrolled; none in entries of earlier versions.
            What there are more: of whom else something was, that no entry names any more.
    """

    identity_id: str
    new_id: str
    tracks: tuple[TrackSight, ...] = ()
    face_ids: tuple[str, ...] = ()
    owner_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(Entry):
    """An identity is called something else."""

    identity_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(Entry):
    """A track is not the identity that it comes with, whoever else it may be."""

    track: TrackSight


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Entry):
    """A track that faces gave no name is the identity that it comes with."""

    track: TrackSight


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlearn(Entry):
    """Templates that a person learned do not hold, nor what was built on them.

    Attributes:
        face_ids: Of the templates, which are the ids of their changes.
    """

    identity_id: str
    face_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo(Entry):
    """Another entry does not hold."""

    undone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoIsWho:
    """What holds by a ledger.

    Attributes:
        people: Everyone there is, by when they were enrolled; of merged ones who survives.
        aliases: Whom an identity is now, for those who are another.
        born: Those whom a split made, as they were then.
        moved: Tracks that a split gave to an identity, the latest split last.
        moved_faces: Identities by the faces that a split gave them.
        rejected: Whom a track may not be, by camera and track.
        confirmed: Whom a track is, said somebody, by camera and track, the latest entry last. There
            can be several: recordings of unknown date count their tracks from 1 anew.
        apart: Pairs that a split parted, which may not be merged.
        unlearned: Faces, templates once learned, that nobody is known by.
    """

    people: tuple[Person, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    born: Mapping[str, Person] = field(default_factory=dict)
    moved: tuple[tuple[TrackSight, str], ...] = ()
    moved_faces: Mapping[str, str] = field(default_factory=dict)
    rejected: Mapping[tuple[str, int], tuple[TrackSight, ...]] = field(default_factory=dict)
    confirmed: Mapping[tuple[str, int], tuple[TrackSight, ...]] = field(default_factory=dict)
    apart: frozenset[frozenset[str]] = frozenset()
    unlearned: frozenset[str] = frozenset()

    def now(self, identity_id: str) -> str:
        """Return whom an identity is now: itself, unless it was merged."""
        return self.aliases.get(identity_id, identity_id)

    def of_track(self, identity_id: str, camera_id: str, track_id: int, at: datetime) -> str | None:
        """Return whom a track is that was named `identity_id` at a time; None: nobody known."""
        present = self.now(identity_id)
        for sight, new_id in self.moved:
            if sight.identity_id == identity_id and sight.covers(camera_id, track_id, at):
                present = self.now(new_id)
        for sight in self.confirmed.get((camera_id, track_id), ()):
            if sight.covers(camera_id, track_id, at):
                present = self.now(sight.identity_id)
        return present if self.may_be(present, camera_id, track_id, at) else None

    def may_be(self, identity_id: str, camera_id: str, track_id: int, at: datetime) -> bool:
        """Tell whether nobody said that a track is not this identity."""
        return not any(
            self.now(sight.identity_id) == self.now(identity_id)
            for sight in self.rejected.get((camera_id, track_id), ())
            if sight.covers(camera_id, track_id, at)
        )

    def is_withheld(self, identity_id: str) -> bool:  # noqa: ARG002
        """Tell whether nothing may be told of somebody: of nobody, by what was decided alone."""
        return False

    def of_recordings(self, recordings: Recordings) -> "WhoIsWho":
        """Return what holds where only tracks of certain recordings are asked about."""

        def own(sights: Mapping[tuple[str, int], tuple[TrackSight, ...]]) -> Sights:
            return by_track(each for some in sights.values() for each in some if each.is_of(these))

        these = recordings
        return replace(
            self,
            moved=tuple(each for each in self.moved if each[0].is_of(these)),
            rejected=own(self.rejected),
            confirmed=own(self.confirmed),
        )

    @property
    def tells_recordings(self) -> bool:
        """Whether anything that holds is about a track of one recording alone."""
        sights = [*chain.from_iterable(self.rejected.values())]
        sights += [*chain.from_iterable(self.confirmed.values()), *(each for each, _ in self.moved)]
        return any(sight.recording for sight in sights)

    def person(self, identity_id: str) -> Person:
        """Return the person that an identity is now.

        Raises:
            NotFoundError: There is no such identity.
        """
        present = self.now(identity_id)
        found = next((each for each in self.people if each.identity_id == present), None)
        if found is None:
            raise NotFoundError(
                f"no person with identity {identity_id!r}; `genesis people list` shows who there is"
            )
        return found

    def by_name(self, name: str) -> list[Person]:
        """Return the people who are called `name`, stored in whatever form, by their enrolment."""
        return [person for person in self.people if is_same_name(person.name, name)]

    def members(self, identity_id: str) -> list[str]:
        """Return all identities that are this person now, itself first."""
        merged = [each for each, present in self.aliases.items() if present == identity_id]
        return [identity_id, *sorted(merged)]


NOTHING_DECIDED = WhoIsWho()
"""What holds where nobody decided anything, and it does not matter who there is."""


def fold(entries: Sequence[Entry], people: Iterable[Person]) -> WhoIsWho:
    """Return what holds of `people`, who are those that were enrolled or noted as visitors.

    Of identities that are merged the one survives that has a name by somebody, of those who
    was enrolled first: in whatever order they were merged.
    """
    holding = holding_of(entries)
    splits = [each for each in holding if isinstance(each, Split)]
    born = {split.new_id: visitor(split.new_id, at=split.at) for split in splits}
    everyone = born | {person.identity_id: person for person in people}
    for entry in holding:
        if isinstance(entry, Rename) and (person := everyone.get(entry.identity_id)):
            everyone[entry.identity_id] = replace(person, name=entry.name, kind="enrolled")
    merged = [(each.identity_id, each.other_id) for each in holding if isinstance(each, Merge)]
    # What was written meanwhile of somebody whom no split makes any more is the one they were.
    merged += [
        (each.identity_id, each.new_id)
        for each in entries
        if isinstance(each, Split) and each.new_id not in everyone
    ]
    aliases = _aliases(merged, everyone)
    moved = tuple((track, split.new_id) for split in splits for track in split.tracks)
    return WhoIsWho(
        people=tuple(
            sorted(
                (each for identity_id, each in everyone.items() if identity_id not in aliases),
                key=lambda person: (person.enrolled_at, person.identity_id),
            )
        ),
        aliases=aliases,
        born=born,
        moved=moved,
        moved_faces={face: split.new_id for split in splits for face in split.face_ids},
        rejected=by_track(entry.track for entry in holding if isinstance(entry, Reject)),
        confirmed=by_track(entry.track for entry in holding if isinstance(entry, Confirm)),
        apart=_apart(splits, aliases),
        unlearned=frozenset(
            face_id for entry in holding if isinstance(entry, Unlearn) for face_id in entry.face_ids
        ),
    )


def holding_of(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that are not undone, and undo nothing."""
    undone = {entry.undone_id for entry in entries if isinstance(entry, Undo)}
    return [
        entry for entry in entries if not isinstance(entry, Undo) and entry.entry_id not in undone
    ]


def parted_from(splits: Iterable[Split]) -> Iterator[tuple[Split, frozenset[str]]]:
    """Yield each split that holds with whom the new identity is not, before any merge.

    A split says it of whom it was made, and of those whose the tracks and faces were of their own:
    should that be merged no more, they are still not who they were taken for.
    """
    moved: list[tuple[TrackSight, str]] = []
    moved_faces: dict[str, str] = {}
    for split in splits:
        owners = {split.identity_id, *(owner_of(sight, moved) for sight in split.tracks)}
        for face_id, enrolled_as in zip(split.face_ids, split.owner_ids, strict=False):
            owners.add(moved_faces.get(face_id, enrolled_as))
        owners.update(split.owner_ids[len(split.face_ids) :])
        yield split, frozenset(filter(None, owners))
        moved += [(sight, split.new_id) for sight in split.tracks]
        moved_faces |= dict.fromkeys(split.face_ids, split.new_id)


def _apart(splits: Sequence[Split], aliases: Mapping[str, str]) -> frozenset[frozenset[str]]:
    """Return who is not whom by splits, as who they are now."""
    pairs = [(owner, split.new_id) for split, owners in parted_from(splits) for owner in owners]
    return frozenset(frozenset(aliases.get(each, each) for each in pair) for pair in pairs)


def _aliases(merged: Iterable[tuple[str, str]], everyone: Mapping[str, Person]) -> dict[str, str]:
    """Return who survives, by each of the others that are one person with them."""
    groups: dict[str, frozenset[str]] = {}
    for pair in merged:
        together = frozenset().union(*(groups.get(each, {each}) for each in pair))
        groups.update(dict.fromkeys(together, together))

    def precedence(identity_id: str) -> tuple[int, datetime, str]:
        person = everyone.get(identity_id)
        if person is None:
            return 2, _LATEST, identity_id
        return int(person.kind != "enrolled"), person.enrolled_at, identity_id

    survivors = {group: min(group, key=precedence) for group in groups.values()}
    return {
        identity_id: survivors[group]
        for identity_id, group in groups.items()
        if survivors[group] != identity_id
    }
