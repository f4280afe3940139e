"""The settings that a live system runs with, and those that it ran with before."""

from pathlib import Path

from genesis_ray.errors import ConfigurationError
from genesis_ray.settings import Settings
from genesis_ray.store.runs.state_log import StateLog

_REMEMBERED = 20
"""Steps back; more would be a version control system."""


class Configuration:
    """Settings that may change while the system runs, and outlive the process that keeps them.

    Attributes:
        current: Those in force.
        is_resumed: Whether a process before this one had them.
    """

    def __init__(self, settings: Settings, folder: Path, key: bytes) -> None:
        """Begin with `settings`, or go on with those that a killed process of the system had."""
        self._state = StateLog(folder, key)
        self.current = settings
        self._earlier: list[Settings] = []
        before = self._state.restore()
        self.is_resumed = before is not None
        if before:
            self.current, self._earlier = before.state
        self._keep()

    def adopt(self, settings: Settings) -> None:
        """Put settings into force; the same ones again are no step to go back."""
        if settings == self.current:
            return
        self._earlier = [*self._earlier, self.current][-_REMEMBERED:]
        self.current = settings
        self._keep()

    def earlier(self) -> Settings:
        """Return the settings that were in force before.

        Raises:
            ConfigurationError: There were none.
        """
        if not self._earlier:
            raise ConfigurationError("there is no earlier configuration to go back to")
        return self._earlier[-1]

    def go_back(self) -> None:
        """Put the settings into force that were before."""
        self.current = self.earlier()
        self._earlier.pop()
        self._keep()

    def clear(self) -> None:
        """Forget all: the system has come to its end."""
        self._state.clear()

    def _keep(self) -> None:
        self._state.checkpoint((self.current, self._earlier))
