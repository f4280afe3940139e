"""What people decide, agree to and enrol while a system names, taken in by the process that does.

Each table has one writer. Who decides writes the ledger, and who notes consent the register, also
while a system runs; it reads them again. People and galleries are its own to write: enrolments are
handed over to it.
"""

import json
import logging
import os
import time
from pathlib import Path
from typing import NamedTuple

from genesis_ray.errors import GenesisError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolments import WaitingEnrolments
from genesis_ray.running.identities import Entries, Identities, identity_folder, watcher
from genesis_ray.settings import Settings
from genesis_ray.store.consent import CONSENT, ConsentRegister
from genesis_ray.store.disk import write_file, writing_to
from genesis_ray.store.ledger import Ledger
from genesis_ray.store.table_news import TableNews
from genesis_ray.store.template_keys import KeyRing
from genesis_ray.store.tenants import LEDGER

_log = logging.getLogger(__name__)

_TAKEN_IN = "taken-in.json"
"""The file that says which process takes in, and how many entries it has."""

_LOOK_EVERY_S = 0.1


class Intake:
    """The way of decisions, consent and enrolments into the process that names."""

    def __init__(self, settings: Settings, keys: KeyRing) -> None:
        self._settings = settings
        self._keys = keys
        self._folder = identity_folder(settings)
        self._waiting = WaitingEnrolments(settings)
        self._news = TableNews(self._folder, (LEDGER, CONSENT))
        self._taken: list[str] = []
        self._told: Entries | None = None

    def take_in(self, identities: Identities) -> Identities | None:
        """Return the identities with all that came since; None where nothing did.

        Everything has to be stored before; what is enrolled is to be stored after, and then
        `stored` to be called. What cannot be read is tried the next time.
        """
        is_news = self._news.look()
        try:
            self._taken = self._waiting.take_in(identities, self._keys)
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

    def stored(self, entries: Entries) -> None:
        """Take it that all that was taken in is stored; tell those who wait for it.

        Raises:
            StoreError: The disk is full or refuses.
        """
        self._waiting.done(self._taken)
        self._taken = []
        if entries != self._told:
            told = {
                "process": str(os.getpid()),
                "embedder": embedder_traits(self._settings.faces).name,
                **entries._asdict(),
            }
            write_file(self._folder / _TAKEN_IN, json.dumps(told).encode())
            self._told = entries

    def close(self) -> None:
        """Take in no more."""
        with writing_to(self._folder):
            (self._folder / _TAKEN_IN).unlink(missing_ok=True)


class Taker(NamedTuple):
    """A system that runs and takes in: its process, and the embedder of its gallery."""

    process: str
    embedder: str


def taker(settings: Settings) -> Taker | None:
    """Return the system that runs and takes in; None where none does."""
    process = watcher(settings)
    told = _told(identity_folder(settings))
    if process is None or told.get("process") != process:
        return None
    return Taker(process, told.get("embedder", ""))


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


def _told(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / _TAKEN_IN).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
