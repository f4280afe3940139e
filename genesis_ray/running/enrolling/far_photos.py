"""The pictures of kept photos that are elsewhere: how they come there, and go."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from genesis_ray.errors import StoreError
from genesis_ray.running.enrolling.enrolment_note import Enrolment
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments
from genesis_ray.settings import Settings
from genesis_ray.store.keys.template_keys import TemplateKey
from genesis_ray.store.tenant.far_pictures import Swept
from genesis_ray.store.tenant.kept_photos import KeptPhotos
from genesis_ray.store.tenant.picture_place import PicturePlace, parted
from genesis_ray.store.tenant.tenants import folder_name, gallery_folder


def kept_photos_in(settings: Settings) -> KeptPhotos:
    """Return the tenant's kept photos, with the place that is set for their pictures."""
    return KeptPhotos(gallery_folder(settings.data_dir, settings.tenant_id), photo_place(settings))


def photo_place(settings: Settings) -> str | None:
    """Return where the tenant's pictures are put elsewhere; None: they are in its folder."""
    place = settings.faces.photos_at
    return place and f"{place}/{folder_name(settings.tenant_id)}"


@contextmanager
def stored_pictures(
    settings: Settings, enrolment: Enrolment, key: TemplateKey
) -> Iterator[Enrolment]:
    """Have the pictures of an enrolment elsewhere, where they are to be; yield it with addresses.

    So who takes it in, the process that names people perhaps, reaches for nothing. It is to be
    handed over or taken in before this is left; if it is not, the pictures are swept away.

    Raises:
        StoreError: The place is not reached, or refuses; nothing tells of the enrolment yet.
    """
    kept = kept_photos_in(settings)
    if not enrolment.photos or photo_place(settings) is None:
        yield enrolment
        return
    with kept.far.storing():
        addresses = kept.store(enrolment.photos)
        yield replace(
            enrolment,
            photos=(),
            addresses=addresses,
            sealed_with=(key.version, key.fingerprint),
        )


def pictures_elsewhere(settings: Settings) -> dict[str, int]:
    """Return how many pictures of kept photos are in each place elsewhere.

    Raises:
        StoreError: A note of one is damaged.
    """
    return dict(Counter(parted(each)[0] for each in sorted(_noted(kept_photos_in(settings)))))


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """What is in a place elsewhere.

    Attributes:
        pictures: Of which photos of the tenant's people tell.
        missing: Those of them that are not there.
        unknown: Objects of which nothing here tells.
    """

    place: str
    pictures: int
    missing: int
    unknown: int


def try_place(settings: Settings) -> None:
    """Store an object in the place that is set, read it back and remove it; none: nothing.

    Raises:
        StoreError: One of these fails.
    """
    place = photo_place(settings)
    if place is None:
        return
    there, name, content = PicturePlace(place), f"{uuid4().hex}.trial", b"A trial of doctor's.\n"
    if place in pictures_elsewhere(settings):
        there.check()
    there.put(name, content)
    read = there.get(name)
    there.remove(name)
    if read != content or there.get(name) is not None:
        raise StoreError(
            f"{place} does not give what was stored in it just now, or still what was removed; it "
            f"has to do both at once"
        )


def place_figures(settings: Settings) -> list[PlaceFigures]:
    """Return what is in each place elsewhere, that which is set and those of earlier photos.

    Raises:
        StoreError: One is not reached or cannot be listed, or a note is damaged.
    """
    kept = kept_photos_in(settings)
    before = _noted(kept)
    places = {parted(address)[0] for address in before}
    if place := photo_place(settings):
        places.add(place)
    there = {place: {f"{place}/{name}" for name in PicturePlace(place).names()} for place in places}
    # What somebody stores or removes while this is listed is neither missing nor unknown.
    told_of = {*kept.far.strays(), *_waiting(settings)} | (noted := _noted(kept))
    found = []
    for place, present in sorted(there.items()):
        own = {address for address in before & noted if parted(address)[0] == place}
        found.append(
            PlaceFigures(place, len(own), len(own - present), len(present - told_of - before))
        )
    return found


def sweep(settings: Settings) -> Swept:
    """Remove the pictures elsewhere that nothing tells of any more; return what is left of them.

    They are those of photos that were removed or sealed anew, and what was cut off while it was
    stored. Whoever writes the tenant's people may go on meanwhile.

    Raises:
        StoreError: The disk refuses, or another process is at it for a minute.
    """
    kept = kept_photos_in(settings)
    return kept.far.sweep(waiting=lambda: _waiting(settings), noted=lambda: _noted(kept))


def _noted(kept: KeptPhotos) -> set[str]:
    """Return the addresses of pictures of photos."""
    return {photo.address for photo in kept.all() if photo.address}


def _waiting(settings: Settings) -> set[str]:
    """Return the addresses of pictures of enrolments that were handed over."""
    handed = WaitingEnrolments(settings).readable()
    return {address for each in handed for address in each.addresses}
