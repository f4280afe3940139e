import asyncio
from collections.abc import Callable, Collection
from types import SimpleNamespace

from ray.exceptions import ActorUnavailableError

from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.groups import CameraGroup
from genesis_ray.running.result import CameraProgress
from genesis_ray.settings import Settings
from genesis_ray.settings_cameras import CameraSettings

DOOR = CameraSettings(camera_id="door", source="rtsp://10.0.0.1/door")


class Process:
    """A camera group's process, which forgets what it has opened whenever it is killed.

    Attributes:
        deaths: How often it is killed while it watches.
    """

    def __init__(self, deaths: int) -> None:
        self.opened: set[str] = set()
        self.deaths = deaths
        self.open = SimpleNamespace(remote=self._open)
        self.run = SimpleNamespace(remote=self._run)

    def kill(self) -> None:
        self.opened.clear()

    async def _open(self, cameras: Collection[CameraSettings]) -> None:
        self.opened |= {camera.camera_id for camera in cameras}

    async def _run(self, cameras: Collection[CameraSettings]) -> GroupFigures:
        await self._open(cameras)
        if self.deaths:
            self.deaths -= 1
            self.kill()
            raise ActorUnavailableError("killed", None)
        return GroupFigures([CameraProgress(camera_id=name) for name in self.opened], {}, None)


def watched(process: Process, on_restart: Callable[[], None]) -> list[str]:
    """Watch the door by a process to the end; return the cameras that were watched there."""
    group = CameraGroup(
        SimpleNamespace(settings=Settings(retry_delays_s=[0, 0])), "cameras-0", [DOOR],
        node=None, start=lambda *_, node: process,  # noqa: ARG005
    )  # fmt: skip

    async def run() -> list[str]:
        async def note() -> None:
            on_restart()

        await group.run(note)
        return [camera.camera_id for camera in (await group.figures()).cameras]

    return asyncio.run(run())


def test_a_process_that_dies_is_told_to_watch_its_cameras_again():
    assert watched(Process(deaths=2), lambda: None) == ["door"]


def test_one_that_dies_again_before_it_watches_opens_them_once_more():
    process = Process(deaths=1)
    assert watched(process, process.kill) == ["door"]
