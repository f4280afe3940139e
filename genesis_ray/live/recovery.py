"""Going through what was taken before a process died, without what it died of."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from genesis_ray.domain.events import DeadLetterChanged
from genesis_ray.errors import GenesisError
from genesis_ray.live.spec import LiveSpec
from genesis_ray.running.set_aside import dead_letter
from genesis_ray.store.runs.trial import OPENING, TRIAL, Trial

_LONGEST_PAUSE_S = 60.0
"""All cameras wait meanwhile."""


class Recovery:
    """The way of a keeper, the journal or the resolver, from its start to its first success.

    What an earlier process took is gone through one item at a time: what a camera's frame told.
    One that kills each process that comes to it is left out, and told to `on_aside` as a dead
    letter. What kills them and is no item cannot be left out: that ends the system.
    """

    def __init__(
        self,
        spec: LiveSpec,
        keeper: str,
        folder: Path,
        *,
        on_aside: Callable[[DeadLetterChanged], None],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Begin; `folder` has the keeper's state.

        Raises:
            GenesisError: Processes died before they had come to what was taken.
        """
        self._settings = spec.settings
        self._keeper = keeper
        self._folder = folder
        self._on_aside = on_aside
        self._pause = pause
        self._trial = Trial(folder / TRIAL, spec.key)
        self._most_deaths = max(1, len(spec.settings.retry_delays_s))
        self._items = 0
        self._at = ""
        self._step(OPENING, "while it opened what it keeps")

    def admits(self, camera_id: str, at: datetime, frame_index: int | None = None) -> bool:
        """Begin with the next item; tell whether it is to be gone through, or left out.

        It has to be the same one in each process.
        """
        self._items += 1
        self._at = f"item {self._items}"
        deaths = self._trial.begin(self._at)
        if deaths < self._most_deaths:
            self._wait_after(deaths)
            return True
        letter = dead_letter(
            self._settings,
            unit="frame",
            stage=self._keeper,
            camera_id=camera_id,
            at=at,
            frame_index=frame_index,
            attempts=deaths + 1,  # the first death, of which nothing was noted, among them
            reason=f"the {self._keeper}'s process dies of it again and again",
        )
        self.passed()
        self._on_aside(letter)
        return False

    def passed(self) -> None:
        """Note that the item is over, with all that it led to."""
        self._step(f"behind item {self._items}", "between the frames that it went through again")

    def is_over(self) -> None:
        """Note that all has been gone through; the next thing that is taken shows if it is sound.

        Raises:
            GenesisError: Processes have come so far and died before that.
        """
        self._step("serving", "each time before it had taken anything")

    def sound(self) -> None:
        """Note that something has been taken, so that whatever killed processes is overcome."""
        self._trial.end()

    def _step(self, step: str, when: str) -> None:
        """Begin a step that cannot be left out, unless it has been begun."""
        if step == self._at:
            return
        self._at = step
        deaths = self._trial.begin(step)
        if deaths >= self._most_deaths:
            raise GenesisError(
                f"the {self._keeper} died {deaths} times in a row {when}, of nothing that could "
                f"be set aside; its state is in {self._folder}, and Ray's logs say how it died"
            )
        self._wait_after(deaths)

    def _wait_after(self, deaths: int) -> None:
        """Give what may pass by itself, a lack of memory for instance, time to do so."""
        if deaths:
            self._pause(min(self._settings.retry_delays_s[deaths - 1], _LONGEST_PAUSE_S))
