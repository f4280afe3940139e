"""Whose frames are lost where groups share a detector: in a time of its own, see `shared`."""

import asyncio
import time
from collections.abc import Callable, Collection
from types import SimpleNamespace

import pytest
from ray.exceptions import ActorUnavailableError

from genesis_ray.domain.load.roles import DropClass
from genesis_ray.live import sharing
from genesis_ray.live.sharing import Sharing
from tests.live.shared import Cameras, Shared

TILLS = [Cameras(8, "billing")]
CARS = [Cameras(8, "vehicle")]
HALLS = [Cameras(8, "tracking")]

OVERLOADED = {
    "as many lower cameras": ([TILLS, CARS], 50, 1),
    "ten times as many": ([TILLS, *[CARS] * 10], 50, 1),
    "several replicas": ([TILLS, TILLS, *[CARS * 2] * 4], 100, 2),
    "lower cameras beside one of the first": (
        [[Cameras(1, "billing"), Cameras(15, "vehicle")], [Cameras(15, "billing")]],
        90,
        1,
    ),
    "cameras with many frames a second": (
        [[Cameras(1, "billing", 25), Cameras(1, "billing", 10)], *[HALLS] * 4],
        50,
        1,
    ),
    "classes all of which are in all groups": (
        [[Cameras(2, "billing"), Cameras(6, "vehicle")]] * 4,
        50,
        1,
    ),
}


@pytest.mark.parametrize(
    ("groups", "frames_a_second", "replicas"), OVERLOADED.values(), ids=OVERLOADED
)
def test_the_first_class_loses_nothing_that_the_detector_could_have_done(
    groups, frames_a_second, replicas
):
    shared = Shared(*groups, frames_a_second=frames_a_second, replicas=replicas).run(60)
    assert shared.dropped["never"] == 0
    assert shared.seen["never"] > 0.95 * shared.brought["never"]  # the last are under way
    assert shared.seen.total() > 0.97 * 60 * frames_a_second


def test_without_giving_way_it_does():
    shared = Shared(TILLS, *[CARS] * 4, frames_a_second=50, gives_way=False).run(60)
    assert shared.dropped["never"] > 0.3 * shared.brought["never"]


def test_the_lowest_class_gives_way_first():
    shared = Shared(TILLS, HALLS, CARS, frames_a_second=60).run(60)
    share = {kind: shared.seen[kind] / shared.brought[kind] for kind in shared.brought}
    assert share["never"] > 0.95
    assert share["adaptive"] > 4 * share["aggressive"]


def test_nobody_starves_where_the_first_class_alone_is_too_much():
    shared = Shared([Cameras(12, "billing")], CARS, frames_a_second=50).run(60)
    assert 8 * 60 / 12 <= shared.seen["aggressive"] <= 8 * 60 / 5


def test_frames_of_the_first_class_do_not_become_old():
    shared = Shared(TILLS, *[CARS] * 4, frames_a_second=50).run(60)
    assert shared.oldest_s["never"] < 4


@pytest.mark.parametrize(
    ("groups", "frames_a_second"),
    [([TILLS, CARS], 85), ([TILLS, TILLS], 50), ([CARS, CARS], 50), ([HALLS, HALLS], 50)],
    ids=["no overload", "the first class alone", "the last class alone", "the second class alone"],
)
def test_the_same_is_sent_as_if_nobody_gave_way(groups, frames_a_second):
    sent = [
        Shared(*groups, frames_a_second=frames_a_second, gives_way=gives_way).run(20).sent
        for gives_way in (True, False)
    ]
    assert sent[0] == sent[1]


class Group:
    """A group of cameras that is told who is ahead, and says who falls behind.

    Attributes:
        ahead: What it was told, in order.
        asked: How often it was asked.
    """

    def __init__(self, name: str, role: str) -> None:
        self.name = name
        self.cameras = {name: SimpleNamespace(role=role)}
        self.ahead: list[set[DropClass]] = []
        self.asked = 0
        self.is_away = self.is_silent = False
        self.is_behind: DropClass | None = None

    async def behind(self, _: DropClass | None) -> DropClass | None:
        self.asked += 1
        await asyncio.sleep(100 if self.is_silent else 0)
        if self.is_away:
            raise ActorUnavailableError("it died", None)
        return self.is_behind

    async def give_way(self, to: Collection[DropClass]) -> None:
        if self.is_away:
            raise ActorUnavailableError("it died", None)
        self.ahead.append(set(to))


@pytest.fixture
def share(monkeypatch):
    """Have groups share, and meanwhile a story of them."""
    for name in ("LOOKS_EVERY_S", "TELLS_EVERY_S", "_LOOKS_AGAIN_S", "_ANSWERS_WITHIN_S"):
        monkeypatch.setattr(sharing, name, 0.01)

    def share(groups: list[Group], story: Callable) -> None:
        async def play() -> None:
            of_all = Sharing(lambda: groups)
            sharing = {each.name: asyncio.create_task(of_all.share(each)) for each in groups}
            await story(sharing)
            for task in sharing.values():
                task.cancel()
            await asyncio.wait(sharing.values())

        asyncio.run(asyncio.wait_for(play(), 20))

    return share


async def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


def test_a_group_is_told_who_is_behind_elsewhere_until_nobody_is(share):
    tills, cars = Group("tills", "billing"), Group("cars", "vehicle")

    async def story(_: object) -> None:
        tills.is_behind = "never"
        await until(lambda: {"never"} in cars.ahead)
        tills.is_behind = None
        await until(lambda: cars.ahead[-1] == set())
        assert not any(tills.ahead)

    share([tills, cars], story)


def test_it_is_told_again_and_again_as_its_process_may_be_another_one(share):
    tills, cars = Group("tills", "billing"), Group("cars", "vehicle")

    async def story(_: object) -> None:
        tills.is_behind = "never"
        await until(lambda: {"never"} in cars.ahead)
        cars.is_away = True
        await asyncio.sleep(0.05)
        cars.is_away = False
        cars.ahead.clear()
        await until(lambda: {"never"} in cars.ahead)

    share([tills, cars], story)


@pytest.mark.parametrize(
    "ends", ["its process dies", "its node is cut off", "its cameras have ended"]
)
def test_nobody_gives_way_to_a_group_that_is_not_there(share, ends):
    tills, cars = Group("tills", "billing"), Group("cars", "vehicle")

    async def story(tasks: dict[str, asyncio.Task]) -> None:
        tills.is_behind = "never"
        await until(lambda: {"never"} in cars.ahead)
        if ends == "its process dies":
            tills.is_away = True
        elif ends == "its node is cut off":
            tills.is_silent = True
        else:
            tasks["tills"].cancel()
        await until(lambda: cars.ahead[-1] == set())

    share([tills, cars], story)


@pytest.mark.parametrize("role", ["billing", "tracking", "vehicle"])
def test_where_all_cameras_are_of_one_class_nobody_is_asked_or_told(share, role):
    groups = [Group("one", role), Group("another", role)]

    async def story(_: object) -> None:
        await asyncio.sleep(0.05)

    share(groups, story)
    assert [(each.asked, each.ahead) for each in groups] == [(0, [])] * 2


def test_a_group_of_the_lowest_class_is_not_asked(share):
    halls, cars = Group("halls", "tracking"), Group("cars", "vehicle")

    async def story(_: object) -> None:
        await until(lambda: halls.asked > 3)

    share([halls, cars], story)
    assert cars.asked == 0
