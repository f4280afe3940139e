"""The actor that places, names and counts the others."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayError

from genesis_ray.live.cameras import CameraGroupActor, GroupFigures
from genesis_ray.live.journal import JournalActor, JournalFigures
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.telemetry import Figures
from genesis_ray.vision.memory_guard import MemoryState

_CPUS_AN_ACTOR = 0.1
"""A reservation for placing; small, or actors and replicas wait for each other on two cores."""

_CAMERAS_A_GROUP = 8
"""A process costs 340 MB, a camera in it some 60; eight decoders keep one process busy."""


class Supervisor:
    """Starts the journal, the resolver and the camera groups of one live system."""

    def __init__(self, spec: LiveSpec) -> None:
        self._journal = _start(JournalActor, JOURNAL_ACTOR, spec)
        self._resolver = _start(ResolverActor, RESOLVER_ACTOR, spec)
        camera_ids = [camera.camera_id for camera in spec.settings.cameras]
        self._groups = [
            _start(
                CameraGroupActor,
                f"cameras-{first}",
                spec,
                camera_ids[first : first + _CAMERAS_A_GROUP],
            )
            for first in range(0, len(camera_ids), _CAMERAS_A_GROUP)
        ]

    async def ready(self) -> list[CameraProgress]:
        """Wait until all sources are open."""
        return _cameras(await self._group_figures())

    async def run(self, begun_at: float) -> RunResult:
        """Watch until every source has ended; `begun_at` is time.time() at the very start."""
        await asyncio.gather(*(group.run.remote() for group in self._groups))
        late_faces = await self._resolver.finish.remote()
        journal: JournalFigures = await self._journal.finish.remote()
        groups = await self._group_figures()
        first_frame_at = min((g.first_frame_at for g in groups if g.first_frame_at), default=None)
        ended_at = time.time()
        return RunResult(
            mode="live",
            cameras=tuple(_cameras(groups)),
            events=journal.events,
            late=journal.late + late_faces,
            startup_s=(first_frame_at or ended_at) - begun_at,
            first_event_s=journal.first_event_at - begun_at if journal.first_event_at else None,
            watching_s=(journal.last_event_at or ended_at) - (first_frame_at or ended_at),
            stage_s=_stages(groups, journal).seconds(),
        )

    async def cameras(self) -> list[CameraProgress]:
        """Return how far every camera is."""
        return _cameras(await self._group_figures())

    async def journal(self) -> JournalFigures:
        """Return what the journal counted."""
        figures: JournalFigures = await self._journal.figures.remote()
        return figures

    async def figures(self) -> Figures:
        """Return what all have counted so far."""
        groups, journal = await asyncio.gather(self._group_figures(), self.journal())
        return Figures(
            cameras=tuple(_cameras(groups)),
            events=journal.by_class,
            late=journal.late,
            stage_s=_stages(groups, journal).seconds(),
            logged_until=journal.logged_until,
            detectors=_detectors(groups),
        )

    async def end(self) -> None:
        """Let all sources end now: `run` finishes what is under way and returns."""
        await asyncio.gather(*(group.stop.remote() for group in self._groups))

    async def stop(self) -> None:
        """Cut the cameras off; keep what was learned and logged until now."""
        for group in self._groups:
            ray.kill(group)
        for keeper in (self._resolver, self._journal):
            with suppress(RayError):  # it may be dead, which is why all is stopped
                await keeper.finish.remote()

    async def _group_figures(self) -> Sequence[GroupFigures]:
        figures: list[GroupFigures] = await asyncio.gather(
            *(group.figures.remote() for group in self._groups)
        )
        return figures


def _start(actor: type, name: str, *args: object) -> ActorHandle:
    return (
        ray.remote(actor)
        .options(name=name, namespace=NAMESPACE, num_cpus=_CPUS_AN_ACTOR)
        .remote(*args)
    )


def _stages(groups: Sequence[GroupFigures], journal: JournalFigures) -> StageClock:
    clock = StageClock()
    clock.add("write", journal.write_s)
    for group in groups:
        for stage, seconds in group.stage_s.items():
            clock.add(stage, seconds)
    return clock


def _cameras(groups: Sequence[GroupFigures]) -> list[CameraProgress]:
    return [camera for group in groups for camera in group.cameras]


def _detectors(groups: Sequence[GroupFigures]) -> dict[str, MemoryState]:
    """Return each replica's latest state: that of whom it told of the most."""
    told = [item for group in groups for item in group.detectors.items()]
    return dict(sorted(told, key=lambda item: item[1].out_of_memory))
