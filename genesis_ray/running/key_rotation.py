"""Changing a tenant's template key without the photos, and what may be told of its keys."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.running.auditing import note
from genesis_ray.running.enrolment import take_in_waiting
from genesis_ray.running.galleries import open_gallery
from genesis_ray.running.identities import identity_folder
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.running.turns import turn
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access
from genesis_ray.store.gallery import galleries_in
from genesis_ray.store.gallery_keys import protected_galleries
from genesis_ray.store.kept_photos import KeptPhotos
from genesis_ray.store.key_stores import open_key_store
from genesis_ray.store.template_keys import KeyRing


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key, as far as anybody may know it.

    Attributes:
        galleries: Those in the data folder that it protects.
        photos: Kept photos in the data folder that it seals.
    """

    version: int
    fingerprint: str
    is_current: bool
    galleries: tuple[str, ...]
    photos: int = 0


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation came to.

    Attributes:
        faces: Templates that were renewed, in all galleries.
        photos: Kept photos that were sealed anew.
        is_new: Whether a key was made; else all was brought to one that was there already, of
            another data folder's rotation, an environment, or one that was cut off.
    """

    version: int
    fingerprint: str
    faces: int
    is_new: bool
    photos: int = 0


def known_keys(settings: Settings) -> tuple[str, list[KnownKey]]:
    """Return where the tenant's keys are, and those that are there; none is made."""
    keys = open_key_store(settings.templates.key_store).read(settings.tenant_id)
    uses = {
        noted.gallery.removeprefix("faces_"): set(noted.fingerprints.items())
        for noted in protected_galleries(identity_folder(settings))
    }
    photos = KeptPhotos(identity_folder(settings)).all()
    sealed = Counter((photo.key_version, photo.fingerprint) for photo in photos)
    return keys.place, [
        KnownKey(
            key.version,
            key.fingerprint,
            key == keys.current,
            tuple(name for name, used in uses.items() if (key.version, key.fingerprint) in used),
            sealed[key.version, key.fingerprint],
        )
        for key in keys.keys
    ]


def rotate(settings: Settings) -> Rotation:
    """Bring all galleries of the tenant under a new key, or under the newest if one lags behind.

    Searches of readers go on; while a system runs, whose resolver writes, it is refused. Cut off
    at any point, each gallery and kept photo is under the old key or the new one, both of which
    are kept, and the next rotation goes on; a gallery also the next run.

    Raises:
        StoreError: Somebody writes to a gallery, or no key can be made; or the disk is full.
    """
    take_in_waiting(settings)  # those faces are under the key of now
    keys = tenant_keys(settings)
    folder = identity_folder(settings)
    with ExitStack() as opened:
        galleries = [
            opened.enter_context(
                open_gallery(
                    settings,
                    embedder=embedder,
                    dimension=dimension,
                    keys=keys,
                    writer=True,
                    access=Access(
                        action="rotate", reason=f"brings the faces of {embedder} under a newer key"
                    ),
                )
            )
            for embedder, dimension in galleries_in(folder)
        ]
        lagged, photos = sum(gallery.renewed for gallery in galleries), _photos(settings, keys)
        if lagged or photos:
            ref = keys.ref
            return Rotation(ref.version, ref.fingerprint, lagged, is_new=False, photos=photos)
        store = open_key_store(settings.templates.key_store)
        keys = store.add(settings.tenant_id, after=keys.current.version)
        for gallery in galleries:
            gallery.renew(keys)
        faces = sum(gallery.renewed for gallery in galleries)
        photos = _photos(settings, keys)
    # The end of the audit log is signed with the new key from here on.
    done = f"brought all faces under key {keys.current.version}"
    note(settings, keys, Access(action="rotate", reason=done))
    return Rotation(keys.ref.version, keys.ref.fingerprint, faces, is_new=True, photos=photos)


def _photos(settings: Settings, keys: KeyRing) -> int:
    """Bring kept photos under the current key, while nobody else removes any; return how many."""
    with turn(settings):
        return KeptPhotos(identity_folder(settings)).renew(keys)


def forget(settings: Settings, version: int) -> None:
    """Destroy an old key: what it alone protects, a copy for example, is useless from then on.

    Raises:
        NotFoundError: There is no such key.
        StoreError: It protects a gallery or a photo in the data folder, or new templates.
    """
    place, known = known_keys(settings)
    key = next((key for key in known if key.version == version), None)
    if key is None:
        raise NotFoundError(f"no key {version} of tenant {settings.tenant_id!r} in {place}")
    if key.is_current or key.galleries or key.photos:
        photos = [f"{key.photos} kept photos"] if key.photos else []
        what = ", ".join([*key.galleries, *photos]) or "what comes next"
        raise StoreError(f"key {version} protects {what}; `genesis keys rotate` first")
    store = open_key_store(settings.templates.key_store)
    # Signed with the current key, so that the audit log can be verified without the old one.
    destroying = Access(action="forget-key", reason=f"destroys key {version}", people=())
    note(settings, None, destroying)
    store.remove(settings.tenant_id, version)
