"""The actor that places, names and counts the others."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

import ray

from genesis_ray.live.cameras import CameraGroupActor, GroupFigures
from genesis_ray.live.journal import JournalActor, JournalFigures
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.run_result import CameraProgress, RunResult

_CAMERAS_A_GROUP = 8
"""A process costs 340 MB, a camera in it some 60; eight decoders keep one process busy."""


@ray.remote(num_cpus=0)
class Supervisor:
    """Starts the journal, the resolver and the camera groups of one live system."""

    def __init__(self, spec: LiveSpec) -> None:
        self._journal = JournalActor.options(name=JOURNAL_ACTOR, namespace=NAMESPACE).remote(spec)
        self._resolver = ResolverActor.options(name=RESOLVER_ACTOR, namespace=NAMESPACE).remote(
            spec
        )
        camera_ids = [camera.camera_id for camera in spec.settings.cameras]
        self._groups = [
            CameraGroupActor.options(name=f"cameras-{first}", namespace=NAMESPACE).remote(
                spec, camera_ids[first : first + _CAMERAS_A_GROUP]
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
        stages: Counter[str] = Counter(write=journal.write_s)
        for group in groups:
            stages.update(group.stage_s)
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
            stage_s=dict(stages),
        )

    async def cameras(self) -> list[CameraProgress]:
        """Return how far every camera is."""
        return _cameras(await self._group_figures())

    async def journal(self) -> JournalFigures:
        """Return what the journal counted."""
        figures: JournalFigures = await self._journal.figures.remote()
        return figures

    async def _group_figures(self) -> Sequence[GroupFigures]:
        return await asyncio.gather(*(group.figures.remote() for group in self._groups))


def _cameras(groups: Sequence[GroupFigures]) -> list[CameraProgress]:
    return [camera for group in groups for camera in group.cameras]
