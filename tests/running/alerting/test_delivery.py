import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import genesis_ray
from genesis_ray.domain.alerting.delivery import Answer, DeliveryFigures, RetryPolicy
from genesis_ray.domain.alerting.notices import NoticeFilter
from genesis_ray.errors import StoreError
from genesis_ray.running.alerting import delivery as delivering
from genesis_ray.running.alerting.delivery import Delivery
from genesis_ray.store.runs.outbox import Outbox
from tests.receivers import NOON, ListedNotices, notice, webhook_receiver

KILLS = 2
RETRIES = RetryPolicy(attempts=3, first_wait_s=0.01, longest_wait_s=0.01)


@dataclass
class Noting:
    """A channel that takes all, or fails always."""

    kind: str = "webhook"
    is_up: bool = True
    told: list[int] = field(default_factory=list)

    def deliver(self, notice) -> Answer:
        self.told.append(int.from_bytes(notice.event_id, "big"))
        return Answer("delivered" if self.is_up else "failed", "")


@dataclass
class Stuck:
    """A channel that does not come back until it is let."""

    kind = "mail"
    let: threading.Event = field(default_factory=threading.Event)
    is_asked: threading.Event = field(default_factory=threading.Event)

    def deliver(self, _notice) -> Answer:
        self.is_asked.set()
        self.let.wait()
        return Answer("delivered", "")


@pytest.fixture
def source():
    return ListedNotices([notice(1), notice(2)])


@pytest.fixture
def opened(tmp_path, source):
    """Opens the delivery of the source's notices to channels."""

    def open_(*, filters=None, tells_past=True, retries=RETRIES, **channels):
        source.told = 0  # another process has another source
        both = {
            name: (channel, (filters or {}).get(name, NoticeFilter()))
            for name, channel in channels.items()
        }
        return Delivery(tmp_path, source, both, retries, tells_past=tells_past)

    return open_


def eventually(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.005)


def test_every_channel_tells_every_notice_once(opened, source):
    pager, office = Noting(), Noting()
    with opened(pager=pager, office=office) as delivery:
        delivery.once()
        source.notices.append(notice(3))
        delivery.once()
    with opened(pager=pager, office=office) as delivery:
        delivery.once()
    assert pager.told == office.told == [1, 2, 3]


def test_a_channel_tells_what_its_filter_lets_through_also_once_that_is_another(opened, source):
    pager = Noting()
    source.notices[1] = notice(2, severity="critical")
    with opened(pager=pager, filters={"pager": NoticeFilter(severity="critical")}) as delivery:
        delivery.once()
    with opened(pager=pager) as delivery:
        delivery.once()
    assert pager.told == [2]


def test_a_channel_that_comes_later_is_told_the_past_where_that_is_asked_for(opened, source):
    pager, office, night = Noting(), Noting(), Noting()
    with opened(pager=pager) as delivery:
        delivery.once()
    with opened(pager=pager, office=office, tells_past=False) as delivery:
        source.notices.append(notice(3))
        delivery.once()
    with opened(pager=pager, night=night) as delivery:
        delivery.once()
    assert (pager.told, office.told, night.told) == ([1, 2, 3], [3], [1, 2, 3])


def test_what_was_raised_while_nothing_ran_is_told_afterwards(opened, source):
    pager = Noting()
    opened(pager=pager, tells_past=False).close()
    source.notices.append(notice(3))
    with opened(pager=pager, tells_past=False) as delivery:
        delivery.once()
    assert pager.told == [3]


def test_a_channel_that_is_stuck_or_down_holds_up_no_other(opened, monkeypatch):
    monkeypatch.setattr(delivering, "_LOOK_EVERY_S", 0.01)
    stuck, down, pager = Stuck(), Noting(is_up=False), Noting()
    with opened(stuck=stuck, down=down, pager=pager) as delivery:
        delivery.start()
        eventually(lambda: pager.told == [1, 2] and stuck.is_asked.is_set())
        stuck.let.set()


def test_what_comes_while_it_runs_is_told_soon_and_at_the_end_at_once(opened, source, monkeypatch):
    monkeypatch.setattr(delivering, "_LOOK_EVERY_S", 0.01)
    pager = Noting()
    with opened(pager=pager) as delivery:
        delivery.start()
        source.notices.append(notice(3))
        eventually(lambda: pager.told == [1, 2, 3])
        monkeypatch.setattr(delivering, "_LOOK_EVERY_S", 60.0)
        time.sleep(0.05)
        source.notices += [notice(4), notice(5)]
    assert pager.told == [1, 2, 3, 4, 5]


