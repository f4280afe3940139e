"""The actor that hosts cameras: decoders and tracking state."""

import asyncio
import pickle
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import ray

from genesis_ray.live.calls import until_answered, wait_for
from genesis_ray.live.inbox import FrameInbox, Stack
from genesis_ray.live.journal import Resumption
from genesis_ray.live.models import Model, Request
from genesis_ray.live.outbox import Limits, Outbox
from genesis_ray.live.resolver import Names
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec, Shown, Snapshot, Told
from genesis_ray.running.assembly import open_station
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.stage_clock import Stage, StageClock
from genesis_ray.running.station import CameraStation, Report, Seen
from genesis_ray.serving import detector, embedder
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.settings import CameraSettings
from genesis_ray.store.run_folder import RunFolder
from genesis_ray.vision.faces import EmbeddedFace

if TYPE_CHECKING:
    from genesis_ray.running.recorder import Recorder

_STACKS_WAITING = 1
"""Between two steps; with the one that the next step awaits, two are under way."""

_QUIET_S = 3.0
"""Without a report of frames, after which a live camera is reported as it is: longer than a frame
is under way."""

_LOOK_EVERY_S = 1.0

_LIMITS = Limits(slow_at=800, stop_at=1000)
"""Reports, which are small: a minute and more of eight cameras, while an actor is started again."""

_SNAPSHOT_EVERY_S = 1.0
"""What a camera's new process may have to forget of a live stream, or do again of a recording."""


@dataclass(slots=True)
class _Part:
    """What was seen of one camera in a stack.

    Attributes:
        state: After the last frame, pickled, where it is time for it.
    """

    station: CameraStation
    seen: list[Seen]
    state: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Letter:
    """A report on its way to resolver and journal.

    Attributes:
        camera: How far the camera is with it.
        state: What goes into a snapshot.
    """

    report: Report
    camera: CameraProgress
    state: bytes | None


_Found = asyncio.Queue[tuple[Stack, Request[detector.Found] | None] | None]
"""From the detector to the observers, in the order of asking; None: no more will come."""

