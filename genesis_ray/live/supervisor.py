"""What places, names, restarts and counts the actors of a live system."""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from ray.actor import ActorHandle
from ray.exceptions import RayError, RayTaskError

from genesis_ray.figures import Figures
from genesis_ray.live.applying import apply
from genesis_ray.live.calls import keeper_patience_s, until_answered
from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.giving_way import giving_way
from genesis_ray.live.journal import JournalActor
from genesis_ray.live.journal_figures import JournalFigures
from genesis_ray.live.keepers import Keepers
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.room import full_disk_in
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec
from genesis_ray.live.starting import explained, start_keeper
from genesis_ray.live.summing import memory_of, place_of, stages_of
from genesis_ray.live.watched_groups import WatchedGroups
from genesis_ray.running.changes import Changes, changes_between
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.settings import Settings

_log = logging.getLogger(__name__)

STOP_WITHIN_S = 12.0
"""Of an end, after which cameras are cut off; with the closing of the log it stays below 15 s, and
below the 20 s that Serve waits."""

_FINISHED_WITHIN_S = 1.5
"""Where all is cut off: of each of the two that keep something."""

_LOOK_AGAIN_S = 1.0
"""Whether a keeper that is to finish has room."""

_ANSWERS_WITHIN_S = 2.0
"""Who asks how the system is waits for the journal, which may be away for long, no longer."""


