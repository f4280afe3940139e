"""Changing a tenant's template key without the photos, and what may be told of its keys."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow.compute as pc

from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.running.enrolling.enrolment import take_in_waiting
from genesis_ray.running.enrolling.far_photos import kept_photos_in, sweep
from genesis_ray.running.erasure.forgetting_intent import at_it
from genesis_ray.running.people.auditing import note
from genesis_ray.running.people.giving_way import WITHIN_S, people_given, systems_of
from genesis_ray.running.people.identities import identity_folder, watcher
from genesis_ray.running.people.intake import Taker, taker
from genesis_ray.running.people.turns import turn
from genesis_ray.running.reach import reach
from genesis_ray.running.templates.galleries import open_gallery
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.galleries.gallery import galleries_in
from genesis_ray.store.giving_way import Presence, wait_until
from genesis_ray.store.keys.gallery_keys import GalleryKeys, protected_galleries
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.keys.templates import Protector, embeddings_in
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.tenant.identity_schemas import GALLERY_LATER, gallery_schema
from genesis_ray.store.tenant.kept_photos import KeptPhotos


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
        process: That of the system that gave way for it; None: none ran.
        is_new: Whether a key was made; else all was brought to one that was there already, of
            another data folder's rotation, an environment, or one that was cut off.
    """

    version: int
    fingerprint: str
    faces: int
    is_new: bool
    photos: int = 0
    process: str | None = None


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

    Searches of readers go on. A system that runs gives way for the moment in which galleries are
    rewritten, goes on with the new key, and turns faces that come under the old one. Cut off
    at any point, each gallery and kept photo is under the old key or the new one, both of which
    are kept, and the next rotation goes on; a gallery also the next run.

    Raises:
        StoreError: Somebody else writes to a gallery, or no key can be made; or a system that runs
            has not the new one, or does not give way; or the disk is full.
    """
    folder = identity_folder(settings)
    with at_it(folder):
        if watcher(settings) is None:  # else who has the people takes them in
            take_in_waiting(settings)
        systems = _Systems(settings)
        _see_nobody_writes(folder, besides=systems.embedder)
        before = tenant_keys(settings)
        keys, is_new = _newest(settings, before)
        if systems:  # they are read before, too
            note(settings, before, Access(action="rotate", reason="turns faces to a newer key"))
        galleries = [
            _prepared(folder, *each, keys, stored=bool(systems)) for each in galleries_in(folder)
        ]
        systems.wait_for_key(keys)
        with systems.giving_way() as gave_way:
            _see_nobody_writes(folder)
            faces = sum(_renewed(settings, keys, each) for each in galleries)
        systems.wait_until_back(keys)
        with turn(settings):  # nobody else removes any
            photos = kept_photos_in(settings).renew(keys)
        sweep(settings)
        # The end of the audit log is signed with the new key from here on.
        done = f"brought all faces under key {keys.current.version}"
        note(settings, keys, Access(action="rotate", reason=done))
    ref = keys.ref
    return Rotation(
        ref.version, ref.fingerprint, faces, is_new=is_new, photos=photos, process=gave_way
    )


def _newest(settings: Settings, before: KeyRing) -> tuple[KeyRing, bool]:
    """Return the keys with the one to bring all under, and whether it was made for that."""
    folder = identity_folder(settings)
    newest = before.current
    noted = [each.fingerprints for each in protected_galleries(folder)]
    lags = any(set(each) - {newest.version} for each in noted)
    photos = KeptPhotos(folder).all()
    lags |= any(each.key_version != newest.version and each.is_under(before) for each in photos)
    if lags:
        return before, False
    store = open_key_store(settings.templates.key_store)
    return store.add(settings.tenant_id, after=newest.version), True


class _Gallery(NamedTuple):
    embedder: str
    dimension: int
    protector: Protector


def _prepared(
    folder: Path, embedder: str, dimension: int, keys: KeyRing, *, stored: bool
) -> _Gallery:
    """Do as much for a gallery as can be done before anybody has to wait.

    That are the matrices, and where somebody waits, all faces that are `stored` until now.
    """
    protector = Protector(keys.current, embedder=embedder, dimension=dimension)
    name = f"faces_{embedder}"
    for version in GalleryKeys(folder, name).fingerprints:
        old = keys.get(version)
        if old is None or old == keys.current:
            continue
        templates = None
        if stored:
            schema = gallery_schema(dimension)
            table = LanceTable(folder, name, schema, writer=False, later=GALLERY_LATER)
            rows = table.rows("embedding", "key_version")
            templates = embeddings_in(rows.filter(pc.field("key_version") == version))
        protector.prepare(old, templates)
    return _Gallery(embedder, dimension, protector)


def _renewed(settings: Settings, keys: KeyRing, its: _Gallery) -> int:
    """Bring a gallery under the current key; return how many faces that were not."""
    access = Access(action="rotate", reason=f"brings the faces of {its.embedder} under a newer key")
    with open_gallery(settings, **its._asdict(), keys=keys, writer=True, access=access) as gallery:
        return gallery.renewed


def _see_nobody_writes(folder: Path, *, besides: str | None = None) -> None:
    """Make sure that all galleries but one can be written to, before any is.

    Raises:
        StoreError: Another process writes to one.
    """
    for embedder in {embedder for embedder, _ in galleries_in(folder)} - {besides}:
        WriteLock(folder / f"faces_{embedder}.lock").release()


class _Systems:
    """The system that runs on a data folder while its key is changed, if one does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runs = systems_of(settings, reach(settings).runs)

    def __bool__(self) -> bool:
        return bool(self._runs)

    @property
    def embedder(self) -> str | None:
        """That of the gallery that the system writes to."""
        system = taker(self._settings)
        return system.embedder if system and self._runs else None

    def wait_for_key(self, keys: KeyRing) -> None:
        """Wait until the system has found the new key, and can go on with it at once.

        Raises:
            StoreError: It has not; nothing is changed.
        """
        if not self._is_told(lambda told: told.ready, keys):
            key = keys.current
            raise StoreError(
                f"the system that runs has not found key {key.version}, fingerprint "
                f"{key.fingerprint}, within {WITHIN_S:.0f} s, so no face is changed. It reads "
                f"{keys.place} on its machine, and an environment as it was when it began: put "
                f"the key there and start it again, or, if no camera shows it anything, try later"
            )

    @contextmanager
    def giving_way(self) -> Iterator[str | None]:
        """Have the right to write; yield the process of the system that gave way for it, if any."""
        system = taker(self._settings)
        with people_given(self._settings, self._runs):
            yield system and system.process

    def wait_until_back(self, keys: KeyRing) -> None:
        """Wait until the system names people again.

        Raises:
            StoreError: It does not.
        """
        if not self._is_told(lambda told: told.key, keys):
            raise StoreError(
                f"all faces are under key {keys.current.version}, but the system that runs has not "
                f"gone on within {WITHIN_S:.0f} s; see `genesis status`"
            )

    def _is_told(self, which: Callable[[Taker], str], keys: KeyRing) -> bool:
        def is_so() -> bool:
            system = taker(self._settings)
            if system is None:
                return not any(Presence.at(run.watching) for run in self._runs)
            return which(system) == keys.current.fingerprint

        return wait_until(is_so, within_s=WITHIN_S)


