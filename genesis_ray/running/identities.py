"""A tenant's identities: its gallery, its people, what was decided, and the resolver of them.

Apart from `assembly`, because LanceDB is not needed, and costs memory, where cameras are.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from genesis_ray.domain.consent import Consents, MatchingByConsent
from genesis_ray.domain.identity import MatchPolicy
from genesis_ray.domain.ledger import WhoIsWho, fold
from genesis_ray.domain.people import visitor
from genesis_ray.errors import NotFoundError
from genesis_ray.pipeline.resolver import Decisions, IdentityResolver, ResolverPolicy
from genesis_ray.running.assembly import EmbedderTraits, embedder_traits
from genesis_ray.running.galleries import open_gallery
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access
from genesis_ray.store.consent import ConsentRegister
from genesis_ray.store.gallery import FaceGallery
from genesis_ray.store.ledger import Ledger
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.people import People
from genesis_ray.store.stored_faces import stored_faces
from genesis_ray.store.template_keys import KeyRing
from genesis_ray.store.tenants import gallery_folder


def identity_folder(settings: Settings) -> Path:
    """Return where a tenant's gallery and people are."""
    return gallery_folder(settings.data_dir, settings.tenant_id)


class Entries(NamedTuple):
    """How many entries count of what was decided, and of what people said about consent."""

    ledger: int
    consent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """A tenant's people and gallery, and what holds of them by the ledger.

    Attributes:
        consents: What people said about being recognised.
        entries: That count: those there were when they were read.
    """

    people: People
    gallery: FaceGallery
    decided: WhoIsWho
    consents: Consents
    entries: Entries

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
    access: Access,
    entries: Entries | None = None,
) -> Identities:
    """Open a tenant's people and gallery for writing, until `opened` is left.

    Of the ledger and the register of consent the first `entries` count, all that there are by
    default; what is decided later counts when this is opened again. `access` says why faces are
    read, for the audit log.
    """
    folder = identity_folder(settings)
    made, said = Ledger(folder).entries(), ConsentRegister(folder).entries()
    counting = entries or Entries(len(made), len(said))
    made, said = made[: counting.ledger], said[: counting.consent]
    gallery = opened.enter_context(
        open_gallery(
            settings,
            access=access,
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
    return Identities(
        people=people,
        gallery=gallery,
        decided=decided,
        consents=Consents(said, decided),
        entries=counting,
    )


def watcher(settings: Settings) -> str | None:
    """Return the id of a process that names the tenant's people by what held when it began."""
    return WriteLock.holder(identity_folder(settings) / "people.lock")


def who_is_who(settings: Settings) -> WhoIsWho:
    """Return who a tenant's people are, by all that was decided until now."""
    folder = identity_folder(settings)
    return fold(Ledger(folder).entries(), People(folder).everyone())


def faces_of(settings: Settings, who: WhoIsWho, identity_id: str) -> list[dict[str, Any]]:
    """Return what is stored of each face of a person, but its template and whose it was."""
    traits = embedder_traits(settings.faces)
    faces = stored_faces(identity_folder(settings), traits.name, traits.dimension)
    return [
        {
            "face_id": row["face_id"],
            "enrolled_as": row["identity_id"],
            "camera_id": row["camera_id"],
            "enrolled_at": row["enrolled_at"].astimezone(UTC).isoformat(),
            "quality": row["quality"],
        }
        for row in faces.to_pylist()
        if who.now(who.moved_faces.get(row["face_id"], row["identity_id"])) == identity_id
    ]


def build_resolver(
    settings: Settings, identities: Identities, embedder: EmbedderTraits
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
    decisions: Decisions = identities.decided
    if identity.consent == "required":
        decisions = MatchingByConsent(identities.decided, identities.consents.given())
    return IdentityResolver(policy, identities.gallery, _Visitors(identities.people), decisions)


class _Visitors:
    """The pseudonymous visitors among a tenant's people."""

    def __init__(self, people: People) -> None:
        self._people = people

    def add_visitor(self, identity_id: str, *, at: datetime) -> None:
        """Note a new visitor, under a name that says nothing about them."""
        self._people.add(visitor(identity_id, at=at))
