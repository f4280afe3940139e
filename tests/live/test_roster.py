"""Cameras of a group's actor come and go, in one process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.errors import GenesisError, SourceError
from genesis_ray.live import roster
from genesis_ray.live.cameras import CameraGroupActor, GroupFigures
from genesis_ray.live.flow import FrameFlow
from genesis_ray.live.spec import Resumption
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.testing import SyntheticFilm
from genesis_ray.vision.recording import VideoWriter
from tests.live.grouped import START, Others, actor_among

FILM = "synthetic:?people=1&seconds=1&fps=10&width=320&height=240"
DOOR, YARD = (CameraSettings(camera_id=name, source=FILM, start=START) for name in ("door", "yard"))


class Group:
    """An actor, and the figures that its run returns."""

    def __init__(self, actor: CameraGroupActor, others: Others) -> None:
        self.actor = actor
        self.others = others
        self.running: asyncio.Task[GroupFigures] | None = None

    def start(self, *opened: CameraSettings) -> None:
        self.running = asyncio.create_task(self.actor.run(opened))

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_so():
                await asyncio.sleep(0.005)

    async def until_taken(self, frames: int) -> None:
        """Wait until so many went to the detector, and the inbox was asked for more."""
        await self.until(lambda: sum(self.others.stacks) == frames)
        await asyncio.sleep(0.1)

    async def frames(self) -> dict[str, int]:
        """Wait for the end; return how many frames each camera had."""
        async with asyncio.timeout(10):
            figures = await self.running
        assert all(camera.is_done for camera in figures.cameras)
        return {camera.camera_id: camera.frames for camera in figures.cameras}


@pytest.fixture
def play(monkeypatch, tmp_path):
    """Play a story with an actor that watches nothing yet."""

    def play(story: Callable[[Group], Awaitable[None]], take_s: float = 0.002) -> None:
        settings = Settings(
            data_dir=tmp_path,
            detector={"model": "synthetic", "input_size": 320},
            faces={"embedder": "synthetic", "min_person_width": 10},
            cameras=(DOOR, YARD),
        )

        async def run() -> None:
            others = Others(take_s)
            await story(Group(actor_among(others, settings, monkeypatch), others))

        asyncio.run(run())

    return play


def test_a_process_that_is_told_to_run_opens_its_cameras_itself(play):
    async def story(group: Group) -> None:
        group.start(DOOR)
        assert await group.frames() == {"door": 10}

    play(story)


def test_a_group_whose_recordings_end_waits_for_the_cameras_that_are_prepared(play):
    async def story(group: Group) -> None:
        group.start(DOOR)
        assert await group.actor.prepare([YARD])
        await group.until_taken(10)
        assert not group.running.done()
        await group.actor.take_off([])
        await group.actor.put_on([YARD])
        assert await group.frames() == {"door": 10, "yard": 10}

    play(story)


def test_a_group_whose_change_is_not_made_ends(play):
    async def story(group: Group) -> None:
        group.start(DOOR)
        await group.actor.prepare([YARD])
        await group.until_taken(10)
        await group.actor.prepare([])
        assert await group.frames() == {"door": 10}

    play(story)


def test_a_camera_that_comes_while_the_last_reports_are_delivered_loses_no_frame(play, tmp_path):
    figures = SyntheticFilm(people=1, seconds=1, fps=10, width=320, height=240)
    with closing(figures), VideoWriter(tmp_path / "yard.mp4", 320, 240, 10) as film:
        for at, make_pixels in figures.frames():
            film.write(make_pixels(), START + at)
    yard = YARD.model_copy(update={"source": str(tmp_path / "yard.mp4")})

    async def story(group: Group) -> None:
        group.start(DOOR)
        await group.until_taken(10)
        await group.actor.put_on([yard])
        assert await group.frames() == {"door": 10, "yard": 10}

    play(story, take_s=0.4)


def test_a_group_waits_for_what_is_prepared_while_the_last_reports_are_delivered(play):
    async def story(group: Group) -> None:
        group.start(DOOR)
        await group.until_taken(10)
        assert await group.actor.prepare([YARD])
        await group.until(lambda: all(c.is_done for c in group.actor.figures().cameras))
        await asyncio.sleep(0.1)
        assert not group.running.done()
        await group.actor.put_on([YARD])
        assert await group.frames() == {"door": 10, "yard": 10}

    play(story, take_s=0.2)


def test_a_group_that_has_ended_takes_no_camera_and_says_so(play):
    async def story(group: Group) -> None:
        group.start(DOOR)
        await group.frames()
        assert not await group.actor.prepare([YARD])
        with pytest.raises(GenesisError, match="do it again"):
            await group.actor.put_on([YARD])
        await group.actor.put_on([])

    play(story)


def test_who_is_stopped_while_a_change_is_prepared_ends(play):
    async def story(group: Group) -> None:
        group.start(DOOR)
        await group.actor.prepare([YARD])
        await group.until_taken(10)
        await group.actor.stop()
        assert await group.frames() == {"door": 10}

    play(story)


def test_a_changed_camera_that_a_new_process_opens_is_opened_once(play, monkeypatch):
    opened = []

    def counted(spec, camera, *arguments, **options):
        opened.append(camera.camera_id)
        return open_camera(spec, camera, *arguments, **options)

    open_camera = roster.open_camera
    monkeypatch.setattr(roster, "open_camera", counted)

    async def story(group: Group) -> None:
        await asyncio.gather(
            group.actor.open([DOOR]), group.actor.put_on([DOOR]), group.actor.open([DOOR])
        )
        assert opened == ["door"]

    play(story)


def test_while_nothing_is_taken_no_camera_is_taken_off_and_it_is_said(play, monkeypatch):
    monkeypatch.setattr(roster, "_PASSED_WITHIN_S", 0.2)

    async def story(group: Group) -> None:
        is_there = asyncio.Event()
        detect = group.others.detect.remote

        async def later(images: object) -> object:
            await is_there.wait()
            return await detect(images)

        group.others.detect.remote = lambda images: asyncio.ensure_future(later(images))
        group.start(DOOR, YARD)
        await group.until(lambda: group.actor._flow and group.actor._flow._asked > 0)
        with pytest.raises(GenesisError, match=r"^door: .*not been taken for .*try again"):
            await group.actor.take_off(["door"])
        await group.actor.put_on([DOOR])
        is_there.set()
        assert await group.frames() == {"door": 10, "yard": 10}

    play(story)


def test_a_camera_whose_last_is_not_taken_in_time_is_watched_anew_when_it_is(play, monkeypatch):
    monkeypatch.setattr(roster, "_LEFT_WITHIN_S", 0.2)
    monkeypatch.setattr(FrameFlow, "passed", lambda _: asyncio.sleep(0))

    async def story(group: Group) -> None:
        is_there = asyncio.Event()
        take = group.others.journal.take.remote

        async def later(*told: object) -> object:
            await is_there.wait()
            return await take(*told)

        group.others.journal.take.remote = lambda *told: asyncio.ensure_future(later(*told))
        group.start(DOOR, YARD)
        await group.until_taken(20)
        with pytest.raises(GenesisError, match=r"^door: its last .*try again"):
            await group.actor.take_off(["door"])
        await group.actor.put_on([DOOR])
        is_there.set()
        assert await group.frames() == {"door": 10, "yard": 10}
        assert sum(group.others.stacks) == 30  # it played again from its beginning

    play(story)


def test_another_process_leaves_out_the_cameras_whose_sources_are_gone(monkeypatch, tmp_path):
    gone = YARD.model_copy(update={"source": str(tmp_path / "gone.mp4")})
    settings = Settings(data_dir=tmp_path, cameras=(gone, DOOR))

    async def play() -> None:
        actor = actor_among(Others(0), settings, monkeypatch)
        failed = await actor.open(settings.cameras, True)
        assert list(failed) == ["yard"]
        assert "gone.mp4" in failed["yard"]
        assert [camera.camera_id for camera in actor.figures().cameras] == ["door"]
        with pytest.raises(SourceError):
            await actor.open(settings.cameras)

    asyncio.run(play())


def test_a_recording_beside_live_cameras_goes_on_where_it_is_by_now_though_all_had_died(
    monkeypatch, tmp_path
):
    stream = CameraSettings(camera_id="stream", source="rtsp://camera/1")  # which others watch
    begun = datetime.now(UTC) - timedelta(seconds=0.6)
    door = DOOR.model_copy(update={"start": begun})
    settings = Settings(
        data_dir=tmp_path,
        detector={"model": "synthetic"},
        faces={"enabled": False},
        cameras=(door, stream),
    )
    killed_at = begun + timedelta(seconds=0.1)
    others = Others(0)
    others.before = Resumption({}, killed_at, left={"door": killed_at})

    async def play() -> None:
        by_the_clock = {"realtime": True, "dates_recordings": True}
        actor = actor_among(others, settings, monkeypatch, **by_the_clock)
        group = Group(actor, others)
        group.start(door)
        frames = await group.frames()
        assert 0 < frames["door"] <= 4

    asyncio.run(play())
