"""Switching to another embedder's gallery, and back: one file in the tenant's folder says which.

Galleries are not touched, so the way back is open as long as both are there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from genesis_ray.domain.thresholds import ThresholdBook
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.auditing import note
from genesis_ray.running.gallery_figures import present_in
from genesis_ray.running.identities import identity_folder, watcher, who_is_who
from genesis_ray.running.intake import taker
from genesis_ray.running.thresholds import calibration_file, threshold_book
from genesis_ray.settings import Settings
from genesis_ray.store.audit_entry import Access
from genesis_ray.store.gallery_choice import GalleryChoice


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
        process: One that names people, and goes on as it began until it is started again.
        process_embedder: By which it does, where it is a system that runs; None: not told.
        is_in_force: Whether that is the new one, since nobody started it again after a switch.
    """

    embedder: str
    before: str
    people: int
    lost: tuple[str, ...]
    visitors: int
    thresholds: ThresholdBook
    process: str | None
    process_embedder: str | None
    is_in_force: bool


def plan_switch(settings: Settings, embedder: str) -> Switch:
    """Return what switching to an embedder would mean; nothing is changed.

    Raises:
        ConfigurationError: There is no such embedder.
        StoreError: A table or a calibration cannot be read.
    """
    faces = settings.faces.model_copy(update={"embedder": embedder})
    old, new = embedder_traits(settings.faces), embedder_traits(faces)
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
        is_in_force=system is not None and system.embedder == new.name,
    )


def switch(settings: Settings, planned: Switch) -> None:
    """Make it so, in one step: what starts from now on names people by the new gallery.

    A system that runs is not changed under way: its models, faces on their way and its resolver
    would have to change at one moment, or a face of one model be compared with the other's.

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
