"""What follows from a name that was given: when somebody was seen, and what is learned of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.template_update import (
    Template,
    TemplateChange,
    UpdatePolicy,
    learn,
    spent,
)
from genesis_ray.domain.recognition.visitor_expiry import LastSeen
from genesis_ray.domain.stable_ids import stable_id


class Upkeep(Protocol):
    """Keeps what is known of people up to date."""

    def is_current(self, identity_id: str, at: datetime) -> bool:
        """Tell whether somebody may still be recognised at a time."""

    def named(self, face: Face, name: FaceRecognized, *, barred: float | None = None) -> None:
        """Take the face that brought its track a name.

        `barred` is how near the nearest comes whom the track may not be, which no event tells.
        """


class _Nothing:
    """Where nobody expires, and nothing is learned."""

    def is_current(self, _identity_id: str, _at: datetime) -> bool:
        """Say that everybody is."""
        return True

    def named(self, _face: Face, _name: FaceRecognized, *, barred: float | None = None) -> None:
        """Do nothing."""


NO_UPKEEP: Upkeep = _Nothing()


class Templates(Protocol):
    """A gallery whose faces can take each other's place."""

    def templates(self, identity_ids: Iterable[str]) -> list[Template]:
        """Return the faces that identities are found by."""

    def enroll(
        self,
        identity_id: str,
        embeddings: npt.NDArray[np.float32],
        *,
        qualities: Sequence[float],
        at: datetime,
        camera_id: str,
        face_ids: Sequence[str],
    ) -> None:
        """Add faces [n, dimension] of an identity, under ids."""

    def retire(self, face_ids: Iterable[str]) -> None:
        """Find faces no more, which stay stored."""

    def remove(self, face_ids: Sequence[str]) -> object:
        """Remove faces."""


class Changes(Protocol):
    """Keeps what was learned."""

    def of(self, identity_ids: Iterable[str]) -> list[TemplateChange]:
        """Return what identities learned, in the order of capture time."""

    def add(self, change: TemplateChange) -> None:
        """Note a change."""


class Sights(Protocol):
    """Keeps when visitors were seen."""

    def note(self, identity_id: str, *, at: datetime) -> None:
        """Note that somebody was seen."""


class IdentityUpkeep:
    """Notes when visitors were seen, and lets people learn from sure recognitions.

    All of it goes by capture time and the order of faces, and is kept by what it is given: it
    remembers nothing itself that another process could not find there.
    """

    def __init__(
        self,
        seen: LastSeen,
        sights: Sights,
        gallery: Templates,
        changes: Changes,
        *,
        who: WhoIsWho,
        policy: UpdatePolicy | None,
    ) -> None:
        """Go on from what is stored; without a policy nobody learns."""
        self._seen = seen
        self._sights = sights
        self._gallery = gallery
        self._changes = changes
        self._who = who
        self._policy = policy

    def is_current(self, identity_id: str, at: datetime) -> bool:
        """Tell whether somebody may still be recognised at a time."""
        return self._seen.is_current(identity_id, at)

    def named(self, face: Face, name: FaceRecognized, *, barred: float | None = None) -> None:
        """Take the face that brought its track a name; what is only for review says nothing."""
        if name.decision != "named":
            return
        if name.is_new:
            self._seen.add(name.identity_id, face.captured_at)
            return
        if self._seen.saw(name.identity_id, face.captured_at):
            self._sights.note(name.identity_id, at=face.captured_at)
        if self._policy:
            self._learn(self._policy, face, name, barred)

    def _learn(
        self, policy: UpdatePolicy, face: Face, name: FaceRecognized, barred: float | None
    ) -> None:
        rivals = [each for each in (name.runner_up_similarity, barred) if each is not None]
        is_sure = partial(
            policy.is_sure,
            runner_up=max(rivals, default=None),
            quality=face.quality,
            votes=name.votes,
        )
        if not is_sure(similarity=name.similarity):
            return
        members = self._who.members(name.identity_id)
        made = self._changes.of(members)
        if made and face.captured_at - made[-1].at < policy.every:
            return
        templates = self._gallery.templates(members)
        similarity = max(
            (float(np.vecdot(each.embedding, face.embedding)) for each in templates), default=-1.0
        )
        if not is_sure(similarity=similarity):  # others of the track were like this person
            return
        key = (name.identity_id, face.camera_id, face.track_id, face.captured_at)
        change_id = stable_id("template", *key).hex
        learned = learn(
            policy, templates, Template(change_id, face.embedding, face.quality, face.camera_id)
        )
        if learned is None:
            return
        change = TemplateChange(
            change_id=change_id,
            identity_id=name.identity_id,
            kind=policy.kind,
            replaced_id=learned.replaced_id,
            at=face.captured_at,
            camera_id=face.camera_id,
            track_id=face.track_id,
            similarity=similarity,
        )
        self._changes.add(change)
        self._gallery.enroll(
            name.identity_id,
            learned.embedding[None],
            qualities=[face.quality],
            at=face.captured_at,
            camera_id=face.camera_id,
            face_ids=[change_id],
        )
        self._gallery.retire([learned.replaced_id])
        self._gallery.remove(spent([*made, change], self._who.unlearned, undoable=policy.undoable))
