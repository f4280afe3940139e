"""What places, names, restarts and counts the actors of a live system."""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from genesis_ray.domain.events import CameraStateChanged, SystemState
from genesis_ray.domain.ordering import DONE
from genesis_ray.live.calls import until_answered
from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.groups import CameraGroup, GroupLostError
from genesis_ray.live.journal import JournalActor, JournalFigures
from genesis_ray.live.placing import in_groups, place
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import DIED, JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec, Shown, Told
from genesis_ray.running.changes import Changes, changes_between
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.running.set_aside import dead_letter
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.settings import CameraSettings, Settings
from genesis_ray.telemetry import Figures
from genesis_ray.vision.memory_guard import MemoryState

_CPUS_A_GROUP = 0.1
"""A reservation for placing; small, or actors and replicas wait for each other on two cores."""

_DEADLY = "its process dies again and again"


class Supervisor:
    """Starts the journal, the resolver and the camera groups of one live system."""

    def __init__(self, spec: LiveSpec) -> None:
        self._spec = spec
        here = ray.get_runtime_context().get_node_id()  # where the run and the data folder are
        self._journal = _start(JournalActor, JOURNAL_ACTOR, spec, at=here)
        self._resolver = _start(ResolverActor, RESOLVER_ACTOR, spec, at=here)
        self._groups: list[CameraGroup] = []
        self._groups_made = 0
        self._lost: dict[str, CameraProgress] = {}
        self._applying = asyncio.Lock()
        self._watching = asyncio.TaskGroup()
        self._is_ending = False
        self._ended = asyncio.Event()
        for cameras in in_groups(spec.settings.cameras):
            self._add_group(cameras)

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self._spec.settings

    async def ready(self) -> list[CameraProgress]:
        """Wait until all sources are open.

        Raises:
            GenesisError: One cannot be opened.
        """
        await asyncio.gather(*(group.open() for group in self._groups))
        return await self.cameras()

    async def run(self, begun_at: float) -> RunResult:
        """Watch until every source has ended; `begun_at` is time.time() at the very start.

        Raises:
            GenesisError: A source cannot be opened.
        """
        async with asyncio.TaskGroup() as self._watching:
            for group in self._groups:
                self._watching.create_task(self._watch(group))
        groups = await self._group_figures()
        late_faces: int = await until_answered(self._resolver.finish.remote)
        journal: JournalFigures = await until_answered(self._journal.finish.remote)
        first_frame_at = min((g.first_frame_at for g in groups if g.first_frame_at), default=None)
        ended_at = time.time()
        self._ended.set()
        return RunResult(
            mode="live",
            cameras=tuple(self._cameras(groups)),
            events=journal.events,
            late=journal.late + late_faces,
            startup_s=(first_frame_at or ended_at) - begun_at,
            first_event_s=journal.first_event_at - begun_at if journal.first_event_at else None,
            watching_s=(journal.last_event_at or ended_at) - (first_frame_at or ended_at),
            stage_s=_stages(groups, journal).seconds(),
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
            latency_s=journal.latency_s,
            late=journal.late,
            stage_s=_stages(groups, journal).seconds(),
            logged_until=journal.logged_until,
            detectors=_detectors(groups),
            waiting={g.name: own.waiting for g, own in zip(self._groups, groups, strict=False)},
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
        exchanges = place(changes, [group for group in self._groups if not group.has_ended])
        made = [CameraGroup(spec, self._new_name(), [], start=_start) for _ in exchanges.further]
        moves = [*exchanges.known, *zip(made, exchanges.further, strict=True)]
        try:
            await asyncio.gather(*(group.prepare(move.coming) for group, move in moves))
        except BaseException:
            for group in made:
                group.kill()
            await asyncio.gather(*(group.prepare([]) for group, _ in exchanges.known))
            raise
        before = [camera.camera_id for camera in self._spec.settings.cameras]
        after = [camera.camera_id for camera in settings.cameras]
        await self._expect({*before, *after})
        self._spec = spec
        await asyncio.gather(*(group.exchange(move.leaving, move.coming) for group, move in moves))
        await self._expect(after, anew=[camera.after.camera_id for camera in changes.changed])
        self._groups += made
        for group in made:
            self._watching.create_task(self._watch(group))
        await self._note("configuration", "changed", str(changes))

    async def _expect(self, camera_ids: Collection[str], anew: Collection[str] = ()) -> None:
        ids = sorted(camera_ids)
        await until_answered(partial(self._journal.watch.remote, ids, anew))
        await until_answered(partial(self._resolver.watch.remote, ids))

    async def shut_down(self, *, within_s: float) -> None:
        """End gently; what is not done `within_s` seconds is cut off, and what was logged kept."""
        with suppress(TimeoutError, RayError):  # an actor may be dead, which is why all ends
            async with asyncio.timeout(within_s):
                await self.end()
                await self._ended.wait()
                return
        await self.stop()

    async def stop(self) -> None:
        """Cut the cameras off; keep what was learned and logged until now."""
        for group in self._groups:
            group.kill()
        for keeper in (self._resolver, self._journal):
            with suppress(RayError):  # it may be dead, which is why all is stopped
                await keeper.finish.remote()

    def _add_group(self, cameras: Sequence[CameraSettings]) -> CameraGroup:
        group = CameraGroup(self._spec, self._new_name(), cameras, start=_start)
        self._groups.append(group)
        return group

    def _new_name(self) -> str:
        self._groups_made += 1
        return f"cameras-{self._groups_made - 1}"

    async def _watch(self, group: CameraGroup) -> None:
        """Watch a group's cameras; where it dies again and again, each for itself."""
        try:
            await group.run(on_restart=partial(self._note, group.name, "restarted", DIED))
        except GroupLostError:
            await self._give_up(group)

    async def _give_up(self, group: CameraGroup) -> None:
        """Find out which camera a group dies of: give each a group, and up the one that has one."""
        lost = {camera.camera_id: camera for camera in (await group.figures()).cameras}
        group.kill()
        self._groups.remove(group)
        if len(group.cameras) > 1:
            await self._note(group.name, "failed", f"{_DEADLY}; its cameras are parted")
            for camera in group.cameras.values():
                alone = self._add_group([camera])
                self._watching.create_task(self._watch(alone))
            return
        await self._note(group.name, "failed", _DEADLY)
        for camera_id in group.cameras:
            progress = lost.get(camera_id, CameraProgress(camera_id=camera_id))
            self._lost[camera_id] = replace(progress, is_done=True, problem=_DEADLY)
            await self._close(camera_id)

    async def _close(self, camera_id: str) -> None:
        """Tell resolver and journal that a camera is lost, so that nobody waits for it."""
        spec = self._spec
        state = CameraStateChanged(
            tenant_id=spec.settings.tenant_id,
            site_id=spec.settings.site_id,
            camera_id=camera_id,
            occurred_at=datetime.now(UTC),
            state="failed",
            reason=_DEADLY,
        )
        letter = dead_letter(
            spec.settings,
            unit="recording",
            stage="watch",
            camera_id=camera_id,
            at=state.occurred_at,
            frame_index=None,
            attempts=len(spec.settings.retry_delays_s) + 2,
            reason=_DEADLY,
        )
        told = [Told(camera_id, [(DONE - timedelta.resolution, (state,))], DONE)]
        shown = [Shown(camera_id, (), DONE)]
        await until_answered(partial(self._journal.take.remote, told, [letter]))
        await until_answered(partial(self._resolver.take.remote, shown))

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
        figures: list[GroupFigures] = await asyncio.gather(
            *(group.figures() for group in self._groups)
        )
        return figures


def _start(actor: type, name: str, *args: object, at: str | None = None) -> ActorHandle:
    """Start an actor that is started again whenever it dies; `at` is the node it has to be on."""
    strategy = NodeAffinitySchedulingStrategy(at, soft=False) if at else "DEFAULT"
    return (
        ray.remote(actor)
        .options(
            name=name,
            namespace=NAMESPACE,
            num_cpus=0 if at else _CPUS_A_GROUP,
            max_restarts=-1,
            scheduling_strategy=strategy,
        )
        .remote(*args)
    )


def _stages(groups: Sequence[GroupFigures], journal: JournalFigures) -> StageClock:
    clock = StageClock()
    clock.add("write", journal.write_s)
    for group in groups:
        for stage, seconds in group.stage_s.items():
            clock.add(stage, seconds)
    return clock


def _detectors(groups: Sequence[GroupFigures]) -> dict[str, MemoryState]:
    """Return each replica's latest state: that of whom it told of the most."""
    told = [item for group in groups for item in group.detectors.items()]
    return dict(sorted(told, key=lambda item: item[1].out_of_memory))
