"""Groups of cameras that share a detector, in a time of their own: no clock, no process, no model.

Cameras' lanes, what is picked of them, who falls behind and who gives way are the real ones.
"""

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from genesis_ray.domain.load.roles import DropClass, Role, drop_class_of
from genesis_ray.domain.streams.frames import Frame, FrameStamp
from genesis_ray.live.lane import Lane
from genesis_ray.live.picking import Picked, Picker
from genesis_ray.live.precedence import LOOKS_EVERY_S, TELLS_EVERY_S, Behind, Precedence
from genesis_ray.live.sharing import ahead_of

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
IMAGE = np.zeros((4, 4, 3), np.uint8)

REQUESTS = 3
FRAMES, MOST_FRAMES = 16, 32
"""In a request, and in a batch of the detector."""

AWAY_S = 0.004
"""What a request and its answer are on their way, and what one group says to the others."""


class Cameras(NamedTuple):
    """Some of one role in a group, with the frames a second that each brings."""

    count: int
    role: Role
    fps: float = 5.0


class Request:
    def __init__(self, group: "Group", frames: list[Picked]) -> None:
        self.group = group
        self.frames = frames
        self.is_answered = False

    @property
    def roles(self) -> list[Role]:
        return [station.role for station, _, _ in self.frames]


class Group:
    def __init__(self, name: str, cameras: Sequence[Cameras]) -> None:
        self.name = name
        each = [(own.role, own.fps) for own in cameras for _ in range(own.count)]
        self.fps = [fps for _, fps in each]
        self.lanes = [
            Lane(SimpleNamespace(camera_id=f"{name}-{n}", role=role, unseen={}), FRAMES, True)
            for n, (role, _) in enumerate(each)
        ]
        self.precedence = Precedence(requests=REQUESTS)
        self.picker = Picker(limit=FRAMES, realtime=True, precedence=self.precedence)
        self.under_way: deque[Request] = deque()
        self.behind = Behind()
        self.told: DropClass | None = None


class Shared:
    """A detector of some replicas, and groups that ask it.

    Attributes:
        brought: Frames, by the class of their camera.
        seen: Those that the detector has looked at.
        dropped: Those that were not.
        oldest_s: The longest that one took from its camera to its answer.
        sent: The roles in each request, in order.
    """

    def __init__(
        self,
        *groups: Sequence[Cameras],
        frames_a_second: float,
        replicas: int = 1,
        gives_way: bool = True,
    ) -> None:
        """Frames a second are those of all replicas; without `gives_way` nobody tells of others."""
        self._groups = [Group(f"cameras-{n}", cameras) for n, cameras in enumerate(groups)]
        self._fps = frames_a_second / replicas
        self._gives_way = gives_way
        self._waiting: list[deque[Request]] = [deque() for _ in range(replicas)]
        self._computed: list[list[Request]] = [[] for _ in range(replicas)]
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order, self._chance = count(), random.Random(0)
        self._now = 0.0
        self.brought: Counter[DropClass] = Counter()
        self.seen: Counter[DropClass] = Counter()
        self.oldest_s: Counter[DropClass] = Counter()
        self.sent: list[list[Role]] = []

    @property
    def dropped(self) -> Counter[DropClass]:
        found: Counter[DropClass] = Counter()
        for lane in (lane for group in self._groups for lane in group.lanes):
            found[drop_class_of(lane.station.role)] += lane.drops.total()
        return found

    def run(self, seconds: float) -> "Shared":
        for group in self._groups:
            for n, (lane, fps) in enumerate(zip(group.lanes, group.fps, strict=True)):
                self._in(n / len(group.lanes) / fps, self._bring, group, lane, 1 / fps)
        self._in(0.0, self._look)
        self._in(0.0, self._repeat)
        while self._due[0][0] < seconds:
            self._now, _, call = heapq.heappop(self._due)
            call()
        return self

    def _in(self, seconds: float, call: Callable[..., None], *arguments: object) -> None:
        due = self._now + seconds, next(self._order), lambda: call(*arguments)
        heapq.heappush(self._due, due)

    def _bring(self, group: Group, lane: Lane, every_s: float) -> None:
        stamp = FrameStamp(lane.station.camera_id, 0, NOON + timedelta(seconds=self._now))
        lane.put(Frame(stamp, IMAGE), IMAGE, self._now)
        self.brought[drop_class_of(lane.station.role)] += 1
        self._in(every_s, self._bring, group, lane, every_s)
        self._send(group)

    def _send(self, group: Group) -> None:
        while len(group.under_way) < REQUESTS:
            if not any(group.picker.can_take(lane, self._now) for lane in group.lanes):
                return
            picked = group.picker.pick(group.lanes, self._now)
            request = Request(group, picked)
            self.sent.append(request.roles)
            group.under_way.append(request)
            replica = min(range(len(self._waiting)), key=self._length_of)
            self._waiting[replica].append(request)
            self._in(AWAY_S, self._start, replica)

    def _length_of(self, replica: int) -> tuple[int, float]:
        length = len(self._waiting[replica]) + len(self._computed[replica])
        return length, self._chance.random()  # as Serve's router does

    def _start(self, replica: int) -> None:
        waiting, batch = self._waiting[replica], self._computed[replica]
        if batch or not waiting:
            return
        frames = 0
        while waiting and frames + len(waiting[0].frames) <= MOST_FRAMES:
            batch.append(waiting.popleft())
            frames += len(batch[-1].frames)
        self._in(frames / self._fps, self._answer, replica)

    def _answer(self, replica: int) -> None:
        batch, self._computed[replica] = self._computed[replica], []
        for request in batch:
            request.is_answered = True
            for station, frame, _ in request.frames:
                kind = drop_class_of(station.role)
                self.seen[kind] += 1
                age_s = self._now - (frame.stamp.captured_at - NOON).total_seconds()
                self.oldest_s[kind] = max(self.oldest_s[kind], age_s)
        for group in dict.fromkeys(request.group for request in batch):
            self._in(AWAY_S, self._take_answers, group)
        self._start(replica)

    def _take_answers(self, group: Group) -> None:
        while group.under_way and group.under_way[0].is_answered:
            group.precedence.answered(group.under_way.popleft().roles)
        self._send(group)

    def _look(self) -> None:
        changed = False
        for group in self._groups:
            behind = group.behind.among(group.lanes)
            changed |= behind != group.told
            group.told = behind
        if changed:
            self._in(AWAY_S, self._tell)
        for group in self._groups:
            self._send(group)  # somebody may have starved meanwhile
        self._in(LOOKS_EVERY_S, self._look)

    def _repeat(self) -> None:
        self._tell()
        self._in(TELLS_EVERY_S, self._repeat)

    def _tell(self) -> None:
        behind = {group.name: group.told for group in self._groups}
        for group in self._groups if self._gives_way else ():
            group.precedence.give_way(ahead_of(group.name, behind), self._now)
            self._send(group)
