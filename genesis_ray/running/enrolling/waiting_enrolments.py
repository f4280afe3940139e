"""Faces given to people or taken from them, as they wait for whoever writes people and galleries.

That is the command itself, or the system that runs: then they are handed over as a note in the
tenant's folder, with templates under the tenant's key. One that nobody took in is taken in by who
writes next.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from genesis_ray.errors import ConfigurationError, GenesisError, StoreError
from genesis_ray.running.enrolling.enrolment_note import Enrolment
from genesis_ray.running.enrolling.gallery_changes import check, remove, take
from genesis_ray.running.enrolling.removal_note import Removal
from genesis_ray.settings import Settings
from genesis_ray.store.disk import writing_to
from genesis_ray.store.events.spool import Spool
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.keys.templates import Protector
from genesis_ray.store.tenant.kept_photos import opened, seal
from genesis_ray.store.tenant.tenants import gallery_folder

if TYPE_CHECKING:
    from genesis_ray.running.people.identities import Identities

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.1


class WaitingEnrolments:
    """The enrolments and removals that wait in a tenant's folder to be taken in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = enrolments_folder(settings)
        self._spool = Spool(self._folder)
        self._refusals = Spool(self._folder / "refused")

    def __bool__(self) -> bool:
        """Whether any waits."""
        return bool(self.names())

    def names(self) -> list[str]:
        """Return what tells those that wait from others that did or will."""
        return self._spool.names()

    def readable(self) -> list[Enrolment]:
        """Return the enrolments that wait, in their order, but for notes that are none."""
        found = []
        for content in self._spool.notes().values():
            with suppress(ValueError):
                found.append(Enrolment.from_note(content))
        return found

    def hand_over(self, handed: Enrolment | Removal) -> None:
        """Leave one for who writes, durably.

        Raises:
            StoreError: The disk is full or refuses.
        """
        self._spool.put(_name_of(handed), handed.to_note())

    def withdraw(self, handed: Enrolment | Removal) -> None:
        """Take one back that is not taken in.

        Raises:
            StoreError: The disk refuses.
        """
        with writing_to(self._folder):
            self._spool.remove(_name_of(handed))

    def is_taken_in(self, handed: Enrolment | Removal, *, within_s: float) -> bool:
        """Wait until one was taken in; tell whether it was in that time.

        Raises:
            ConfigurationError: It was refused.
        """
        name, until = _name_of(handed), time.monotonic() + within_s
        while name in self.names():
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_EVERY_S)
        if refusal := self._refusals.notes().get(name):
            self._refusals.remove(name)
            raise ConfigurationError(str(refusal["reason"]))
        return True

    def take_in(
        self,
        identities: "Identities",
        keys: KeyRing,
        *,
        known: Callable[[], KeyRing] | None = None,
    ) -> list[str]:
        """Take in those for this gallery, to be stored by the next `flush`.

        It is under the current one of `keys`; others, some of which may have been made since, are
        those that `known` returns. Returns what `done` takes once they are. What cannot be taken
        in is refused for good; a removal that somebody else keeps from is tried the next time.

        Raises:
            StoreError: It cannot be noted in the audit log.
        """
        names = []
        for name, content in self._spool.notes().items():
            try:
                handed = Removal.from_note(content) or Enrolment.from_note(content)
            except ValueError as error:
                self._spool.refuse(name, str(error))
                continue
            if handed.embedder != identities.gallery.embedder:
                continue  # whoever writes that gallery takes it
            if isinstance(handed, Removal):
                if self._remove(handed, identities, keys):
                    names.append(name)
                continue
            enrolment = handed
            try:
                enrolment = _under_current(enrolment, keys, known)
                check(enrolment, identities, keys)
            except GenesisError as error:
                reason = type(error).__name__  # its text has names, and logs are kept
                _log.warning("faces for %s are refused: %s", enrolment.identity_id, reason)
                self._refusals.put(name, {"reason": str(error)})
            else:
                take(enrolment, self._settings, identities, keys)
            names.append(name)
        return names

    def _remove(self, removal: Removal, identities: "Identities", keys: KeyRing) -> bool:
        try:
            remove(removal, self._settings, identities, keys)
        except StoreError as error:
            _log.warning("faces are not removed yet: %s", error)
            return False
        return True

    def done(self, names: list[str]) -> None:
        """Take it that these are stored."""
        for name in names:
            self._spool.remove(name)


def enrolments_folder(settings: Settings) -> Path:
    """Return where enrolments wait, with those that were refused."""
    return gallery_folder(settings.data_dir, settings.tenant_id) / "enrolments"


def _name_of(handed: Enrolment | Removal) -> str:
    return f"{handed.at:%Y%m%dT%H%M%S%f}-{handed.face_ids[0]}"


def _under_current(
    enrolment: Enrolment, keys: KeyRing, known: Callable[[], KeyRing] | None
) -> Enrolment:
    """Return an enrolment under the current key, which was handed over under another.

    Where its own key is not here it stays as it is.

    Raises:
        StoreError: A photo of it is damaged.
    """
    key, before = keys.current, keys.get(enrolment.key_version)
    if before is None and known:
        before = known().get(enrolment.key_version)
    if before is None or before == key:
        return enrolment
    dimension = enrolment.templates.shape[1]
    protector = Protector(key, embedder=enrolment.embedder, dimension=dimension)
    return replace(
        enrolment,
        templates=protector.renew(enrolment.templates, before),
        key_version=key.version,
        photos=tuple(
            seal(opened(photo, face_id, before), face_id, key)
            for photo, face_id in zip(enrolment.photos, enrolment.face_ids, strict=False)
        ),
    )
