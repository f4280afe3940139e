"""What identities are called, for showing them."""

from collections.abc import Iterable

from genesis_ray.errors import NotFoundError
from genesis_ray.settings import Settings
from genesis_ray.store.tenants import gallery_folder


def names_now(settings: Settings, identity_ids: Iterable[str]) -> dict[str, str]:
    """Return what each identity is called now; itself where nobody is known, or no data is."""
    names = {each: each for each in identity_ids}
    if not gallery_folder(settings.data_dir, settings.tenant_id).is_dir():
        return names
    from genesis_ray.running.identities import who_is_who  # LanceDB: slow to load

    who = who_is_who(settings)
    for identity_id in names:
        try:
            names[identity_id] = who.person(identity_id).name
        except NotFoundError:
            continue
    return names
