"""The photos that were kept of people, by whose they are now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.running.erasure.retention import Gone
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.turns import turn
from genesis_ray.settings import Settings
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos
from genesis_ray.store.tenant.people import PEOPLE_LOCK

KEPT_PHOTOS = "kept_photos"
"""What they are called beside the tables of events, where retention is told of."""


@dataclass(frozen=True, slots=True)
class KeptFigures:
    """How many photos are kept.

    Attributes:
        people: Of whom there are some.
        without: Names of people who were enrolled, and of whom there are none.
        useless: Photos whose key is not here.
    """

    photos: int
    people: int
    without: tuple[str, ...]
    useless: int


def kept_photos_of(settings: Settings, who: WhoIsWho) -> dict[str, list[KeptPhoto]]:
    """Return the kept photos of each person who has some, by who they are now.

    Raises:
        StoreError: A file is damaged.
    """
    known = {person.identity_id for person in who.people}
    found: dict[str, list[KeptPhoto]] = {}
    for photo in KeptPhotos(identity_folder(settings)).all():
        owner = who.now(who.moved_faces.get(photo.face_id, photo.identity_id))
        if owner in known:
            found.setdefault(owner, []).append(photo)
    return found


def kept_figures(settings: Settings) -> KeptFigures:
    """Return how many photos are kept of the tenant's people.

    Raises:
        StoreError: A file is damaged, or the tenant's keys cannot be read.
    """
    who = who_is_who(settings)
    kept = kept_photos_of(settings, who)
    photos = [photo for own in kept.values() for photo in own]
    keys = open_key_store(settings.templates.key_store).read(settings.tenant_id)
    return KeptFigures(
        photos=len(photos),
        people=len(kept),
        without=tuple(
            each.name
            for each in who.people
            if each.kind == "enrolled" and each.identity_id not in kept
        ),
        useless=sum(not photo.is_under(keys) for photo in photos),
    )


def photos_to_go(settings: Settings, *, at: datetime) -> list[Gone]:
    """Return what `remove_expired` would take at a time, as a line or none; nothing changes.

    Raises:
        StoreError: A file is damaged.
    """
    limit, photos = _expired(settings, at)
    return [Gone(settings.tenant_id, KEPT_PHOTOS, limit, len(photos), 0)] if photos else []


def remove_expired(settings: Settings, *, at: datetime) -> list[Gone]:
    """Remove photos that are older than `retention.photo_days` allows at a time.

    People stay known: their faces in galleries are not touched. Cut off, the next call goes on.
    For who writes the tenant's people; others call `let_go_of_expired`. Pictures that are elsewhere
    go with the next `far_photos.sweep`.

    Raises:
        StoreError: A file is damaged, or the disk refuses.
    """
    limit, photos = _expired(settings, at)
    if not photos:
        return []
    KeptPhotos(identity_folder(settings)).remove(photos)
    return [Gone(settings.tenant_id, KEPT_PHOTOS, limit, len(photos), 0)]


def let_go_of_expired(settings: Settings, *, at: datetime) -> list[Gone]:
    """Do the same where no system is watching: as who writes the tenant's people meanwhile.

    Raises:
        StoreError: A system is watching, which does this itself, or what `remove_expired` raises.
    """
    if not photos_to_go(settings, at=at):
        return []
    with turn(settings):
        writer = WriteLock(identity_folder(settings) / PEOPLE_LOCK)
        try:
            return remove_expired(settings, at=at)
        finally:
            writer.release()


def _expired(settings: Settings, at: datetime) -> tuple[datetime, list[KeptPhoto]]:
    days = settings.retention.photo_days_of(settings.tenant_id)
    if days is None:
        return at, []
    limit = at - timedelta(days=days)
    kept = KeptPhotos(identity_folder(settings)).all()
    return limit, [photo for photo in kept if photo.at < limit]
