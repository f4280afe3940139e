"""A tenant's identities: its gallery, its people, what was decided, and the resolver of them.

Apart from `assembly`, because LanceDB is not needed, and costs memory, where cameras are.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from genesis_ray.domain.identity import MatchPolicy
from genesis_ray.domain.ledger import WhoIsWho, fold
from genesis_ray.domain.people import visitor
from genesis_ray.errors import NotFoundError
from genesis_ray.pipeline.carrying import CarryingResolver, CarryingRules
from genesis_ray.pipeline.gate import SpatiotemporalGate
from genesis_ray.pipeline.resolver import IdentityResolver, ResolverPolicy
from genesis_ray.running.assembly import EmbedderTraits, embedder_traits
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.running.viewing import carry_policy
from genesis_ray.settings import Settings
from genesis_ray.store.gallery import FaceGallery
from genesis_ray.store.ledger import Ledger
from genesis_ray.store.people import People
from genesis_ray.store.template_keys import KeyRing
from genesis_ray.store.tenants import gallery_folder


def identity_folder(settings: Settings) -> Path:
    """Return where a tenant's gallery and people are."""
    return gallery_folder(settings.data_dir, settings.tenant_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """A tenant's people and gallery, and what holds of them by the ledger.

    Attributes:
        entries: Of the ledger, that count: those there were when it was read.
    """

    people: People
    gallery: FaceGallery
    decided: WhoIsWho
    entries: int

    def name_of(self, identity_id: str) -> str:
        """Return what an identity is called now; the identity itself where nobody is."""
        try:
            return self.decided.person(identity_id).name
        except NotFoundError:  # somebody new
            return self.people.name_of(identity_id)


def open_identities(
    settings: Settings,
    embedder: EmbedderTraits,
    keys: KeyRing,
    opened: ExitStack,
    *,
    entries: int | None = None,
) -> Identities:
    """Open a tenant's people and gallery for writing, until `opened` is left.

    Of the ledger the first `entries` count, all that there are by default; what is decided
    later counts when this is opened again.
    """
    folder = identity_folder(settings)
    made = Ledger(folder).entries()[:entries]
    gallery = opened.enter_context(
        FaceGallery(
            folder,
            embedder=embedder.name,
            dimension=embedder.dimension,
            keys=keys,
            writer=True,
            moved=fold(made, ()).moved_faces,
        )
    )
    # Opened last, so stored first: a face without a person would be recognised as nobody.
    people = opened.enter_context(People(folder, writer=True))
    decided = fold(made, people.everyone())
    return Identities(people=people, gallery=gallery, decided=decided, entries=len(made))


def who_is_who(settings: Settings) -> WhoIsWho:
    """Return who a tenant's people are, by all that was decided until now."""
    folder = identity_folder(settings)
    return fold(Ledger(folder).entries(), People(folder).everyone())


def faces_of(settings: Settings, who: WhoIsWho, identity_id: str) -> list[dict[str, Any]]:
    """Return what is stored of each face of a person, but its embedding and whose it was."""
    traits = embedder_traits(settings.faces)
    gallery = FaceGallery(
        identity_folder(settings),
        embedder=traits.name,
        dimension=traits.dimension,
        keys=tenant_keys(settings),
    )
    return [
        {
            "face_id": row["face_id"],
            "enrolled_as": row["identity_id"],
            "camera_id": row["camera_id"],
            "enrolled_at": row["enrolled_at"].astimezone(UTC).isoformat(),
            "quality": row["quality"],
        }
        for row in gallery.faces().to_pylist()
        if who.now(who.moved_faces.get(row["face_id"], row["identity_id"])) == identity_id
    ]


def build_resolver(
    settings: Settings, identities: Identities, embedder: EmbedderTraits
) -> IdentityResolver | CarryingResolver:
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
        companion_threshold=identity.companion_threshold,
    )
    gate = SpatiotemporalGate(
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        topology=settings.topology.topology,
        remember=timedelta(seconds=settings.topology.remember_s),
    )
    resolver = IdentityResolver(
        policy, identities.gallery, _Visitors(identities.people), identities.decided, gate
    )
    carrying = carry_policy(settings)
    if carrying is None:
        return resolver
    rules = CarryingRules(
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        looks=settings.appearance.model,
        min_quality=settings.faces.min_quality,
        policy=carrying,
    )
    return CarryingResolver(resolver, rules, identities.decided)


class _Visitors:
    """The pseudonymous visitors among a tenant's people."""

    def __init__(self, people: People) -> None:
        self._people = people

    def add_visitor(self, identity_id: str, *, at: datetime) -> None:
        """Note a new visitor, under a name that says nothing about them."""
        self._people.add(visitor(identity_id, at=at))
