"""What places, names, restarts and counts the actors of a live system."""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from ray.exceptions import RayError

from genesis_ray.domain.events import SystemState
from genesis_ray.errors import GenesisError
from genesis_ray.figures import Figures
from genesis_ray.live.calls import until_answered
from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.changing import GroupMoves, Undone, change, prepare, undo
from genesis_ray.live.giving_way import giving_way
from genesis_ray.live.groups import CameraGroup, GroupLostError
from genesis_ray.live.journal import JournalActor
from genesis_ray.live.journal_figures import JournalFigures
from genesis_ray.live.losing import DEADLY, give_up_camera, tell_ended
from genesis_ray.live.placing import in_groups, node_of, place
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import DIED, JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec
from genesis_ray.live.starting import explained, start_groups, start_keeper
from genesis_ray.live.summing import detectors_of, place_of, stages_of
from genesis_ray.running.changes import Changes, changes_between
from genesis_ray.running.places import layout_of
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.settings import Settings
from genesis_ray.settings_cameras import CameraSettings

STOP_WITHIN_S = 12.0
"""Of an end, after which cameras are cut off; with the closing of the log it stays below 15 s, and
below the 20 s that Serve waits."""

_FINISHED_WITHIN_S = 1.5
"""Where all is cut off: of each of the two that keep something."""

_PLACED_WITHIN_S = 30.0
"""Before it is told that a group waits for a node; one with room starts it in a third of that."""


