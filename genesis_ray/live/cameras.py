"""The actor that hosts cameras: decoders and tracking state."""

import asyncio
import os
import pickle
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import cv2
import ray
from ray.serve.exceptions import RayServeException

from genesis_ray.errors import GenesisError, StoreError
from genesis_ray.live.calls import until_answered
from genesis_ray.live.delivery import Delivery, Letter, WatchedCamera
from genesis_ray.live.flow import FrameFlow
from genesis_ray.live.inbox import FrameInbox
from genesis_ray.live.mortal import dying_of_errors
from genesis_ray.live.outbox import Limits, Outbox
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec, Resumption
from genesis_ray.process_memory import keep_freed_memory
from genesis_ray.running.assembly import open_station
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.stage_clock import Stage, StageClock
from genesis_ray.running.tenant_keys import newest_keys
from genesis_ray.running.viewing import load_viewing
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.settings_cameras import CameraSettings
from genesis_ray.store.run_folder import RunFolder
from genesis_ray.vision.memory_guard import MemoryState

_NO_PICTURES_FAULT = (OSError, RayServeException)
"""What is raised where the machine has no more room, and by models that are being taken down."""


_PASSED_WITHIN_S = 20.0
"""For what is under way before a camera is taken off: it takes a second where nothing is away."""