def test_what_cannot_be_told_at_the_end_waits_for_the_next_time(opened):
    down = Noting(is_up=False)
    with opened(pager=down, retries=RetryPolicy(first_wait_s=60)) as delivery:
        delivery.start()
    assert down.told in ([1], [1, 1])  # a wait may be as short as nothing
    up = Noting()
    with opened(pager=up) as delivery:
        delivery._clock = lambda: NOON.replace(year=2100)
        delivery.once()
    assert up.told == [1, 2]


def test_one_process_delivers(opened):
    with opened(pager=Noting()), pytest.raises(StoreError, match="only one may"):
        opened(pager=Noting())
    opened(pager=Noting()).close()


def test_a_full_disk_loses_no_notice(opened, source, monkeypatch):
    pager = Noting()
    put = Outbox.put

    def refused(*_):
        raise StoreError("the disk is full")

    with opened(pager=pager) as delivery:
        source.notices.append(notice(3))
        monkeypatch.setattr(Outbox, "put", refused)
        with pytest.raises(StoreError):
            delivery.once()
        monkeypatch.setattr(Outbox, "put", put)
        delivery.once()
    assert pager.told == [1, 2, 3]


def test_of_alerts_that_are_in_no_table_any_more_nothing_is_kept(opened, source):
    with opened(pager=Noting()) as delivery:
        delivery.once()
    source.notices.pop(0)
    with opened(pager=Noting()) as delivery:
        assert [row.event_id for row in delivery.outbox.rows()] == [notice(2).event_id]


def test_where_a_file_cannot_be_read_it_is_kept_that_its_alerts_were_told(opened, source):
    pager = Noting()
    with opened(pager=pager) as delivery:
        delivery.once()
    hidden, source.is_incomplete = source.notices.pop(0), True
    source.notices.append(notice(3))
    with opened(pager=pager) as delivery:
        delivery.once()
    source.notices.insert(0, hidden)
    source.is_incomplete = False
    with opened(pager=pager) as delivery:
        delivery.once()
    assert pager.told == [1, 2, 3]


def test_killed_at_any_moment_all_is_told_in_order_and_again_with_the_same_id(tmp_path):
    chance = random.Random(7)
    count = 40
    flaky = iter(lambda: chance.choice([200, 200, 200, 503, 0, (429, {"Retry-After": "0"})]), None)
    with webhook_receiver(flaky) as receiver:
        for kill in range(KILLS + 1):
            process = _deliver(tmp_path, receiver.port, count)
            if kill < KILLS:
                before = len(receiver.requests)
                eventually(lambda: len(receiver.requests) > before)  # noqa: B023
                time.sleep(chance.uniform(0, 0.1))
                process.send_signal(signal.SIGKILL)
            process.wait(60)
        assert process.returncode == 0
        taken = receiver.taken
    assert [*dict.fromkeys(taken)] == [*range(1, count + 1)]
    assert taken == sorted(taken)  # only what was under way at a kill comes twice
    assert len(taken) <= count + KILLS


def _deliver(folder: Path, port: int, count: int) -> subprocess.Popen:
    root = Path(genesis_ray.__file__).parents[1]
    script = Path(__file__).with_name("killed_delivery.py")
    return subprocess.Popen(
        [sys.executable, script, folder, str(port), str(count)],
        env={**os.environ, "PYTHONPATH": str(root)},
    )


def test_figures_are_those_of_a_kind_of_channels_and_name_none(opened, source):
    channels = {"pager": Noting(), "chat": Noting(is_up=False), "office": Noting(kind="mail")}
    before = datetime.now(UTC)
    with opened(**channels, retries=replace(RETRIES, first_wait_s=60, longest_wait_s=60)) as own:
        assert own.figures()["mail"] == DeliveryFigures(
            waiting=2, waits_since=own.figures()["mail"].waits_since
        )
        own.once()
        own.collect()
        figures = own.figures()
        assert figures["mail"] == DeliveryFigures(delivered=2)
        since = figures["webhook"].waits_since
        assert before <= since <= datetime.now(UTC)
        assert figures["webhook"] == DeliveryFigures(
            delivered=2, tried_again=1, waiting=2, waits_since=since
        )


def test_what_is_set_aside_counts_as_that(opened, source):
    with opened(pager=Noting(is_up=False), retries=replace(RETRIES, attempts=1)) as own:
        own.once()
        own.collect()
        assert own.figures() == {"webhook": DeliveryFigures(set_aside=2)}
