"""When a running resolver goes over to the embedder that somebody switched to."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from genesis_ray.errors import StoreError
from genesis_ray.live.spec import Embedders
from genesis_ray.running.templates.gallery_in_use import with_gallery_in_use
from genesis_ray.settings import Settings

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5

ASKS_EVERY_S = 1.0
"""A camera group, for the embedder to ask."""

_GONE_AFTER_S = 10.0
"""Without a question, after which a group is not waited for."""

_ALL_HAVE_ASKED_S = 10.0
"""After a resolver began: those that have not may be gone."""


@dataclass(slots=True)
class _Group:
    ready: str
    asked_at: float


class Succession:
    """Follows what was switched to, and who has it ready.

    An embedder succeeds another once each camera group that asks has had it loaded: so that none of
    them waits for that with faces in its hands.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with the embedder of `settings`."""
        self._settings = settings
        self._clock = clock
        self._groups: dict[str, _Group] = {}
        self._refused = ""
        self._look_at = 0.0
        self._chosen = settings.faces.embedder
        self._not_before = clock() + _ALL_HAVE_ASKED_S

    def ask(self, group: str, ready: str) -> Embedders:
        """Return which embedder a camera group is to ask, which has had `ready` loaded."""
        self._groups[group] = _Group(ready, self._clock())
        self._look()
        present = self._settings.faces.embedder
        return Embedders(present, None if self._chosen == present else self._chosen)

    @property
    def due(self) -> str | None:
        """The embedder to go over to now; None where there is none, or somebody is not ready."""
        now, chosen = self._clock(), self._chosen
        if chosen == self._settings.faces.embedder or now < self._not_before:
            return None
        present = [each for each in self._groups.values() if now - each.asked_at < _GONE_AFTER_S]
        return chosen if all(each.ready == chosen for each in present) else None

    def went_over(self, settings: Settings) -> None:
        """Take it that faces are those of another embedder now."""
        self._settings = settings

    def refuse(self) -> None:
        """Go on as before, until somebody switches to yet another."""
        self._refused = self._chosen
        self._chosen = self._settings.faces.embedder

    def _look(self) -> None:
        now = self._clock()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_EVERY_S
        try:
            chosen = with_gallery_in_use(self._settings).faces.embedder
        except StoreError as error:
            _log.warning("goes on with %s: %s", self._settings.faces.embedder, error)
            return
        if chosen != self._refused:
            self._chosen, self._refused = chosen, ""
