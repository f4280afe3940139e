"""Telling the notices of one channel in order, each until it is taken or given up."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Protocol

from genesis_ray.domain.alerting.delivery import Answer, ChannelKind, DeliveryFigures, RetryPolicy
from genesis_ray.domain.alerting.notices import Notice
from genesis_ray.domain.streams.backoff import Backoff
from genesis_ray.store.runs.outbox import Outbox, OutboxRow

_log = logging.getLogger(__name__)

_BATCH = 100
"""Notices that are looked up at once: what a look at the event tables costs is shared by them."""

_STALE_AFTER = timedelta(seconds=5)
"""What was looked up: where a receiver is slow, who is forgotten meanwhile is not to be told of."""

_GONE = "its alert is no longer in the event tables"
_HIDDEN = "its alert is in an event file that is damaged"


class Channel(Protocol):
    """A way to tell somebody something."""

    @property
    def kind(self) -> ChannelKind:
        """Return which way it is."""

    def deliver(self, notice: Notice, *, is_test: bool = False) -> Answer:
        """Tell a notice once and return what became of it."""


class NoticeSource(Protocol):
    """Where notices come from."""

    def fresh(self, *, whole: bool = False) -> list[Notice]:
        """Return those that came since the last time, at first all there are, by time.

        A look that is not `whole` may leave out what is much older than others.
        """

    def find(self, event_ids: Collection[bytes]) -> Mapping[bytes, Notice]:
        """Return those of the ids that there are."""

    @property
    def is_incomplete(self) -> bool:
        """Whether a part of it cannot be read: what is not found may be there nonetheless."""


class Courier:
    """Tells what waits for one channel.

    The notice that is first in the outbox is tried until it is delivered or set aside, and only
    then the next one: they come in order, and none is skipped by one that came later. A process
    that is killed after a notice was delivered and before that was noted delivers it again, with
    the same id.
    """

    def __init__(
        self,
        name: str,
        channel: Channel,
        outbox: Outbox,
        source: NoticeSource,
        retries: RetryPolicy,
        random: Random,
    ) -> None:
        self.name = name
        self.kind = channel.kind
        self.figures = DeliveryFigures()
        """How its attempts went; what waits is for who looks at the outbox to say."""
        self._channel = channel
        self._outbox = outbox
        self._source = source
        self._retries = retries
        self._backoff = Backoff(
            first_s=retries.first_wait_s, cap_s=retries.longest_wait_s, random=random
        )
        self._rows: list[OutboxRow] = []
        self._notices: Mapping[bytes, Notice] | None = None
        """Those of the rows, once one is to be told: to look them up takes a while."""
        self._looked_up_at = datetime.min.replace(tzinfo=UTC)

    def step(self, now: datetime) -> float | None:
        """Try the first notice if it is due; return in how many seconds the next try is.

        That is 0 where there is more to do, and None where nothing waits.
        """
        row = self._first()
        if row is None:
            return None
        # Where the clock was set back behind its last change, nobody knows how long it has waited.
        if row.changed_at <= now < row.due_at:
            self._rows.clear()  # what was set aside before may be put back meanwhile
            return (row.due_at - now).total_seconds()
        if self._notices is None or abs(now - self._looked_up_at) > _STALE_AFTER:
            self._notices = self._source.find([row.event_id for row in self._rows])
            self._looked_up_at = now
        notice = self._notices.get(row.event_id)
        return self._pass_over(row, now) if notice is None else self._try(row, notice, now)

    def _first(self) -> OutboxRow | None:
        if not self._rows:
            self._rows = self._outbox.waiting(self.name, limit=_BATCH)
            self._notices = None
        return self._rows[0] if self._rows else None

    def _pass_over(self, row: OutboxRow, now: datetime) -> float:
        """Go on without a notice that is not found; what is put back later can be told again."""
        if self._source.is_incomplete:
            self._set_aside(replace(row, state="dead", changed_at=now, said=_HIDDEN))
        else:
            self._done(replace(row, state="withheld", changed_at=now, said=_GONE))
        return 0.0

    def _try(self, row: OutboxRow, notice: Notice, now: datetime) -> float:
        answer = self._deliver(notice)
        tried = replace(row, attempts=row.attempts + 1, changed_at=now, said=answer.said)
        if answer.outcome == "delivered":
            self._done(replace(tried, state="delivered"))
            self.figures += DeliveryFigures(delivered=1)
            return 0.0
        if self._retries.is_last(tried.attempts, answer):
            self._set_aside(replace(tried, state="dead"))
            return 0.0
        wait_s = max(self._backoff.next_s(), answer.wait_s or 0.0)
        self._outbox.note(replace(tried, due_at=now + timedelta(seconds=wait_s)))
        self.figures += DeliveryFigures(tried_again=1)
        self._rows.clear()
        return wait_s

    def _deliver(self, notice: Notice) -> Answer:
        try:
            return self._channel.deliver(notice)
        # A fault of ours in one channel must not end it silently, nor hold the next notice up.
        except Exception as error:
            _log.exception("channel %s", self.name)
            return Answer("failed", f"unexpected {type(error).__name__}")

    def _set_aside(self, row: OutboxRow) -> None:
        _log.warning(
            "channel %s: an alert is set aside after %d attempts: %s",
            self.name,
            row.attempts,
            row.said,
        )
        self._done(row)
        self.figures += DeliveryFigures(set_aside=1)

    def _done(self, row: OutboxRow) -> None:
        self._outbox.note(row)
        self._rows.pop(0)
        self._backoff.reset()
