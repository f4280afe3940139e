"""A tenant's identities: its gallery, its people, and the resolver that uses both.

Apart from `assembly`, because LanceDB is not needed, and costs memory, where cameras are.
"""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from genesis_ray.domain.identity import MatchPolicy
from genesis_ray.pipeline.resolver import IdentityResolver, ResolverPolicy
from genesis_ray.running.assembly import EmbedderTraits
from genesis_ray.settings import Settings
from genesis_ray.store.gallery import FaceGallery
from genesis_ray.store.people import People, Person
from genesis_ray.store.template_keys import KeyRing
from genesis_ray.store.tenants import gallery_folder


def identity_folder(settings: Settings) -> Path:
    """Return where a tenant's gallery and people are."""
    return gallery_folder(settings.data_dir, settings.tenant_id)


def open_identities(
    settings: Settings, embedder: EmbedderTraits, keys: KeyRing, opened: ExitStack
) -> tuple[People, FaceGallery]:
    """Open a tenant's people and gallery for writing, until `opened` is left."""
    folder = identity_folder(settings)
    gallery = opened.enter_context(
        FaceGallery(
            folder,
            embedder=embedder.name,
            dimension=embedder.dimension,
            keys=keys,
            writer=True,
        )
    )
    # Opened last, so stored first: a face without a person would be recognised as nobody.
    people = opened.enter_context(People(folder, writer=True))
    return people, gallery


def build_resolver(
    settings: Settings, gallery: FaceGallery, people: People, embedder: EmbedderTraits
) -> IdentityResolver:
    """Set up what names a tenant's tracks."""
    identity = settings.identity
    threshold = embedder.threshold if identity.threshold is None else identity.threshold
    policy = ResolverPolicy(
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        embedder=embedder.name,
        match=MatchPolicy(threshold=threshold, margin=identity.margin, votes=identity.votes),
        min_quality=settings.faces.min_quality,
        visitor_faces=identity.visitor_faces if identity.visitors else None,
    )
    return IdentityResolver(policy, gallery, _Visitors(people))


class _Visitors:
    """The pseudonymous visitors among a tenant's people."""

    def __init__(self, people: People) -> None:
        self._people = people

    def add_visitor(self, identity_id: str, *, at: datetime) -> None:
        """Note a new visitor, under a name that says nothing about them."""
        name = f"visitor {identity_id[:4]}"
        self._people.add(Person(identity_id=identity_id, name=name, kind="visitor", enrolled_at=at))
