"""What a system remembers, and the next one goes on from where all of this one is killed at once.

Its processes seal their states with a key that is in memory alone, and one file that has this key:
that file is sealed with a key made of the tenant's, which lies outside of the data folder.
"""

import logging
import time
from datetime import timedelta
from pathlib import Path

from genesis_ray.domain.places.untold_exits import LOST_AFTER
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR
from genesis_ray.running.templates.tenant_keys import newest_keys
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.giving_way import Presence, wait_until
from genesis_ray.store.keys.template_keys import KeyRef
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import StateLog
from genesis_ray.store.runs.trial import TRIAL

_log = logging.getLogger(__name__)

GOES_ON_WITHIN = LOST_AFTER
"""Of cameras that show the present: what is older, the log tells as well."""

CONFIGURATION = "configuration"
"""The folder of the settings in force."""

_KEY = "key"
_USE = "states of a live system"

_ENDS_WITHIN_S = 20.0
"""Processes that Ray takes down, after whoever started them was killed: it takes seconds."""


class SystemStates:
    """The key of a system's states, and what of one before it is gone on from.

    Attributes:
        key: Seals them; that of the one before where this one goes on.
        why_not: Why this one begins anew; "" where it goes on.
    """

    def __init__(
        self,
        run: RunFolder,
        template_key: KeyRef,
        settings: Settings,
        *,
        life: bytes,
        within: timedelta | None,
    ) -> None:
        """Begin, or go on where a system was killed that watched with the same settings.

        Args:
            run: Where it is to log.
            template_key: The key of the tenant that its system goes by.
            settings: What it is to watch with.
            life: A new key for each system that is started: by it a process that is started again
                knows its own.
            within: Since that one was at work; None: however long ago that is.

        Raises:
            StoreError: A system is at work there, or the key cannot be written.
        """
        self._run = run
        self._settings = settings
        self.key, self.why_not = life, "it left nothing to go on from"
        self._log: StateLog | None = None
        own = newest_keys(template_key).named(template_key.fingerprint)
        if own is None:  # it was destroyed after this system began
            return
        self._log = StateLog(run.state / _KEY, own.derived(_USE))
        before = self._log.restore()
        if before and before.state[0] == life:
            self.key = before.state[1]
            return
        self._wait_until_it_has_ended()
        if before:
            self._take_up(before.state[1], within)
        self._log.checkpoint((life, self.key))

    @property
    def goes_on(self) -> bool:
        """Whether this system goes on where one before it was."""
        return not self.why_not

    def clear(self) -> None:
        """Leave nothing to go on from: the system has come to its end."""
        if self._log:
            self._log.clear()

    def _wait_until_it_has_ended(self) -> None:
        """Wait for processes that are being taken down.

        Raises:
            StoreError: They are not.
        """
        lock = EventFolder(self._run.events).lock
        if lock.parent.is_dir():
            wait_until(
                lambda: Presence.at(self._run.watching) or WriteLock.holder(lock) is None,
                within_s=_ENDS_WITHIN_S,
            )
            WriteLock(lock).release()

    def _take_up(self, key: bytes, within: timedelta | None) -> None:
        self.why_not = self._reason_against(key, within)
        if self.why_not:
            _log.warning("%s: begins anew: %s", self._run.path, self.why_not)
            return
        _log.warning("%s: goes on where a system was that was killed", self._run.path)
        self.key = key
        for trial in self._trials():  # of processes that did not die by themselves
            trial.unlink(missing_ok=True)

    def _reason_against(self, key: bytes, within: timedelta | None) -> str:
        """Return why a system cannot go on from what is sealed with a key; "" where it can."""
        configuration = StateLog(self._run.state / CONFIGURATION, key).restore()
        if configuration is None:
            return "its state is not whole"
        if configuration.state[0] != self._settings:
            return "it watched with other settings"
        kept = [path.stat().st_mtime for path in (self._run.state / JOURNAL_ACTOR).glob("*.*")]
        if not kept:
            return "it had logged nothing"
        if within is None:
            return ""
        if time.time() - max(kept) > within.total_seconds():
            return f"it was at work more than {within.total_seconds():.0f} s ago"
        # What it died of may be in there, and nobody waits to be told so again and again.
        return "it died before it was sound" if self._trials() else ""

    def _trials(self) -> list[Path]:
        keepers = (self._run.state / name / TRIAL for name in (JOURNAL_ACTOR, RESOLVER_ACTOR))
        return [trial for trial in keepers if trial.exists()]
