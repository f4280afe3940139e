import asyncio
import contextlib

import pytest

from genesis_ray.live import alerts
from genesis_ray.live.alerts import deliver_alerts
from genesis_ray.running.alerting import delivery
from genesis_ray.running.alerting.alert_delivery import outbox_folder
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.outbox import writer_lock
from genesis_ray.store.runs.run_folder import RunFolder
from tests.receivers import webhook_receiver
from tests.running.alerting.test_alert_delivery import messages, settings_for
from tests.running.alerting.test_notices import alert


@pytest.fixture
def run(tmp_path):
    return RunFolder.create(tmp_path / "run")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(delivery, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(alerts, "_TRY_AGAIN_S", 0.01)


async def eventually(holds) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)


async def ended(task) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_a_service_tells_alerts_until_its_end(run):
    async def serve() -> None:
        task = asyncio.create_task(deliver_alerts(settings_for(receiver), run))
        await eventually(lambda: (outbox_folder(run, "default") / "outbox.sqlite").exists())
        log.append([alert(1)])
        await eventually(lambda: messages(receiver) == ["1 people wait"])
        log.append([alert(2)])
        await ended(task)

    with webhook_receiver() as receiver, EventLog(run.events) as log:
        asyncio.run(serve())
    assert messages(receiver) == ["1 people wait", "2 people wait"]


def test_a_service_watches_on_while_another_process_delivers(run, caplog):
    async def serve() -> None:
        task = asyncio.create_task(deliver_alerts(settings_for(receiver), run))
        await eventually(lambda: "only one may" in caplog.text)
        lock.release()
        await eventually(lambda: (outbox_folder(run, "default") / "outbox.sqlite").exists())
        log.append([alert(1)])
        await ended(task)

    lock = writer_lock(outbox_folder(run, "default"))
    with webhook_receiver() as receiver, EventLog(run.events) as log:
        asyncio.run(serve())
    assert messages(receiver) == ["1 people wait"]


def test_without_channels_there_is_nothing_to_do(run):
    asyncio.run(deliver_alerts(Settings(), run))
    assert not outbox_folder(run, "default").exists()


def test_a_service_is_told_who_delivers_and_so_how_that_goes(run):
    opened = []

    async def serve() -> None:
        settings = settings_for(receiver)
        task = asyncio.create_task(deliver_alerts(settings, run, on_open=opened.append))
        await eventually(lambda: opened)
        log.append([alert(1)])
        await eventually(lambda: opened[0].figures()["webhook"].delivered == 1)
        await ended(task)

    with webhook_receiver() as receiver, EventLog(run.events) as log:
        asyncio.run(serve())
    assert opened[0].figures()["webhook"].delivered == 1
