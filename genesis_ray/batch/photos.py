"""Photos looked at by a pool of Ray Data actors, for a process that enrols people in order."""

import os
import pickle
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.data import ActorPoolStrategy
from ray.exceptions import RayError

from genesis_ray.batch.attempts import Attempts
from genesis_ray.errors import GenesisError, SourceError
from genesis_ray.process_memory import keep_freed_memory
from genesis_ray.running.enrolling.photo_faces import LoadedPhotoFaces, PhotoFaces
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import keys_named, tenant_keys
from genesis_ray.sections.models import FaceSettings
from genesis_ray.serving import cluster
from genesis_ray.serving.placement import gpus_a_replica, own_gpu_share
from genesis_ray.serving.reasons import reason_in
from genesis_ray.settings import Settings
from genesis_ray.store.keys.template_keys import KeyRef
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.memory_guard import claim_share
from genesis_ray.vision.photo_file import Photo

_CPUS_RESERVED = 0.4
"""Fewer than it uses: beside a service that has reserved its own, workers would wait for ever."""

_MOST_AT_ONCE = 8
_TURNS = 4
"""Photos are handed out by up to eight, but so that each worker has its turn a few times: else the
last one would work alone for long."""

_MOST_DEATHS = 2
"""Ray hands out what a worker died of again and again. The first may have been of something else:
a node that went, or memory that others took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a worker says of a photo.

    Attributes:
        place: Among all photos.
        node: The worker's.
        faces: Templates, so nothing that is plain.
        problem: Why it cannot be used; else empty.
        is_missing: Whether there is no such file where the worker is.
    """

    place: int
    node: str
    faces: Sequence[EmbeddedFace] = ()
    problem: str = ""
    is_missing: bool = False


class WorkersPhotoFaces:
    """Has photos looked at by workers; see `photo_faces.PhotoFaces`.

    They are asked for in the order in which they were named; some may be left out.
    """

    def __init__(self, photos: Sequence[Path], answers: Iterator[Answer]) -> None:
        """Take the answers about photos, which come in order."""
        self._photos = photos
        self._answers = answers

    def of(self, photo: Photo) -> list[EmbeddedFace]:
        """Return the templates of all faces of a photo, the largest first.

        Raises:
            SourceError: It cannot be read, is too large, or workers die of it.
            GenesisError: Workers fail, or one does not see the photo, which is here.
        """
        try:
            answer = next((each for each in self._answers if self._is_of(each, photo)), None)
        except RayError as error:
            raise GenesisError(
                f"a worker failed: {reason_in(str(error))}; who is enrolled stays so, and the same "
                f"command goes on from there"
            ) from error
        if answer is None:
            raise ValueError(f"{photo}: workers were not told of it, or not in this order")
        if answer.is_missing and isinstance(photo, Path) and photo.exists():
            raise GenesisError(
                f"{photo} is not on the node {answer.node}: workers read photos where they are. "
                f"Give all nodes the folder at the same path, or do without workers; who is "
                f"enrolled stays so, and the same command goes on from there"
            )
        if answer.problem:
            raise SourceError(f"{photo}: {answer.problem}")
        return [*answer.faces]

    def _is_of(self, answer: Answer, photo: Photo) -> bool:
        return self._photos[answer.place] == photo


class PhotoEmbedder:
    """A worker: the models, and the photos that it is given some at a time."""

    def __init__(self, settings: FaceSettings, key: KeyRef, attempts: ActorHandle) -> None:
        """Load the models, under the key that this node has by that name."""
        keep_freed_memory()
        claim_share(own_gpu_share())
        self._faces = LoadedPhotoFaces(load_protected_embedder(settings, keys_named(key).current))
        self._attempts = attempts

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        """Look at photos, of which the batch has places and paths."""
        asked = zip(batch["place"].tolist(), map(Path, batch["path"]), strict=True)
        return {"answer": [pickle.dumps(self._answer(place, path)) for place, path in asked]}

    def _answer(self, place: int, path: Path) -> Answer:
        deaths: int = ray.get(self._attempts.begin.remote(place))
        try:
            return look_at(path, self._faces, place=place, deaths=deaths)
        finally:
            self._attempts.end.remote(place)


def look_at(path: Path, faces: PhotoFaces, *, place: int, deaths: int = 0) -> Answer:
    """Return what is to be said of a photo, at which so many looked who died."""
    nothing = Answer(place=place, node=os.uname().nodename)
    if deaths >= _MOST_DEATHS:
        return replace(
            nothing,
            problem=f"{deaths} processes that looked at it died: it may be damaged, or take more "
            f"memory than there is; give a smaller copy",
        )
    try:
        return replace(nothing, faces=faces.of(path))
    except SourceError as error:
        reason = str(error).removeprefix(f"{path}: ")
        return replace(nothing, problem=reason, is_missing=not path.exists())


@contextmanager
def photo_workers(
    settings: Settings,
    photos: Sequence[Path],
    *,
    workers: int | None = None,
    address: str | None = None,
) -> Iterator[WorkersPhotoFaces]:
    """Have photos looked at on a Ray cluster.

    Args:
        settings: Whose people they are of; each worker reads the tenant's key on its node.
        photos: In the order in which they will be asked for.
        workers: By how many; by default one for each processor of the cluster.
        address: Of the cluster; by default that of RAY_ADDRESS, else one is started here.

    Raises:
        GenesisError: There is no such cluster, or Ray does not start.
        StoreError: The tenant's key is lost, or others can read it.
    """
    key = tenant_keys(settings).ref
    if address:
        os.environ["RAY_ADDRESS"] = address
    # Ray Data's own actors make Ray print a warning that no user can act on (ray#53727).
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    cluster.start()
    try:
        # Closed before Ray is: else Ray Data asks of answers under way when nobody knows of them.
        with closing(answers(settings.faces, key, photos, workers=workers)) as told:
            yield WorkersPhotoFaces(photos, told)
    finally:
        ray.shutdown()


def _processors() -> int:
    return max(1, int(ray.cluster_resources().get("CPU", 0)))


def photos_at_once(photos: int, *, workers: int) -> int:
    """Return how many of so many photos a worker is handed at once."""
    return max(1, min(_MOST_AT_ONCE, photos // (_TURNS * workers)))


def answers(
    settings: FaceSettings, key: KeyRef, photos: Sequence[Path], *, workers: int | None = None
) -> Generator[Answer]:
    """Yield what workers say of photos, in their order, on the cluster that this is connected to.

    They begin when the first answer is asked for, and are a few ahead from then on.
    """
    if not photos:
        return
    count = min(workers or _processors(), len(photos))
    at_once = photos_at_once(len(photos), workers=count)
    looked_at = ray.data.from_items(
        [{"place": place, "path": str(path.absolute())} for place, path in enumerate(photos)],
        override_num_blocks=-(-len(photos) // at_once),
    ).map_batches(
        PhotoEmbedder,
        fn_constructor_args=(settings, key, ray.remote(Attempts).options(num_cpus=0).remote()),
        batch_size=None,
        compute=ActorPoolStrategy(min_size=1, max_size=count, initial_size=count),
        num_cpus=_CPUS_RESERVED,
        num_gpus=gpus_a_replica(settings.num_gpus) or None,
    )
    looked_at.context.enable_progress_bars = False
    looked_at.context.execution_options.preserve_order = True
    for row in looked_at.iter_rows():
        answer: Answer = pickle.loads(row["answer"])  # noqa: S301  of a worker of ours
        yield answer
