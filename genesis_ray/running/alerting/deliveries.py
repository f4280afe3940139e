"""What became of the alerts of a run on their ways, and putting back what was set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyarrow as pa

from genesis_ray.domain.alerting.notices import Notice
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.alerting.alert_delivery import outbox_folder
from genesis_ray.running.alerting.notices import LoggedNotices
from genesis_ray.store.runs.outbox import Outbox, OutboxRow, State
from genesis_ray.store.runs.run_folder import RunFolder

_TIME = pa.timestamp("us", tz="UTC")
_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("event_id", pa.string()),
    ("channel", pa.string()),
    ("occurred_at", _TIME),
    ("severity", pa.string()),
    ("status", pa.string()),
    ("message", pa.string()),
    ("state", pa.string()),
    ("attempts", pa.int64()),
    ("changed_at", _TIME),
    ("due_at", _TIME),
    ("said", pa.string()),
]


@dataclass(frozen=True, slots=True)
class DeliveredNotice:
    """A notice on a channel; without the notice where its alert was erased."""

    row: OutboxRow
    notice: Notice | None

    @property
    def event_id(self) -> str:
        """The id that its receiver is told."""
        return str(UUID(bytes=self.row.event_id))


def deliveries_of(run: RunFolder, tenant_id: str) -> list[DeliveredNotice]:
    """Return all notices of a run on all channels, in order; none where none was delivered."""
    folder = outbox_folder(run, tenant_id)
    if not Outbox.exists(folder):
        return []
    with Outbox(folder) as outbox:
        rows = outbox.rows()
    source = LoggedNotices(run.events, tenant_id)
    notices = source.find([*{row.event_id for row in rows}])
    return [DeliveredNotice(row, notices.get(row.event_id)) for row in rows]


def with_states(
    deliveries: Sequence[DeliveredNotice], states: Sequence[State], *, channel: str | None = None
) -> list[DeliveredNotice]:
    """Return those in one of the states, on one channel or on all."""
    return [
        each
        for each in deliveries
        if each.row.state in states and channel in (None, each.row.channel)
    ]


def to_table(deliveries: Sequence[DeliveredNotice]) -> pa.Table:
    """Return a row a delivery.

    Columns: event_id, channel; occurred_at, severity, status and message of the notice, null where
    its alert was erased; state, attempts, changed_at, due_at (null where it does not wait), said.
    """
    return pa.Table.from_pylist([_values(each) for each in deliveries], schema=pa.schema(_COLUMNS))


def redeliver(
    run: RunFolder, tenant_id: str, deliveries: Sequence[DeliveredNotice], *, at: datetime
) -> int:
    """Have those that are dead tried again, as if they never had been; return how many were."""
    if not deliveries:
        return 0
    with Outbox(outbox_folder(run, tenant_id)) as outbox:
        return outbox.revive([each.row for each in deliveries], at=at)


def named(deliveries: Sequence[DeliveredNotice], ids: Sequence[str]) -> list[DeliveredNotice]:
    """Return those whose ids are named; the beginning of an id is enough where it is clear.

    Raises:
        NotFoundError: None has such an id.
        ConfigurationError: Ids of several notices begin so.
    """
    found = []
    for beginning in ids:
        own = [each for each in deliveries if each.event_id.startswith(beginning.lower())]
        if not own:
            raise NotFoundError(f"no alert with the id {beginning!r} is set aside")
        if len({each.event_id for each in own}) > 1:
            raise ConfigurationError(f"several ids begin with {beginning!r}; give more of it")
        found += own
    return found


def _values(delivery: DeliveredNotice) -> dict[str, object]:
    row, notice = delivery.row, delivery.notice
    return {
        "event_id": delivery.event_id,
        "channel": row.channel,
        "occurred_at": notice and notice.occurred_at,
        "severity": notice and notice.severity,
        "status": notice and notice.status,
        "message": notice and notice.message,
        "state": row.state,
        "attempts": row.attempts,
        "changed_at": row.changed_at,
        "due_at": row.due_at if row.state == "waiting" else None,
        "said": row.said,
    }
