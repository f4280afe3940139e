"""The people that Genesis knew, enrolled by their photos."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.recognition.person_names import composed
from genesis_ray.migration.genesis_rows import GenesisIdentity
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.imports.import_events import identity_of
from genesis_ray.running.imports.import_faces import FaceImport
from genesis_ray.running.imports.import_report import Tally
from genesis_ray.running.people.auditing import note
from genesis_ray.running.people.identities import Identities, identity_folder, open_identities
from genesis_ray.running.people.turns import turn
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.tenant.consent import ConsentRegister
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People


class PeopleTallies(NamedTuple):
    """What became of people, of the photos of them, and of pictures of faces that are kept."""

    people: Tally
    faces: Tally
    pictures: Tally


def bring_in_people(
    settings: Settings,
    identities: Sequence[GenesisIdentity],
    photos: Mapping[str, Sequence[Path]],
    tallies: PeopleTallies,
    progress: Callable[[int], None],
) -> None:
    """Note people, enrol them by their photos, and read both back.

    Pictures of the faces are kept, sealed, where `faces.keep_photos` is set. Who has photos and no
    row is a person too, named by the folder. Who is there already stays as they are, and so does a
    face. Embeddings are never taken: DeepFace's Facenet512 and this system's embedders put the same
    face at different places.

    Raises:
        StoreError: Somebody else writes to the tenant's people, or decides who they are, for longer
            than is waited, or the disk is full.
    """
    keys = tenant_keys(settings)
    with ExitStack() as opened:
        reading = Access(action="enroll", reason="opens the gallery to add faces from Genesis")
        traits = embedder_traits(settings.faces)
        with turn(settings):
            stores = open_identities(settings, traits, keys, opened, access=reading)
            found = _people(settings, identities, photos, stores)
            for person in found:
                _add(stores, person, tallies.people)
            stores.people.flush()  # a face without a person would be recognised as nobody
            folder = identity_folder(settings)
            made, said = Ledger(folder).entries(), ConsentRegister(folder).entries()
            stores = stores.with_decisions(made, said)  # of those who are new, too
        progress(len(found))
        if photos:
            adding = Access(action="enroll", reason="adds the faces of photos of a Genesis folder")
            note(settings, keys, adding)
            embedder = load_protected_embedder(settings.faces, keys.current)
            faces = FaceImport(settings, stores, embedder, keys, tallies.faces, tallies.pictures)
            for person_id, own in photos.items():
                with turn(settings):  # others decide who is who between two people
                    faces.add(identity_of(settings, person_id), own)
                progress(len(own))
            stores.gallery.flush()
            faces.verify()
    stored = {each.identity_id: each for each in People(folder).everyone()}
    tallies.people.verified = sum(stored.get(each.identity_id) == each for each in found)


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
        name = composed(row.name if row else person_id)
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
