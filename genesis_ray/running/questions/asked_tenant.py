"""The tenant that a question names: one that the run is of, or the answer would be empty."""

from genesis_ray.errors import NotFoundError
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_folder import EventFolder
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder


def check_tenant(run: RunFolder, settings: Settings, tenant_id: str | None) -> None:
    """Refuse a tenant whose the run is not, and of whom it has no row; None is every tenant.

    Raises:
        NotFoundError: It has none.
    """
    if tenant_id in (None, settings.tenant_id):
        return
    if EventFolder(run.events).partitions(tenant_id=tenant_id):
        return
    if any(len(table.fresh) for table in RunTables(run.events, tenant_id).values()):
        return
    raise NotFoundError(
        f"{run.path} has nothing of tenant {tenant_id!r}; it was made for {settings.tenant_id!r}: "
        f"leave --tenant out, or name another --run"
    )
