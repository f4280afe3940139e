"""The actor that hosts cameras: decoders and tracking state."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import ray
from ray import serve
from ray.serve.handle import DeploymentHandle, DeploymentResponse

from genesis_ray.domain.detections import Detections
from genesis_ray.live.inbox import FrameInbox, Stack
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec
from genesis_ray.running.assembly import open_station
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.second_look import SecondLook
from genesis_ray.running.stage_clock import Stage, StageClock
from genesis_ray.running.station import CameraStation, Report, Seen
from genesis_ray.serving import detector, embedder
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.settings import CameraSettings
from genesis_ray.store.run_folder import RunFolder
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.memory_guard import MemoryState

if TYPE_CHECKING:
    from genesis_ray.running.recorder import Recorder

_STACKS_WAITING = 1
"""Between the observers and the last step, which awaits the faces of another."""

_QUIET_S = 3.0
"""Without a report of frames, after which a live camera is reported as it is: longer than a frame
is under way."""

_LOOK_EVERY_S = 1.0

_SeenByCamera = dict[str, list[Seen]]

_Found = asyncio.Queue[tuple[Stack, DeploymentResponse[detector.Found] | None] | None]
"""From the detector to the observers, in the order of asking; None: no more will come."""

_Embedded = asyncio.Queue[
    tuple[Stack, _SeenByCamera, DeploymentResponse[embedder.Embedded] | None] | None
]
"""From the embedder to resolver and journal, likewise."""


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How far a group's cameras are, and where its time went.

    Attributes:
        first_frame_at: When the first frame went to the detector, in time.time()'s seconds.
        detectors: How the replicas that answered get on with their memory.
    """

    cameras: list[CameraProgress]
    stage_s: dict[Stage, float]
    first_frame_at: float | None
    detectors: dict[str, MemoryState]


