"""A tenant's identities: its gallery, its people, and what was decided.

Apart from `assembly`, because it is not needed, and costs memory, where cameras are.
"""

from collections.abc import Collection, Container, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from genesis_ray.domain.recognition.consent import ConsentEntry, Consents
from genesis_ray.domain.recognition.face_place import FacePlace
from genesis_ray.domain.recognition.ledger import Entry, WhoIsWho, fold
from genesis_ray.domain.recognition.template_update import retired
from genesis_ray.domain.tracking.track_sights import Recordings
from genesis_ray.errors import NotFoundError
from genesis_ray.running.assembly import EmbedderTraits, embedder_traits
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments
from genesis_ray.running.templates.galleries import open_gallery
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.galleries.stored_faces import stored_faces, stored_places
from genesis_ray.store.galleries.template_changes import TemplateChanges
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.tenant.consent import ConsentRegister
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import PEOPLE_LOCK, People
from genesis_ray.store.tenant.tenants import gallery_folder
from genesis_ray.store.tenant.visitor_salt import visitor_salt
from genesis_ray.store.tenant.visitor_sights import VisitorSights

Pending = tuple[pa.Table, ...]
"""What was not stored yet when a process was killed, of each table that is learned to."""


class _Learned(Protocol):
    """A table that is learned to."""

    def pending(self) -> pa.Table:
        """Return what is not stored yet."""

    def recover(self, pending: pa.Table) -> None:
        """Take what was not stored by a process that was killed."""

    def flush(self) -> None:
        """Store it."""

    def clean_up(self) -> bool:
        """Remove what earlier versions are made of; return whether there were any."""


def identity_folder(settings: Settings) -> Path:
    """Return where a tenant's gallery and people are."""
    return gallery_folder(settings.data_dir, settings.tenant_id)


class Entries(NamedTuple):
    """How many entries count of what was decided, and of what people said about consent."""

    ledger: int
    consent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """A tenant's people and gallery, and what holds of them by the ledger.

    Attributes:
        consents: What people said about being recognised.
        entries: That count: those there were when they were read.
        changes: What people learned.
        sights: When visitors were seen again.
        recordings: What is watched: what was decided of tracks of others does not count.
        visitor_salt: What ids of new visitors are mixed with.
    """

    people: People
    gallery: LearningGallery
    decided: WhoIsWho
    consents: Consents
    entries: Entries
    changes: TemplateChanges
    sights: VisitorSights
    recordings: Recordings = field(default_factory=dict)
    visitor_salt: str = ""

    def with_decisions(self, made: Sequence[Entry], said: Sequence[ConsentEntry]) -> "Identities":
        """Return the same by all entries of the ledger and the register, everything being stored.

        It is what a process would have that began now.
        """
        decided = fold(made, self.people.everyone()).of_recordings(self.recordings)
        before = self.decided
        if (decided.moved_faces, decided.unlearned) != (before.moved_faces, before.unlearned):
            stored = set(self.gallery.here(self.changes.about()))
            unsearched = not_searched(self.changes, decided, stored)
            self.gallery.rearrange(decided.moved_faces, unsearched)
        return replace(
            self,
            decided=decided,
            consents=Consents(said, decided),
            entries=Entries(len(made), len(said)),
        )

    def pending(self) -> Pending:
        """Return what was learned since the last `flush`, for another process to begin with."""
        return tuple(each.pending() for each in self._stored)

    def flush(self) -> None:
        """Store what was learned, in an order in which a crash between does no harm.

        People first, so that no face is without its person, and faces last, which decide.
        """
        for each in self._stored:
            each.flush()

    def clean_up(self) -> int:
        """Remove from the disk what earlier versions are made of; return of how many tables."""
        return sum(each.clean_up() for each in self._stored)

    def remove_faces(self, face_ids: Collection[str]) -> None:
        """Remove faces from the gallery with every byte; those that are not there are passed over.

        Raises:
            StoreError: The disk is full or refuses.
        """
        self.flush()
        self.gallery.remove(face_ids)
        self.gallery.rewrite()
        stored = set(self.gallery.here(self.changes.about()))
        self.changes.tidy(stored)
        self.changes.flush()
        self.gallery.rearrange(
            self.decided.moved_faces, not_searched(self.changes, self.decided, stored)
        )

    def name_of_track(self, identity_id: str, camera_id: str, track_id: int, at: datetime) -> str:
        """Return what a track is called that was named at a time; "" where it is nobody now."""
        present = self.decided.of_track(identity_id, camera_id, track_id, at)
        return self.name_of(present) if present else ""

    @property
    def _stored(self) -> tuple[_Learned, ...]:
        return self.people, self.sights, self.changes, self.gallery

    def name_of(self, identity_id: str) -> str:
        """Return what an identity is called now; the identity itself where nobody is."""
        try:
            return self.decided.person(identity_id).name
        except NotFoundError:  # somebody new
            return self.people.name_of(identity_id)


