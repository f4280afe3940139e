"""Systems that run give way to who has to have people, galleries or logs for some seconds.

To who changes the key of faces the resolver does, and goes on with the new one. To who forgets a
person both keepers do, and go on without the person.

The command asks by a lock, first the resolver, which has people and galleries, then, when it has
those, the journal, which has the log: the resolver has to be able to tell the journal everything
before it gives way. What they are asked for is done as if no system ran. Then each goes on from
what there is, and takes the person out of what it remembers; only when both have noted that, the
forgetting is over.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from genesis_ray.errors import StoreError
from genesis_ray.running.erasure.forgetting_intent import Intent
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.people.turns import DECIDING_S, turn
from genesis_ray.settings import Settings
from genesis_ray.store.disk import write_file
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.giving_way import Presence, Way, wait_until
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.people import PEOPLE_LOCK

NAMES_KEEPER = "resolver"
"""Who has people and galleries; the name of its folder in a run's state."""

LOG_KEEPER = "journal"
"""Who has the log."""

_ASKED = "give-way.lock"
_MARK = "gave-way"
_FORGOTTEN = "forgotten"

WITHIN_S = 60.0
"""For a keeper to do each of its parts: it gives way when it has done what it was told before."""


@contextmanager
def people_given(settings: Settings, runs: Sequence[RunFolder]) -> Iterator[None]:
    """Have people and galleries to oneself: systems give way, and nobody decides or enrols.

    Raises:
        StoreError: Somebody else asks for these people, or they are not given.
    """
    with ExitStack() as asked:
        SystemsAtWork(settings, runs, asked).give_people()
        asked.enter_context(turn(settings, within_s=DECIDING_S))
        yield


def systems_of(settings: Settings, runs: Sequence[RunFolder]) -> list[RunFolder]:
    """Return those of the runs to which a system that has the tenant's people writes.

    One of another tenant on the same data folder has them not, and gives nobody way who asks for
    them.
    """
    own = (None, settings.tenant_id)
    return [run for run in runs if Presence.at(run.watching) and run.tenant_id in own]


class KeepersWay:
    """The way of one keeper of a run: where it is asked to give way, and what it says of itself."""

    def __init__(self, settings: Settings, run: RunFolder, keeper: str) -> None:
        """Take the paths; nothing is opened."""
        self._people = identity_folder(settings)
        asked = self._people if keeper == NAMES_KEEPER else run.events
        folder = run.state / keeper
        self.way = Way(asked / _ASKED, folder / _MARK)
        self._noted = folder / _FORGOTTEN

    def leaving(self) -> Intent | None:
        """Return whom the keeper has to be without, as somebody is being forgotten."""
        return Intent.load(self._people)

    def note(self, intent: Intent) -> None:
        """Note that the keeper remembers nothing of them any more.

        Raises:
            StoreError: The disk is full or refuses.
        """
        write_file(self._noted, intent.receipt_id.encode())

    def is_noted(self, intent: Intent) -> bool:
        """Tell whether the keeper has noted that."""
        try:
            return self._noted.read_text() == intent.receipt_id
        except FileNotFoundError:
            return False

    def forget_note(self) -> None:
        """Remove what the keeper noted."""
        self._noted.unlink(missing_ok=True)


class SystemsAtWork:
    """The systems that write to runs, which are asked to give way until `asked` is left."""

    def __init__(self, settings: Settings, runs: Sequence[RunFolder], asked: ExitStack) -> None:
        """Find them; nobody else asks for these people until `asked` is left.

        Raises:
            StoreError: Somebody else does.
        """
        self._asked = asked
        self._runs = [run for run in runs if Presence.at(run.watching)]
        own = systems_of(settings, self._runs)
        self._resolvers = [KeepersWay(settings, run, NAMES_KEEPER) for run in own]
        self._journals = [KeepersWay(settings, run, LOG_KEEPER) for run in self._runs]
        self._remembering = self._resolvers + [KeepersWay(settings, r, LOG_KEEPER) for r in own]
        self._people = identity_folder(settings)
        way = Way(self._people / _ASKED, self._people / _MARK)
        asked.callback(way.ask().release)

    def write_to(self, run: RunFolder) -> bool:
        """Tell whether one writes to a run."""
        return run in self._runs

    def give_people(self) -> None:
        """Wait until people and galleries may be taken.

        Raises:
            StoreError: They are not given.
        """
        self._wait_for(self._resolvers, self._people / PEOPLE_LOCK)

    def give_logs(self) -> None:
        """Ask for the logs, too, and wait until they may be taken.

        Raises:
            StoreError: They are not given.
        """
        for run, keeper in zip(self._runs, self._journals, strict=True):
            self._asked.callback(keeper.way.ask().release)
            self._wait_for([keeper], EventFolder(run.events).lock)

    def have_forgotten(self, intent: Intent) -> bool:
        """Wait until all have noted that they remember nothing of a person; False: one has ended.

        Raises:
            StoreError: One runs and has not done it.
        """

        def have_noted() -> bool:
            return all(keeper.is_noted(intent) for keeper in self._remembering)

        def is_over() -> bool:
            return have_noted() or self._has_ended()

        if not wait_until(is_over, within_s=WITHIN_S):
            raise StoreError(
                f"all is gone from the disk, but the system that writes to {self._runs[0].path} "
                f"has not gone on within {WITHIN_S:.0f} s, so it may remember the person; see "
                f"`genesis status`, and finish it then: genesis people forget"
            )
        return not self._has_ended() or have_noted()

    def forget_notes(self) -> None:
        """Remove what the keepers noted: it is over."""
        for keeper in self._remembering:
            keeper.forget_note()

    def _has_ended(self) -> bool:
        return not all(Presence.at(run.watching) for run in self._runs)

    def _wait_for(self, keepers: Sequence[KeepersWay], lock: Path) -> None:
        def is_given() -> bool:
            has_let_go = WriteLock.holder(lock) is None
            return has_let_go and (
                all(keeper.way.is_given() for keeper in keepers) or self._has_ended()
            )

        if keepers and not wait_until(is_given, within_s=WITHIN_S):
            raise StoreError(
                f"the system that runs, process {WriteLock.holder(lock)}, has not let go of "
                f"{lock.parent} within {WITHIN_S:.0f} s; nothing is changed: try again, or stop it"
            )
