"""The one way to templates: who opens a gallery says why, and that is noted first."""

from collections.abc import Mapping

from genesis_ray.running.people.auditing import note
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.keys.template_keys import KeyRing
from genesis_ray.store.keys.templates import Protector
from genesis_ray.store.tenant.tenants import gallery_folder


def open_gallery(
    settings: Settings,
    *,
    embedder: str,
    dimension: int,
    keys: KeyRing,
    access: Access,
    writer: bool = False,
    moved: Mapping[str, str] | None = None,
    exact_up_to: int | None = None,
    protector: Protector | None = None,
) -> LearningGallery:
    """Open an embedder's gallery of the tenant; what `FaceGallery` takes is said there.

    Raises:
        StoreError: The access cannot be noted, or what `FaceGallery` raises.
    """
    note(settings, keys, access)
    return LearningGallery(
        gallery_folder(settings.data_dir, settings.tenant_id),
        embedder=embedder,
        dimension=dimension,
        keys=keys,
        writer=writer,
        moved=moved,
        exact_up_to=exact_up_to,
        protector=protector,
    )
