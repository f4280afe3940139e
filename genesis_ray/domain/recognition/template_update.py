"""Learning from a very sure recognition: a person's templates follow how their face changes.

A wrong update is worse than a wrong name, since it makes the next wrong name likelier. So four
things have to be sure at once, a person learns at most once a day, what a change replaced is
kept, and all that was built on a change goes when it is undone.
"""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import numpy as np

from genesis_ray.domain.recognition.identity import Embedding
from genesis_ray.domain.recognition.template_choice import differences

Kind = Literal["average", "exchange"]
"""How a person learns: the template nearest to the face moves a little towards it, or the face
becomes a template, for the one that says least beside the others where there are enough. Photos
stay as they are: what a photo would move to becomes a template beside it."""

AVERAGE_SHARE = 0.05
"""Of the new face in the moving average: a score of sure recognitions replace half of it."""

LEAST_DIFFERENT = 0.2
"""How different a face has to be from all templates to be worth one of its own."""


class Template(NamedTuple):
    """A face that somebody is known by.

    Attributes:
        camera_id: "" for a photo, which somebody chose.
    """

    face_id: str
    embedding: Embedding
    quality: float
    camera_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePolicy:
    """When a recognition is sure enough to learn from.

    Attributes:
        similarity: Least of the face with the person; belongs to an embedder.
        lead: Least over the next person, be it one whom the track may not be: a face that is also
            near to them is not clearly this person's.
        quality: Least of the face.
        votes: Least number of faces that agreed.
        every: A person learns at most once in this capture time.
        templates: Of a person, at most; photos are never given up for others.
        undoable: Changes of a person that can be undone, the latest ones; None: every one.
    """

    kind: Kind
    similarity: float
    lead: float = 0.2
    quality: float = 0.7
    votes: int = 3
    every: timedelta = timedelta(days=1)
    templates: int = 3
    undoable: int | None = None

    def is_sure(
        self, *, similarity: float, runner_up: float | None, quality: float, votes: int
    ) -> bool:
        """Tell whether all that has to be sure is."""
        return (
            similarity >= self.similarity
            and (runner_up is None or similarity - runner_up >= self.lead)
            and quality >= self.quality
            and votes >= self.votes
        )


class Learned(NamedTuple):
    """A template to be, and the face that it takes the place of; "" where there is room."""

    embedding: Embedding
    replaced_id: str


def learn(policy: UpdatePolicy, templates: Sequence[Template], face: Template) -> Learned | None:
    """Return what a person learns of a face that is surely theirs; None: nothing new.

    Of templates that are equally near, or say equally little, the first is replaced.
    """
    if not templates:
        return None
    if policy.kind == "exchange":
        return _exchanged(policy.templates, templates, face)
    nearest = max(templates, key=lambda each: float(np.vecdot(each.embedding, face.embedding)))
    learned = averaged(nearest.embedding, face.embedding)
    if nearest.camera_id:
        return Learned(learned, nearest.face_id)
    others = sum(bool(each.camera_id) for each in templates)
    return Learned(learned, "") if others < policy.templates else None


def averaged(template: Embedding, face: Embedding, *, share: float = AVERAGE_SHARE) -> Embedding:
    """Return a template moved towards a face, of unit length: one step of a moving average."""
    moved = (1 - share) * template.astype(np.float64) + share * face.astype(np.float64)
    unit: Embedding = (moved / np.sqrt(np.vecdot(moved, moved))).astype(np.float32)
    return unit


def _exchanged(most: int, templates: Sequence[Template], face: Template) -> Learned | None:
    together = [*templates, face]
    embeddings = np.stack([each.embedding for each in together])
    cameras = [each.camera_id for each in together]
    if differences(embeddings, cameras, range(len(templates)))[-1] < LEAST_DIFFERENT:
        return None
    if len(templates) < most:
        return Learned(face.embedding, "")
    worth = [
        each.quality * _difference(embeddings, cameras, place) if each.camera_id else np.inf
        for place, each in enumerate(together)
    ]
    least = int(np.argmin(worth))
    if least == len(templates) or worth[least] == np.inf:
        return None
    return Learned(face.embedding, together[least].face_id)


def _difference(embeddings: np.ndarray, cameras: Sequence[str], place: int) -> float:
    """Return how different one face is from all others."""
    others = [each for each in range(len(cameras)) if each != place]
    return float(differences(embeddings, cameras, others)[place])


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChange:
    """A template that was learned.

    Attributes:
        change_id: The id of the change, and of the face that is the new template.
        identity_id: Who learned, by the identity of that time.
        replaced_id: The face whose place it takes; "" where it took nobody's.
        at: Capture time of the face, which was `track_id` of `camera_id`.
        similarity: Of the face with the person when it was recognised.
    """

    change_id: str
    identity_id: str
    kind: Kind
    replaced_id: str
    at: datetime
    camera_id: str
    track_id: int
    similarity: float


def undone_with(changes: Iterable[TemplateChange], undone: Collection[str]) -> set[str]:
    """Return the changes that do not hold where some are undone: those, and all built on them.

    Args:
        changes: All there were, in their order.
        undone: Ids of those that somebody took back.
    """
    void = set(undone)
    for change in changes:
        if change.kind == "average" and change.replaced_id in void:
            void.add(change.change_id)
    return void


def retired(
    changes: Sequence[TemplateChange],
    undone: Collection[str],
    stored: Container[str],
    moved: Collection[str] = (),
) -> set[str]:
    """Return the faces that nobody is recognised by any more.

    Args:
        changes: All there were, in their order.
        undone: Ids of those that somebody took back.
        stored: Faces that there are. A change whose template a crash kept from being stored
            replaces nothing.
        moved: Faces that turned out to be somebody else's, which replace nothing either.
    """
    void = undone_with(changes, undone)
    replaced = {
        change.replaced_id
        for change in changes
        if change.change_id in stored and change.change_id not in {*void, *moved}
    }
    return (replaced | void) - {""}


def spent(
    changes: Sequence[TemplateChange], undone: Collection[str], *, undoable: int | None
) -> list[str]:
    """Return the faces that are kept no longer, by one person's changes in their order.

    Of all but the latest changes: what was replaced, or of one that was undone what replaced it.
    """
    if undoable is None:
        return []
    void = undone_with(changes, undone)
    settled = changes[: max(0, len(changes) - undoable)]
    faces = (
        change.change_id if change.change_id in void else change.replaced_id for change in settled
    )
    return [face_id for face_id in faces if face_id]
