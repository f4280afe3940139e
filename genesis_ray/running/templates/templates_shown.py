"""What a person is recognised by, as it is shown, and taking back what was learned."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from genesis_ray.domain.recognition.face_place import Box, Landmarks
from genesis_ray.domain.recognition.people import Person
from genesis_ray.domain.recognition.template_update import TemplateChange, undone_with
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.people.identities import faces_of, identity_folder, who_is_who
from genesis_ray.running.people.naming import find
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.template_changes import TemplateChanges

State = Literal["used", "replaced", "undone"]


@dataclass(frozen=True, slots=True)
class KnownTemplate:
    """A face of a person.

    Attributes:
        since: When it was captured, of a photo when it was enrolled.
        origin: A photo, the camera of a visitor's face, or the track that it was learned of.
        replaced_id: The face whose place it took when it was learned, if any.
        box: Where it is in its photo, see `FacePlace`; None where it is of none, or earlier
            versions enrolled it.
        landmarks: The same.
    """

    face_id: str
    since: datetime
    origin: str
    quality: float
    state: State
    replaced_id: str
    box: Box | None
    landmarks: Landmarks | None

    def as_json(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {**asdict(self), "since": self.since.isoformat()}


@dataclass(frozen=True, slots=True)
class Unlearned:
    """What was taken back, and the entry of the ledger that says so."""

    person: Person
    change_ids: tuple[str, ...]
    entry_id: str


def known_templates(settings: Settings, name: str) -> list[KnownTemplate]:
    """Return the faces of a person, in the order in which they came.

    Raises:
        NotFoundError: Nobody is called so.
        ConfigurationError: Several are.
    """
    who = who_is_who(settings)
    identity_id = who.now(find(who, name))
    changes = _changes(settings).all()
    learned = {change.change_id: change for change in changes}
    undone = undone_with(changes, who.unlearned)
    shown = []
    for face in faces_of(settings, who, identity_id):
        change = learned.get(face["face_id"])
        state: State = "used" if face["is_used"] else "replaced"
        shown.append(
            KnownTemplate(
                face_id=face["face_id"],
                since=datetime.fromisoformat(face["enrolled_at"]),
                origin=_origin(change, face["camera_id"]),
                quality=face["quality"],
                state="undone" if face["face_id"] in undone else state,
                replaced_id=change.replaced_id if change else "",
                box=face["box"],
                landmarks=face["landmarks"],
            )
        )
    return sorted(shown, key=lambda each: (each.since, each.face_id))


def undo_change(settings: Settings, repairs: Repairs, name: str, change: str) -> Unlearned:
    """Take back what a person learned, and all that was built on it; a change's beginning does.

    Raises:
        GenesisError: The person or the change is not known or not clear, or undone already.
    """
    identity_id = repairs.who.now(find(repairs.who, name))
    changes = _changes(settings)
    own = changes.of(repairs.who.members(identity_id))
    found = [each.change_id for each in own if change and each.change_id.startswith(change)]
    if not found:
        raise NotFoundError(
            f"{repairs.who.person(identity_id).name!r} has learned no template {change!r} that "
            f"can be undone; `genesis people templates {identity_id[:8]}` shows what there is"
        )
    if len(found) > 1:
        raise ConfigurationError(
            f"several templates begin with {change!r}: {', '.join(found)}; name one"
        )
    entry = repairs.unlearn(identity_id, found)
    void = undone_with(own, found) - (repairs.who.unlearned - set(found))
    return Unlearned(repairs.who.person(identity_id), tuple(sorted(void)), entry.entry_id)


def _changes(settings: Settings) -> TemplateChanges:
    return TemplateChanges(identity_folder(settings), embedder=embedder_traits(settings.faces).name)


def _origin(change: TemplateChange | None, camera_id: str) -> str:
    if change:
        return f"learned, {change.kind}, {change.camera_id}:{change.track_id}"
    return camera_id or "photo"
