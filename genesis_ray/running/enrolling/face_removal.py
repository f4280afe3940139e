"""Taking a face from a person, as when a photo shows somebody else or they ask for it."""

from datetime import UTC, datetime
from typing import NamedTuple

from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError, NotFoundError, StoreError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolling.enrolment import take_in_waiting_now
from genesis_ray.running.enrolling.far_photos import sweep
from genesis_ray.running.enrolling.removal_note import Removal
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments
from genesis_ray.running.people.identities import faces_of, who_is_who
from genesis_ray.running.people.intake import taker
from genesis_ray.running.people.naming import find
from genesis_ray.running.people.turns import turn
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings


class Removed(NamedTuple):
    """A person, and the system that takes a face from them.

    Attributes:
        left: How many faces they have then.
        process: That of the system that runs and has not done it yet; None: it is done.
        waits: What is left to be removed elsewhere, and why, in words; empty where nothing is.
    """

    person: Person
    left: int
    process: str | None
    waits: str = ""


def remove_face(
    settings: Settings, name: str, face_id: str, *, by: str, within_s: float
) -> Removed:
    """Remove a face for good, with the photo that is kept of it, from all galleries.

    Where a system runs, it does so; it has `within_s` seconds before this returns. The person
    stays known, by their other faces if there are any. Nothing of it can be undone.

    Raises:
        NotFoundError: There is no such person, or they have no such face.
        ConfigurationError: Several are called so, or several faces begin so.
        StoreError: Another process writes, the key is lost, or the disk refuses.
    """
    waiting = WaitingEnrolments(settings)
    with turn(settings):
        who = who_is_who(settings)
        person = who.person(find(who, name))
        own = [str(face["face_id"]) for face in faces_of(settings, who, person.identity_id)]
        system = taker(settings)
        removal = Removal(
            identity_id=person.identity_id,
            face_ids=(_meant(face_id, own, person),),
            embedder=system.embedder if system else embedder_traits(settings.faces).name,
            at=datetime.now(UTC),
            by=by,
        )
        waiting.hand_over(removal)
        if system is None:
            try:
                take_in_waiting_now(settings, tenant_keys(settings))
            except BaseException:
                waiting.withdraw(removal)
                raise
    is_done = waiting.is_taken_in(removal, within_s=within_s if system else 0)
    if system is None and not is_done:
        waiting.withdraw(removal)
        raise StoreError(
            f"a face of {person.name!r} is not removed, as another process writes to one of their "
            f"galleries; try again when that has ended"
        )
    if system and not is_done:
        return Removed(person, len(own) - 1, system.process)
    return Removed(person, len(own) - 1, None, sweep(settings).told())


def _meant(face_id: str, own: list[str], person: Person) -> str:
    found = [each for each in own if face_id and each.startswith(face_id)]
    if face_id in own:
        return face_id
    if len(found) > 1:
        raise ConfigurationError(
            f"several faces begin with {face_id!r}: {', '.join(found)}; name one"
        )
    if not found:
        raise NotFoundError(
            f"no face {face_id!r} of {person.name!r}; `genesis people templates "
            f"{person.identity_id[:8]}` shows what there is"
        )
    return found[0]
