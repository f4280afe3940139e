"""The photos that were kept of people, by whose they are now."""

from dataclasses import dataclass

from genesis_ray.domain.ledger import WhoIsWho
from genesis_ray.running.identities import identity_folder, who_is_who
from genesis_ray.settings import Settings
from genesis_ray.store.kept_photos import KeptPhoto, KeptPhotos
from genesis_ray.store.key_stores import open_key_store


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
