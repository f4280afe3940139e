"""What people decide, agree to and enrol while a system names, taken in by the process that does.

Each table has one writer. Who decides writes the ledger, and who notes consent the register, also
while a system runs; it reads them again. People and galleries are its own to write: enrolments are
handed over to it.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from genesis_ray.errors import GenesisError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments
from genesis_ray.running.people.identities import Entries, Identities, identity_folder, watcher
from genesis_ray.running.templates.tenant_keys import LOOK_EVERY_S
from genesis_ray.settings import Settings
from genesis_ray.store.disk import write_file, writing_to
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.lance.table_news import TableNews
from genesis_ray.store.tenant.consent import CONSENT, ConsentRegister
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.tenants import LEDGER

_log = logging.getLogger(__name__)

_TAKEN_IN = "taken-in.json"
"""The file that says which process takes in, and how many entries it has."""

_LOOK_EVERY_S = 0.1

LATE_S = 2 * LOOK_EVERY_S
"""For so long faces come under an older key: until replicas look, and those on their way are in."""


class Intake:
    """The way of decisions, consent and enrolments into the process that names."""

    def __init__(
        self,
        settings: Settings,
        keys: KeyRing,
        *,
        known: Callable[[], KeyRing] | None = None,
        follows: bool = False,
    ) -> None:
        """Begin for the process that has the gallery under the current one of `keys`.

        `known` returns all keys that there are by now. If it `follows`, it goes over to another
        embedder where somebody switches.
        """
        self._settings = settings
        self._keys = keys
        self._known = known
        self._key = ""  # until nothing is stored under another
        self._old_keys_until = ""
        self._follows = follows
        self._folder = identity_folder(settings)
        self._waiting = WaitingEnrolments(settings)
        self._news = TableNews(self._folder, (LEDGER, CONSENT))
        self._taken: list[str] = []
        self._entries: Entries | None = None
        self._told: dict[str, Any] = {}
        self._ready = keys.current.fingerprint

    def take_in(self, identities: Identities) -> Identities | None:
        """Return the identities with all that came since; None where nothing did.

        Everything has to be stored before; what is enrolled is to be stored after, and then
        `stored` to be called. What cannot be read is tried the next time.
        """
        is_news = self._news.look()
        try:
            self._taken = self._waiting.take_in(identities, self._keys, known=self._known)
            if not (is_news or self._taken):
                return None
            made = Ledger(self._folder).entries()
            said = ConsentRegister(self._folder).entries()
            if not self._taken and identities.entries == (len(made), len(said)):
                return None
            return identities.with_decisions(made, said)
        except GenesisError as error:
            _log.error("what people decided is not taken in yet: %s", error)
            self._news.look_again()
            self._taken = []
            return None

    def begin(self, entries: Entries) -> None:
        """Tell that this process takes in from here on; until `stored` it may need any of its keys.

        Raises:
            StoreError: The disk is full or refuses.
        """
        self._tell(entries, self._ready)

    def stored(self, entries: Entries) -> None:
        """Take it that all that was taken in is stored, under the key; tell those who wait for it.

        Raises:
            StoreError: The disk is full or refuses.
        """
        if not self._key:
            self._key = self._keys.current.fingerprint
            self._old_keys_until = (datetime.now(UTC) + timedelta(seconds=LATE_S)).isoformat()
        self._waiting.done(self._taken)
        self._taken = []
        self._tell(entries, self._ready)

    def ready(self, key: str) -> None:
        """Tell the fingerprint of the newest key that the process can go on with at once.

        Raises:
            StoreError: The disk is full or refuses.
        """
        if self._entries:  # else it is told with them
            self._tell(self._entries, key)
        self._ready = key

    def _tell(self, entries: Entries, ready: str) -> None:
        told = {
            "process": str(os.getpid()),
            "embedder": embedder_traits(self._settings.faces).name,
            "key": self._key,
            "old_keys_until": self._old_keys_until,
            "needs": self._keys.current.version,
            "follows": self._follows,
            "ready": ready,
            **entries._asdict(),
        }
        if told != self._told:
            write_file(self._folder / _TAKEN_IN, json.dumps(told).encode())
        self._entries, self._told = entries, told

    def close(self) -> None:
        """Take in no more."""
        with writing_to(self._folder):
            (self._folder / _TAKEN_IN).unlink(missing_ok=True)


class Taker(NamedTuple):
    """A system that runs and takes in.

    Attributes:
        process: That has people and gallery.
        embedder: Of the gallery.
        key: Fingerprint of the key that the gallery is under, and all else that the system stores;
            empty as long as something may be under another.
        ready: That of the newest key that it can go on with at once.
        needs: Version of the key that it goes by.
        follows: Whether it goes over to another embedder's gallery where somebody switches.
        old_keys_until: When no face under another key is on its way to it any more, ISO 8601.
    """

    process: str
    embedder: str
    key: str = ""
    ready: str = ""
    needs: int = 0
    follows: bool = False
    old_keys_until: str = ""

    @property
    def is_done_with_old_keys(self) -> bool:
        """Whether keys that it does not need can be destroyed, and no face be lost for that."""
        return bool(self.key) and datetime.now(UTC).isoformat() > self.old_keys_until


def taker(settings: Settings) -> Taker | None:
    """Return the system that runs and takes in; None where none does."""
    process = watcher(settings)
    told = _told(identity_folder(settings))
    if process is None or told.get("process") != process:
        return None
    return Taker(
        process,
        told.get("embedder", ""),
        told.get("key", ""),
        told.get("ready", ""),
        told.get("needs", 0),
        told.get("follows", False),
        told.get("old_keys_until", ""),
    )


def is_taken_in(settings: Settings, *, within_s: float) -> bool:
    """Wait until a system that runs has all entries that there are now; tell whether it has."""
    folder = identity_folder(settings)
    wanted = Entries(len(Ledger(folder).entries()), len(ConsentRegister(folder).entries()))
    until = time.monotonic() + within_s
    while True:
        told = _told(folder)
        if all(int(told.get(name, 0)) >= count for name, count in wanted._asdict().items()):
            return True
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_EVERY_S)


def _told(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / _TAKEN_IN).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
