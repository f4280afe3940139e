"""Switching to another embedder's gallery, and back: one file in the tenant's folder says which.

Galleries are not touched, so the way back is open as long as both are there. A system that runs in
real time reads it and goes over, see `live.succession`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from genesis_ray.domain.recognition.thresholds import ThresholdBook
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.people.auditing import note
from genesis_ray.running.people.identities import identity_folder, watcher, who_is_who
from genesis_ray.running.people.intake import taker
from genesis_ray.running.templates.gallery_figures import present_in
from genesis_ray.running.templates.gallery_in_use import by_embedder
from genesis_ray.running.thresholds import calibration_file, threshold_book
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.giving_way import wait_until
from genesis_ray.store.tenant.gallery_choice import GalleryChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What a switch to another gallery means.

    Attributes:
        embedder: The one that is to name people, by its name in settings.
        before: The one that does so far.
        people: Enrolled people that the new gallery has.
        lost: Names of those who have a face in the old gallery and none in the new.
        visitors: Pseudonymous ones that the old gallery has, and the new has not.
        thresholds: That count from then on.
        process: One that names people.
        process_embedder: By which it does, where it is a system that runs; None: not told.
        process_follows: Whether it goes over by itself; else it goes on as it began until it is
            started again.
    """

    embedder: str
    before: str
    people: int
    lost: tuple[str, ...]
    visitors: int
    thresholds: ThresholdBook
    process: str | None
    process_embedder: str | None
    process_follows: bool


def plan_switch(settings: Settings, embedder: str) -> Switch:
    """Return what switching to an embedder would mean; nothing is changed.

    Raises:
        ConfigurationError: There is no such embedder.
        StoreError: A table or a calibration cannot be read.
    """
    old = embedder_traits(settings.faces)
    new = embedder_traits(by_embedder(settings, embedder).faces)
    who = who_is_who(settings)
    known = present_in(settings, who, old.name, old.dimension)
    coming = present_in(settings, who, new.name, new.dimension)
    people = [each for each in who.people if each.identity_id in known - coming]
    system = taker(settings)
    return Switch(
        embedder=embedder,
        before=settings.faces.embedder,
        people=sum(each.kind == "enrolled" for each in who.people if each.identity_id in coming),
        lost=tuple(each.name for each in people if each.kind == "enrolled"),
        visitors=sum(each.kind == "visitor" for each in people),
        thresholds=threshold_book(settings.identity, new, calibration_file(settings, new).read()),
        process=watcher(settings),
        process_embedder=system.embedder if system else None,
        process_follows=system is not None and system.follows,
    )


def is_in_force(settings: Settings, planned: Switch, *, within_s: float = 0) -> bool:
    """Wait until a system that runs names people by what was switched to; tell whether it does."""
    wanted = embedder_traits(by_embedder(settings, planned.embedder).faces).name

    def names_by_it() -> bool:
        system = taker(settings)
        return system is not None and system.embedder == wanted

    return wait_until(names_by_it, within_s=within_s)


def switch(settings: Settings, planned: Switch) -> None:
    """Make it so, in one step: what starts from now on names people by the new gallery.

    Raises:
        ConfigurationError: The embedder is the one in use already.
        StoreError: It cannot be noted, or the disk is full or refuses; then all is as it was.
    """
    if planned.embedder == planned.before:
        raise ConfigurationError(f"{planned.embedder} is the embedder that is in use already")
    reason = f"names people by {planned.embedder} from now on, by {planned.before} until now"
    note(settings, None, Access(action="switch", reason=reason, people=()))
    now = datetime.now(UTC)
    choice = GalleryChoice(embedder=planned.embedder, before=planned.before, at=now)
    choice.save(identity_folder(settings))
