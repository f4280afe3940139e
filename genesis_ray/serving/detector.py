"""The person detector as an autoscaled, batching Serve deployment."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ray import serve
from ray.exceptions import RayError
from ray.serve import Application

from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.running.assembly import SYNTHETIC, load_detector
from genesis_ray.sections.models import DetectorSettings
from genesis_ray.serving.busy import Work
from genesis_ray.serving.needed_inputs import NeededInputs
from genesis_ray.serving.placement import (
    HEALTH_CHECK_PERIOD_S,
    autoscaling,
    gpus_a_replica,
    own_gpu_share,
)
from genesis_ray.vision import models
from genesis_ray.vision.memory_guard import MemoryState, claim_share

NAME = "detector"

_CONCURRENT_BATCHES = 2
"""One computes while the next gathers."""

_WAITING = 4
"""Camera groups whose requests a replica takes at once; others wait before it, for any replica."""

Images = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Found:
    """The people of a stack of frames, and the seconds that the model took for it.

    Attributes:
        replica: Who found them.
        memory: How that one gets on with its GPU's memory. It comes with every answer, since a
            handle asks any replica and never all of them.
    """

    people: list[Detections]
    seconds: float
    replica: str
    memory: MemoryState


class DetectorReplica:
    """Gathers the stacks of many camera groups into full batches."""

    def __init__(self, settings: DetectorSettings, needed: NeededInputs) -> None:
        """Load the model, and make it ready for the inputs that are `needed`."""
        claim_share(own_gpu_share())
        self._name = serve.get_replica_context().replica_id.unique_id
        self._detector = load_detector(settings)
        self._work = Work()
        self._needed = needed
        self._noted: set[tuple[int, ...]] = set()
        wanted = sorted(needed.wanted())
        if not wanted and settings.model != SYNTHETIC:
            models.weights(settings.model)  # so that it does not come up without them
        for shape in wanted:
            self._look_at(np.zeros((1, *shape, 3), np.uint8))
        self.detect.set_max_batch_size(settings.max_batch_frames)
        self.detect.set_batch_wait_timeout_s(settings.batch_wait_timeout_s)

    @serve.batch(
        batch_size_fn=lambda stacks: sum(len(stack) for stack in stacks),
        max_concurrent_batches=_CONCURRENT_BATCHES,
    )
    async def detect(self, stacks: list[Images]) -> list[Found]:
        """Find the people in one caller's stack of frames, uint8 [n, height, width, 3].

        Serve passes the stacks of several callers; those of one shape are run as one batch.
        """
        return await asyncio.to_thread(self._detect, stacks)

    async def check_health(self) -> None:
        """Let Serve replace this replica where a batch does not come to its end."""
        self._work.check()

    def _look_at(self, stack: Images) -> list[Detections]:
        with self._work.of(stack.shape[1:]):
            return self._detector.detect(stack)

    def _note(self, shape: tuple[int, ...]) -> None:
        """Tell other replicas once of an input that cameras have."""
        if shape not in self._noted:
            self._noted.add(shape)
            height, width = shape
            with suppress(RayError):  # they prepare it when it comes
                self._needed.note((height, width))

    def _detect(self, stacks: list[Images]) -> list[Found]:
        answers: dict[int, Found] = {}
        for shape in {stack.shape[1:] for stack in stacks}:
            alike = [i for i, stack in enumerate(stacks) if stack.shape[1:] == shape]
            batch = [stacks[i] for i in alike]
            begun = time.perf_counter()
            people = self._look_at(batch[0] if len(batch) == 1 else np.concatenate(batch))
            seconds_a_frame = (time.perf_counter() - begun) / max(len(people), 1)
            self._note(shape[:2])
            for i in alike:
                own, people = people[: len(stacks[i])], people[len(stacks[i]) :]
                seconds = seconds_a_frame * len(own)
                answers[i] = Found(own, seconds, self._name, self._detector.memory)
        return [answers[i] for i in range(len(stacks))]


def bind(settings: DetectorSettings, needed: NeededInputs) -> Application:
    """Return the deployment sized by `settings`; its load is counted in stacks, not frames.

    A replica is ready once it can take inputs that are `needed`; others it prepares when they come.
    """
    deployment = serve.deployment(DetectorReplica).options(
        name=NAME,
        logging_config={"enable_access_log": False},
        health_check_period_s=HEALTH_CHECK_PERIOD_S,
        ray_actor_options={
            "num_cpus": settings.num_cpus,
            "num_gpus": gpus_a_replica(settings.num_gpus),
        },
        max_ongoing_requests=_WAITING * settings.stacks_in_flight,
        autoscaling_config=autoscaling(settings, requests_a_replica=settings.stacks_in_flight),
    )
    return deployment.bind(settings, needed)
