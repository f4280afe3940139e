import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import starmap
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from ray.exceptions import ActorUnavailableError, RayTaskError

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import FramesDropped
from genesis_ray.domain.streams.stream_health import Diagnosis
from genesis_ray.errors import FullDiskError
from genesis_ray.live import room
from genesis_ray.live.delivery import Delivery
from genesis_ray.live.outbox import Limits, Outbox
from genesis_ray.live.spec import LiveSpec, Told
from genesis_ray.live.watched_camera import WatchedCamera
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.station_values import Report
from genesis_ray.settings import Settings
from genesis_ray.store.keys.template_keys import KeyRef

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


SPEC = LiveSpec(
    settings=Settings(tenant_id="shop", site_id="york"), run=Path(), realtime=True,
    detector_app="", embedder_app="", template_key=KeyRef.__new__(KeyRef),
)  # fmt: skip
KEEPERS = ("journal", "resolver")


def named(call: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[dict]]:
    """Have a call answer as the resolver does, which names nobody."""

    async def answer(*arguments: object) -> dict:
        await call(*arguments)
        return {}

    return answer


def delivery_of(cameras: dict[str, WatchedCamera], counters: dict[str, int]) -> Delivery:
    inbox = SimpleNamespace(dropped=lambda _: dict(counters), slow_down=lambda _: None)
    return Delivery("group", SPEC, cameras, inbox, Outbox(Limits(slow_at=90, stop_at=99)))


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


@pytest.mark.parametrize("keeper", ["journal", "resolver"])
def test_who_is_away_is_known_until_it_is_back(keeper):
    progress = CameraProgress(camera_id="door")
    cameras = {"door": WatchedCamera(None, None, progress, progress)}
    inbox = SimpleNamespace(dropped=lambda _: {}, played_later_s=lambda _: 0.0)
    outbox = Outbox(Limits(slow_at=90, stop_at=99))
    delivery = Delivery("group", SPEC, cameras, inbox, outbox)
    known: list[set[str]] = []

    async def away(*_: object) -> None:
        known.append({*delivery.away})
        if len(known) < 3:
            raise ActorUnavailableError("it is being started again", None)

    async def there(*_: object) -> dict:
        return {}

    actors = {name: SimpleNamespace(take=SimpleNamespace(remote=there)) for name in KEEPERS}
    actors[keeper].take.remote = away if keeper == "journal" else named(away)

    async def deliver() -> None:
        await delivery.post(report(NINE, 5), is_end=True)
        await delivery.close()
        await delivery.run(**actors)

    asyncio.run(deliver())
    assert known[:3] == [set(), {keeper}, {keeper}]
    assert delivery.away == set()
    assert cameras["door"].delivered.frames == 5


@pytest.mark.parametrize("keeper", ["journal", "resolver"])
def test_whose_disk_is_full_is_known_until_there_is_room_and_nothing_is_delivered_till_then(
    keeper, monkeypatch
):
    monkeypatch.setattr(room, "FIRST_PAUSE_S", 0.01)
    progress = CameraProgress(camera_id="door")
    cameras = {"door": WatchedCamera(None, None, progress, progress)}
    delivery = delivery_of(cameras, {})
    delivery._inbox.played_later_s = lambda _: 0.0
    known: list[tuple[dict[str, str], int, int]] = []

    async def full(*_: object) -> None:
        known.append(({**delivery.full}, delivery.waiting, cameras["door"].delivered.frames))
        if len(known) < 3:
            raise RayTaskError("take", "", FullDiskError("/data"))

    async def there(*_: object) -> dict:
        return {}

    actors = {name: SimpleNamespace(take=SimpleNamespace(remote=there)) for name in KEEPERS}
    actors[keeper].take.remote = full if keeper == "journal" else named(full)

    async def deliver() -> None:
        await delivery.post(report(NINE, 5), is_end=True)
        await delivery.close()
        await delivery.run(**actors)

    asyncio.run(deliver())
    why = {keeper: FullDiskError("/data").while_waiting}
    assert known[:3] == [({}, 1, 0), (why, 1, 0), (why, 1, 0)]
    assert (delivery.full, delivery.waiting, cameras["door"].delivered.frames) == ({}, 0, 5)
    assert [note for note in delivery.notes if note.component == keeper] == []  # it tells itself


def test_another_process_goes_on_from_nothing_that_the_resolver_has_not_taken():
    progress = CameraProgress(camera_id="door")
    cameras = {"door": WatchedCamera(None, None, progress, progress)}
    inbox = SimpleNamespace(dropped=lambda _: {}, played_later_s=lambda _: 0.0)
    outbox = Outbox(Limits(slow_at=90, stop_at=99))
    delivery = Delivery("group", SPEC, cameras, inbox, outbox)
    snapshots: list[bytes | None] = []

    async def deliver() -> None:
        takes = asyncio.Event()

        async def journal(told: list[Told], _: object) -> None:
            snapshots.extend(each.snapshot and each.snapshot.state for each in told)

        async def resolver(_: object) -> dict:
            await takes.wait()
            return {}

        actors = {
            name: SimpleNamespace(take=SimpleNamespace(remote=take))
            for name, take in (("journal", journal), ("resolver", resolver))
        }
        delivering = asyncio.create_task(delivery.run(**actors))
        await delivery.post(report(NINE, 1), b"first")
        while not snapshots:
            await asyncio.sleep(0)
        assert snapshots == [None]  # were the process killed now, the resolver would lack a face
        takes.set()
        while delivery.waiting:
            await asyncio.sleep(0)
        await delivery.post(report(NINE, 1), b"second")
        while delivery.waiting:
            await asyncio.sleep(0)
        await delivery.post(report(DONE, 0), is_end=True)
        while delivery.waiting:
            await asyncio.sleep(0)
        cameras["door"] = WatchedCamera(None, None, progress, progress)  # another of that name
        await delivery.post(report(NINE, 1))
        await delivery.close()
        await delivering

    asyncio.run(deliver())
    assert snapshots == [None, b"first", b"second", None]


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


def test_a_cameras_state_is_known_with_its_reason_until_another_is_told():
    first = replace(report(NINE, 0), diagnosis=Diagnosis("connecting", "refused"))
    refused = progress_after(first, report(NINE, 0))
    assert (refused.state, refused.reason) == ("connecting", "refused")
    back = progress_after(first, replace(report(NINE, 1), diagnosis=Diagnosis("online", "")))
    assert (back.state, back.reason) == ("online", "")


def test_what_a_cameras_clock_gained_is_so_until_it_is_told_anew():
    first = replace(report(NINE, 5), clock_offset_s=-0.5)
    assert progress_after(first).clock_offset_s == -0.5
    assert progress_after(first, report(NINE, 0)).clock_offset_s == -0.5
    assert progress_after(first, replace(first, clock_offset_s=0.0)).clock_offset_s == 0.0