_LEFT_WITHIN_S = 40.0
"""For the last of a camera, which failures may hold up, each of which is waited for (21 s)."""


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How far a group's cameras are, and where its time went.

    Attributes:
        first_frame_at: When the first frame went to the detector, in time.time()'s seconds.
        memory: How the replicas that answered get on with their memory, by model and name.
        waiting: Reports that resolver and journal have not taken yet.
        away: Who of these two is being started again, or has no node.
        full: Whose disk of these two is full, and what is to be done.
        node: Ray's id of the node that this is on.
    """

    cameras: list[CameraProgress]
    stage_s: dict[Stage, float]
    first_frame_at: float | None
    memory: dict[tuple[str, str], MemoryState] = field(default_factory=dict)
    waiting: int = 0
    node: str | None = None
    away: frozenset[str] = frozenset()
    full: Mapping[str, str] = field(default_factory=dict)


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
        self._returning: dict[str, asyncio.Task[None]] = {}
        self._changing = asyncio.Lock()  # no camera is opened under a change, or twice
        self._settled = asyncio.Event()
        self._settled.set()
        self._in_inbox: set[str] = set()
        self._is_stopped = False
        self._has_ended = False
        self._first_frame_at: float | None = None
        self._inbox: FrameInbox | None = None
        self._flow: FrameFlow | None = None
        self._delivery: Delivery | None = None
        self._node = ray.get_runtime_context().get_node_id()
        self._viewing = load_viewing(
            spec.settings.appearance, partial(newest_keys, spec.template_key)
        )
        self._resolver = ray.get_actor(RESOLVER_ACTOR, NAMESPACE)
        self._journal = ray.get_actor(JOURNAL_ACTOR, NAMESPACE)

    async def open(
        self, cameras: Sequence[CameraSettings], is_resumed: bool = False
    ) -> dict[str, str]:
        """Open the sources of cameras that are not open yet, where an earlier process was.

        Return why, by name, some cannot be opened; none where that ends all, as it does unless
        `is_resumed`.

        Raises:
            SourceError: One cannot be opened.
        """
        async with self._changing:
            return await self._open_new(cameras, is_late=True, is_resumed=is_resumed)

    async def _open_new(
        self, cameras: Sequence[CameraSettings], *, is_late: bool, is_resumed: bool = False
    ) -> dict[str, str]:
        """Open cameras that are not, best prepared ones, where others were that had their names.

        With `is_late` recordings that go by the clock go on where that is by now. Those that cannot
        be opened are left out and returned, with the reason, if `is_resumed`.
        """
        new = [camera for camera in cameras if camera.camera_id not in self._cameras]
        failed: dict[str, str] = {}
        if not new:
            return failed
        before: Resumption = await until_answered(
            lambda: self._journal.resumption.remote([camera.camera_id for camera in new])
        )
        now = before.foremost if is_late and self._spec.realtime else None
        for settings in new:
            prepared = self._prepared.pop(settings.camera_id, None)
            try:
                camera = (
                    prepared
                    if prepared
                    else await asyncio.to_thread(self._open, settings, is_resumed=is_resumed)
                )
            except GenesisError as error:
                if not is_resumed:
                    raise
                failed[settings.camera_id] = str(error)
                continue
            _go_on(camera, before, now)
            self._cameras[settings.camera_id] = camera
            if self._inbox:
                self._in_inbox.add(settings.camera_id)
                self._inbox.add(camera.station)
        return failed

    async def run(self, cameras: Sequence[CameraSettings]) -> GroupFigures:
        """Open cameras that are not, watch all that are, and those put on meanwhile.

        Returns the outcome when every source has ended, and nothing is prepared or taken off.

        Raises:
            SourceError: One cannot be opened.
        """
        await self.open(cameras)
        try:
            while rest := await self._to_watch():
                await self._watch(rest)
            self._has_ended = True
        finally:
            for camera in self._cameras.values():
                self._close(camera)
        return self.figures()

    async def _to_watch(self) -> list[WatchedCamera]:
        """Return the cameras that have not ended; where none is left, once no other will come."""
        if not self._unended():
            await self._settled.wait()
        for camera in self._unended():
            if camera.station.camera_id in self._in_inbox:  # which ended when this one came
                with suppress(GenesisError):  # who plays it says what is wrong
                    await asyncio.to_thread(camera.station.rewind, None)
        return [] if self._is_stopped else self._unended()  # others may have come meanwhile

    def _unended(self) -> list[WatchedCamera]:
        return [camera for camera in self._cameras.values() if not camera.posted.is_done]

    async def _watch(self, cameras: Sequence[WatchedCamera]) -> None:
        stations = [camera.station for camera in cameras]
        self._in_inbox = {station.camera_id for station in stations}
        self._inbox = FrameInbox(
            stations,
            limit=self._spec.settings.detector.stack_frames,
            realtime=self._spec.realtime,
            clock=self._clock,
            retry_delays_s=self._spec.settings.retry_delays_s,
        )
        self._inbox.stay_open(not self._settled.is_set())
        limits = self._spec.settings.back_pressure
        outbox: Outbox[Letter] = Outbox(Limits(slow_at=limits.slow_at, stop_at=limits.stop_at))
        self._delivery = Delivery(self._name, self._spec, self._cameras, self._inbox, outbox)
        self._flow = FrameFlow(self._spec, self._cameras, self._inbox, self._delivery, self._clock)
        try:
            with dying_of_errors(self._name, but=_NO_PICTURES_FAULT):
                await self._flow.run(self._journal, self._resolver)
        finally:
            self._inbox.close()
            self._inbox = None
            self._first_frame_at = self._first_frame_at or self._flow.first_frame_at

    async def prepare(self, cameras: Sequence[CameraSettings]) -> bool:
        """Open the sources of cameras that are to come, and watch them not yet.

        The group stays for them, if only none. Return whether it can: it may have ended.

        Raises:
            SourceError: One cannot be opened; none is prepared then.
        """
        if self._has_ended:
            return False
        self._stay(bool(cameras))
        async with self._changing:
            for camera in self._prepared.values():
                self._close(camera)
            self._prepared = {}
            for settings in cameras:
                self._prepared[settings.camera_id] = await asyncio.to_thread(self._open, settings)
        return True

    async def take_off(self, leaving: Collection[str]) -> None:
        """Watch cameras no longer, and wait until all that they had to say is delivered.

        The group stays until others are put on, if only none. Doing it again does nothing more.

        Raises:
            GenesisError: Nothing arrives, so none is taken off; or the last of one does not: then
                it can be put on again, and is watched anew when that has arrived.
        """
        self._stay(True)
        async with self._changing:
            own = [name for name in leaving if name in self._cameras]
            if own:
                await self._see_that_all_arrives(own)
            for name in own:
                await self._take_off(name)

    async def _see_that_all_arrives(self, leaving: Collection[str]) -> None:
        """See that what cameras have to say arrives before one ends: then its last does, too."""
        if self._flow and self._inbox:
            try:
                async with asyncio.timeout(_PASSED_WITHIN_S):
                    await self._flow.passed()
            except TimeoutError as error:
                raise GenesisError(
                    f"{', '.join(leaving)}: what cameras beside have to say has not been taken for "
                    f"{_PASSED_WITHIN_S:.0f} s, as where models or the log are away or a disk is "
                    f"full; mend what `genesis status` says, and try again"
                ) from error

    async def _take_off(self, name: str) -> None:
        old = self._cameras[name]
        if task := self._returning.pop(name, None):
            task.cancel()
        old.is_leaving = True
        if old.station.is_live:
            old.station.source.close()
        if self._inbox:
            self._inbox.remove(name)
            try:
                async with asyncio.timeout(_LEFT_WITHIN_S):
                    await old.has_left.wait()
            except TimeoutError as error:
                raise GenesisError(
                    f"{name}: its last has not been taken for {_LEFT_WITHIN_S:.0f} s, as where "
                    f"models or the log are away or a disk is full; mend what `genesis status` "
                    f"says, and try again"
                ) from error
        self._forget(name)

    def _forget(self, name: str) -> None:
        if self._inbox:
            self._inbox.forget(name)
        self._close(self._cameras.pop(name))

    async def _return(self, settings: CameraSettings) -> None:
        """Watch a camera again that was to be taken off, once all is delivered of before."""
        name = settings.camera_id
        await self._cameras[name].has_left.wait()
        async with self._changing:
            self._forget(name)
            await self._open_new([settings], is_late=True, is_resumed=True)
            del self._returning[name]
        self._stay(bool(self._returning))

    async def put_on(self, coming: Sequence[CameraSettings]) -> None:
        """Watch others, best prepared ones, after some were taken off.

        One that comes under a name that was there has new ids for its tracks, and a recording
        goes on where it was. Doing it again does nothing more.

        Raises:
            SourceError: One cannot be opened.
            GenesisError: All cameras have ended, in a process that knew of no change.
        """
        if coming and self._has_ended and not self._is_stopped:
            raise GenesisError("recordings ended while cameras were changed; do it again")
        async with self._changing:
            await self._open_new(coming, is_late=False)
        for settings in coming:
            name = settings.camera_id
            if self._cameras[name].is_leaving and name not in self._returning:
                self._returning[name] = asyncio.create_task(self._return(settings))
        self._stay(bool(self._returning))

    def _stay(self, is_to_stay: bool) -> None:
        """Go on though all cameras may have ended, as others are to come; or do so no more."""
        if is_to_stay and not self._is_stopped:
            self._settled.clear()
        else:
            self._settled.set()
        if self._inbox:
            self._inbox.stay_open(is_to_stay)

    async def stop(self) -> None:
        """Let all sources end now; `run` reports what is under way and returns."""
        self._is_stopped = True
        self._stay(False)
        for camera in self._cameras.values():
            if camera.station.is_live:
                camera.station.source.close()
        if self._inbox:
            self._inbox.stop()
        if self._flow:
            self._flow.end()

    def exit(self) -> None:
        """End this process, as if it had died."""
        os._exit(1)

    def figures(self) -> GroupFigures:
        """Return how far the cameras are."""
        cameras = [camera.delivered for camera in self._cameras.values()]
        first_frame_at = self._first_frame_at
        if self._flow and first_frame_at is None:
            first_frame_at = self._flow.first_frame_at
        memory = self._flow.memory if self._flow else {}
        waiting = self._delivery.waiting if self._delivery else 0
        away = frozenset(self._delivery.away if self._delivery else ())
        full = dict(self._delivery.full if self._delivery else ())
        return GroupFigures(
            cameras,
            self._clock.seconds(),
            first_frame_at,
            memory,
            waiting,
            self._node,
            away,
            full,
        )

    def _open(self, camera: CameraSettings, *, is_resumed: bool = False) -> WatchedCamera:
        settings = self._spec.settings
        station = open_station(settings, camera, self._viewing)
        recorder = None
        if settings.annotate:
            from genesis_ray.running.recorder import Recorder  # its library takes seconds to import

            if not (is_resumed or self._spec.run.is_dir()):
                station.source.close()
                raise GenesisError(
                    f"{camera.camera_id}: annotated video is written to {self._spec.run}, which "
                    f"the node that is to watch it does not have; put the run on a disk that all "
                    f"nodes share, or turn annotated video off"
                )
            media = RunFolder(self._spec.run).media
            recorder = Recorder(
                camera, media, fps=settings.fps_of(camera), time_zone=settings.time_zone
            )
        progress = CameraProgress(
            camera_id=camera.camera_id, expected_frames=station.expected_frames
        )
        return WatchedCamera(station, recorder, progress, progress)

    def _close(self, camera: WatchedCamera) -> None:
        if camera.recorder:
            with suppress(StoreError):  # all ends, of something else, or it is watched anew
                camera.recorder.close()
        camera.station.source.close()


def _go_on(camera: WatchedCamera, before: Resumption, now: datetime | None) -> None:
    """Have a camera go on where another process was, or another camera that had its name."""
    name, station = camera.station.camera_id, camera.station
    if snapshot := before.snapshots.get(name):
        observed, choice = pickle.loads(snapshot.state)  # noqa: S301  an actor of ours wrote it
        station.resume(pickle.loads(observed), choice, now=now)  # noqa: S301
        camera.posted = camera.delivered = snapshot.camera
    elif left := before.left.get(name):
        station.follow(left, now=now)
    if told := before.told.get(name):
        station.go_on_after(told)
