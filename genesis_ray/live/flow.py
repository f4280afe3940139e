"""How frames become reports in a camera group: detect, observe, embed, report, deliver."""

import asyncio
import pickle
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ray.actor import ActorHandle

from genesis_ray.domain.load.roles import DropClass
from genesis_ray.domain.streams.frames import Frame, Image
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.live.answers import FaceFinder, FoundFaces, PeopleFinder
from genesis_ray.live.aside import Aside
from genesis_ray.live.delivery import Delivery
from genesis_ray.live.following import follow_switches
from genesis_ray.live.inbox import FrameInbox, Stack
from genesis_ray.live.models import Patience, Request
from genesis_ray.live.reports import CameraReports
from genesis_ray.live.retrying import DeadLetters
from genesis_ray.live.spec import LiveSpec, follows_switches
from genesis_ray.live.waited import Waited
from genesis_ray.live.watched_camera import WatchedCamera
from genesis_ray.running.looks import Looks
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station_values import Seen
from genesis_ray.serving import detector, embedder
from genesis_ray.serving.detector import Found
from genesis_ray.serving.embedder import Graded
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.memory_guard import MemoryState

_STACKS_WAITING = 1
"""Between the observers and the reports, which await the faces of another."""

_LOOK_S = 0.02
"""Between two looks at what is under way, which takes a tenth of a second or two."""

_SNAPSHOT_EVERY_S = 0.8
"""What a camera's new process may have to forget of a live stream, or do again of a recording."""


class _Sight(NamedTuple):
    """A frame and who is in it; None where that is not known yet."""

    frame: Frame
    image: Image
    people: Detections | None


@dataclass(slots=True)
class _Part:
    """What was seen of one camera in a stack, and its state after that where it is time."""

    camera_id: str
    seen: list[Seen]
    state: bytes | None = None

    @property
    def crops(self) -> list[HeadCrop]:
        return [crop for one in self.seen for crop in one.crops]


@dataclass(slots=True)
class _Observed:
    """What was seen of several cameras, and those that have ended with it."""

    parts: list[_Part]
    ended: list[str]
    requests: Sequence[Request[Graded]] = ()


class _Unembedded(NamedTuple):
    """What was seen of a camera, with its faces as far as they are found, chosen and embedded."""

    part: _Part
    found: FoundFaces | None
    looks: Looks | None = None
    is_embedded: bool = False


_MOSTLY = 0.5
"""Of the time, that is waited for models by who has them to wait for, and not for itself."""

_LAST_ANSWERS_S = 6.0
"""That models have when all ends; they may end themselves, where the whole system does. Half of
what the supervisor gives a group."""


