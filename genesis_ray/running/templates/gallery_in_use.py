"""The embedder whose gallery names people: what somebody switched to, else `faces.embedder`.

For every entry point that reads settings, so that all that works with a data folder goes by the
same one. It loads no LanceDB.
"""

from genesis_ray.settings import Settings
from genesis_ray.store.tenant.gallery_choice import GalleryChoice
from genesis_ray.store.tenant.tenants import gallery_folder


def with_gallery_in_use(settings: Settings) -> Settings:
    """Return the settings with the embedder that somebody switched to, if somebody did.

    Raises:
        StoreError: What was chosen cannot be read.
    """
    chosen = _chosen(settings)
    return by_embedder(settings, chosen.embedder) if chosen else settings


def by_embedder(settings: Settings, embedder: str) -> Settings:
    """Return the settings with another embedder."""
    if embedder == settings.faces.embedder:
        return settings
    faces = settings.faces.model_copy(update={"embedder": embedder})
    return settings.model_copy(update={"faces": faces})


def as_it_runs(settings: Settings, running: Settings) -> Settings:
    """Return the settings with the embedder of a system that runs, where somebody switched.

    `faces.embedder` says nothing then, and what was chosen since the system began counts when it
    is started again; it holds up no other change.

    Raises:
        StoreError: What was chosen cannot be read.
    """
    if _chosen(running) is None:
        return settings
    return by_embedder(settings, running.faces.embedder)


def overruled(settings: Settings) -> str | None:
    """Say that the configuration names another embedder than somebody switched to; else None.

    `settings` are as they were read. One that was not set contradicts nothing.
    """
    chosen = _chosen(settings)
    named = settings.faces.embedder
    if chosen is None or chosen.embedder == named:
        return None
    if "embedder" not in settings.faces.model_fields_set:
        return None
    return (
        f"The configuration has faces.embedder: {named}, but since {chosen.at:%Y-%m-%d %H:%M} UTC "
        f"people are named by {chosen.embedder}, as `genesis people switch` counts more. Take that "
        f"setting out, or go back: genesis people switch {named}"
    )


def _chosen(settings: Settings) -> GalleryChoice | None:
    return GalleryChoice.load(gallery_folder(settings.data_dir, settings.tenant_id))
