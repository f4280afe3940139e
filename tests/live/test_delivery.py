import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

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


def posted(*steps: tuple[datetime, int, dict[str, int]]) -> list[FramesDropped]:
    """Post reports of so many frames; `dropped` is what the camera's counters say at each."""
    counters: dict[str, int] = {}
    spec = LiveSpec(
        settings=Settings(tenant_id="shop", site_id="york"), run=Path(), realtime=True,
        detector_app="", embedder_app="", template_key=KeyRef.__new__(KeyRef),
    )  # fmt: skip
    inbox = SimpleNamespace(dropped=lambda _: dict(counters), slow_down=lambda _: None)
    progress = CameraProgress(camera_id="door", expected_frames=None)
    cameras = {"door": WatchedCamera(None, None, progress, progress)}
    delivery = Delivery("group", spec, cameras, inbox, Outbox(Limits(slow_at=90, stop_at=99)))

    async def post() -> None:
        for at, frames, dropped in steps:
            counters.update(dropped)
            await delivery.post(report(at, frames))

    asyncio.run(post())
    return [note for note in delivery.notes if isinstance(note, FramesDropped)]


def test_dropped_frames_are_noted_by_the_minute_and_at_the_end():
    first, last = posted(
        (NINE, 5, {"busy": 1}),
        (NINE + timedelta(seconds=61), 300, {"busy": 40, "still": 9}),
        (DONE, 0, {"busy": 42}),
    )
    assert (first.camera_id, first.since, first.occurred_at) == (
        "door", NINE, NINE + timedelta(seconds=61),
    )  # fmt: skip
    assert (first.looked_at, first.by_reason) == (305, (("busy", 40),))
    assert last.by_reason == (("busy", 2),)


def test_where_all_is_looked_at_nothing_is_noted():
    assert posted((NINE, 5, {}), (NINE + timedelta(hours=1), 900, {}), (DONE, 0, {})) == []
