"""A live system with enrolled people, whose resolver and journal are at work in this process.

Both are called as their supervisor calls them, without Ray; nothing is shown to them. The gallery
has faces of the default embedder's dimension, three a person, as benchmarks/face_templates.py draws
them.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from face_templates import Crowd

from genesis_ray.domain.recognition.people import Person
from genesis_ray.live import calls, resolver
from genesis_ray.live.journal import JournalActor
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import LiveSpec
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.result import summary
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.giving_way import Presence
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.people import People

_FACES_EACH = 3
_FLUSH_EVERY = 2_000  # people
_LOOK_EVERY_S = 0.5
_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def enrolled_system(folder: Path, faces: int) -> LiveSpec:
    """Return a system that may begin, with a run, people and their faces in `folder`."""
    settings = Settings(
        data_dir=folder / "data",
        templates={"key_store": f"file:{folder / 'keys'}"},
        cameras=[{"camera_id": "camera-00", "source": "door.mp4"}],
    )
    run = RunFolder.create(folder / "run")
    run.write_summary(summary(settings, None))
    note_run(settings.data_dir, run.path)
    _enroll(settings, faces)
    return LiveSpec(
        settings=settings,
        run=run.path,
        realtime=True,
        detector_app="",
        embedder_app="",
        template_key=tenant_keys(settings).ref,
    )


def person(number: int) -> str:
    """Return somebody's identity, as in the log: the first come most often."""
    return f"visitor-{number:07d}"


def _enroll(settings: Settings, faces: int) -> None:
    """Enroll people with three faces each of the default embedder's dimension."""
    traits, keys, folder = (
        embedder_traits(settings.faces), tenant_keys(settings), identity_folder(settings)
    )  # fmt: skip
    count = faces // _FACES_EACH
    crowd = Crowd(count, dimension=traits.dimension)
    with (
        People(folder, writer=True) as people,
        FaceGallery(
            folder, embedder=traits.name, dimension=traits.dimension, keys=keys, writer=True
        ) as gallery,
    ):
        for number in range(count):
            own = crowd.faces(np.full(_FACES_EACH, number))
            one = person(number)
            people.add(Person(identity_id=one, name=one, kind="enrolled", enrolled_at=_NOON))
            gallery.enroll(one, own, qualities=[0.9] * _FACES_EACH, at=_NOON)
            if number % _FLUSH_EVERY == _FLUSH_EVERY - 1:
                people.flush()
                gallery.flush()


class Keeper:
    """An actor in this process, which is called to give way within half a second."""

    def __init__(self, actor: Any) -> None:
        self.pauses: list[tuple[float, float]] = []
        self._actor = actor
        self._ends = threading.Event()
        self._looking = threading.Thread(target=self._look)
        self._looking.start()

    def end(self) -> None:
        """Let go of what the actor has."""
        self._ends.set()
        self._looking.join()
        self._actor.finish()

    def _look(self) -> None:
        while not self._ends.wait(_LOOK_EVERY_S):
            if self._actor._kept.giving.way.is_asked():
                begun = time.perf_counter()
                self._actor.give_way()
                self.pauses.append((begun, time.perf_counter()))


@contextmanager
def at_work(spec: LiveSpec) -> Iterator[tuple[Keeper, Keeper]]:
    """Have a system's resolver and journal at work."""
    nothing = SimpleNamespace(remote=lambda *_: None)
    told = SimpleNamespace(take=nothing, note_gallery=nothing)
    calls.ray = resolver.ray = SimpleNamespace(  # type: ignore[assignment]
        get=lambda answer: answer, get_actor=lambda *_: told
    )
    with closing(Presence(RunFolder(spec.run).watching)), ExitStack() as working:
        log = Keeper(JournalActor(spec))
        working.callback(log.end)
        names = Keeper(ResolverActor(spec))
        working.callback(names.end)
        yield names, log
