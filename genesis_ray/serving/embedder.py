"""The face finder and embedder as an autoscaled, batching Serve deployment."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

from ray import serve
from ray.serve import Application

from genesis_ray.errors import StoreError
from genesis_ray.running.templates.tenant_keys import LOOK_EVERY_S, newest_keys
from genesis_ray.sections.models import FaceSettings
from genesis_ray.serving.busy import Work
from genesis_ray.serving.embedder_models import Models
from genesis_ray.serving.placement import (
    HEALTH_CHECK_PERIOD_S,
    autoscaling,
    gpus_a_replica,
    own_gpu_share,
)
from genesis_ray.store.keys.template_keys import KeyRef
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.faces import EmbeddedFace, FaceCrop, GradedFace
from genesis_ray.vision.memory_guard import MemoryState, claim_share
from genesis_ray.vision.photo_file import pixels_of

_log = logging.getLogger(__name__)

NAME = "embedder"

MAX_BATCH_CROPS = 32
"""A call of one crop costs a tenth less than one of many; beyond this nothing is gained. Serve
refuses a request that has more: who asks for more makes several."""

_TARGET_ONGOING_REQUESTS = 2
"""Stacks a replica: one computing, one arriving."""


@dataclass(frozen=True, slots=True)
class Graded:
    """The faces found in a list of crops, and the seconds that the models took for it.

    Attributes:
        replica: Who found them; "" where that does not matter.
        memory: How that one gets on with its GPU's memory.
    """

    faces: list[GradedFace | None]
    seconds: float
    replica: str = ""
    memory: MemoryState = field(default_factory=MemoryState)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Faces to be embedded, and by which embedder, as settings name it."""

    faces: list[FaceCrop]
    embedder: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """The faces of a list, embedded, and the seconds that the models took for it.

    Under which key each face is and by which embedder, it says itself.

    Attributes:
        replica: Who embedded them; "" where that does not matter.
        memory: How that one gets on with its GPU's memory.
    """

    faces: list[EmbeddedFace]
    seconds: float
    replica: str = ""
    memory: MemoryState = field(default_factory=MemoryState)


class EmbedderReplica:
    """Gathers the head crops of many camera groups into full batches.

    It protects with the newest key on its node, and looks now and then whether there is another.
    Each request says which embedder it wants: one is loaded when it is first asked for or prepared,
    and dropped when another is asked for and it was not for a minute.
    """

    def __init__(self, settings: FaceSettings, key: KeyRef) -> None:
        """Load the models; the key is read here, and is in no argument.

        `key` names that of when the system began.

        Raises:
            StoreError: This node has neither that nor a newer one.
        """
        secret = newest_keys(key).current
        claim_share(own_gpu_share())
        self._name = serve.get_replica_context().replica_id.unique_id
        self._models = Models(settings, secret)
        self._photos = asyncio.Lock()
        self._work = Work()
        self._key = key
        self._look_at = time.monotonic() + LOOK_EVERY_S

    @serve.batch(
        max_batch_size=MAX_BATCH_CROPS,
        batch_wait_timeout_s=0.0,
        batch_size_fn=lambda requests: sum(len(crops) for crops in requests),
    )
    async def find(self, requests: list[list[HeadCrop]]) -> list[Graded]:
        """Return the faces in one caller's crops; Serve passes several callers' crops."""
        return await asyncio.to_thread(self._find, requests)

    @serve.batch(
        max_batch_size=MAX_BATCH_CROPS,
        batch_wait_timeout_s=0.0,
        batch_size_fn=lambda requests: sum(len(wanted.faces) for wanted in requests),
    )
    async def embed(self, requests: list[Wanted]) -> list[Embedded]:
        """Return the templates of one caller's faces; Serve passes several callers' faces."""
        return await asyncio.to_thread(self._embed, requests)

    async def prepare(self, embedder: str) -> None:
        """Load an embedder that is soon asked for, while others answer.

        Raises:
            ModelError: Its models are not here and cannot be fetched.
        """
        await asyncio.to_thread(self._models.load, embedder)

    async def photo(self, content: bytes, embedder: str) -> Embedded | None:
        """Return the templates of all faces of a photo, the largest first; None: it is no picture.

        Photos are looked at one after another, as the pixels of one may take 300 MB.
        """
        async with self._photos:
            return await asyncio.to_thread(self._in_photo, content, embedder)

    async def check_health(self) -> None:
        """Let Serve replace this replica where a batch does not come to its end."""
        self._work.check()

    def _in_photo(self, content: bytes, name: str) -> Embedded | None:
        image = pixels_of(content)
        if image is None:
            return None
        self._look_for_key()
        embedder = self._models.get(name)
        begun = time.perf_counter()
        with self._work.of("photo"):
            faces = embedder.faces_in(image)
        return Embedded(faces, time.perf_counter() - begun, self._name, embedder.memory)

    def _find(self, requests: list[list[HeadCrop]]) -> list[Graded]:
        finder = self._models.latest
        answers = []
        for crops in requests:
            begun = time.perf_counter()
            with self._work.of("find"):
                faces = finder.find(crops)
            seconds = time.perf_counter() - begun
            answers.append(Graded(faces, seconds, self._name, finder.memory))
        return answers

    def _embed(self, requests: list[Wanted]) -> list[Embedded]:
        self._look_for_key()
        answers = []
        for wanted in requests:
            embedder = self._models.get(wanted.embedder)
            begun = time.perf_counter()
            with self._work.of(wanted.embedder):
                faces = embedder.embed(wanted.faces)
            seconds = time.perf_counter() - begun
            answers.append(Embedded(faces, seconds, self._name, embedder.memory))
        return answers

    def _look_for_key(self) -> None:
        """Protect with the newest key, looked for now and then; with that of before if none is."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_EVERY_S
        try:
            self._models.use(newest_keys(self._key).current)
        except StoreError as error:
            _log.warning("goes on with key %d: %s", self._models.key.version, error)


def bind(settings: FaceSettings, key: KeyRef) -> Application:
    """Return the deployment sized by `settings`; its load is counted in requests."""
    deployment = serve.deployment(EmbedderReplica).options(
        name=NAME,
        logging_config={"enable_access_log": False},
        health_check_period_s=HEALTH_CHECK_PERIOD_S,
        ray_actor_options={
            "num_cpus": settings.num_cpus,
            "num_gpus": gpus_a_replica(settings.num_gpus),
        },
        max_ongoing_requests=4 * _TARGET_ONGOING_REQUESTS,
        autoscaling_config=autoscaling(settings, requests_a_replica=_TARGET_ONGOING_REQUESTS),
    )
    return deployment.bind(settings, key)