def open_identities(
    settings: Settings,
    embedder: EmbedderTraits,
    keys: KeyRing,
    opened: ExitStack,
    *,
    access: Access,
    entries: Entries | None = None,
    pending: Pending | None = None,
    recordings: Recordings = MappingProxyType({}),
) -> Identities:
    """Open a tenant's people and gallery for writing, until `opened` is left.

    Of the ledger and the register of consent the first `entries` count, all that there are by
    default; then enrolments that nobody took in are taken in, too. What was `pending` in a process
    that was killed is taken first. `access` says why faces are read, for the audit log.
    `recordings` are watched; where nothing is said of a camera's, it may be any.
    """
    folder = identity_folder(settings)
    made, said = Ledger(folder).entries(), ConsentRegister(folder).entries()
    counting = entries or Entries(len(made), len(said))
    made, said = made[: counting.ledger], said[: counting.consent]
    gallery = opened.enter_context(
        open_gallery(
            settings,
            access=access,
            embedder=embedder.name,
            dimension=embedder.dimension,
            keys=keys,
            writer=True,
            moved=fold(made, ()).moved_faces,
            exact_up_to=settings.identity.exact_up_to,
        )
    )
    # Opened after, so stored before: a change without its face replaces nothing, while a face
    # without its change would be one too many, and one without a person is recognised as nobody.
    changes = opened.enter_context(TemplateChanges(folder, embedder=embedder.name, writer=True))
    sights = opened.enter_context(VisitorSights(folder, writer=True))
    people = opened.enter_context(People(folder, writer=True))
    if pending:
        learned: tuple[_Learned, ...] = (people, sights, changes, gallery)  # as in `_stored`
        for each, rows in zip(learned, pending, strict=True):
            each.recover(rows)
    decided = fold(made, people.everyone()).of_recordings(recordings)
    identities = Identities(
        people=people,
        gallery=gallery,
        decided=decided,
        consents=Consents(said, decided),
        entries=counting,
        changes=changes,
        sights=sights,
        recordings=recordings,
        visitor_salt=visitor_salt(folder),
    )
    stored = set(gallery.here(changes.about()))
    changes.tidy(stored)
    gallery.retire(not_searched(changes, decided, stored))
    if entries is not None:
        return identities
    waiting = WaitingEnrolments(settings)
    if taken := waiting.take_in(identities, keys):
        identities.flush()
        waiting.done(taken)
        identities = identities.with_decisions(made, said)
    return identities


def searched_gallery(
    settings: Settings, who: WhoIsWho, keys: KeyRing, *, access: Access
) -> LearningGallery:
    """Open a tenant's gallery for reading, with the faces that people are recognised by.

    Raises:
        StoreError: The access cannot be noted, or the gallery cannot be read.
    """
    traits = embedder_traits(settings.faces)
    gallery = open_gallery(
        settings,
        embedder=traits.name,
        dimension=traits.dimension,
        keys=keys,
        access=access,
        moved=who.moved_faces,
    )
    changes = TemplateChanges(identity_folder(settings), embedder=traits.name)
    gallery.retire(not_searched(changes, who, gallery.here(changes.about())))
    return gallery


def not_searched(changes: TemplateChanges, who: WhoIsWho, stored: Container[str]) -> set[str]:
    """Return the faces that nobody is recognised by: replaced by others, or unlearned.

    Of the faces that changes are about `stored` has those which there are.
    """
    return retired(changes.all(), who.unlearned, stored, who.moved_faces)


def watcher(settings: Settings) -> str | None:
    """Return the id of a process that names the tenant's people, or writes who they are."""
    return WriteLock.holder(identity_folder(settings) / PEOPLE_LOCK)


def who_is_who(settings: Settings) -> WhoIsWho:
    """Return who a tenant's people are, by all that was decided until now."""
    folder = identity_folder(settings)
    return fold(Ledger(folder).entries(), People(folder).everyone())


def faces_of(settings: Settings, who: WhoIsWho, identity_id: str) -> list[dict[str, Any]]:
    """Return what is stored of each face of a person, but its template and whose it was.

    `box` and `landmarks` say where it is in its photo, see `FacePlace`; None where it is of none,
    or earlier versions enrolled it.
    """
    traits = embedder_traits(settings.faces)
    folder = identity_folder(settings)
    faces = stored_faces(folder, traits.name, traits.dimension)
    changes = TemplateChanges(folder, embedder=traits.name)
    not_used = not_searched(changes, who, set(map(str, faces["face_id"].to_pylist())))
    own = [
        row
        for row in faces.to_pylist()
        if who.now(who.moved_faces.get(row["face_id"], row["identity_id"])) == identity_id
    ]
    face_ids = [row["face_id"] for row in own]
    places = stored_places(folder, traits.name, traits.dimension, face_ids)
    return [
        {
            "face_id": row["face_id"],
            "enrolled_as": row["identity_id"],
            "camera_id": row["camera_id"],
            "enrolled_at": row["enrolled_at"].astimezone(UTC).isoformat(),
            "quality": row["quality"],
            "is_used": row["face_id"] not in not_used,
            **_told(places.get(row["face_id"])),
        }
        for row in own
    ]


def _told(place: FacePlace | None) -> dict[str, Any]:
    return place._asdict() if place else dict.fromkeys(FacePlace._fields)
