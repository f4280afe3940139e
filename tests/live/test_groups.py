import asyncio
from collections.abc import Callable, Collection
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from ray.exceptions import ActorDiedError, ActorUnavailableError

from genesis_ray.errors import GenesisError
from genesis_ray.live import groups
from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.groups import CameraGroup, GroupLostError
from genesis_ray.running.result import CameraProgress
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings

DOOR = CameraSettings(camera_id="door", source="rtsp://10.0.0.1/door")


class Process:
    """A camera group's process, which forgets what it has opened whenever it is killed.

    Attributes:
        deaths: How often it is killed while it watches.
        deaths_at_opening: How often while it opens its sources, before that.
        is_away: Whether no node has room for it.
        is_stopped: Whether it was told to end.
    """

    def __init__(self, deaths: int = 0, *, at_opening: int = 0) -> None:
        self.opened: set[str] = set()
        self.deaths = deaths
        self.deaths_at_opening = at_opening
        self.is_away = False
        self.is_stopped = False
        self.open = SimpleNamespace(remote=self._open)
        self.run = SimpleNamespace(remote=self._run)
        self.figures = SimpleNamespace(remote=self._figures)
        self.stop = SimpleNamespace(remote=self._stop)

    def kill(self) -> None:
        self.opened.clear()

    async def _open(self, cameras: Collection[CameraSettings], _: bool = False) -> dict[str, str]:
        if self.deaths_at_opening:
            self.deaths_at_opening -= 1
            self.die()
        self.opened |= {camera.camera_id for camera in cameras}
        return {}

    async def _run(self, cameras: Collection[CameraSettings]) -> GroupFigures:
        await self._open(cameras)
        if self.deaths:
            self.deaths -= 1
            self.die()
        return self._seen()

    async def _figures(self) -> GroupFigures:
        if self.is_away:
            raise ActorUnavailableError("no node has room", None)
        return self._seen()

    async def _stop(self) -> None:
        await self._figures()
        self.is_stopped = True

    def die(self) -> None:
        self.kill()
        self.is_stopped = False
        raise ActorUnavailableError("killed", None)

    def _seen(self) -> GroupFigures:
        return GroupFigures([CameraProgress(camera_id=name) for name in self.opened], {}, None)


def watching(process: Process) -> CameraGroup:
    """A group of the door, whose process this is."""
    spec = SimpleNamespace(settings=Settings(retry_delays_s=[0, 0]), realtime=True)
    return CameraGroup(
        spec, "cameras-0", [DOOR],
        node=None, start=lambda *_, node: process,  # noqa: ARG005
    )  # fmt: skip


async def nobody(*_: object) -> None:
    """Is told, and does nothing."""


def watched(process: Process, on_restart: Callable[[], None]) -> list[str]:
    """Watch the door by a process to the end; return the cameras that were watched there."""
    group = watching(process)

    async def run() -> list[str]:
        async def note(_: str) -> None:
            on_restart()

        await group.run(note, nobody)
        return [camera.camera_id for camera in (await group.figures()).cameras]

    return asyncio.run(run())


def test_a_process_that_dies_is_told_to_watch_its_cameras_again():
    restarts: list[None] = []
    assert watched(Process(deaths=2), lambda: restarts.append(None)) == ["door"]
    assert len(restarts) == 2


def test_one_that_dies_while_it_opens_its_sources_is_started_again():
    assert watched(Process(at_opening=3), lambda: None) == ["door"]


def test_one_that_dies_whenever_it_opens_them_is_lost():
    process = Process(at_opening=1000)
    with pytest.raises(GroupLostError):
        watched(process, lambda: None)
    assert process.deaths_at_opening == 1000 - 4


def test_one_that_finds_no_node_any_more_is_told_to_be_away_until_it_has_one():
    process = Process(deaths=1)
    dies = process.die

    def die_for_long() -> None:
        process.is_away = True
        dies()

    process.die = die_for_long

    async def run() -> None:
        async def note(_: str) -> None:
            assert group.is_placed

        group = watching(process)
        running = asyncio.create_task(group.run(note, nobody))
        await group.placed()
        async with asyncio.timeout(5):
            await group.away()
        assert group.is_open
        assert not group.is_placed
        assert not running.done()
        process.is_away = False
        await running
        assert group.is_placed

    asyncio.run(run())


def test_one_that_is_away_does_not_hold_up_the_end(monkeypatch):
    monkeypatch.setattr(groups, "_BACK_WITHIN_S", 0.05)
    monkeypatch.setattr(groups.ray, "kill", lambda process: setattr(process, "is_killed", True))
    process = Process(deaths=1)
    dies = process.die

    def die_for_long() -> None:
        process.is_away = True
        dies()

    async def figures_of_nobody() -> None:
        raise ActorDiedError if getattr(process, "is_killed", False) else away

    away = ActorUnavailableError("no node has room", None)
    process.die = die_for_long
    group = watching(process)

    async def run() -> None:
        running = asyncio.create_task(group.run(nobody, nobody))
        await group.placed()
        await group.away()
        process.figures = SimpleNamespace(remote=figures_of_nobody)
        await group.end()
        async with asyncio.timeout(5):
            await running

    asyncio.run(run())
    assert group.has_ended
    (door,) = asyncio.run(group.figures()).cameras
    assert door.problem == "its process did not answer for 6 s when all was to end"


def test_one_that_dies_after_it_was_told_to_end_is_told_so_again():
    process = Process(deaths=1)
    told: list[bool] = []

    async def run() -> None:
        async def watch_until_stopped(cameras: Collection[CameraSettings]) -> GroupFigures:
            told.append(process.is_stopped)
            while not process.is_stopped:
                await asyncio.sleep(0.001)
            return await process._run(cameras)

        async def note(_: str) -> None:
            pass

        process.run = SimpleNamespace(remote=watch_until_stopped)
        group = watching(process)
        running = asyncio.create_task(group.run(note, nobody))
        await group.placed()
        await group.end()
        await running

    asyncio.run(run())
    assert told == [False, True]


def test_one_that_dies_again_before_it_watches_opens_them_once_more():
    process = Process(deaths=1)
    assert watched(process, process.kill) == ["door"]


@pytest.mark.parametrize(("cameras", "attempts"), [([DOOR], 1), ([], 3)])
def test_new_sources_are_tried_once_as_the_process_may_die_of_them_and_let_go_until_it_answers(
    cameras, attempts
):
    asked: list[list[CameraSettings]] = []

    async def prepare(coming: list[CameraSettings]) -> bool:
        asked.append(coming)
        if len(asked) < 3:
            raise ActorUnavailableError("killed", None)
        return True

    process = Process()
    process.prepare = SimpleNamespace(remote=prepare)
    said = pytest.raises(GenesisError, match="watch door died as it opened")
    with said if cameras else nullcontext():
        assert asyncio.run(watching(process).prepare(cameras))
    assert asked == [cameras] * attempts
