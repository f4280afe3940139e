"""What places, names, restarts and counts the actors of a live system."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError

from genesis_ray.domain.events import CameraStateChanged, SystemState
from genesis_ray.domain.ordering import DONE
from genesis_ray.live.calls import until_answered
from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.groups import CameraGroup, GroupLostError
from genesis_ray.live.journal import JournalActor, JournalFigures
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import DIED, JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec, Shown, Told
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.running.set_aside import dead_letter
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.settings import CameraSettings
from genesis_ray.telemetry import Figures
from genesis_ray.vision.memory_guard import MemoryState

_CPUS_AN_ACTOR = 0.1
"""A reservation for placing; small, or actors and replicas wait for each other on two cores."""

_CAMERAS_A_GROUP = 8
"""A process costs 340 MB, a camera in it some 60; eight decoders keep one process busy."""

_DEADLY = "its process dies again and again"


class Supervisor:
    """Starts the journal, the resolver and the camera groups of one live system."""

    def __init__(self, spec: LiveSpec) -> None:
        self._spec = spec
        self._journal = _start(JournalActor, JOURNAL_ACTOR, spec)
        self._resolver = _start(ResolverActor, RESOLVER_ACTOR, spec)
        self._groups: list[CameraGroup] = []
        self._groups_made = 0
        self._lost: dict[str, CameraProgress] = {}
        self._is_ending = False
        self._ended = asyncio.Event()
        cameras = spec.settings.cameras
        for first in range(0, len(cameras), _CAMERAS_A_GROUP):
            self._add_group(cameras[first : first + _CAMERAS_A_GROUP])

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
        async with asyncio.TaskGroup() as watching:
            for group in self._groups:
                watching.create_task(self._watch(group, watching))
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
            set_aside=journal.set_aside,
            late=journal.late,
            stage_s=_stages(groups, journal).seconds(),
            logged_until=journal.logged_until,
            detectors=_detectors(groups),
        )

    async def end(self) -> None:
        """Let all sources end now: `run` finishes what is under way and returns."""
        self._is_ending = True
        await asyncio.gather(*(group.end() for group in self._groups))

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
        name = f"cameras-{self._groups_made}"
        self._groups_made += 1
        group = CameraGroup(self._spec, name, cameras, start=_start)
        self._groups.append(group)
        return group

    async def _watch(self, group: CameraGroup, watching: asyncio.TaskGroup) -> None:
        """Watch a group's cameras; where it dies again and again, each for itself."""
        try:
            await group.run(on_restart=partial(self._note, group.name, "restarted", DIED))
        except GroupLostError:
            await self._give_up(group, watching)

    async def _give_up(self, group: CameraGroup, watching: asyncio.TaskGroup) -> None:
        """Find out which camera a group dies of: give each a group, and up the one that has one."""
        lost = {camera.camera_id: camera for camera in (await group.figures()).cameras}
        group.kill()
        self._groups.remove(group)
        if len(group.cameras) > 1:
            await self._note(group.name, "failed", f"{_DEADLY}; its cameras are parted")
            for camera in group.cameras.values():
                alone = self._add_group([camera])
                watching.create_task(self._watch(alone, watching))
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
        return sorted(known.values(), key=lambda camera: order.index(camera.camera_id))

    async def _group_figures(self) -> Sequence[GroupFigures]:
        figures: list[GroupFigures] = await asyncio.gather(
            *(group.figures() for group in self._groups)
        )
        return figures


def _start(actor: type, name: str, *args: object) -> ActorHandle:
    return (
        ray.remote(actor)
        .options(name=name, namespace=NAMESPACE, num_cpus=_CPUS_AN_ACTOR, max_restarts=-1)
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
