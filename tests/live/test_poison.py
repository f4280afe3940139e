"""Journal and resolver die of what they are told, on a real cluster."""

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pytest
import ray
from ray.exceptions import RayError

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import TrackObserved
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.errors import GenesisError
from genesis_ray.live.calls import until_answered
from genesis_ray.live.journal import JournalActor
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import JOURNAL_ACTOR, RESOLVER_ACTOR, LiveSpec, Shown, Told
from genesis_ray.live.starting import explained, start_keeper
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.serving.cluster import NAMESPACE
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.testing import DeadlyNumber
from tests.letters import NOON

pytestmark = [pytest.mark.ray, pytest.mark.timeout(300)]

CAMERAS = ("door", "till")


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    ray.init(
        "local",  # whatever else runs on this machine
        num_cpus=1,
        namespace=NAMESPACE,
        include_dashboard=False,
        object_store_memory=100_000_000,
    )
    yield
    ray.shutdown()


@pytest.fixture
def spec(tmp_path) -> LiveSpec:
    settings = Settings(
        data_dir=tmp_path / "data",
        faces={"embedder": "synthetic"},
        cameras=[{"camera_id": name, "source": f"{name}.mp4"} for name in CAMERAS],
        retry_delays_s=[0, 0],
    )
    run = RunFolder.create(tmp_path / "run").path
    return LiveSpec(
        settings=settings,
        run=run,
        realtime=False,
        detector_app="",
        embedder_app="",
        template_key=tenant_keys(settings).ref,
    )


@pytest.fixture
def keepers(spec) -> Iterator[dict[str, object]]:
    actors = {
        JOURNAL_ACTOR: start_keeper(JournalActor, JOURNAL_ACTOR, spec),
        RESOLVER_ACTOR: start_keeper(ResolverActor, RESOLVER_ACTOR, spec),
    }
    yield actors
    for actor in actors.values():
        ray.kill(actor)


def answer(method, *arguments):
    """What a keeper answers, called again where its process died, as camera groups do."""

    async def call():
        return await until_answered(partial(method.remote, *arguments))

    return asyncio.run(call())


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def told(camera_id: str, seconds: int, *, track_id: float = 1) -> Told:
    observed = TrackObserved(
        tenant_id="default", site_id="default", camera_id=camera_id, occurred_at=at(seconds),
        track_id=track_id, frame_index=seconds, x1=0, y1=0, x2=1, y2=1, confidence=0.5,
    )  # fmt: skip
    return Told(camera_id, [(at(seconds), (observed,))], at(seconds))


def shown(camera_id: str, seconds: int, *, quality: float = 0.9) -> Shown:
    embedding = np.eye(16, dtype=np.float32)[0]
    face = Face(
        camera_id=camera_id, track_id=seconds, face_index=0, captured_at=at(seconds),
        embedding=embedding, quality=quality,
    )  # fmt: skip
    return Shown(camera_id, (face,), at(seconds))


def finish(keepers) -> None:
    ended = [(camera_id, DONE) for camera_id in CAMERAS]
    answer(keepers[JOURNAL_ACTOR].take, [Told(name, [], done) for name, done in ended])
    answer(keepers[RESOLVER_ACTOR].take, [Shown(name, (), done) for name, done in ended])
    for keeper in (RESOLVER_ACTOR, JOURNAL_ACTOR):
        answer(keepers[keeper].finish)


class Unthought(float):
    """What nobody has thought of: it cannot be compared or written."""

    def __lt__(self, other: object) -> bool:
        raise ZeroDivisionError(f"compared with {other}")

    __str__ = __float__ = __int__ = __lt__  # type: ignore[assignment]


def test_a_keeper_that_dies_of_one_frame_sets_it_aside_and_takes_all_else(spec, keepers):
    journal, resolver = keepers[JOURNAL_ACTOR], keepers[RESOLVER_ACTOR]
    answer(journal.take, [told("door", 1), told("till", 1)])
    answer(resolver.take, [shown("door", 1), shown("till", 1)])
    answer(journal.take, [told("till", 2, track_id=Unthought(1)), told("door", 2)])
    answer(resolver.take, [shown("till", 2), shown("door", 2, quality=DeadlyNumber(0.9))])
    answer(journal.take, [told("door", 3), told("till", 3)])
    answer(resolver.take, [shown("door", 3), shown("till", 3)])
    finish(keepers)
    tables = RunTables(spec.run / "events")
    everything = {(name, second) for name in CAMERAS for second in (1, 2, 3)}
    observed = [
        (r["camera_id"], r["frame_index"]) for r in tables["track_observations"].to_pylist()
    ]
    assert sorted(observed) == sorted(everything - {("till", 2)})
    scored = [(r["camera_id"], r["track_id"]) for r in tables["face_scores"].to_pylist()]
    assert sorted(scored) == sorted(everything - {("door", 2)})
    letters = tables["dead_letters"].to_pylist()
    assert {(r["camera_id"], r["stage"], r["attempts"], r["occurred_at"]) for r in letters} == {
        ("till", "journal", 3, at(2)),
        ("door", "resolver", 3, at(2)),
    }


@ray.remote
class Group:
    """Tells the journal, among other things that it does."""

    async def run(self, journal, notes) -> None:
        async with asyncio.TaskGroup() as steps:
            steps.create_task(until_answered(partial(journal.take.remote, [], notes)))


def test_a_keeper_that_dies_of_nothing_in_particular_ends_the_run_with_an_error(spec, keepers):
    journal = keepers[JOURNAL_ACTOR]
    answer(journal.take, [told("door", 1)])
    note = spec.note(DeadlyNumber(1), "failed", "")
    group = Group.options(num_cpus=0).remote()
    with pytest.raises(RayError) as raised:
        ray.get(group.run.remote(journal, [note]))
    error = explained(raised.value)
    assert isinstance(error, GenesisError)
    folder = spec.run / "state" / "journal"
    assert re.fullmatch(
        rf"the journal died 2 times in a row between the frames .* its state is in {folder}, and "
        rf"Ray's logs say how it died",
        str(error),
    )
