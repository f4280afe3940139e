"""A tenant's audit log, where a system keeps it."""

from datetime import UTC, datetime

from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.audit.audit_log import AuditLog
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.tenant.tenants import audit_folder


def audit_log(settings: Settings, keys: KeyRing | None = None) -> AuditLog:
    """Return the tenant's log; by default with the keys that there are, none is made."""
    if keys is None:
        keys = open_key_store(settings.templates.key_store).read(settings.tenant_id)
    folder = audit_folder(settings.data_dir, settings.tenant_id)
    return AuditLog(folder, settings.tenant_id, keys)


def note(settings: Settings, keys: KeyRing | None, access: Access) -> None:
    """Note, before it begins, that templates are read.

    Raises:
        StoreError: It cannot be noted; then nothing may be read.
    """
    audit_log(settings, keys).append(access, at=datetime.now(UTC))
