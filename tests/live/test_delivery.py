import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import starmap
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from genesis_ray.domain.events import FramesDropped
from genesis_ray.domain.ordering import DONE
from genesis_ray.live.delivery import Delivery, WatchedCamera
from genesis_ray.live.outbox import Limits, Outbox
from genesis_ray.live.spec import LiveSpec
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.station_values import Report
from genesis_ray.settings import Settings
from genesis_ray.store.template_keys import KeyRef

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def report(at: datetime, frames: int) -> Report:
    return Report("door", at, [], (), frames)


class Step(NamedTuple):
    """A report of so many frames; `dropped` is what the camera's counters say then.

    Attributes:
        is_end: Whether it is the camera's last.
        is_other: Whether another camera, or the same one anew, has come under its name.
    """

    at: datetime
    frames: int
    dropped: dict[str, int]
    is_end: bool = False
    is_other: bool = False


def delivery_of(cameras: dict[str, WatchedCamera], counters: dict[str, int]) -> Delivery:
    spec = LiveSpec(
        settings=Settings(tenant_id="shop", site_id="york"), run=Path(), realtime=True,
        detector_app="", embedder_app="", template_key=KeyRef.__new__(KeyRef),
    )  # fmt: skip
    inbox = SimpleNamespace(dropped=lambda _: dict(counters), slow_down=lambda _: None)
    return Delivery("group", spec, cameras, inbox, Outbox(Limits(slow_at=90, stop_at=99)))


def progress_after(*reports: Report) -> CameraProgress:
    progress = CameraProgress(camera_id="door")
    door = WatchedCamera(None, None, progress, progress)
    delivery = delivery_of({"door": door}, {})

    async def post() -> None:
        for each in reports:
            await delivery.post(each)

    asyncio.run(post())
    return door.posted


def posted(*steps: tuple[datetime, int, dict[str, int]] | Step) -> list[FramesDropped]:
    """Post reports."""
    counters: dict[str, int] = {}
    progress = CameraProgress(camera_id="door", expected_frames=None)
    cameras = {"door": WatchedCamera(None, None, progress, progress)}
    delivery = delivery_of(cameras, counters)

    async def post() -> None:
        for step in starmap(Step, steps):
            counters.update(step.dropped)
            if step.is_other:
                cameras["door"] = WatchedCamera(None, None, progress, progress)
            await delivery.post(report(step.at, step.frames), is_end=step.is_end)

    asyncio.run(post())
    return [note for note in delivery.notes if isinstance(note, FramesDropped)]


def test_dropped_frames_are_noted_by_the_minute_and_at_the_end():
    first, last = posted(
        (NINE, 5, {"busy": 1}),
        (NINE + timedelta(seconds=61), 300, {"busy": 40, "still": 9}),
        Step(DONE, 0, {"busy": 42}, is_end=True),
    )
    assert (first.camera_id, first.since, first.occurred_at) == (
        "door", NINE, NINE + timedelta(seconds=61),
    )  # fmt: skip
    assert (first.looked_at, first.by_reason) == (305, (("busy", 40),))
    assert last.by_reason == (("busy", 2),)


def test_the_rest_is_noted_too_of_a_camera_that_is_taken_off():
    steps = (NINE, 5, {}), Step(NINE + timedelta(seconds=20), 9, {"busy": 3}, is_end=True)
    assert [note.by_reason for note in posted(*steps)] == [(("busy", 3),)]


def test_who_comes_under_the_name_of_another_camera_has_counts_of_its_own():
    (note,) = posted(
        (NINE, 50, {"busy": 3}),
        Step(NINE + timedelta(hours=1), 10, {"busy": 0}, is_other=True),
        (NINE + timedelta(hours=1, seconds=61), 300, {"busy": 40}),
    )
    assert (note.since, note.looked_at) == (NINE + timedelta(hours=1), 310)
    assert note.by_reason == (("busy", 40),)


def test_where_all_is_looked_at_nothing_is_noted():
    assert (
        posted((NINE, 5, {}), (NINE + timedelta(hours=1), 900, {}), Step(DONE, 0, {}, is_end=True))
        == []
    )


def test_what_a_cameras_clock_gained_is_so_until_it_is_told_anew():
    first = replace(report(NINE, 5), clock_offset_s=-0.5)
    assert progress_after(first).clock_offset_s == -0.5
    assert progress_after(first, report(NINE, 0)).clock_offset_s == -0.5
    assert progress_after(first, replace(first, clock_offset_s=0.0)).clock_offset_s == 0.0
