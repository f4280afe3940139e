"""The keys of a tenant's face templates, for who starts something and for what is started."""

from genesis_ray.running.assembly import embedder_traits
from genesis_ray.settings import Settings
from genesis_ray.store.keys.gallery_keys import protected_galleries
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.keys.template_keys import KeyRef, KeyRing, TemplateKey
from genesis_ray.store.tenant.tenants import gallery_folder

LOOK_EVERY_S = 5.0
"""At the key store, for a key that somebody made, as long as something runs."""


def tenant_keys(settings: Settings) -> KeyRing:
    """Return the tenant's keys; the first is made where there is none, and needs none before.

    For commands, before they start anything: all they start is told the `ref`.

    Raises:
        LostKeyError: One is lost: a gallery is protected that none of them fits.
        StoreError: The keys cannot be read, or others can read them.
    """
    keys = present_keys(settings)
    if keys.keys:
        return keys
    return open_key_store(settings.templates.key_store).add(settings.tenant_id, after=0)


def present_keys(settings: Settings) -> KeyRing:
    """Return the tenant's keys, none where there are none; raises what `tenant_keys` does."""
    keys = open_key_store(settings.templates.key_store).read(settings.tenant_id)
    own = f"faces_{embedder_traits(settings.faces).name}"
    for gallery in protected_galleries(gallery_folder(settings.data_dir, settings.tenant_id)):
        if gallery.gallery == own or not keys.keys:
            gallery.check(gallery.fingerprints, keys)
    return keys


def keys_named(ref: KeyRef) -> KeyRing:
    """Return the keys up to the one of `ref`, of the key store on this machine.

    For what a command has started, wherever that is.

    Raises:
        StoreError: They are not here, or others.
    """
    return open_key_store(ref.store).read(ref.tenant_id).up_to(ref)


def newest_keys(ref: KeyRef) -> KeyRing:
    """Return all keys of the key store on this machine, of which the newest protects.

    For what goes on after a rotation: `ref` names the key of when the system began, which may be
    destroyed since.

    Raises:
        StoreError: They are not here, or others.
    """
    keys = open_key_store(ref.store).read(ref.tenant_id)
    is_replaced = keys.keys and keys.get(ref.version) is None and keys.current.version > ref.version
    if not is_replaced:
        keys.up_to(ref)
    return keys


def passing_keys(tenant_id: str) -> KeyRing:
    """Return a key that is kept nowhere, for a gallery that is thrown away."""
    return KeyRing("none", tenant_id, "memory", (TemplateKey.new(tenant_id),))
