"""The resolver of a tenant's identities, put together by the settings."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from genesis_ray.domain.recognition.consent import MatchingByConsent
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.people import visitor
from genesis_ray.domain.recognition.template_update import UpdatePolicy
from genesis_ray.domain.recognition.visitor_expiry import LastSeen, last_noted
from genesis_ray.pipeline.carrying import CarryingResolver, CarryingRules
from genesis_ray.pipeline.gate import SpatiotemporalGate
from genesis_ray.pipeline.matching_without import MatchingWithout
from genesis_ray.pipeline.pair_learning import SURE, PairLearning
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_ports import Decisions
from genesis_ray.pipeline.upkeep import IdentityUpkeep
from genesis_ray.running.assembly import EmbedderTraits, impostors_of
from genesis_ray.running.people.identities import Identities
from genesis_ray.running.thresholds import calibration_file, resolver_policy, threshold_book
from genesis_ray.running.viewing import carry_policy
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.visitor_sights import VisitorSights

_SURE = 1e-7
"""The chance, for one comparison of two people's faces, that leaves no doubt to learn by."""

_ONE_PERSON = 1e-6
"""That for faces of several tracks to be one person's: a thousand wait, so a new one is so like
somebody else's by a chance of at most one in a thousand, a proposal's too."""


def build_resolver(
    settings: Settings,
    identities: Identities,
    embedder: EmbedderTraits,
    *,
    besides: Collection[str] = (),
) -> IdentityResolver | CarryingResolver:
    """Set up what names a tenant's tracks, by the thresholds that hold now.

    Nobody is named who is one of `besides`.
    """
    calibration = calibration_file(settings, embedder).read()
    book = threshold_book(settings.identity, embedder, calibration)
    policy = resolver_policy(settings, embedder, book)
    wait_days = settings.identity.visitor_wait_days
    policy = replace(
        policy,
        visitor_salt=identities.visitor_salt,
        tracks_kept=timedelta(days=wait_days) if wait_days else None,
        tracks_similarity=impostors_of(settings.faces).similarity(_ONE_PERSON),
    )
    decisions: Decisions = identities.decided
    if settings.identity.consent == "required":
        decisions = MatchingByConsent(identities.decided, identities.consents.given())
    if besides:
        decisions = MatchingWithout(decisions, besides)
    topology = settings.topology.topology
    gate = SpatiotemporalGate(
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        topology=topology,
        remember=timedelta(seconds=settings.topology.remember_s),
        learning=PairLearning(
            tenant_id=settings.tenant_id,
            site_id=settings.site_id,
            topology=topology,
            sure=impostors_of(settings.faces).similarity(SURE),
            people=settings.topology.apart_after,
        ),
    )
    resolver = IdentityResolver(
        policy,
        identities.gallery,
        _Visitors(identities.people, identities.gallery),
        decisions,
        build_upkeep(settings, identities),
        gate,
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
    return CarryingResolver(resolver, rules, decisions)


def build_upkeep(settings: Settings, identities: Identities) -> IdentityUpkeep:
    """Set up what notes when visitors are seen, and learns from sure recognitions."""
    identity = settings.identity
    learning = None
    if identity.update != "never":
        learning = UpdatePolicy(
            kind=identity.update,
            similarity=impostors_of(settings.faces).similarity(_SURE),
            templates=identity.templates,
            undoable=identity.undoable,
        )
    return IdentityUpkeep(
        last_seen(settings, identities.people, identities.sights, identities.decided),
        identities.sights,
        identities.gallery,
        identities.changes,
        who=identities.decided,
        policy=learning,
    )


def last_seen(settings: Settings, people: People, sights: VisitorSights, who: WhoIsWho) -> LastSeen:
    """Return when a tenant's visitors were last seen, as far as it was noted."""
    noted = last_noted(people.everyone(), sights.last(), who)
    present = {person.identity_id for person in who.people}

    def is_somebody(identity_id: str) -> bool:
        return identity_id in present or people.has(identity_id)

    keep = timedelta(days=settings.identity.visitor_days)
    return LastSeen(noted, keep=keep, is_somebody=is_somebody)


class _Visitors:
    """The pseudonymous visitors among a tenant's people."""

    def __init__(self, people: People, gallery: FaceGallery) -> None:
        self._people = people
        self._gallery = gallery

    def is_taken(self, identity_id: str, *, at: datetime) -> bool:
        """Tell whether somebody has this identity, other than who was about to get it at a time."""
        if not self._people.has(identity_id):
            return False
        is_just_noted = self._people.get(identity_id) == visitor(identity_id, at=at)
        return not is_just_noted or self._gallery.faces_of(identity_id) > 0

    def add_visitor(self, identity_id: str, *, at: datetime) -> None:
        """Note a new visitor, under a name that says nothing about them."""
        self._people.add(visitor(identity_id, at=at))
