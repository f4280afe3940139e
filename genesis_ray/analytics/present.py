"""Event tables as they would be had it been known all along who is who.

What was written stays as it was; an answer joins it with what people decided since. A row that
names a track bears whom the track is now, or is left out where that is nobody.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from typing import NamedTuple

import pyarrow as pa

from genesis_ray.analytics.decided_rows import alias_rows, override_rows
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.present_visits import present_visits, touched_by
from genesis_ray.analytics.query import run
from genesis_ray.analytics.reach import EVER, Purged
from genesis_ray.analytics.stored import Table, Tables, narrowed
from genesis_ray.domain.ledger import WhoIsWho
from genesis_ray.domain.rollups import Group

NAMES = "face_recognitions"
VISITS = "visits"

Quarters = Callable[[Group, Sequence[str], datetime, datetime], pa.Table | None]
"""Some figures of a group, from a quarter of an hour to another: see `rolled_up.RolledUp`."""

_WRITTEN = {
    "face_recognitions_as_written": NAMES,
    "visit_events_as_written": VISITS,
}
"""Under which names the tables are that are shown differently."""

_WHO_TRACKS_ARE = """
WITH named AS (
    SELECT
        written.*,
        coalesce(moved.present_id, identity_aliases.present_id, written.identity_id) AS named_id,
        moved.present_id IS NOT NULL AND moved.identity_id IS NULL AS is_confirmed
    FROM written
    LEFT JOIN identity_aliases USING (identity_id)
    LEFT JOIN track_overrides AS moved ON (
        moved.present_id IS NOT NULL
        AND (moved.identity_id IS NULL OR moved.identity_id = written.identity_id)
        AND moved.camera_id = written.camera_id
        AND moved.track_id = written.track_id
        AND written.occurred_at BETWEEN moved.since AND moved.until
    )
    WHERE tenant_id = $tenant_id
    QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY place DESC NULLS LAST) = 1
)
SELECT
    event_id,
    CASE WHEN NOT EXISTS (
        FROM track_overrides AS rejected
        WHERE
            rejected.present_id IS NULL
            AND rejected.identity_id = named_id
            AND rejected.camera_id = named.camera_id
            AND rejected.track_id = named.track_id
            AND named.occurred_at BETWEEN rejected.since AND rejected.until
    ) THEN named_id END AS present_id,
    is_confirmed
FROM named
"""

_PRESENT_NAMES = """
SELECT written.* REPLACE (
    unhex(replace(written.event_id::VARCHAR, '-', '')) AS event_id,
    coalesce(present.present_id, written.identity_id) AS identity_id,
    CASE WHEN present.is_confirmed THEN 'named' ELSE decision END AS decision
)
FROM written LEFT JOIN present ON written.event_id::VARCHAR = present.event_id
WHERE present.present_id IS NOT NULL OR tenant_id <> $tenant_id
ORDER BY occurred_at, event_id
"""

_VISITS_OF_TOUCHED = """
SELECT * REPLACE (unhex(replace(event_id::VARCHAR, '-', '')) AS event_id)
FROM visit_events
WHERE tenant_id = $tenant_id AND list_contains($touched, identity_id)
"""

_NAMES_OF_TOUCHED = """
SELECT * REPLACE (unhex(replace(event_id::VARCHAR, '-', '')) AS event_id)
FROM face_recognitions
WHERE
    tenant_id = $tenant_id
    AND (
        list_contains($touched, identity_id)
        OR (camera_id, track_id) IN (SELECT (camera_id, track_id) FROM overrides)
    )
