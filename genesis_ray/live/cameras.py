"""The actor that hosts cameras: decoders and tracking state."""

import asyncio
import pickle
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import cv2
import ray

from genesis_ray.live.calls import until_answered
from genesis_ray.live.delivery import Delivery, Letter, WatchedCamera
from genesis_ray.live.flow import FrameFlow
from genesis_ray.live.inbox import FrameInbox
from genesis_ray.live.journal import Resumption
from genesis_ray.live.outbox import Limits, Outbox
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec
from genesis_ray.running.assembly import open_station
from genesis_ray.running.process_memory import keep_freed_memory
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.stage_clock import Stage, StageClock
from genesis_ray.running.tenant_keys import keys_named
from genesis_ray.running.viewing import load_viewing
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.settings_cameras import CameraSettings
from genesis_ray.store.run_folder import RunFolder
from genesis_ray.vision.memory_guard import MemoryState


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How far a group's cameras are, and where its time went.

    Attributes:
        first_frame_at: When the first frame went to the detector, in time.time()'s seconds.
        detectors: How the replicas that answered get on with their memory, by name.
        waiting: Reports that resolver and journal have not taken yet.
        node: Ray's id of the node that this is on.
    """

    cameras: list[CameraProgress]
    stage_s: dict[Stage, float]
    first_frame_at: float | None
    detectors: dict[str, MemoryState] = field(default_factory=dict)
    waiting: int = 0
    node: str | None = None


class CameraGroupActor:
    """Decodes the cameras placed on it and keeps their tracking state.

    One request carries whatever frames are ready, of all its cameras: batches grow
    under load and shrink to a frame when idle. Answers go to the observers in
    capture order: each step hands on through one queue.

    Where the process is killed, the next one goes on from the cameras' last snapshots, which
    the journal has. What it then reports a second time is taken once.
    """

    def __init__(self, spec: LiveSpec, name: str) -> None:
        cv2.setNumThreads(1)  # every camera has a thread of its own
        keep_freed_memory()
        self._spec = spec
        self._name = name
        self._clock = StageClock()
        self._cameras: dict[str, WatchedCamera] = {}
        self._prepared: dict[str, WatchedCamera] = {}
        self._left: dict[str, WatchedCamera] = {}
        self._inbox: FrameInbox | None = None
        self._flow: FrameFlow | None = None
        self._delivery: Delivery | None = None
        self._node = ray.get_runtime_context().get_node_id()
        self._viewing = load_viewing(
            spec.settings.appearance, lambda: keys_named(spec.template_key).current
        )
        self._resolver = ray.get_actor(RESOLVER_ACTOR, NAMESPACE)
        self._journal = ray.get_actor(JOURNAL_ACTOR, NAMESPACE)

    async def open(self, cameras: Sequence[CameraSettings]) -> None:
        """Open the sources of cameras that are not open yet, where an earlier process was.

        Raises:
            SourceError: One cannot be opened.
        """
        new = [camera for camera in cameras if camera.camera_id not in self._cameras]
        before: Resumption = await until_answered(
            lambda: self._journal.resumption.remote([camera.camera_id for camera in new])
        )
        for camera in new:
            opened = await asyncio.to_thread(self._open, camera)
            if snapshot := before.snapshots.get(camera.camera_id):
                observed, choice = pickle.loads(snapshot.state)  # noqa: S301  an actor of ours wrote it
                now = before.foremost if self._spec.realtime else None
                opened.station.resume(pickle.loads(observed), choice, now=now)  # noqa: S301
                opened.posted = opened.delivered = snapshot.camera
            self._cameras[camera.camera_id] = opened

    async def run(self) -> GroupFigures:
        """Watch the cameras that are open until every source has ended; return the outcome."""
        stations = [camera.station for camera in self._cameras.values()]
        self._inbox = FrameInbox(
            stations,
            limit=self._spec.settings.detector.stack_frames,
            realtime=self._spec.realtime,
            clock=self._clock,
            retry_delays_s=self._spec.settings.retry_delays_s,
        )
        limits = self._spec.settings.back_pressure
        outbox: Outbox[Letter] = Outbox(Limits(slow_at=limits.slow_at, stop_at=limits.stop_at))
        self._delivery = Delivery(self._name, self._spec, self._cameras, self._inbox, outbox)
        self._flow = FrameFlow(self._spec, self._cameras, self._inbox, self._delivery, self._clock)
        try:
            await self._flow.run(self._journal, self._resolver)
        finally:
            self._inbox.close()
            for camera in self._cameras.values():
                self._close(camera)
        return self.figures()

    async def prepare(self, cameras: Sequence[CameraSettings]) -> None:
        """Open the sources of cameras that are to come, and watch them not yet.

        Raises:
            SourceError: One cannot be opened; none is prepared then.
        """
        for camera in self._prepared.values():
            self._close(camera)
        self._prepared = {}
        self._left = {}
        for settings in cameras:
            self._prepared[settings.camera_id] = await asyncio.to_thread(self._open, settings)

    async def take_off(self, leaving: Collection[str]) -> None:
        """Watch cameras no longer, and wait until all that they had to say is delivered.

        The group stays until others are put on, if only none. Doing it again does nothing more.
        """
        if self._inbox:
            self._inbox.stay_open(True)
        for name in leaving:
            if name not in self._cameras:
                continue
            old = self._cameras[name]
            old.is_leaving = True
            if old.station.is_live:
                old.station.source.close()
            if self._inbox:
                self._inbox.remove(name)
                await old.has_left.wait()
            self._close(self._cameras.pop(name))
            self._left[name] = old

    async def put_on(self, coming: Sequence[CameraSettings]) -> None:
        """Watch others, best prepared ones, after some were taken off.

        One that comes under a name that was there has new ids for its tracks, and a recording
        goes on where it was. Doing it again does nothing more.

        Raises:
            SourceError: One cannot be opened.
        """
        for settings in coming:
            name = settings.camera_id
            if name in self._cameras:
                continue
            prepared = self._prepared.pop(name, None)
            camera = prepared if prepared else await asyncio.to_thread(self._open, settings)
            if before := self._left.pop(name, None):
                camera.station.follow(before.station)
            self._cameras[name] = camera
            if self._inbox:
                self._inbox.add(camera.station)
        if self._inbox:
            self._inbox.stay_open(False)

    async def stop(self) -> None:
        """Let all sources end now; `run` reports what is under way and returns."""
        for camera in self._cameras.values():
            if camera.station.is_live:
                camera.station.source.close()
        if self._inbox:
            self._inbox.stop()
        if self._flow:
            self._flow.end()

    def figures(self) -> GroupFigures:
        """Return how far the cameras are."""
        cameras = [camera.delivered for camera in self._cameras.values()]
        first_frame_at = self._flow.first_frame_at if self._flow else None
        detectors = self._flow.detectors if self._flow else {}
        waiting = self._delivery.waiting if self._delivery else 0
        return GroupFigures(
            cameras, self._clock.seconds(), first_frame_at, detectors, waiting, self._node
        )

    def _open(self, camera: CameraSettings) -> WatchedCamera:
        settings = self._spec.settings
        station = open_station(settings, camera, self._viewing)
        recorder = None
        if settings.annotate:
            from genesis_ray.running.recorder import Recorder  # its library takes seconds to import

            media = RunFolder.open(self._spec.run).media
            recorder = Recorder(camera, media, fps=settings.fps_of(camera))
        progress = CameraProgress(
            camera_id=camera.camera_id, expected_frames=station.expected_frames
        )
        return WatchedCamera(station, recorder, progress, progress)

    def _close(self, camera: WatchedCamera) -> None:
        if camera.recorder:
            camera.recorder.close()
        camera.station.source.close()
