"""Delivering the alerts of a run to all channels, beside what watches or on its own."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from genesis_ray.domain.alerting.delivery import ChannelKind, DeliveryFigures, RetryPolicy
from genesis_ray.domain.alerting.notices import Notice, NoticeFilter
from genesis_ray.errors import GenesisError
from genesis_ray.running.alerting.courier import Channel, Courier, NoticeSource
from genesis_ray.store.lance.closeable import Closeable
from genesis_ray.store.runs.outbox import Backlog, Outbox, OutboxRow, writer_lock

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
"""For new alerts, and for what somebody put back; an alert is told so much later at the most."""

_WHOLE_LOOK_EVERY = 600
"""Looks, that is ten minutes: for what was written long after it happened."""

_AFTER_FAILURE_S = 30.0
"""Before the next look where the disk is full or a table cannot be read."""

_DRAIN_WITHIN_S = 30.0
"""At the end, for what still waits and can be delivered at once."""


def _now() -> datetime:
    return datetime.now(UTC)


class Delivery(Closeable):
    """The outbox of a run, a courier for each channel, and where their notices come from.

    Each channel has a thread: one that is down, or slow, holds up no other.
    """

    def __init__(
        self,
        folder: Path,
        source: NoticeSource,
        channels: Mapping[str, tuple[Channel, NoticeFilter]],
        retries: RetryPolicy,
        *,
        tells_past: bool,
        clock: Callable[[], datetime] = _now,
        random: Random | None = None,
    ) -> None:
        """Take the outbox in `folder` and note what there is to tell.

        `tells_past` says whether a channel that is new is told of the alerts from before, too.

        Raises:
            StoreError: Another process delivers, or the outbox or an alert cannot be read.
        """
        self._filters = {name: notice_filter for name, (_, notice_filter) in channels.items()}
        self._source = source
        self._clock = clock
        self._not_noted: list[Notice] = []  # where the disk was full: the source is done with them
        self._is_closing = threading.Event()
        self._is_complete = threading.Event()  # nothing more will be put into the outbox
        self._is_stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = writer_lock(folder)
        try:
            self.outbox = Outbox(folder)
        except BaseException:
            self._lock.release()
            raise
        chance = random or Random()  # noqa: S311  jitter
        self._couriers = [
            Courier(name, channel, self.outbox, source, retries, chance)
            for name, (channel, _) in channels.items()
        ]
        self._backlog: Mapping[str, Backlog] = {}
        try:
            self._begin(tells_past=tells_past)
        except BaseException:
            self.close()
            raise

    def collect(self, *, whole: bool = False) -> None:
        """Note the notices that came since the last time, for each channel."""
        self._put([*self._not_noted, *self._source.fresh(whole=whole)])
        self._backlog = self.outbox.backlog()

    def figures(self) -> dict[ChannelKind, DeliveryFigures]:
        """Return how deliveries go, by the kind of channel: what waits as of the last look."""
        figures: dict[ChannelKind, DeliveryFigures] = {}
        for courier in self._couriers:
            own = courier.figures
            if backlog := self._backlog.get(courier.name):
                own += DeliveryFigures(waiting=backlog.waiting, waits_since=backlog.since)
            figures[courier.kind] = own + figures.get(courier.kind, DeliveryFigures())
        return figures

    def once(self) -> None:
        """Try all that is due, each channel until something of it has to wait."""
        self.collect()
        for courier in self._couriers:
            while courier.step(self._clock()) == 0:
                pass

    def start(self) -> None:
        """Deliver from now on, in threads."""
        self._threads = [
            threading.Thread(target=self._follow, name="alerts", daemon=True),
            *(
                threading.Thread(
                    target=self._serve, args=(courier,), name=f"alerts-{courier.name}", daemon=True
                )
                for courier in self._couriers
            ),
        ]
        for thread in self._threads:
            thread.start()

    def finish(self, *, within_s: float = _DRAIN_WITHIN_S) -> None:
        """Deliver what can be at once, and end the threads; the rest waits in the outbox.

        What is under way after `within_s` is awaited, and nothing else begun.
        """
        self._is_closing.set()
        ends_at = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, ends_at - time.monotonic()))
        self._is_stopping.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def close(self) -> None:
        """Finish, and let another process deliver the rest."""
        self.finish()
        self.outbox.close()
        self._lock.release()

    def _begin(self, *, tells_past: bool) -> None:
        """Forget what is in no event table any more, and begin the channels that are new."""
        past = self._source.fresh()
        known = {notice.event_id for notice in past}
        if not self._source.is_incomplete:  # what was told would be told again once it is mended
            self.outbox.forget({row.event_id for row in self.outbox.rows()} - known)
        for name in self._filters:
            self.outbox.begin(name, [] if tells_past else known, at=self._clock())
        self._put(past)
        self._backlog = self.outbox.backlog()

    def _put(self, notices: Sequence[Notice]) -> None:
        self._not_noted = list(notices)
        now = self._clock()
        rows = [self._row(name, notice, now) for notice in notices for name in self._filters]
        if rows:
            self.outbox.put(rows)
        self._not_noted.clear()

    def _row(self, channel: str, notice: Notice, now: datetime) -> OutboxRow:
        is_told = self._filters[channel].tells(notice)
        return OutboxRow(
            channel=channel,
            event_id=notice.event_id,
            state="waiting" if is_told else "withheld",
            changed_at=now,
            due_at=now,
            said="" if is_told else "not for this channel",
        )

    def _follow(self) -> None:
        """Note new notices until the end."""
        for look in count(1):
            if self._is_closing.wait(_LOOK_EVERY_S):
                break
            whole = look % _WHOLE_LOOK_EVERY == 0
            if not self._went_well(partial(self.collect, whole=whole)):
                self._is_closing.wait(_AFTER_FAILURE_S)
        self._went_well(partial(self.collect, whole=True))
        self._is_complete.set()

    def _serve(self, courier: Courier) -> None:
        """Tell one channel's notices until the end."""
        pause_s = 0.0

        def step() -> None:
            nonlocal pause_s
            wait_s = courier.step(self._clock())
            pause_s = _LOOK_EVERY_S if wait_s is None else min(wait_s, _LOOK_EVERY_S)

        while not self._is_stopping.is_set():
            is_complete = self._is_complete.is_set()
            if not self._went_well(step):
                pause_s = _AFTER_FAILURE_S
            if pause_s > 0 and is_complete:
                return
            if pause_s > 0:
                self._is_complete.wait(pause_s)

    def _went_well(self, task: Callable[[], None]) -> bool:
        """Do something; where the disk does not let us, say so: watching goes on without it."""
        try:
            task()
        except GenesisError as error:
            _log.error("alerts are not delivered at the moment: %s", error)
            return False
        return True
