"""The people that Genesis knew, enrolled by their photos."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from genesis_ray.domain.identity import Embedding
from genesis_ray.domain.people import Person
from genesis_ray.errors import FaceError, SourceError
from genesis_ray.migration.genesis_rows import GenesisIdentity
from genesis_ray.running.assembly import Embedder, embedder_traits
from genesis_ray.running.auditing import note
from genesis_ray.running.enrolment import face_of
from genesis_ray.running.identities import Identities, identity_folder, open_identities
from genesis_ray.running.import_events import identity_of
from genesis_ray.running.import_report import Tally
from genesis_ray.running.protected import load_protected_embedder
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access
from genesis_ray.store.people import People

_THE_SAME = 0.9999
"""The similarity of one picture's face to itself, which arithmetic keeps just below 1."""


def bring_in_people(
    settings: Settings,
    identities: Sequence[GenesisIdentity],
    photos: Mapping[str, Sequence[Path]],
    people: Tally,
    faces: Tally,
    progress: Callable[[int], None],
) -> None:
    """Note people, enrol them by their photos, which are not kept, and read both back.

    Who has photos and no row is a person too, named by the folder. Who is there already stays
    as they are, and so does a face. Embeddings are never taken: DeepFace's Facenet512 and this
    system's embedders put the same face at different places.

    Raises:
        StoreError: Somebody else writes to the tenant's people, or the disk is full.
    """
    keys = tenant_keys(settings)
    with ExitStack() as opened:
        reading = Access(action="enroll", reason="opens the gallery to add faces from Genesis")
        traits = embedder_traits(settings.faces)
        stores = open_identities(settings, traits, keys, opened, access=reading)
        found = _people(settings, identities, photos, stores)
        for person in found:
            _add(stores, person, people)
        stores.people.flush()  # a face without a person would be recognised as nobody
        progress(len(found))
        if photos:
            adding = Access(action="enroll", reason="adds the faces of photos of a Genesis folder")
            note(settings, keys, adding)
            embedder = load_protected_embedder(settings.faces, keys.current)
            templates: list[tuple[str, Embedding]] = []
            for person_id, own in photos.items():
                identity_id = identity_of(settings, person_id)
                templates += _enrol(settings, identity_id, own, embedder, stores, faces)
                progress(len(own))
            stores.gallery.flush()
            faces.verified = sum(_has(stores, *each) for each in templates)
    stored = {each.identity_id: each for each in People(identity_folder(settings)).everyone()}
    people.verified = sum(stored.get(each.identity_id) == each for each in found)


def _people(
    settings: Settings,
    identities: Sequence[GenesisIdentity],
    photos: Mapping[str, Sequence[Path]],
    stores: Identities,
) -> list[Person]:
    """Return each person as they are to be here; as they are where they are here already."""
    here = {each.identity_id: each for each in stores.people.everyone()}
    taken = {each.name: each.identity_id for each in here.values() if each.kind == "enrolled"}
    rows = {each.person_id: each for each in identities}
    found = []
    for person_id in dict.fromkeys([*rows, *photos]):
        row = rows.get(person_id)
        identity_id = identity_of(settings, person_id)
        name = row.name if row else person_id
        if taken.setdefault(name, identity_id) != identity_id:
            name = f"{name} ({person_id})"  # names tell people apart at the command line
        since = (row and row.first_seen) or datetime.now(UTC)
        person = Person(identity_id=identity_id, name=name, kind="enrolled", enrolled_at=since)
        found.append(here.get(identity_id, person))
    return found


def _add(stores: Identities, person: Person, tally: Tally) -> None:
    if person in stores.people.everyone():
        tally.already_there += 1
    else:
        stores.people.add(person)
        tally.brought_in += 1


def _enrol(
    settings: Settings,
    identity_id: str,
    photos: Sequence[Path],
    embedder: Embedder,
    stores: Identities,
    tally: Tally,
) -> list[tuple[str, Embedding]]:
    """Add the faces of one person's photos; return the templates of those that can be used."""
    used: list[tuple[str, Embedding]] = []
    for photo in photos:
        tally.read += 1
        try:
            face = face_of(photo, embedder, least=settings.faces.min_quality)
        except (FaceError, SourceError) as error:
            reason = str(error).removeprefix(f"{photo}: ")
            tally.leave_out(f"{photo.parent.name}/{photo.name}", reason, kind="no usable face")
            continue
        used.append((identity_id, face.embedding))
        if _has(stores, identity_id, face.embedding):
            tally.already_there += 1
            continue
        stores.gallery.enroll(
            identity_id,
            face.embedding[None],
            qualities=[face.quality],
            at=datetime.now(UTC),
        )
        tally.brought_in += 1
    return used


def _has(stores: Identities, identity_id: str, embedding: Embedding) -> bool:
    """Tell whether this very face is in the gallery."""
    return any(
        each.identity_id == identity_id and each.similarity > _THE_SAME
        for each in stores.gallery.nearest(embedding)
    )