"""


class VisitsNow(NamedTuple):
    """Visits that are not shown as they were written.

    Attributes:
        identity_ids: Whose rows of `visits` do not count as written.
        rows: Those that do instead, by (occurred_at, event_id).
    """

    identity_ids: frozenset[str]
    rows: pa.Table


class PresentTables(Mapping[str, Table]):
    """The event tables of one tenant, each as it is now when it is asked for.

    What is shown as it was written is handed on as it is: a stored table is not read.

    `face_recognitions` and `visits` are by present identity; what was written is in
    `face_recognitions_as_written` and `visit_events_as_written`, and the difference comes from
    `identity_aliases` and `track_overrides`. All other tables are as they were written.
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
    ) -> None:
        """Show `written`, which may have rows of other tenants, by what `who` says then.

        `visit_gap` is how far apart visits of one identity have to be. `limits` are those of every
        query over these tables. `quarters` gives figures of quarters of an hour, of the tenant's
        events as they were written. `purged` says what retention has let go of.
        """
        self._purged = purged
        self._quarters = quarters
        self.limits = limits or Limits()
        self._written = self._all_written = written
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

    def quarters(
        self, group: Group, figures: Sequence[str], since: datetime, until: datetime
    ) -> pa.Table | None:
        """Return keys and some figures of quarters of an hour in [since, until), as written.

        None: they are not known, or it takes no longer to go through the events.
        """
        return self._quarters(group, figures, since, until) if self._quarters else None

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
                return self._names(self._who())
            case "visits":
                return self._visits(self._who())
        return self._written[_WRITTEN.get(table, table)]

    def __iter__(self) -> Iterator[str]:
        yield from self._written
        yield from (name for name, source in _WRITTEN.items() if source in self._written)
        yield from ("identity_aliases", "track_overrides")

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, table: object) -> bool:
        return any(table == name for name in self)

    def names_now(self, written: pa.Table) -> pa.Table:
        """Return some rows of `face_recognitions` as they are shown: those that name somebody."""
        who = self._who()
        return self._named(written, who) if touched_by(who) else written

    def visits_now(self) -> VisitsNow | None:
        """Return the rows of those visits alone that are not shown as they were written.

        None: all are, and no file was looked for. Memory is that of them, and of what the tracks of
        these identities were named.
        """
        who = self._who()
        if not (touched := touched_by(who)):
            return None
        params = {"tenant_id": self._tenant_id, "touched": touched}
        few: dict[str, Table] = {
            **{name: self._all_written[name] for name in ("track_observations", "zone_crossings")},
            VISITS: self._few(VISITS, _VISITS_OF_TOUCHED, params, {}),
            NAMES: self._few(NAMES, _NAMES_OF_TOUCHED, params, {"overrides": override_rows(who)}),
        }
        return VisitsNow(frozenset(touched), self._visits_of(few, who))

    def _names(self, who: WhoIsWho) -> Table:
        written = self._written[NAMES]
        return self._named(written, who) if touched_by(who) else written

    def _named(self, written: Table, who: WhoIsWho) -> pa.Table:
        present = self._who_tracks_are(written, who)
        tables = {"written": written, "present": present}
        params = {"tenant_id": self._tenant_id}
        answer = run(_PRESENT_NAMES, tables, params, limits=self.limits)
        return answer.cast(written.schema)

    def _visits(self, who: WhoIsWho) -> Table:
        return self._visits_of(self._all_written, who) if touched_by(who) else self._written[VISITS]

    def _visits_of(self, written: Tables, who: WhoIsWho) -> pa.Table:
        return present_visits(
            written,
            who,
            aliases=alias_rows(who),
            present=self._who_tracks_are(written[NAMES], who),
            tenant_id=self._tenant_id,
            visit_gap=self._visit_gap,
            limits=self.limits,
        )

    def _few(self, name: str, sql: str, params: Mapping[str, object], others: Tables) -> pa.Table:
        written = self._all_written[name]
        answer = run(sql, {name: written, **others}, params, limits=self.limits)
        return answer.cast(written.schema)

    def _who_tracks_are(self, names: Table, who: WhoIsWho) -> pa.Table:
        """Return of the rows that are about a track whom it is now; null: it is nobody.

        The columns are event_id, present_id, and whether somebody confirmed that.
        """
        tables = {
            "written": names,
            "identity_aliases": alias_rows(who),
            "track_overrides": override_rows(who),
        }
        params = {"tenant_id": self._tenant_id}
        return run(_WHO_TRACKS_ARE, tables, params, limits=self.limits)
