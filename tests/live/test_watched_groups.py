"""When recordings begin beside live cameras, in one process: see `supervised`."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.live import watched_groups
from genesis_ray.live.spec import LiveSpec
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from tests.live.supervised import Stage
from tests.store.some_keys import ring

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def spec(tmp_path) -> LiveSpec:
    cameras = [
        {"camera_id": "door", "source": "rtsp://door/1"},
        {"camera_id": "film", "source": "film.mp4"},
        {"camera_id": "old", "source": "old.mp4", "start": NINE},
    ]
    return LiveSpec(
        settings=Settings(data_dir=tmp_path / "data", cameras=cameras, groups={"cameras": 1}),
        run=RunFolder.create(tmp_path / "run").path,
        realtime=True,
        dates_recordings=True,
        detector_app="detector",
        embedder_app="embedder",
        template_key=ring().ref,
    )


@pytest.fixture
def play(monkeypatch):
    """Have a supervisor run, and meanwhile a story about it."""

    def play(
        spec: LiveSpec, story: Callable[[Stage], Awaitable[None]], *, is_resumed: bool = False
    ) -> None:
        async def run() -> None:
            stage = Stage(spec, monkeypatch, is_resumed=is_resumed)
            running = stage.running = asyncio.create_task(stage.supervisor.run(time.time()))
            await story(stage)
            running.cancel()
            await asyncio.wait([running])

        asyncio.run(run())

    return play


async def watched(stage: Stage) -> dict[str, CameraSettings]:
    """Return the cameras as the groups are told to watch them, once they are."""
    await stage.until(lambda: all(group.called("run") for group in stage.groups))
    told = [camera for group in stage.groups for camera in group.called("run")[0][0]]
    return {camera.camera_id: camera for camera in told}


def test_recordings_begin_when_what_plays_them_is_up(play, spec):
    async def story(stage: Stage) -> None:
        *_, slow = stage.groups
        slow.is_away = True
        await asyncio.sleep(0.05)
        assert not any(group.called("open") for group in stage.groups)
        was_up_at = datetime.now(UTC)
        slow.is_away = False
        cameras = await watched(stage)
        soon = timedelta(seconds=5)
        assert was_up_at + soon < cameras["film"].start <= datetime.now(UTC) + soon
        assert (cameras["old"].start, cameras["door"].start) == (NINE, None)
        assert stage.supervisor.settings.cameras == tuple(cameras.values())
        (_, film, _) = json.loads((spec.run / "run.json").read_text())["settings"]["cameras"]
        assert datetime.fromisoformat(film["start"]) == cameras["film"].start

    play(spec, story)


def test_who_waits_long_for_a_node_holds_nobody_up(play, spec, monkeypatch):
    monkeypatch.setattr(watched_groups, "_PLACED_WITHIN_S", 0.05)

    async def story(stage: Stage) -> None:
        waiting, *others = stage.groups
        waiting.is_away = True
        await stage.until(lambda: all(group.called("run") for group in others))
        assert not waiting.called("run")
        waiting.is_away = False
        assert "door" in await watched(stage)

    play(spec, story)


def test_where_recordings_play_among_themselves_they_keep_their_dates(play, spec):
    async def story(stage: Stage) -> None:
        assert (await watched(stage))["film"].start is None

    play(replace(spec, dates_recordings=False), story)


def test_of_a_system_that_goes_on_recordings_began_when_they_did(play, spec):
    begun = datetime.now(UTC) - timedelta(minutes=1)
    RunFolder(spec.run).write_summary({"begun": {"film": begun.isoformat()}})

    async def story(stage: Stage) -> None:
        assert (await watched(stage))["film"].start == begun

    play(spec, story, is_resumed=True)
