"""What journal and resolver have in common: what they are told outlives their processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from genesis_ray.domain.events import Event, SystemState
from genesis_ray.live.mortal import dying_of_errors
from genesis_ray.live.recovery import Recovery
from genesis_ray.live.room import Room, wait_for_room
from genesis_ray.live.spec import DIED, LiveSpec
from genesis_ray.running.people.giving_way import KeepersWay
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import StateLog

T = TypeVar("T")
"""What is opened."""


class Safekeeping:
    """A keeper's state and what it was told since, safe from its death, and from a full disk.

    What it takes is kept before it counts, as the name of the method that applies it with what
    that is given; another process goes through it again. While the disk is full it takes nothing.
    What it has open it lets go of where somebody asks for it.

    Attributes:
        room: Has written what may wait for room.
        recovery: Goes through what an earlier process took, without what it died of.
        giving: Where the keeper is asked to give way.
    """

    def __init__(self, spec: LiveSpec, keeper: str, note: Callable[[Event], None]) -> None:
        """Wait until nobody needs what the keeper is to open; `note` has an event written.

        Raises:
            StoreError: There is no run.
            GenesisError: Earlier processes died before they had come to what was taken.
        """
        run = RunFolder.open(spec.run)
        folder = run.state / keeper
        self._spec = spec
        self._keeper = keeper
        self._note = note
        self.room = Room(keeper, self.note_state)
        self.giving = KeepersWay(spec.settings, run, keeper)
        self.giving.way.wait()
        self._state = StateLog(folder, spec.key)
        self.recovery = Recovery(spec, keeper, folder, on_aside=note)
        self._restored = self._state.restore()

    @property
    def before(self) -> Any:
        """The state of an earlier process; None where there was none, or it was gone through."""
        return self._restored and self._restored.state

    def open(self, act: Callable[[], T]) -> T:
        """Open something for the first time; who has only begun is told of a full disk.

        Raises:
            FullDiskError: There is no room, and no earlier process.
        """
        return self.when_there_is_room(act) if self._restored else act()

    def go_through(self, again: Callable[..., None]) -> None:
        """Have `again(name, *arguments)` apply each thing that the earlier process took, in order.

        Notes then that the keeper was restarted.
        """
        if restored := self._restored:
            with dying_of_errors(self._keeper):
                for name, *arguments in restored.taken:
                    again(name, *arguments)
            self._restored = None
            self.note_state("restarted", DIED)

    @contextmanager
    def taking(self, name: str, *arguments: object) -> Iterator[None]:
        """Keep something, and have it applied; an error in that ends this process.

        Raises:
            FullDiskError: There is no room for it; it is not applied.
        """
        self.room.take(partial(self.keep, name, *arguments))
        with dying_of_errors(self._keeper):
            yield

    def keep(self, name: str, *arguments: object) -> None:
        """Keep something that is about to be applied.

        Raises:
            FullDiskError: There is no room for it.
        """
        self._state.append((name, *arguments))

    def checkpoint(self, state: object) -> None:
        """Store the state, so that what was taken until now need not be gone through again.

        Raises:
            FullDiskError: There is no room for it.
        """
        self._state.checkpoint(state)

    def when_there_is_room(self, act: Callable[[], T]) -> T:
        """Do what cannot be put off, again and again until there is room for it."""
        return wait_for_room(self._keeper, act)

    def give_way(self) -> None:
        """Let who asked have what the keeper has let go of; come back when they are done."""
        self.when_there_is_room(self.giving.way.give)
        self.giving.way.wait()

    def clear(self) -> None:
        """Keep nothing more: all is done."""
        self._state.clear()
        self.recovery.sound()

    def note_state(self, state: SystemState, reason: str) -> None:
        """Have it written how the keeper is."""
        self._note(self._spec.note(self._keeper, state, reason))
