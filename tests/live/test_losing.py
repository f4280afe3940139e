"""A camera is given up, in one process: the journal is a real one, and is called as an actor is."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.live.groups import DEADLY
from genesis_ray.live.journal import JournalActor
from genesis_ray.live.keepers import Keepers
from genesis_ray.live.losing import give_up_camera
from genesis_ray.live.spec import LiveSpec, Shown, Told
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.store.events.reader import read_table
from tests.domain.told import at, crossed, left, seen
from tests.live.specs import live_spec


@pytest.fixture
def spec(tmp_path) -> LiveSpec:
    queue = {"rule": "queue", "zone_id": "queue", "over": 1, "for_s": 600, "escalate_s": 300}
    return live_spec(tmp_path, "door", "yard", tenant_id="shop", alerts=[queue], retry_delays_s=[0])


class Resolver:
    """Takes what it is shown."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []

    def take(self, shown: list[Shown]) -> None:
        self.shown += shown


def called(keeper: object, *names: str) -> SimpleNamespace:
    """A handle to an actor that answers at once."""

    def remote(name: str) -> SimpleNamespace:
        async def call(*arguments):
            return getattr(keeper, name)(*arguments)

        return SimpleNamespace(remote=call)

    return SimpleNamespace(**{name: remote(name) for name in names})


def tell(journal: JournalActor, until: float, *events, cameras=("door",)) -> None:
    """Tell what happened until then, by cameras and resolver."""
    told = [
        Told(name, [(e.occurred_at, (e,)) for e in events if e.camera_id == name], at(until))
        for name in cameras
    ]
    journal.take([*told, Told(RESOLVER, [], at(until))])


def give_up_yard(spec: LiveSpec, journal: JournalActor) -> Resolver:
    resolver = Resolver()
    keepers = Keepers(called(journal, "give_up"), called(resolver, "take"))
    asyncio.run(give_up_camera("yard", spec, DEADLY, keepers))
    asyncio.run(give_up_camera("yard", spec, DEADLY, keepers))  # the first call may have worked
    return resolver


def rows(spec: LiveSpec, table: str, *names: str) -> list[tuple]:
    return [
        tuple(row[name] for name in names)
        for row in read_table(spec.run / "events", table).to_pylist()
    ]


def test_time_of_the_other_cameras_goes_on_as_it_did(spec):
    journal = JournalActor(spec)
    both = ("door", "yard")
    tell(journal, 10, crossed(0, 1), crossed(0, 2), seen(9.5, camera="yard"), cameras=both)
    resolver = give_up_yard(spec, journal)
    assert resolver.shown[0] == Shown("yard", (), DONE)
    assert journal.resumption(["door"]).foremost < at(11)
    tell(journal, 20, seen(15, 1))
    assert rows(spec, "alerts", "status") == []
    tell(journal, 400, left(300, 1))
    tell(journal, 1000)
    figures = journal.finish()
    assert rows(spec, "alerts", "status") == []
    assert (figures.late, figures.logged_until < at(1001)) == (0, True)


@pytest.mark.parametrize("realtime", [True, False])
def test_it_has_failed_when_it_was_last_heard_of(spec, realtime):
    spec = replace(spec, realtime=realtime)
    journal = JournalActor(spec)
    tell(journal, 10, seen(9.5, camera="yard"), cameras=("yard", "door"))
    give_up_yard(spec, journal)
    tell(journal, 100)
    journal.take([Told("door", [], DONE), Told(RESOLVER, [], DONE)])
    assert journal.finish().late == 0
    ((camera, state, occurred_at),) = rows(
        spec, "camera_states", "camera_id", "state", "occurred_at"
    )
    assert (camera, state) == ("yard", "failed")
    assert at(10) < occurred_at < at(11)
    assert rows(spec, "dead_letters", "camera_id", "unit")[0] == ("yard", "recording")


def test_where_nothing_was_ever_heard_of_any_camera_it_has_failed_now(spec):
    before = datetime.now(UTC)
    journal = JournalActor(spec)
    give_up_yard(spec, journal)
    journal.finish()
    ((state, occurred_at),) = rows(spec, "camera_states", "state", "occurred_at")
    assert state == "failed"
    assert before <= occurred_at <= datetime.now(UTC)
