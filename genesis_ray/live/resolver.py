"""The actor that names tracks: the only writer of a tenant's gallery."""

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta

import ray

from genesis_ray.domain.identity import Face
from genesis_ray.live.spec import JOURNAL_ACTOR, LiveSpec
from genesis_ray.pipeline.stages import RESOLVER, ResolverStage
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.serving.cluster import NAMESPACE

PATIENCE = timedelta(milliseconds=500)
"""In real time, how long a camera that lags is waited for: clocks of cameras agree to this."""

_SAVE_EVERY_S = 2.0
"""LanceDB grows with every commit, so visitors are stored together; a kill loses these seconds."""


class ResolverActor:
    """A shell round `ResolverStage`.

    Its methods run one at a time, in the order in which each camera group called them.
    """

    def __init__(self, spec: LiveSpec) -> None:
        # Here, so that who only starts this actor does not load LanceDB, which warns at forks.
        from genesis_ray.running.identities import build_resolver, open_identities

        settings = spec.settings
        traits = embedder_traits(settings.faces)
        self._opened = ExitStack()
        self._people, self._gallery = open_identities(settings, traits, self._opened)
        resolver = build_resolver(settings, self._gallery, self._people, traits)
        cameras = [camera.camera_id for camera in settings.cameras]
        self._stage = ResolverStage(cameras, resolver, patience=PATIENCE if spec.realtime else None)
        self._cameras = cameras
        self._journal = ray.get_actor(JOURNAL_ACTOR, NAMESPACE)
        self._names: dict[str, dict[int, str]] = defaultdict(dict)
        self._told: list[ray.ObjectRef[None]] = []
        self._saved_at = time.monotonic()

    def take(self, camera_id: str, faces: Sequence[Face], progress: datetime) -> dict[int, str]:
        """Take a camera's next faces; return the names its tracks got since it last asked."""
        resolved = self._stage.take(camera_id, faces, progress)
        for camera in self._cameras:
            for track_id, identity_id in resolved.named(camera).items():
                self._names[camera][track_id] = self._people.name_of(identity_id)
        told = self._journal.take.remote(RESOLVER, resolved.events, resolved.progress)
        self._told = [*self._told[-1:], told]
        if time.monotonic() - self._saved_at > _SAVE_EVERY_S:
            self._save()
        return self._names.pop(camera_id, {})

    def _save(self) -> None:
        """Make visitors durable: people first, so that no face is without its person."""
        self._people.flush()
        self._gallery.flush()
        self._saved_at = time.monotonic()

    def finish(self) -> int:
        """Save what was learned, wait until the journal has everything; return late faces."""
        ray.get(self._told)
        self._opened.close()
        return self._stage.late
