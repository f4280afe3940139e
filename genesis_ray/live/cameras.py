"""The actor that hosts cameras: decoders and tracking state."""

import asyncio
import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import cv2
import ray
from ray.serve.exceptions import RayServeException

from genesis_ray.domain.load.roles import DropClass
from genesis_ray.live.delivery import Delivery, Letter
from genesis_ray.live.flow import FrameFlow
from genesis_ray.live.inbox import FrameInbox
from genesis_ray.live.mortal import dying_of_errors
from genesis_ray.live.outbox import Limits, Outbox
from genesis_ray.live.precedence import LOOKS_EVERY_S, TELLS_EVERY_S
from genesis_ray.live.roster import Roster
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec
from genesis_ray.live.watched_camera import WatchedCamera
from genesis_ray.process_memory import keep_freed_memory
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.stage_clock import Stage, StageClock
from genesis_ray.running.templates.tenant_keys import newest_keys
from genesis_ray.running.viewing import load_viewing
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.vision.memory_guard import MemoryState

_NO_PICTURES_FAULT = (OSError, RayServeException)
"""What is raised where the machine has no more room, and by models that are being taken down."""


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
        self._first_frame_at: float | None = None
        self._flow: FrameFlow | None = None
        self._delivery: Delivery | None = None
        self._node = ray.get_runtime_context().get_node_id()
        viewing = load_viewing(spec.settings.appearance, partial(newest_keys, spec.template_key))
        self._resolver = ray.get_actor(RESOLVER_ACTOR, NAMESPACE)
        self._journal = ray.get_actor(JOURNAL_ACTOR, NAMESPACE)
        self._roster = Roster(spec, viewing, self._journal)

    async def open(
        self, cameras: Sequence[CameraSettings], is_resumed: bool = False
    ) -> dict[str, str]:
        """Open the sources of cameras that are not open yet, see `Roster.open`."""
        return await self._roster.open(cameras, is_resumed=is_resumed)

    async def run(self, cameras: Sequence[CameraSettings]) -> GroupFigures:
        """Open cameras that are not, watch all that are, and those put on meanwhile.

        Returns the outcome when every source has ended, and nothing is prepared or taken off.

        Raises:
            SourceError: One cannot be opened.
        """
        await self.open(cameras)
        try:
            while rest := await self._roster.to_watch():
                await self._watch(rest)
        finally:
            self._roster.close()
        return self.figures()

    async def _watch(self, cameras: Sequence[WatchedCamera]) -> None:
        inbox = FrameInbox(
            [camera.station for camera in cameras],
            limit=self._spec.settings.detector.stack_frames,
            realtime=self._spec.realtime,
            clock=self._clock,
            retry_delays_s=self._spec.settings.retry_delays_s,
            requests=self._spec.settings.detector.stacks_in_flight,
        )
        limits = self._spec.settings.back_pressure
        outbox: Outbox[Letter] = Outbox(Limits(slow_at=limits.slow_at, stop_at=limits.stop_at))
        roster = self._roster
        self._delivery = Delivery(self._name, self._spec, roster.cameras, inbox, outbox)
        self._flow = FrameFlow(self._spec, roster.cameras, inbox, self._delivery, self._clock)
        try:
            with (
                roster.watched(inbox, self._flow),
                dying_of_errors(self._name, but=_NO_PICTURES_FAULT),
            ):
                await self._flow.run(self._journal, self._resolver)
        finally:
            self._first_frame_at = self._first_frame_at or self._flow.first_frame_at

    async def prepare(self, cameras: Sequence[CameraSettings]) -> bool:
        """Open the sources of cameras that are to come, see `Roster.prepare`."""
        return await self._roster.prepare(cameras)

    async def take_off(self, leaving: Collection[str]) -> None:
        """Watch cameras no longer, see `Roster.take_off`."""
        await self._roster.take_off(leaving)

    async def put_on(self, coming: Sequence[CameraSettings]) -> None:
        """Watch others, see `Roster.put_on`."""
        await self._roster.put_on(coming)

    async def stop(self) -> None:
        """Let all sources end now; `run` reports what is under way and returns."""
        self._roster.stop()
        if self._flow:
            self._flow.end()

    def exit(self) -> None:
        """End this process, as if it had died."""
        os._exit(1)

    async def behind(self, before: DropClass | None) -> DropClass | None:
        """Return the class that falls behind, see `FrameFlow.behind`, once it is another one.

        Or in a while, so that who does not wait any more is not kept.
        """
        until = time.monotonic() + TELLS_EVERY_S
        while (behind := self._flow.behind() if self._flow else None) == before:
            if time.monotonic() > until:
                break
            await asyncio.sleep(LOOKS_EVERY_S)
        return behind

    async def give_way(self, to: Collection[DropClass]) -> None:
        """Take nothing of classes below these for a while."""
        if self._flow:
            self._flow.give_way(to)

    def figures(self) -> GroupFigures:
        """Return how far the cameras are."""
        cameras = [camera.delivered for camera in self._roster.cameras.values()]
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
