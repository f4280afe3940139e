"""What identities are called, for showing them and for naming them."""

from collections.abc import Iterable

import pyarrow as pa

from genesis_ray.errors import NotFoundError
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.tenants import gallery_folder


def names_now(settings: Settings, identity_ids: Iterable[str]) -> dict[str, str]:
    """Return what each identity is called now; itself where nobody is known, or no data is."""
    names = {each: each for each in identity_ids}
    if not gallery_folder(settings.data_dir, settings.tenant_id).is_dir():
        return names
    from genesis_ray.running.people.identities import who_is_who  # slow to load

    who = who_is_who(settings)
    for identity_id in names:
        try:
            names[identity_id] = who.person(identity_id).name
        except NotFoundError:
            continue
    return names


def with_names(answer: pa.Table, settings: Settings) -> pa.Table:
    """Return an answer in which identities are followed by what they are called now."""
    if "identity_id" not in answer.column_names:
        return answer
    identities = answer["identity_id"].to_pylist()
    names = names_now(settings, {str(each) for each in identities if each is not None})
    called = pa.array([each and names[str(each)] for each in identities], pa.string())
    return answer.add_column(answer.column_names.index("identity_id") + 1, "name", called)


def identity_named(person: str, settings: Settings) -> str:
    """Return whom a name or the beginning of an identity means; itself where nobody is known.

    Raises:
        NotFoundError: It means nobody who is known, or several.
    """
    if not gallery_folder(settings.data_dir, settings.tenant_id).is_dir():
        return person
    from genesis_ray.running.people.identities import who_is_who  # slow to load
    from genesis_ray.running.people.naming import find

    return find(who_is_who(settings), person)
