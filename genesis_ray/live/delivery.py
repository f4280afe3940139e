"""Bringing what a camera group has to say to resolver and journal."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from ray.actor import ActorHandle

from genesis_ray.domain.events import Event, FramesDropped, SystemState
from genesis_ray.domain.load.drops import DropTally
from genesis_ray.live.answers import came_back
from genesis_ray.live.calls import Call, keeper_patience_s, until_answered
from genesis_ray.live.inbox import FrameInbox
from genesis_ray.live.outbox import Outbox, Pressure
from genesis_ray.live.resolver import Names
from genesis_ray.live.spec import (
    JOURNAL_ACTOR,
    RESOLVER_ACTOR,
    LiveSpec,
    Shown,
    Snapshot,
    Told,
)
from genesis_ray.live.watched_camera import WatchedCamera
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.station_values import Report

T = TypeVar("T")
"""What a call answers."""


_STATES: dict[Pressure, SystemState] = {
    "none": "flowing",
    "slow": "slowed",
    "stop": "stopped",
}


class Letter(NamedTuple):
    """A report on its way to resolver and journal, and how far its camera is with it."""

    report: Report
    camera: CameraProgress
    state: bytes | None
    is_end: bool


class Delivery:
    """The way out of a camera group: an outbox, and who brings what is in it to the others.

    The journal has a camera's snapshot with the report after the one that it is of: both it and the
    resolver have that by then, so that another process which goes on from it leaves nothing out.

    Attributes:
        name: The group's.
        notes: Events that are logged with what is delivered next.
        away: Of resolver and journal, who is being started again or has no node.
        full: Of the two, whose disk is full, and what is to be done.
    """

    def __init__(
        self,
        name: str,
        spec: LiveSpec,
        cameras: Mapping[str, WatchedCamera],
        inbox: FrameInbox,
        outbox: Outbox[Letter],
    ) -> None:
        self.name = name
        self._spec = spec
        self._cameras = cameras
        self._inbox = inbox
        self._outbox = outbox
        self._pressure: Pressure = "none"
        self.notes: list[Event] = []
        self.away: set[str] = set()
        self.full: dict[str, str] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._patience_s = keeper_patience_s(realtime=spec.realtime)

    @property
    def waiting(self) -> int:
        """How many reports resolver and journal have not taken yet."""
        return len(self._outbox)

    def note(self, component: str, state: SystemState, reason: str) -> None:
        """Have an event written that is about the system."""
        self.notes.append(self._spec.note(component, state, reason))

    async def arrived(self) -> None:
        """Wait until resolver and journal have all that was posted until now."""
        await self._outbox.arrived()

    async def close(self) -> None:
        """Let `run` end when all has arrived: no more will be posted."""
        await self._outbox.close()

    async def post(
        self, report: Report, state: bytes | None = None, *, is_end: bool = False
    ) -> None:
        """Count a report and put it into the outbox."""
        camera = self._cameras[report.camera_id]
        before = camera.posted
        stream, reason = report.diagnosis or (before.state, before.reason)
        camera.posted = replace(
            before,
            frames=before.frames + report.frames,
            dropped=self._inbox.dropped(report.camera_id),
            is_done=before.is_done or report.is_last,
            problem=report.problem,
            is_cut_off=report.is_cut_off,
            state=stream,
            reason=reason,
            clock_offset_s=before.clock_offset_s
            if report.clock_offset_s is None
            else report.clock_offset_s,
        )
        camera.drops = camera.drops or DropTally(before.frames)
        self._note_drops(camera.drops, camera.posted, None if is_end else report.progress)
        letter = Letter(report, camera.posted, state, is_end)
        if self._outbox.pressure == "stop":
            self._note_pressure()
        await self._outbox.put(letter)
        self._note_pressure()

    def _note_drops(self, drops: DropTally, camera: CameraProgress, at: datetime | None) -> None:
        """Have it written how many of its frames a camera dropped, once a minute and at its end."""
        if told := drops.take(at, camera.frames, camera.dropped):
            self.notes.append(
                FramesDropped(
                    tenant_id=self._spec.settings.tenant_id,
                    site_id=self._spec.settings.site_id,
                    camera_id=camera.camera_id,
                    occurred_at=told.at,
                    since=told.since,
                    looked_at=told.looked_at,
                    by_reason=tuple(told.by_reason.items()),
                )
            )

    def _note_pressure(self) -> None:
        """Tell of it when the outbox asks for less, for nothing, or for all again."""
        pressure = self._outbox.pressure
        if pressure == self._pressure:
            return
        self._pressure = pressure
        state: SystemState = _STATES[pressure]
        self.note(self.name, state, f"{len(self._outbox)} reports wait")
        self._inbox.slow_down(pressure != "none")

    async def run(self, journal: ActorHandle, resolver: ActorHandle) -> None:
        """Bring what is in the outbox to resolver and journal, until no more will come."""
        while letters := await self._outbox.peek():
            told = [self._told(letter) for letter in letters]
            shown, notes = [*map(_shown, letters)], [*self.notes]
            names: Names
            _, names = await asyncio.gather(
                self._answered(JOURNAL_ACTOR, partial(journal.take.remote, told, notes)),
                self._answered(RESOLVER_ACTOR, partial(resolver.take.remote, shown)),
            )
            await self._outbox.drop(len(letters))
            self._note_pressure()
            del self.notes[: len(notes)]
            for letter in letters:
                camera = self._cameras[letter.camera.camera_id]
                camera.delivered = letter.camera
                if letter.state:
                    self._snapshots[letter.camera.camera_id] = Snapshot(letter.state, letter.camera)
                if letter.is_end:
                    self._snapshots.pop(letter.camera.camera_id, None)
                    camera.has_left.set()
                if camera.recorder:
                    camera.recorder.name(names.get(letter.camera.camera_id, {}))
        if self.notes:  # of what happened during the last delivery
            await self._answered(JOURNAL_ACTOR, partial(journal.take.remote, [], [*self.notes]))

    async def _answered(self, keeper: str, call: Call[T]) -> T:
        """Wait until a keeper has taken something; tell when it is back, where it was away.

        One whose disk is full tells itself, when there is room.
        """

        def came_back_after(seconds: float) -> None:
            self.away.discard(keeper)
            came_back(self.note, keeper, seconds)

        answer = await until_answered(
            call,
            on_away=partial(self.away.add, keeper),
            on_return=came_back_after,
            on_full=partial(self.full.__setitem__, keeper),
            patience_s=self._patience_s,
        )
        self.full.pop(keeper, None)
        return answer

    def _told(self, letter: Letter) -> Told:
        report = letter.report
        snapshot = self._snapshots.pop(report.camera_id, None)
        captured_s = None
        if report.frames:
            later_s = self._inbox.played_later_s(report.camera_id)
            captured_s = report.progress.timestamp() + later_s
        return Told(report.camera_id, report.events, report.progress, snapshot, captured_s)


def _shown(letter: Letter) -> Shown:
    return Shown(letter.report.camera_id, letter.report.evidence, letter.report.progress)
