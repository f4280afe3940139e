"""The tables of a run with one more, of stays, which is made when it is asked for."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.analytics.stays import stays
from genesis_ray.analytics.stored import Table, Tables, whole

STAYS = "stays"

_FROM = ("track_observations", "face_recognitions", "zone_crossings")


class WithStays(Mapping[str, Table]):
    """Tables of any number of tenants, and `stays`: see there, with `tenant_id` in front.

    What stays are made from is read whole: of many days name the time.
    """

    def __init__(self, tables: Tables, *, visit_gap: timedelta) -> None:
        """Add `stays` to tables; an identity out of sight for longer than the gap comes anew."""
        self._tables = tables
        self._visit_gap = visit_gap

    def __getitem__(self, table: str) -> Table:
        if table != STAYS:
            return self._tables[table]
        seen = {name: whole(self._tables[name]) for name in _FROM}
        tenants: list[Any] = pc.unique(seen["track_observations"]["tenant_id"]).to_pylist()
        each = [self._of(tenant, seen) for tenant in sorted(tenants)]
        return pa.concat_tables(each or [self._of("", seen)])

    def __iter__(self) -> Iterator[str]:
        yield from self._tables
        yield STAYS

    def __len__(self) -> int:
        return len(self._tables) + 1

    def _of(self, tenant: str, seen: Mapping[str, pa.Table]) -> pa.Table:
        own = {name: rows.filter(pc.field("tenant_id") == tenant) for name, rows in seen.items()}
        answer = stays(own, visit_gap=self._visit_gap)
        return answer.add_column(0, "tenant_id", pa.array([tenant] * len(answer), pa.string()))
