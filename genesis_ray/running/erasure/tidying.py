"""Forgetting visitors who were not seen for long: their faces, and that they were there.

Here are also the jobs of who keeps the faces: nobody else may remove some, or a kept photo.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa

from genesis_ray.domain.load.jobs import Outcome
from genesis_ray.domain.recognition.ledger import WhoIsWho, fold
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolling.kept_photos import let_go_of_expired, remove_expired
from genesis_ray.running.erasure.retention import Gone
from genesis_ray.running.people.identities import Identities, identity_folder, open_identities
from genesis_ray.running.resolver_building import last_seen
from genesis_ray.running.templates.resting_galleries import resting_galleries
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.upkeep.job_plans import CLEAN_UP, PHOTOS, VISITORS
from genesis_ray.running.upkeep.jobs import Job
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.tenant.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Tidied:
    """What is there no more.

    Attributes:
        visitors: The identities that expired, of those who are one the one they were shown as.
        faces: Templates of theirs, in all galleries.
    """

    visitors: tuple[str, ...]
    faces: int


def tidy(settings: Settings, *, at: datetime, dry_run: bool = False) -> Tidied:
    """Forget the visitors of a tenant who had expired at a time; a dry run only tells them.

    Raises:
        StoreError: A system is watching, which does this itself, or the disk is full or refuses.
    """
    access = Access(action="tidy", reason="removes the faces of visitors who expired")
    with _opened(settings, access) as identities:
        return forget_expired(settings, identities, at=at, dry_run=dry_run)


def live_face_jobs(settings: Settings, identities: Identities) -> list[Job]:
    """Return the jobs of a system that is watching, which has people and galleries open."""
    jobs = [Job(VISITORS, lambda: _told(forget_expired(settings, identities, at=_now())))]
    if settings.retention.photo_days_of(settings.tenant_id) is not None:
        jobs.append(Job(PHOTOS, lambda: _rows(remove_expired(settings, at=_now()))))
    jobs.append(Job(CLEAN_UP, lambda: {"tables": identities.clean_up()}))
    return jobs


def face_jobs(settings: Settings) -> list[Job]:
    """Return the same jobs for where no system is watching: each opens what it needs."""
    return [
        Job(VISITORS, lambda: _told(tidy(settings, at=_now()))),
        Job(PHOTOS, lambda: _rows(let_go_of_expired(settings, at=_now()))),
        Job(CLEAN_UP, lambda: _clean_up(settings)),
    ]


def _clean_up(settings: Settings) -> Outcome:
    access = Access(action="tidy", reason="removes what earlier versions of tables are made of")
    with _opened(settings, access) as identities:
        return {"tables": identities.clean_up()}


def _told(done: Tidied) -> Outcome:
    return {"visitors": len(done.visitors), "faces": done.faces}


def _rows(gone: Sequence[Gone]) -> Outcome:
    return {"photos": sum(each.rows for each in gone)}


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _opened(settings: Settings, access: Access) -> Iterator[Identities]:
    with ExitStack() as opened:
        traits = embedder_traits(settings.faces)
        keys = tenant_keys(settings)
        yield open_identities(settings, traits, keys, opened, access=access)


def forget_expired(
    settings: Settings, identities: Identities, *, at: datetime, dry_run: bool = False
) -> Tidied:
    """Remove the visitors who had expired at a time, with every byte of their faces.

    Those of other embedders' galleries go as well: nobody is to come back by a switch.
    Whom they are goes by what was decided until now. Who has a photo in any gallery stays:
    somebody gave it to them under a name, and took that back. Events keep the pseudonyms. Faces
    go first and people last: cut off in between, the same visitors are found again and the rest
    goes.

    Raises:
        StoreError: Another process fills a gallery, or the disk is full or refuses.
    """
    folder = identity_folder(settings)
    people = identities.people.everyone()
    who = fold(Ledger(folder).entries(), people)
    expired = last_seen(settings, identities.people, identities.sights, who).expired(at)
    resting = resting_galleries(folder, besides=identities.gallery.embedder)
    faces = _faces(who, [identities.gallery.faces(), *(each.faces() for each in resting)])
    stored = {person.identity_id for person in people} | {face.owner for face in faces}
    with_photos = {who.now(face.owner) for face in faces if face.is_photo}
    expired = [
        each
        for each in expired
        if each not in with_photos and not stored.isdisjoint(who.members(each))
    ]
    members = {member for each in expired for member in who.members(each)}
    theirs = [face.face_id for face in faces if face.owner in members]
    if expired and not dry_run:
        for gallery in resting:
            gallery.forget(members, theirs)
        _forget(identities, members, theirs)
    return Tidied(tuple(expired), len(theirs))


def _forget(identities: Identities, members: set[str], face_ids: Sequence[str]) -> None:
    identities.flush()
    identities.changes.forget(members)
    identities.changes.flush()
    identities.gallery.remove(face_ids)
    identities.gallery.rewrite()
    identities.people.remove(members)
    identities.sights.tidy(frozenset(members))
    identities.sights.flush()


class _Face(NamedTuple):
    face_id: str
    owner: str
    is_photo: bool


def _faces(who: WhoIsWho, galleries: Sequence[pa.Table]) -> list[_Face]:
    """Return each face, also those that others replaced, with whose it is."""
    return [
        _Face(
            row["face_id"],
            who.moved_faces.get(row["face_id"], row["identity_id"]),
            is_photo=not row["camera_id"],
        )
        for faces in galleries
        for row in faces.select(["face_id", "identity_id", "camera_id"]).to_pylist()
    ]