class Supervisor:
    """Starts the journal, the resolver and the camera groups of one live system.

    Attributes:
        is_cut_off: Whether it was stopped before all was done.
    """

    def __init__(self, spec: LiveSpec, *, is_resumed: bool = False) -> None:
        """Start all; with `is_resumed` another supervisor watched the cameras before.

        One that cannot be opened then is given up, instead of the whole.
        """
        self._journal = start_keeper(JournalActor, JOURNAL_ACTOR, spec)
        self._resolver = start_keeper(ResolverActor, RESOLVER_ACTOR, spec)
        keepers = Keepers(self._journal, self._resolver)
        self._groups = WatchedGroups(spec, keepers, is_resumed=is_resumed)
        self._is_ending = self._has_ended = False
        self._over = asyncio.Event()
        self._told = JournalFigures(0, 0, None, None, 0.0)
        self._away: set[str] = set()
        self._full: Mapping[str, str] = {}
        self.is_cut_off = False

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._groups.spec.settings

    @property
    def is_open(self) -> bool:
        """Whether all sources have been opened."""
        return all(group.is_open for group in self._groups)

    def waits_for(self) -> list[str]:
        """Return what is missing for all cameras to be watched, and what they tell to be kept."""
        away = [f"the {name} is being started again, or its node is away" for name in self._away]
        full = [f"the {name} waits for room: {why}" for name, why in self._full.items()]
        return (
            sorted(away)
            + sorted(full)
            + [
                f"{group.name} opens its sources"
                if group.is_placed
                else f"{group.name} is being started, or {group.why_waiting}"
                for group in self._groups
                if not (group.has_ended or (group.is_open and group.is_placed))
            ]
        )

    async def run(self, begun_at: float) -> RunResult:
        """Watch until every source has ended; `begun_at` is time.time() at the very start.

        Raises:
            GenesisError: A source cannot be opened, or journal or resolver cannot go on. Where a
                disk is full they can, but for recordings ten minutes later.
        """
        try:
            async with giving_way(self._groups.spec, self._groups.keepers):
                return await self._run(begun_at)
        finally:
            self._over.set()

    async def _run(self, begun_at: float) -> RunResult:
        try:
            await self._groups.watch()
        except BaseExceptionGroup as errors:
            if not self.is_cut_off:
                await self._cut_off()
            raise explained(errors.exceptions[0]) from errors
        groups = await self._groups.figures()
        late_faces: int = await self._finished(RESOLVER_ACTOR, self._resolver)
        journal: JournalFigures = await self._finished(JOURNAL_ACTOR, self._journal)
        first_frame_at = min((g.first_frame_at for g in groups if g.first_frame_at), default=None)
        ended_at = time.time()
        first_event_at = journal.first_event_at
        began = [at for at in (first_frame_at, first_event_at) if at]  # one before it may have
        self._has_ended = True
        return RunResult(
            mode="live",
            cameras=tuple(self._groups.cameras_in(groups)),
            events=journal.events,
            late=journal.late + late_faces,
            startup_s=(first_frame_at or ended_at) - begun_at,
            first_event_s=max(0.0, first_event_at - begun_at) if first_event_at else None,
            watching_s=(journal.last_event_at or ended_at) - min(began, default=ended_at),
            stage_s=stages_of(groups, journal).seconds(),
            interrupted=self._is_ending,
            latency_s=journal.latency_s,
        )

    async def _finished(self, name: str, keeper: ActorHandle) -> Any:
        """Return how a keeper came out; who waits for the end does not wait for room on a disk."""
        until = time.monotonic() + keeper_patience_s(realtime=False)
        while True:
            try:
                return await until_answered(keeper.finish.remote, waits_for_room=False)
            except RayTaskError as error:
                full = full_disk_in(error)
                if full is None or self._is_ending or time.monotonic() > until:
                    raise explained(error) from error
                self._tell_of_full({name: full.while_waiting})
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def cameras(self) -> list[CameraProgress]:
        """Return how far every camera is."""
        groups = await self._groups.figures()
        self._tell_of_full(_full_in(groups))
        return self._groups.cameras_in(groups)

    async def figures(self) -> Figures:
        """Return what all have counted so far; of a journal that is away what it told last."""
        groups, (journal, away) = await asyncio.gather(
            self._groups.figures(), self._journal_figures()
        )
        self._away = away.union(*(group.away for group in groups))
        self._tell_of_full(_full_in(groups))
        return Figures(
            cameras=tuple(self._groups.cameras_in(groups)),
            events=journal.by_class,
            system=journal.system,
            set_aside=journal.set_aside,
            match_levels=journal.match_levels,
            site=journal.site,
            rejections=journal.rejections,
            latency_s=journal.latency_s,
            late=journal.late,
            stage_s=stages_of(groups, journal).seconds(),
            logged_until=journal.logged_until,
            memory=memory_of(groups),
            gallery=journal.gallery,
            groups=tuple(map(place_of, self._groups, groups)),
            full_disks=dict(self._full),
        )

    def _tell_of_full(self, full: Mapping[str, str]) -> None:
        """Say when a disk is full, and when it is no more, to who looks at this process."""
        is_realtime = self._groups.spec.realtime
        minutes = keeper_patience_s(realtime=False) / 60
        ends = "" if is_realtime else f". Else the run ends, with an error, after {minutes:.0f} min"
        for name in full.keys() - self._full.keys():
            _log.warning("the %s waits for room: %s%s", name, full[name], ends)
        for name in self._full.keys() - full.keys():
            _log.warning("the %s goes on: there is room again", name)
        self._full = full

    async def _journal_figures(self) -> tuple[JournalFigures, set[str]]:
        """Return what the journal tells, or told last; and its name, where it is away."""
        away: set[str] = set()
        note = partial(away.add, JOURNAL_ACTOR)
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                self._told = await until_answered(self._journal.figures.remote, on_away=note)
                away.clear()
        return self._told, away

    async def end(self) -> None:
        """Let all sources end now: `run` finishes what is under way and returns."""
        self._is_ending = True
        await self._groups.end()

    def changes_to(self, settings: Settings) -> Changes:
        """Return what `apply` would change.

        Raises:
            ConfigurationError: Something else would have to be changed too.
        """
        return changes_between(self.settings, settings, given_up=self._groups.given_up)

    async def apply(self, settings: Settings) -> Changes:
        """Add, change and take off cameras while the others go on; return what was changed.

        Raises:
            ConfigurationError: Something else would have to be changed too.
            GenesisError: A source cannot be opened. Nothing has been changed then.
        """
        return await apply(settings, self._groups)

    async def shut_down(self, *, within_s: float) -> None:
        """End gently; what is not done `within_s` seconds is cut off, and what was logged kept."""
        with suppress(TimeoutError, RayError):  # an actor may be dead, which is why all ends
            async with asyncio.timeout(within_s):
                await self.end()
                await self._over.wait()
        if not self._has_ended:
            await self.stop()

    async def stop(self) -> None:
        """Cut the cameras off; keep what was learned and logged until now."""
        if self._over.is_set() or not self._groups.at_work:
            return  # `run` has had the others finish, or is about to
        self.is_cut_off = True
        await self._cut_off()

    async def _cut_off(self) -> None:
        """Leave no camera to itself that nobody watches any more."""
        for group in self._groups.at_work:
            group.kill()
        for keeper in (self._resolver, self._journal):
            # It may be dead, or wait for one that is, which is why all is stopped.
            with suppress(RayError, TimeoutError):
                async with asyncio.timeout(_FINISHED_WITHIN_S):
                    await keeper.finish.remote()


def _full_in(groups: Iterable[GroupFigures]) -> dict[str, str]:
    """Return whose disks are full, as groups were told when they had something to say."""
    return {name: why for group in groups for name, why in group.full.items()}