_Embedded = asyncio.Queue[tuple[Stack, list[_Part], Request[embedder.Embedded] | None] | None]
"""From the embedder to the outbox, likewise."""


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How far a group's cameras are, and where its time went.

    Attributes:
        first_frame_at: When the first frame went to the detector, in time.time()'s seconds.
    """

    cameras: list[CameraProgress]
    stage_s: dict[Stage, float]
    first_frame_at: float | None


class CameraGroupActor:
    """Decodes the cameras placed on it and keeps their tracking state.

    One request carries whatever frames are ready, of all its cameras: batches grow
    under load and shrink to a frame when idle. Answers go to the observers in
    capture order: each step hands on through one queue.

    Where the process is killed, the next one goes on from the cameras' last snapshots, which
    the journal has. What it then reports a second time is taken once.
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
        self._snapshot_at: dict[str, float] = {}
        self._outbox: Outbox[_Letter] = Outbox(_LIMITS)
        for camera in settings.cameras:
            if camera.camera_id in camera_ids:
                self._open(camera)
        self._resolver = ray.get_actor(RESOLVER_ACTOR, NAMESPACE)
        self._journal = ray.get_actor(JOURNAL_ACTOR, NAMESPACE)
        self._resume()
        self._counted = dict(self._progress)  # with what is in the outbox

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

    def _resume(self) -> None:
        """Go on where the cameras were when a process before this one was killed."""
        before: Resumption = wait_for(lambda: self._journal.resumption.remote(list(self._stations)))
        for camera_id, snapshot in before.snapshots.items():
            state = pickle.loads(snapshot.state)  # noqa: S301  it comes from an actor of ours
            now = before.foremost if self._spec.realtime else None
            self._stations[camera_id].resume(state, now=now)
            self._progress[camera_id] = snapshot.camera

    async def run(self) -> None:
        """Watch until every source has ended."""
        detect: Model[detector.Found] = Model(self._spec.detector_app, detector.NAME, "detect")
        inbox = FrameInbox(
            list(self._stations.values()),
            limit=self._spec.settings.detector.stack_frames,
            realtime=self._spec.realtime,
            clock=self._clock,
        )
        self._inbox = inbox
        found: _Found = asyncio.Queue(_STACKS_WAITING)
        embedded: _Embedded = asyncio.Queue(_STACKS_WAITING)
        try:
            async with asyncio.TaskGroup() as steps:
                steps.create_task(self._observe(found, embedded))
                steps.create_task(self._report(embedded))
                steps.create_task(self._deliver())
                quiet = steps.create_task(self._report_the_quiet())
                while stack := await asyncio.to_thread(inbox.take):
                    request = detect.ask(stack.images) if stack.frames else None
                    self._first_frame_at = self._first_frame_at or time.time()
                    await found.put((stack, request))
                await found.put(None)
                quiet.cancel()
        finally:
            inbox.close()
            for recorder in self._recorders.values():
                recorder.close()
            for station in self._stations.values():
                station.source.close()

    async def _observe(self, found: _Found, embedded: _Embedded) -> None:
        """Let the observers see what was found, and ask for the faces they want."""
        embed: Model[embedder.Embedded] = Model(self._spec.embedder_app, embedder.NAME, "embed")
        while item := await found.get():
            stack, request = item
            parts: dict[str, _Part] = {}
            if request is not None:
                people = await request.answer()
                self._clock.add("detect", people.seconds)
                with self._clock.time("track"):
                    for (station, frame), boxes in zip(stack.frames, people.people, strict=True):
                        part = parts.setdefault(station.camera_id, _Part(station, []))
                        part.seen.append(station.observe(frame, boxes))
                    for part in parts.values():
                        self._keep_state(part)
            crops = [crop for part in parts.values() for one in part.seen for crop in one.crops]
            await embedded.put((stack, [*parts.values()], embed.ask(crops) if crops else None))
        await embedded.put(None)

    def _keep_state(self, part: _Part) -> None:
        camera_id, now = part.station.camera_id, time.monotonic()
        if now - self._snapshot_at.get(camera_id, 0.0) >= _SNAPSHOT_EVERY_S:
            self._snapshot_at[camera_id] = now
            part.state = pickle.dumps(part.station.state_after(part.seen[-1]))

    async def _report(self, embedded: _Embedded) -> None:
        """Report what was seen, with its faces."""
        while item := await embedded.get():
            stack, parts, request = item
            faces: Iterator[EmbeddedFace | None] = iter(())
            if request is not None:
                embedding = await request.answer()
                self._clock.add("embed", embedding.seconds)
                faces = iter(embedding.faces)
            for part in parts:
                if recorder := self._recorders.get(part.station.camera_id):
                    for one in part.seen:
                        recorder.draw(one)
                own = list(islice(faces, sum(len(one.crops) for one in part.seen)))
                await self._post(part.station.report(part.seen, own), part.state)
            for station in stack.ended:
                await self._post(station.finish())
        await self._outbox.close()

    async def _report_the_quiet(self) -> None:
        """Report live cameras that give no frames, so that their news comes and nobody waits."""
        live = [station for station in self._stations.values() if station.is_live]
        while live:
            await asyncio.sleep(_LOOK_EVERY_S)
            for station in live:
                reported_at = self._reported_at.get(station.camera_id, 0.0)
                if time.monotonic() - reported_at > _QUIET_S:
                    await self._post(station.idle(datetime.now(UTC)))

    async def _post(self, report: Report, state: bytes | None = None) -> None:
        """Count a report and put it into the outbox."""
        camera_id = report.camera_id
        if report.frames:
            self._reported_at[camera_id] = time.monotonic()
        before = self._counted[camera_id]
        after = self._counted[camera_id] = replace(
            before,
            frames=before.frames + report.frames,
            dropped=self._inbox.dropped(camera_id) if self._inbox else {},
            is_done=before.is_done or report.is_last,
            problem=report.problem,
            state=report.state or before.state,
        )
        await self._outbox.put(_Letter(report, after, state))

    async def _deliver(self) -> None:
        """Bring what is in the outbox to resolver and journal, until no more will come."""
        while letters := await self._outbox.peek():
            told = [_told(letter) for letter in letters]
            shown = [_shown(letter) for letter in letters]
            names: Names
            _, names = await asyncio.gather(
                until_answered(partial(self._journal.take.remote, told)),
                until_answered(partial(self._resolver.take.remote, shown)),
            )
            await self._outbox.drop(len(letters))
            self._progress |= {letter.camera.camera_id: letter.camera for letter in letters}
            for camera_id, recorder in self._recorders.items():
                recorder.name(names.get(camera_id, {}))

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
        return GroupFigures(cameras, self._clock.seconds(), self._first_frame_at)


def _told(letter: _Letter) -> Told:
    report = letter.report
    snapshot = Snapshot(letter.state, letter.camera) if letter.state else None
    return Told(report.camera_id, report.events, report.progress, snapshot)


def _shown(letter: _Letter) -> Shown:
    return Shown(letter.report.camera_id, letter.report.faces, letter.report.progress)