class Supervisor:
    """Starts the journal, the resolver and the camera groups of one live system.

    Attributes:
        is_cut_off: Whether it was stopped before all was done.
    """

    def __init__(self, spec: LiveSpec) -> None:
        self._spec = spec
        self._journal = start_keeper(JournalActor, JOURNAL_ACTOR, spec)
        self._resolver = start_keeper(ResolverActor, RESOLVER_ACTOR, spec)
        self._keepers = {"journal": self._journal, "resolver": self._resolver}
        self._groups: list[CameraGroup] = []
        self._groups_made = 0
        self._lost: dict[str, CameraProgress] = {}
        self._applying = asyncio.Lock()
        self._watching = asyncio.TaskGroup()
        self._is_ending = self._has_ended = False
        self._over = asyncio.Event()
        self.is_cut_off = False
        for cameras in in_groups(spec.settings):
            self._add_group(cameras)

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._spec.settings

    @property
    def is_open(self) -> bool:
        """Whether all sources have been opened."""
        return all(group.is_open for group in self._groups)

    def waits_for(self) -> list[str]:
        """Return what is missing for all cameras to be watched."""
        return [
            f"{group.name} opens its sources"
            if group.is_placed
            else f"{group.name} is being started, or {group.why_waiting}"
            for group in self._groups
            if not (group.has_ended or (group.is_open and group.is_placed))
        ]

    async def run(self, begun_at: float) -> RunResult:
        """Watch until every source has ended; `begun_at` is time.time() at the very start.

        Raises:
            GenesisError: A source cannot be opened, or journal or resolver cannot go on.
        """
        try:
            async with giving_way(self._spec, resolver=self._resolver, journal=self._journal):
                return await self._run(begun_at)
        finally:
            self._over.set()

    async def _run(self, begun_at: float) -> RunResult:
        try:
            async with asyncio.TaskGroup() as self._watching:
                # Keepers may go on from a change that was not kept when all others died.
                self._watching.create_task(self._expect(self._spec.settings))
                for group in self._groups:
                    self._watching.create_task(self._watch(group))
        except BaseExceptionGroup as errors:
            raise explained(errors.exceptions[0]) from errors
        groups = await self._group_figures()
        late_faces: int = await until_answered(self._resolver.finish.remote)
        journal: JournalFigures = await until_answered(self._journal.finish.remote)
        first_frame_at = min((g.first_frame_at for g in groups if g.first_frame_at), default=None)
        ended_at = time.time()
        self._has_ended = True
        return RunResult(
            mode="live",
            cameras=tuple(self._cameras(groups)),
            events=journal.events,
            late=journal.late + late_faces,
            startup_s=(first_frame_at or ended_at) - begun_at,
            first_event_s=journal.first_event_at - begun_at if journal.first_event_at else None,
            watching_s=(journal.last_event_at or ended_at) - (first_frame_at or ended_at),
            stage_s=stages_of(groups, journal).seconds(),
            interrupted=self._is_ending,
            latency_s=journal.latency_s,
        )

    async def cameras(self) -> list[CameraProgress]:
        """Return how far every camera is."""
        return self._cameras(await self._group_figures())

    async def journal(self) -> JournalFigures:
        """Return what the journal counted."""
        figures: JournalFigures = await until_answered(self._journal.figures.remote)
        return figures

    async def figures(self) -> Figures:
        """Return what all have counted so far."""
        groups, journal = await asyncio.gather(self._group_figures(), self.journal())
        return Figures(
            cameras=tuple(self._cameras(groups)),
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
            detectors=detectors_of(groups),
            gallery=journal.gallery,
            groups=tuple(map(place_of, self._groups, groups)),
        )

    async def end(self) -> None:
        """Let all sources end now: `run` finishes what is under way and returns."""
        self._is_ending = True
        await asyncio.gather(*(group.end() for group in self._groups))

    async def apply(self, settings: Settings) -> Changes:
        """Add, change and take off cameras while the others go on; return what was changed.

        Raises:
            ConfigurationError: Something else would have to be changed too.
            GenesisError: A source cannot be opened. Nothing has been changed then.
        """
        async with self._applying:
            changes = changes_between(self._spec.settings, settings)
            if changes:
                await self._exchange(changes, settings)
            return changes

    async def _exchange(self, changes: Changes, settings: Settings) -> None:
        spec = replace(self._spec, settings=settings)
        known, made = await self._prepare(changes, spec)
        anew = [camera.after.camera_id for camera in changes.changed]
        try:
            await change([*known, *made], partial(self._expect, settings, anew))
        except (GenesisError, RayError) as error:
            for group, _ in made:
                group.kill()
            if left := str(await self._undo(known, anew)):
                await self._note("configuration", "failed", f"a change was undone, but {left}")
                raise GenesisError(f"{explained(error)}; all is as it was, but {left}") from error
            raise
        self._spec = spec
        for ended in self._groups:
            if ended.has_ended:
                ended.let_go_of(changes.leaving)
        for camera in changes.coming:
            self._lost.pop(camera.camera_id, None)
        for group, _ in made:
            self._groups.append(group)
            self._watching.create_task(self._watch(group))
        await self._note("configuration", "changed", str(changes))

    async def _prepare(self, changes: Changes, spec: LiveSpec) -> tuple[GroupMoves, GroupMoves]:
        """Have sources opened by the groups that there are, and by others that are made for it."""
        is_ready = False
        while not is_ready:
            at_work = [group for group in self._groups if not group.has_ended]
            placed = place(changes, spec.settings, at_work)
            made = [
                (self._new_group(spec, [], node=node_of(move.coming)), move)
                for move in placed.further
            ]
            try:
                is_ready = await prepare([*placed.known, *made])
            finally:
                if not is_ready:
                    for group, _ in made:
                        group.kill()
                    await asyncio.gather(*(group.prepare([]) for group, _ in placed.known))
        return placed.known, made

    async def _undo(self, moves: GroupMoves, anew: Collection[str]) -> Undone:
        """Watch as before a change that failed, as far as can be; of `anew` more was expected."""
        before = {camera.camera_id: camera for camera in self._spec.settings.cameras}
        undone = await undo(moves, before, partial(self._expect, self._spec.settings, anew))
        for camera_id, reason in undone.lost.items():
            await self._lose(CameraProgress(camera_id=camera_id), reason)
        watched = {name for group in self._groups for name in group.cameras if not group.has_ended}
        await tell_ended([name for name in anew if name not in watched], **self._keepers)
        return undone

    async def _expect(self, settings: Settings, anew: Collection[str] = ()) -> None:
        ids = sorted(camera.camera_id for camera in settings.cameras)
        layout = layout_of(settings.cameras)
        await until_answered(partial(self._journal.watch.remote, ids, anew, layout))
        await until_answered(partial(self._resolver.watch.remote, ids, anew))

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
        at_work = [group for group in self._groups if not group.has_ended]
        if not (at_work or self._over.is_set()):
            return  # `run` is about to have the others finish
        self.is_cut_off = not self._over.is_set()
        for group in at_work:
            group.kill()
        for keeper in (self._resolver, self._journal):
            # It may be dead, or wait for one that is, which is why all is stopped.
            with suppress(RayError, TimeoutError):
                async with asyncio.timeout(_FINISHED_WITHIN_S):
                    await keeper.finish.remote()

    def _add_group(self, cameras: Sequence[CameraSettings]) -> CameraGroup:
        group = self._new_group(self._spec, cameras, node=node_of(cameras))
        self._groups.append(group)
        return group

    def _new_group(
        self, spec: LiveSpec, cameras: Sequence[CameraSettings], *, node: str | None
    ) -> CameraGroup:
        name = f"cameras-{self._groups_made}"
        self._groups_made += 1
        start = start_groups(spec.settings.groups)
        return CameraGroup(spec, name, cameras, node=node, start=start)

    async def _watch(self, group: CameraGroup) -> None:
        """Watch a group's cameras; where it dies again and again, each for itself."""
        waiting = asyncio.create_task(self._tell_of_waiting(group))
        try:
            if self._is_ending:  # it was made meanwhile
                await group.end()
            await group.run(on_restart=partial(self._note, group.name, "restarted", DIED))
        except GroupLostError:
            await self._give_up(group)
        finally:
            waiting.cancel()

    async def _tell_of_waiting(self, group: CameraGroup) -> None:
        """Note whenever a group waits for a node that has room for it, and when it has got one."""
        while True:
            try:
                async with asyncio.timeout(_PLACED_WITHIN_S):
                    await group.placed()
            except TimeoutError:
                await self._note(group.name, "waiting", group.why_waiting)
                await group.placed()
                await self._note(group.name, "placed", "a node has room for it")
            await group.away()

    async def _give_up(self, group: CameraGroup) -> None:
        """Find out which camera a group dies of: give each a group, and up the one that has one."""
        async with self._applying:  # nobody changes its cameras meanwhile
            await self._give_up_now(group)

    async def _give_up_now(self, group: CameraGroup) -> None:
        lost = {camera.camera_id: camera for camera in (await group.figures()).cameras}
        group.kill()
        self._groups.remove(group)
        if len(group.cameras) > 1:
            await self._note(group.name, "failed", f"{DEADLY}; its cameras are parted")
            for camera in group.cameras.values():
                alone = self._add_group([camera])
                self._watching.create_task(self._watch(alone))
            return
        await self._note(group.name, "failed", DEADLY)
        for camera_id in group.cameras:
            await self._lose(lost.get(camera_id, CameraProgress(camera_id=camera_id)), DEADLY)

    async def _lose(self, camera: CameraProgress, reason: str) -> None:
        self._lost[camera.camera_id] = replace(camera, is_done=True, problem=reason)
        await give_up_camera(camera.camera_id, self._spec, reason, **self._keepers)

    async def _note(self, component: str, state: SystemState, reason: str) -> None:
        note = self._spec.note(component, state, reason)
        await until_answered(partial(self._journal.take.remote, [], [note]))

    def _cameras(self, groups: Sequence[GroupFigures]) -> list[CameraProgress]:
        """Return how far cameras are, in the order of the settings."""
        known = {camera.camera_id: camera for group in groups for camera in group.cameras}
        known |= self._lost
        order = [camera.camera_id for camera in self._spec.settings.cameras]
        return [known[camera_id] for camera_id in order if camera_id in known]

    async def _group_figures(self) -> Sequence[GroupFigures]:
        return await asyncio.gather(*(group.figures() for group in self._groups))
