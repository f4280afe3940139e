"""What retention has let go of in one run, as far back as it was ever done.

`purged.json` says, for each tenant and table, the time before which rows are gone. It is written
before they go, and what it says never gets earlier: limits that are raised later bring no row back.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path

from genesis_ray.analytics.reach import EVER
from genesis_ray.domain.figures.rollups import Group
from genesis_ray.domain.retention import ROLLUPS
from genesis_ray.errors import StoreError
from genesis_ray.store.disk import write_file
from genesis_ray.store.events.residue import Limits
from genesis_ray.store.events.rollup_folder import RollupFolder
from genesis_ray.store.runs.run_folder import RunFolder


def last_purge(run: RunFolder) -> tuple[datetime, Limits] | None:
    """Return when a run was purged last, and by which limits; None where it never was."""
    try:
        content = json.loads(report_of_last(run).read_bytes())
    except FileNotFoundError:
        return None
    return datetime.fromisoformat(content["at"]), _limits(content["limits"])


def report_of_last(run: RunFolder) -> Path:
    """Return the path of what the last purge tells of itself."""
    return run.path / "retention.json"


def gone_before(run: RunFolder) -> Limits:
    """Return the time before which rows were let go of, by (tenant, table); `rollups` too.

    Of a run that was purged by a version that did not note it, those are the limits of its last
    purge.

    Raises:
        StoreError: The note is damaged.
    """
    path = _note(run)
    try:
        return _limits(json.loads(path.read_bytes())["gone_before"])
    except FileNotFoundError:
        last = last_purge(run)
        return last[1] if last else {}
    except (ValueError, LookupError, TypeError) as error:
        raise StoreError(
            f"{path} does not say from when on events are there ({error}); restore it, or delete "
            f"it: then the limits of the last purge count"
        ) from error


def note_gone(run: RunFolder, limits: Limits) -> None:
    """Note that what is older than some limits is going to go.

    Raises:
        StoreError: The disk is full or refuses.
    """
    before = gone_before(run)
    after = {key: max(before.get(key, at), at) for key, at in limits.items()}
    if {**before, **after} != before or not _note(run).exists():
        content = {
            "gone_before": [
                {"tenant_id": tenant_id, "table": table, "limit": at.isoformat()}
                for (tenant_id, table), at in sorted({**before, **after}.items())
            ]
        }
        write_file(_note(run), json.dumps(content, indent=2).encode())


class KeptOf:
    """What is there of one tenant's events and rollups in a run: see `analytics.reach.Purged`."""

    def __init__(self, run: RunFolder, tenant_id: str) -> None:
        self._run = run
        self._tenant_id = tenant_id
        self._folder = RollupFolder(run.rollups)

    def rows_since(self, table: str) -> datetime:
        """Return the time before which rows of a table are gone; `EVER` where none are."""
        return gone_before(self._run).get((self._tenant_id, table), EVER)

    def quarters_since(self, group: Group) -> datetime | None:
        """Return the time before which figures of a group are gone, `EVER` where none are."""
        if not self._folder.days(group, self._tenant_id):
            return None
        limit = gone_before(self._run).get((self._tenant_id, ROLLUPS))
        if limit is None:
            return EVER
        return datetime.combine(limit.astimezone(UTC).date(), time(), UTC)  # they go by whole days

    def first_quarters(self, group: Group) -> datetime | None:
        """Return the beginning of the first day that there are figures of; None: of none."""
        days = self._folder.days(group, self._tenant_id)
        return datetime.combine(days[0], time(), UTC) if days else None


def _limits(content: list[Mapping[str, str]]) -> Limits:
    return {
        (each["tenant_id"], each["table"]): datetime.fromisoformat(each["limit"])
        for each in content
    }


def _note(run: RunFolder) -> Path:
    return run.path / "purged.json"
