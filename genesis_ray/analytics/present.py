"""Event tables as they would be had it been known all along who is who.

What was written stays as it was; an answer joins it with what people decided since. A row that
names a track bears whom the track is now, or is left out where that is nobody.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta

import pyarrow as pa

from genesis_ray.analytics.decided_rows import alias_rows, override_rows, touched_by
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.present_names import present_names
from genesis_ray.analytics.present_said import present_alerts, present_identities
from genesis_ray.analytics.present_visits import VisitsNow, visits_now
from genesis_ray.analytics.reach import EVER, Purged
from genesis_ray.analytics.stored import Table, Tables, narrowed, whole
from genesis_ray.domain.figures.rollups import Group
from genesis_ray.domain.recognition.ledger import WhoIsWho

NAMES = "face_recognitions"
VISITS = "visits"
ALERTS = "alerts"
SAID = ("gate_rejections", "false_merges", "identity_events")
"""What was said of identities and of no track's bearer."""

Quarters = Callable[[Group, Sequence[str], datetime, datetime], pa.Table | None]
"""Some figures of a group, from a quarter of an hour to another: see `rolled_up.RolledUp`."""

AS_WRITTEN = {
    "face_recognitions_as_written": NAMES,
    "visit_events_as_written": VISITS,
    "alerts_as_written": ALERTS,
    **{f"{name}_as_written": name for name in SAID},
}
"""Under which names the tables are, as they were written, that are shown differently."""


class PresentTables(Mapping[str, Table]):
    """The event tables of one tenant, each as it is now when it is asked for.

    What is shown as it was written is handed on as it is: a stored table is not read, and of one
    with rows that a decision is about those alone are.

    `face_recognitions`, `visits`, `alerts` and those of `SAID` are by present identity; what was
    written is in the tables of `AS_WRITTEN`, and the difference comes from `identity_aliases` and
    `track_overrides`. All other tables are as they were written.
    """

    def __init__(
        self,
        written: Tables,
        who: Callable[[], WhoIsWho],
        *,
        tenant_id: str,
        visit_gap: timedelta,
        limits: Limits | None = None,
        quarters: Quarters | None = None,
        purged: Purged | None = None,
        told_at: Callable[[datetime], datetime] | None = None,
        alerts: Table | None = None,
    ) -> None:
        """Show `written`, which may have rows of other tenants, by what `who` says then.

        `visit_gap` is how far apart visits of one identity have to be. `limits` are those of every
        query over these tables. `quarters` gives figures of quarters of an hour, of the tenant's
        events as they were written. `purged` says what retention has let go of. `told_at`
        says up to when they tell of people, see `told.Told`; None: until now. `alerts` are those of
        all time, where `written` has those of a part: whom one is about depends on when it was
        raised.
        """
        self._told_at = told_at
        self._purged = purged
        self._quarters = quarters
        self.limits = limits or Limits()
        self._written = self._all_written = written
        self._all_alerts = alerts
        self._who = who
        self._tenant_id = tenant_id
        self._visit_gap = visit_gap

    def between(self, since: datetime | None, until: datetime | None) -> "PresentTables":
        """Return the tables with the rows that occurred in [since, until).

        Visits that are not as they were written are made of all rows, and are all of them.
        """
        own = copy(self)
        own._written = narrowed(self._written, since, until)
        return own

    @property
    def as_written(self) -> Tables:
        """The tables as they were written: those that figures of quarters are made of."""
        return self._written

    def quarters(
        self, group: Group, figures: Sequence[str], since: datetime, until: datetime
    ) -> pa.Table | None:
        """Return keys and some figures of quarters of an hour in [since, until), as written.

        None: they are not known, or it takes no longer to go through the events.
        """
        return self._quarters(group, figures, since, until) if self._quarters else None

    def told_at(self, now: datetime) -> datetime:
        """Return the moment that the tables tell of, asked `now`."""
        return self._told_at(now) if self._told_at else now

    def rows_since(self, table: str) -> datetime:
        """Return the time before which rows of a table are gone; `EVER` where none are."""
        return self._purged.rows_since(table) if self._purged else EVER

    def quarters_since(self, group: Group) -> datetime | None:
        """Return the time before which figures of a group are gone; None: there are none."""
        return self._purged.quarters_since(group) if self._purged else None

    def first_quarters(self, group: Group) -> datetime | None:
        """Return the beginning of the first day that figures of a group are of; None: of none."""
        return self._purged.first_quarters(group) if self._purged else None

    def __getitem__(self, table: str) -> Table:
        match table:
            case "identity_aliases":
                return alias_rows(self._who())
            case "track_overrides":
                return override_rows(self._who())
            case "face_recognitions":
                return self._names(self._written[NAMES], self._who())
            case "visits":
                return self._visits()
            case "alerts" | "gate_rejections" | "false_merges" | "identity_events":
                return self._said(table, self._written[table], self._who())
        return self._written[AS_WRITTEN.get(table, table)]

    def __iter__(self) -> Iterator[str]:
        yield from self._written
        yield from (name for name, source in AS_WRITTEN.items() if source in self._written)
        yield from ("identity_aliases", "track_overrides")

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, table: object) -> bool:
        return any(table == name for name in self)

    def names_now(self, written: pa.Table) -> pa.Table:
        """Return some rows of `face_recognitions` as they are shown: those that name somebody."""
        return whole(self._names(written, self._who()))

    def said_now(self, table: str, written: pa.Table) -> pa.Table:
        """Return some rows of `alerts`, or of a table of `SAID`, as they are shown: all of them."""
        return whole(self._said(table, written, self._who()))

    def visits_now(self) -> VisitsNow | None:
        """Return the rows of those visits alone that are not shown as they were written.

        None: all are, and no file was looked for. Memory is that of them, and of what the tracks of
        these identities were named.
        """
        who = self._who()
        if not touched_by(who):
            return None
        return visits_now(
            self._all_written,
            who,
            tenant_id=self._tenant_id,
            visit_gap=self._visit_gap,
            limits=self.limits,
        )

    def _names(self, written: Table, who: WhoIsWho) -> Table:
        if not touched_by(who):
            return written
        return present_names(written, who, tenant_id=self._tenant_id, limits=self.limits)

    def _said(self, table: str, written: Table, who: WhoIsWho) -> Table:
        own, limits = self._tenant_id, self.limits
        if table != ALERTS:
            return present_identities(written, who, tenant_id=own, limits=limits)
        alerts = self._all_written[ALERTS] if self._all_alerts is None else self._all_alerts
        return present_alerts(written, alerts, who, tenant_id=own, limits=limits)

    def _visits(self) -> Table:
        written, now = self._written[VISITS], self.visits_now()
        return written if now is None else now.among(written)