class FrameFlow:
    """The steps between a group's inbox and its outbox, each handing on in capture order.

    A frame on which a model fails holds up its own camera alone.
    """

    def __init__(
        self,
        spec: LiveSpec,
        cameras: Mapping[str, WatchedCamera],
        inbox: FrameInbox,
        delivery: Delivery,
        clock: StageClock,
    ) -> None:
        self._cameras = cameras
        self._inbox = inbox
        self._delivery = delivery
        self._reports = CameraReports(spec.settings, cameras, inbox, delivery)
        self._clock = clock
        self._patience = Patience(is_endless=spec.realtime)
        note, patience = delivery.note, self._patience
        dead_letters = DeadLetters(spec.settings, delivery.notes.append, patience, note)
        self._people = PeopleFinder(spec, clock, dead_letters, note, patience, inbox.note_lost)
        self._faces = FaceFinder(spec, clock, dead_letters, note, patience)
        self._follows_switches = follows_switches(spec)
        self._free = asyncio.Semaphore(spec.settings.detector.stacks_in_flight)
        self._found: asyncio.Queue[tuple[Stack, Request[Found] | None] | None] = asyncio.Queue()
        self._embedded: asyncio.Queue[_Observed | None] = asyncio.Queue(_STACKS_WAITING)
        self._for_people, self._for_faces = Waited(), Waited()
        self._asked = self._answered = self._handed_on = self._reported = 0
        self.first_frame_at: float | None = None

    async def run(self, journal: ActorHandle, resolver: ActorHandle) -> None:
        """Take from the inbox until all cameras have ended."""
        async with asyncio.TaskGroup() as steps:
            undetected = Aside(self._observe_late, steps=steps, on_held=self._inbox.hold)
            unembedded = Aside(self._report_late, steps=steps, on_held=self._inbox.hold)
            steps.create_task(self._observe(undetected))
            steps.create_task(self._report(unembedded))
            steps.create_task(self._delivery.run(journal, resolver))
            beside = [steps.create_task(self._reports.tell_of_the_quiet())]
            if self._follows_switches:
                following = follow_switches(
                    self._delivery.name, self._faces, resolver, self._delivery.note
                )
                beside.append(steps.create_task(following))
            while stack := await self._next_stack():
                self.first_frame_at = self.first_frame_at or time.time()
                self._asked += 1
                await self._found.put((stack, self._people.ask(stack)))
            await self._found.put(None)
            for task in beside:
                task.cancel()

    async def passed(self) -> None:
        """Wait until what is under way now has arrived, but for cameras that are held up."""
        asked = self._asked
        while self._answered < asked:
            await asyncio.sleep(_LOOK_S)
        handed_on = self._handed_on
        while self._reported < handed_on:
            await asyncio.sleep(_LOOK_S)
        await self._delivery.arrived()

    def end(self) -> None:
        """Finish what is under way; what the models have not answered soon is left out."""
        self._patience.end(within_s=_LAST_ANSWERS_S)

    @property
    def memory(self) -> dict[tuple[str, str], MemoryState]:
        """How replicas get on with their memory, by model and name."""
        return {
            (model, name): state
            for model, replicas in (
                (detector.NAME, self._people.replicas),
                (embedder.NAME, self._faces.replicas),
            )
            for name, state in replicas.items()
        }

    def behind(self) -> DropClass | None:
        """Return the most important class of cameras that falls behind, for want of models.

        Where this process is what is slow, it helps nobody that others give way.
        """
        behind = self._inbox.behind()
        waited = max(self._for_people.share, self._for_faces.share)
        return behind if waited > _MOSTLY else None

    def give_way(self, to: Collection[DropClass]) -> None:
        """Take nothing of classes below these for a while."""
        self._inbox.give_way(to)

    async def _next_stack(self) -> Stack | None:
        """Take what is ready once another request may be under way."""
        await self._free.acquire()
        return await asyncio.to_thread(self._inbox.take)

    async def _observe(self, undetected: Aside[list[_Sight] | None]) -> None:
        """Let the observers see what was found, and ask for the faces they want."""
        while item := await self._found.get():
            stack, request = item
            sights: dict[str, list[_Sight]] = {}
            with self._for_people.waiting():
                people = await self._people.people_in(stack, request)
            self._inbox.answered(stack)
            self._answered += 1
            self._free.release()
            for (station, frame), image, found in zip(
                stack.frames, stack.images, people, strict=True
            ):
                sights.setdefault(station.camera_id, []).append(_Sight(frame, image, found))
            observed = _Observed([], [])
            for camera_id, own in sights.items():
                if camera_id in undetected or any(sight.people is None for sight in own):
                    undetected.add(camera_id, own)
                else:
                    observed.parts.append(self._see(camera_id, own))
            for camera_id in stack.ended:
                if camera_id in undetected:
                    undetected.add(camera_id, None)
                else:
                    observed.ended.append(camera_id)
            await self._hand_on(observed)
        await undetected.settled()
        await self._embedded.put(None)

    def _see(self, camera_id: str, sights: Sequence[_Sight]) -> _Part:
        camera = self._cameras[camera_id]
        with self._clock.time("track"):
            observe = camera.station.observe
            part = _Part(
                camera_id, [observe(s.frame, s.people) for s in sights if s.people is not None]
            )
            if time.monotonic() - camera.snapshot_at >= _SNAPSHOT_EVERY_S:
                camera.snapshot_at = time.monotonic()
                part.state = pickle.dumps(camera.station.state_after(part.seen[-1]))
        return part

    async def _observe_late(self, camera_id: str, sights: list[_Sight] | None) -> None:
        """Observe frames of a camera that was held up; None: its end."""
        if sights is None:
            await self._hand_on(_Observed([], [camera_id]))
            return
        station = self._cameras[camera_id].station
        known = []
        for frame, image, people in sights:
            if people is None:
                people = await self._people.try_again(station, frame, image)
            if people is not None:
                known.append(_Sight(frame, image, people))
            else:
                station.is_cut_off |= self._patience.is_ending and not station.is_live
                self._inbox.settle([frame.stamp])
        if known:
            await self._hand_on(_Observed([self._see(camera_id, known)], []))

    async def _hand_on(self, observed: _Observed) -> None:
        crops = [crop for part in observed.parts for crop in part.crops]
        observed.requests = self._faces.ask(crops)
        self._handed_on += 1
        await self._embedded.put(observed)

    async def _report(self, unembedded: Aside[_Unembedded | None]) -> None:
        """Report what was seen, with its faces."""
        while observed := await self._embedded.get():
            with self._for_faces.waiting():
                parts = await self._embedded_parts(observed, unembedded)
            for each in parts:
                if each.looks and each.is_embedded:
                    await self._post(each.part, each.looks)
                else:
                    unembedded.add(each.part.camera_id, each)
            for camera_id in observed.ended:
                if camera_id in unembedded:
                    unembedded.add(camera_id, None)
                else:
                    await self._reports.finish(camera_id)
            self._reported += 1
        await unembedded.settled()
        await self._delivery.close()

    async def _embedded_parts(
        self, observed: _Observed, unembedded: Aside[_Unembedded | None]
    ) -> list[_Unembedded]:
        """Find, choose and embed faces, of cameras that are not held up, as far as that works."""
        crops = [part.crops for part in observed.parts]
        found = await self._faces.found_in(crops, observed.requests)
        each = [_Unembedded(*pair) for pair in zip(observed.parts, found, strict=True)]
        chosen = [
            (place, one.part, self._cameras[one.part.camera_id].station.choose(one.part.seen, own))
            for place, one in enumerate(each)
            if (own := one.found) is not None and one.part.camera_id not in unembedded
        ]
        embedded = await self._faces.embed([looks.chosen for _, _, looks in chosen])
        for (place, part, looks), faces in zip(chosen, embedded, strict=True):
            is_embedded = faces is not None
            known = looks if faces is None else looks.embedded(faces)
            each[place] = _Unembedded(part, each[place].found, known, is_embedded)
        return each

    async def _report_late(self, camera_id: str, late: _Unembedded | None) -> None:
        """Report what was seen by a camera that was held up; None: its end."""
        if late is None:
            await self._reports.finish(camera_id)
            return
        part, found, looks, _ = late
        stamp = part.seen[-1].frame.stamp
        if looks is None:
            if found is None:
                found = await self._faces.find_again(part.crops, stamp)
            looks = self._cameras[camera_id].station.choose(part.seen, found)
        if looks.chosen:
            looks = looks.embedded(await self._faces.embed_again(looks.chosen, stamp))
        await self._post(part, looks)

    async def _post(self, part: _Part, looks: Looks) -> None:
        await self._reports.post(part.camera_id, part.seen, looks, state=part.state)
