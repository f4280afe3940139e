"""The galleries that a tenant has, one an embedder, and who has no face in them."""

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import galleries_in
from genesis_ray.store.galleries.stored_faces import stored_faces


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryFigures:
    """One embedder's gallery.

    Attributes:
        is_current: Whether the settings use it.
        missing: Who was enrolled and has no face in it, by name.
        visitors: Pseudonymous ones that have a face in it.
    """

    embedder: str
    is_current: bool
    faces: int
    people: int
    visitors: int
    missing: tuple[str, ...]


def gallery_figures(settings: Settings) -> list[GalleryFigures]:
    """Return a line for each gallery that the tenant has, and for the one that would be used."""
    who = who_is_who(settings)
    current = embedder_traits(settings.faces)
    dimensions = {**dict(galleries_in(identity_folder(settings))), current.name: current.dimension}
    return [
        _figures(settings, name, dimension, who, is_current=name == current.name)
        for name, dimension in sorted(dimensions.items())
    ]


def present_in(settings: Settings, who: WhoIsWho, embedder: str, dimension: int) -> set[str]:
    """Return the identities, as they are now, that have a face in a gallery; none if there is none.

    Raises:
        StoreError: The gallery cannot be read.
    """
    return {who.now(owner) for owner in _owners(settings, who, embedder, dimension)}


def missing_from(who: WhoIsWho, present: Set[str]) -> tuple[str, ...]:
    """Return the names of those who were enrolled and are not among the people `present`."""
    return tuple(
        each.name
        for each in who.people
        if each.kind == "enrolled" and each.identity_id not in present
    )


def _figures(
    settings: Settings,
    embedder: str,
    dimension: int,
    who: WhoIsWho,
    *,
    is_current: bool,
) -> GalleryFigures:
    owners = _owners(settings, who, embedder, dimension)
    present = {who.now(owner) for owner in owners}
    kinds = Counter(each.kind for each in who.people if each.identity_id in present)
    return GalleryFigures(
        embedder=embedder,
        is_current=is_current,
        faces=len(owners),
        people=kinds["enrolled"],
        visitors=kinds["visitor"],
        missing=missing_from(who, present),
    )


def _owners(settings: Settings, who: WhoIsWho, embedder: str, dimension: int) -> list[str]:
    faces = stored_faces(identity_folder(settings), embedder, dimension).to_pylist()
    return [who.moved_faces.get(face["face_id"], face["identity_id"]) for face in faces]