class CameraGroupActor:
    """Decodes the cameras placed on it and keeps their tracking state.

    One request carries whatever frames are ready, of all its cameras: batches grow
    under load and shrink to a frame when idle. Answers go to the observers in
    capture order: each step hands on through one queue.
    """

    def __init__(self, spec: LiveSpec, camera_ids: Sequence[str]) -> None:
        settings = spec.settings
        self._spec = spec
        self._clock = StageClock()
        self._stations: dict[str, CameraStation] = {}
        self._recorders: dict[str, Recorder] = {}
        self._progress: dict[str, CameraProgress] = {}
        self._first_frame_at: float | None = None
        self._inbox: FrameInbox | None = None
        self._reported_at: dict[str, float] = {}
        self._detectors: dict[str, MemoryState] = {}
        for camera in settings.cameras:
            if camera.camera_id in camera_ids:
                self._open(camera)
        self._resolver = ray.get_actor(RESOLVER_ACTOR, NAMESPACE)
        self._journal = ray.get_actor(JOURNAL_ACTOR, NAMESPACE)

    def _open(self, camera: CameraSettings) -> None:
        settings = self._spec.settings
        station = open_station(settings, camera)
        self._stations[camera.camera_id] = station
        self._progress[camera.camera_id] = CameraProgress(
            camera_id=camera.camera_id, expected_frames=station.expected_frames
        )
        if settings.annotate:
            from genesis_ray.running.recorder import Recorder  # its library takes seconds to import

            media = RunFolder.open(self._spec.run).media
            self._recorders[camera.camera_id] = Recorder(camera, media, fps=settings.fps_of(camera))

    async def run(self) -> None:
        """Watch until every source has ended."""
        detect = serve.get_deployment_handle(detector.NAME, self._spec.detector_app).detect
        inbox = FrameInbox(
            list(self._stations.values()),
            limit=self._spec.settings.detector.stack_frames,
            realtime=self._spec.realtime,
            clock=self._clock,
        )
        self._inbox = inbox
        free = asyncio.Semaphore(self._spec.settings.detector.stacks_in_flight)
        found: _Found = asyncio.Queue()
        embedded: _Embedded = asyncio.Queue(_STACKS_WAITING)
        try:
            async with asyncio.TaskGroup() as steps:
                steps.create_task(self._observe(detect, found, embedded, free))
                steps.create_task(self._deliver(embedded))
                quiet = steps.create_task(self._report_the_quiet())
                while (await free.acquire()) and (stack := await asyncio.to_thread(inbox.take)):
                    answer = detect.remote(stack.images) if stack.frames else None
                    self._first_frame_at = self._first_frame_at or time.time()
                    await found.put((stack, answer))
                await found.put(None)
                quiet.cancel()
        finally:
            inbox.close()
            for recorder in self._recorders.values():
                recorder.close()
            for station in self._stations.values():
                station.source.close()

    async def _observe(
        self,
        detect: DeploymentHandle,
        found: "_Found",
        embedded: "_Embedded",
        free: asyncio.Semaphore,
    ) -> None:
        """Let the observers see what was found, and ask for the faces they want."""
        embed = serve.get_deployment_handle(embedder.NAME, self._spec.embedder_app).embed
        while item := await found.get():
            stack, answer = item
            people: list[Detections] = []
            if answer is not None:
                people = await self._look_again(detect, stack, await answer)
            free.release()
            seen: _SeenByCamera = {}
            with self._clock.time("track"):
                for (station, frame), boxes in zip(stack.frames, people, strict=True):
                    one = station.observe(frame, boxes)
                    seen.setdefault(station.camera_id, []).append(one)
            crops = [
                crop for per_camera in seen.values() for one in per_camera for crop in one.crops
            ]
            await embedded.put((stack, seen, embed.remote(crops) if crops else None))
        await embedded.put(None)

    async def _look_again(
        self, detect: DeploymentHandle, stack: Stack, answer: detector.Found
    ) -> list[Detections]:
        """Return the people in a stack's frames, crowded ones looked at once more in tiles."""
        closer = SecondLook(stack.frames, answer.people)
        stacks = closer.stacks(self._spec.settings.detector.max_batch_frames)
        found = await asyncio.gather(*(detect.remote(one) for one in stacks))
        self._detectors |= {one.replica: one.memory for one in (answer, *found)}
        self._clock.add("detect", answer.seconds + sum(one.seconds for one in found))
        return closer.merged([people for one in found for people in one.people])

    async def _deliver(self, embedded: "_Embedded") -> None:
        """Report what was seen, with its faces, to resolver and journal."""
        while item := await embedded.get():
            stack, seen, answer = item
            faces: Iterator[EmbeddedFace | None] = iter(())
            if answer is not None:
                embedding = await answer
                self._clock.add("embed", embedding.seconds)
                faces = iter(embedding.faces)
            reports = []
            for camera_id, frames in seen.items():
                if recorder := self._recorders.get(camera_id):
                    for one in frames:
                        recorder.draw(one)
                own = list(islice(faces, sum(len(one.crops) for one in frames)))
                reports.append(self._stations[camera_id].report(frames, own))
            reports += [station.finish() for station in stack.ended]
            await asyncio.gather(*(self._send(report) for report in reports))
            self._reported_at |= dict.fromkeys(seen, time.monotonic())

    async def _send(self, report: Report) -> None:
        camera_id = report.camera_id
        told = self._journal.take.remote(camera_id, report.events, report.progress)
        names = await self._resolver.take.remote(camera_id, report.faces, report.progress)
        await told
        if recorder := self._recorders.get(camera_id):
            recorder.name(names)
        before = self._progress[camera_id]
        self._progress[camera_id] = replace(
            before,
            frames=before.frames + report.frames,
            dropped=self._inbox.dropped(camera_id) if self._inbox else {},
            is_done=before.is_done or report.is_last,
            problem=report.problem,
            state=report.state or before.state,
        )

    async def _report_the_quiet(self) -> None:
        """Report live cameras that give no frames, so that their news comes and nobody waits."""
        live = [station for station in self._stations.values() if station.is_live]
        while live:
            await asyncio.sleep(_LOOK_EVERY_S)
            for station in live:
                reported_at = self._reported_at.get(station.camera_id, 0.0)
                if time.monotonic() - reported_at > _QUIET_S:
                    await self._send(station.idle(datetime.now(UTC)))

    async def stop(self) -> None:
        """Let all sources end now; `run` reports what is under way and returns."""
        for station in self._stations.values():
            if station.is_live:
                station.source.close()
        if self._inbox:
            self._inbox.stop()

    def figures(self) -> GroupFigures:
        """Return how far the cameras are."""
        cameras = list(self._progress.values())
        return GroupFigures(cameras, self._clock.seconds(), self._first_frame_at, self._detectors)
