"""What the models say of a group's frames, also where they fail on one of them."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ray.exceptions import RayTaskError

from genesis_ray.domain.streams.frames import Frame, FrameStamp, Image
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.live.inbox import Stack
from genesis_ray.live.models import AbandonedError, Model, Note, Patience, Request
from genesis_ray.live.retrying import DeadLetters
from genesis_ray.live.spec import LiveSpec
from genesis_ray.running.second_look import SecondLook
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station import CameraStation
from genesis_ray.serving import detector, embedder
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.faces import EmbeddedFace, FaceCrop, GradedFace
from genesis_ray.vision.memory_guard import MemoryState

FoundFaces = list[GradedFace | None]


class PeopleFinder:
    """The detector, as a group asks it.

    `on_lost` is told whose frame is given up, where the detector fails on every frame.

    Attributes:
        replicas: How those that answered get on with their memory, by name.
    """

    def __init__(
        self,
        spec: LiveSpec,
        clock: StageClock,
        dead_letters: DeadLetters,
        note: Note,
        patience: Patience,
        on_lost: Callable[[str], None],
    ) -> None:
        self._on_lost = on_lost
        self._model: Model[detector.Found] = Model(
            spec.detector_app,
            detector.NAME,
            "detect",
            patience=patience,
            on_silence=partial(fell_silent, note),
            on_return=partial(came_back, note),
        )
        self._note = note
        self._most_frames = spec.settings.detector.max_batch_frames
        self._clock = clock
        self._dead_letters = dead_letters
        self.replicas: dict[str, MemoryState] = {}

    def ask(self, stack: Stack) -> Request[detector.Found] | None:
        """Send a stack; there is nothing to ask of one without frames."""
        return self._model.ask(stack.images) if stack.frames else None

    async def people_in(
        self, stack: Stack, request: Request[detector.Found] | None
    ) -> list[Detections | None]:
        """Return who is in each frame, normalised to it; None of those on which it fails."""
        if request is None:
            return []
        try:
            return [*await self._people(stack.frames, request)]
        except AbandonedError:
            return [None for _ in stack.frames]
        except RayTaskError:
            each = [self._model.ask(image[None]) for image in stack.images]
        people: list[Detections | None] = []
        for frame, request in zip(stack.frames, each, strict=True):
            try:
                people += await self._people([frame], request)
            except (RayTaskError, AbandonedError):
                people.append(None)
        return people

    async def try_again(
        self, station: CameraStation, frame: Frame, image: Image
    ) -> Detections | None:
        """Return who is in a frame on which it failed; None once the frame was given up."""
        if self._dead_letters.is_hopeless(detector.NAME):
            self._on_lost(frame.stamp.camera_id)
            await self._dead_letters.pause()
            return None

        async def attempt() -> Detections:
            (people,) = await self._people([(station, frame)], self._model.ask(image[None]))
            return people

        return await self._dead_letters.try_again(
            attempt, model=detector.NAME, stage="detect", stamp=frame.stamp
        )

    async def _people(
        self, frames: Sequence[tuple[CameraStation, Frame]], request: Request[detector.Found]
    ) -> list[Detections]:
        """Return the people in frames, crowded ones looked at once more in tiles."""
        first = await request.answer()
        closer = SecondLook(frames, first.people)
        requests = [self._model.ask(stack) for stack in closer.stacks(self._most_frames)]
        further = [await request.answer() for request in requests]
        for found in (first, *further):
            self._note_memory(found.replica, found.memory)
        self._clock.add("detect", first.seconds + sum(one.seconds for one in further))
        self._dead_letters.succeeded(detector.NAME)
        return closer.merged([people for one in further for people in one.people])

    def _note_memory(self, replica: str, memory: MemoryState) -> None:
        before = self.replicas.get(replica, MemoryState())
        self.replicas[replica] = memory
        ran_short(self._note, f"detector {replica}", memory, before)


class FaceFinder:
    """The embedder, as a group asks it: first for the faces in crops, then to embed some.

    Attributes:
        embedder: Which one faces are embedded by, as settings name it.
        replicas: How those that answered get on with their memory, by name.
    """

    def __init__(
        self,
        spec: LiveSpec,
        clock: StageClock,
        dead_letters: DeadLetters,
        note: Note,
        patience: Patience,
    ) -> None:
        def method(name: str) -> Model[Any]:
            return Model(
                spec.embedder_app,
                embedder.NAME,
                name,
                patience=patience,
                on_silence=partial(fell_silent, note),
                on_return=partial(came_back, note),
            )

        self._note = note
        self.replicas: dict[str, MemoryState] = {}
        self._find: Model[embedder.Graded] = method("find")
        self._embed: Model[embedder.Embedded] = method("embed")
        self._prepare: Model[None] = method("prepare")
        self._most_replicas = spec.settings.faces.max_replicas
        self.embedder = spec.settings.faces.embedder
        self._clock = clock
        self._dead_letters = dead_letters

    def ask(self, crops: Sequence[HeadCrop]) -> Sequence[Request[embedder.Graded]]:
        """Send crops; there is nothing to ask where there are none."""
        return self._in_batches(self._find, crops)

    async def prepare(self, embedder: str) -> None:
        """Have replicas load another embedder, while they answer as before.

        Raises:
            RayTaskError: One cannot.
            AbandonedError: None has by the time that all ends.
        """
        # As many at once as there can be replicas: Serve sends each to one that has least to do.
        requests = [self._prepare.ask(embedder) for _ in range(self._most_replicas)]
        await asyncio.gather(*(request.answer() for request in requests))

    async def found_in(
        self, parts: Sequence[list[HeadCrop]], requests: Sequence[Request[embedder.Graded]]
    ) -> list[FoundFaces | None]:
        """Return the faces of each part of what was asked; None of those on which it fails."""
        return await self._each(self._find, parts, requests)

    async def embed(self, parts: Sequence[list[FaceCrop]]) -> list[list[EmbeddedFace] | None]:
        """Return the faces of each part embedded; None of those on which it fails."""
        together = [face for faces in parts for face in faces]
        return await self._each(self._embed, parts, self._in_batches(self._embed, together))

    async def find_again(self, crops: list[HeadCrop], stamp: FrameStamp) -> FoundFaces:
        """Return the faces of crops on which it failed; none once they were given up."""
        found = await self._again(self._find, crops, stamp)
        return found or [None for _ in crops]

    async def embed_again(
        self, faces: list[FaceCrop], stamp: FrameStamp
    ) -> Sequence[EmbeddedFace | None]:
        """Embed faces on which it failed; None of all once they were given up."""
        embedded: list[EmbeddedFace] | None = await self._again(self._embed, faces, stamp)
        return embedded or [None for _ in faces]

    async def _again(self, model: Model[Any], pieces: list[Any], stamp: FrameStamp) -> Any:
        if self._dead_letters.is_hopeless(embedder.NAME):
            return None

        async def attempt() -> list[Any]:
            return await self._faces(self._in_batches(model, pieces))

        return await self._dead_letters.try_again(
            attempt, model=embedder.NAME, stage="embed", stamp=stamp
        )

    async def _each(
        self, model: Model[Any], parts: Sequence[list[Any]], requests: Sequence[Request[Any]]
    ) -> list[list[Any] | None]:
        """Return the answer to each part of what was asked; where it fails they are asked apart."""
        if not requests:
            return [[] for _ in parts]
        try:
            faces = iter(await self._faces(requests))
            return [[next(faces) for _ in pieces] for pieces in parts]
        except AbandonedError:
            return [None for _ in parts]
        except RayTaskError:
            each = [self._in_batches(model, pieces) for pieces in parts]
        answers: list[list[Any] | None] = []
        for one in each:
            try:
                answers.append(await self._faces(one) if one else [])
            except (RayTaskError, AbandonedError):
                answers.append(None)
        return answers

    async def _faces(self, requests: Sequence[Request[Any]]) -> list[Any]:
        answers = [await request.answer() for request in requests]
        for answer in answers:
            self._note_memory(answer.replica, answer.memory)
        self._clock.add("embed", sum(answer.seconds for answer in answers))
        self._dead_letters.succeeded(embedder.NAME)
        return [face for answer in answers for face in answer.faces]

    def _note_memory(self, replica: str, memory: MemoryState) -> None:
        before = self.replicas.get(replica, MemoryState())
        ran_short(self._note, f"embedder {replica}", memory, before)
        self.replicas[replica] = max(before, memory, key=lambda state: state.out_of_memory)

    def _in_batches(self, model: Model[Any], pieces: Sequence[Any]) -> list[Request[Any]]:
        """Send crops or faces in requests of the size that a replica takes; none where are none.

        What it says of one does not depend on the others.
        """
        size = embedder.MAX_BATCH_CROPS
        batches = [list(pieces[first : first + size]) for first in range(0, len(pieces), size)]
        if model is self._embed:
            return [model.ask(embedder.Wanted(faces, self.embedder)) for faces in batches]
        return [model.ask(crops) for crops in batches]


def ran_short(note: Note, name: str, memory: MemoryState, before: MemoryState) -> None:
    """Note where a replica's GPU was too small since it was heard of `before`, and what it does."""
    if memory.out_of_memory > before.out_of_memory:
        now = "on the processor" if memory.on_processor else f"{memory.batch} pictures at once"
        note(name, "degraded", f"{now}: {memory.reason}")


def fell_silent(note: Note, name: str, why: str) -> None:
    """Note that a part of the system does not answer."""
    note(name, "degraded", why)


def came_back(note: Note, name: str, after_s: float) -> None:
    """Note that a part of the system answers again, and after how many seconds."""
    note(name, "recovered", f"{after_s:.1f} s without an answer")