def forget(settings: Settings, version: int) -> None:
    """Destroy an old key: what it alone protects, a copy for example, is useless from then on.

    Where a system runs that was just brought under another, faces that are on their way to it under
    the old one are waited for, for some seconds.

    Raises:
        NotFoundError: There is no such key.
        StoreError: It protects a gallery or a photo in the data folder, or new templates; or
            another process forgets somebody, changes the key or copies faces.
    """
    _see_no_system_needs(settings, version)
    with at_it(identity_folder(settings)):  # a rotation that begins now may need it
        _destroy(settings, version)


def _destroy(settings: Settings, version: int) -> None:
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


def _see_no_system_needs(settings: Settings, version: int) -> None:
    """Make sure that no system that runs would miss a key, now or for what is on its way to it.

    Raises:
        StoreError: One would.
    """
    system = taker(settings)
    if system and version == system.needs:
        raise StoreError(
            f"the system that runs, process {system.process}, needs key {version}: rotate first"
        )
    if system and not _wait_for_late_faces(settings):
        raise StoreError(
            f"the system that runs, process {system.process}, may still need key {version}: it has "
            f"not gone on within {WITHIN_S:.0f} s; see `genesis status`, and try again"
        )
    if taker(settings) is None and _Systems(settings):
        raise StoreError(
            f"a system runs on {settings.data_dir} and is being started again, so it may need key "
            f"{version}; try again when it names people"
        )


def _wait_for_late_faces(settings: Settings) -> bool:
    """Wait until no face under an old key is on its way any more; tell whether none is."""

    def are_in() -> bool:
        system = taker(settings)
        return system is None or system.is_done_with_old_keys

    return wait_until(are_in, within_s=WITHIN_S)
