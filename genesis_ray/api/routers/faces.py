"""The faces that a person is recognised by: which there are, adding some, removing one."""

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from genesis_ray.api.deps import Changed, Reached
from genesis_ray.api.enrolling import Anyway, EnrolledFaces, enroll
from genesis_ray.api.face_places import LANDMARKS, FaceBox
from genesis_ray.api.uploads import SentForm, form_described
from genesis_ray.errors import NotFoundError
from genesis_ray.running.enrolling.face_removal import remove_face
from genesis_ray.running.people.identities import who_is_who
from genesis_ray.running.people.patience import WAIT_S
from genesis_ray.running.templates.templates_shown import KnownTemplate, State, known_templates
from genesis_ray.store.audit.audit_entry import this_user

router = APIRouter(prefix="/v1/people/{identity_id}/faces", tags=["people"])


class PersonsFace(BaseModel):
    """A face of a person: what may be told of it, which is not what it looks like."""

    face_id: str
    enrolled_at: datetime = Field(description="When it was captured, of a photo when it was sent")
    origin: str = Field(description="photo, a camera, or the track that it was learned of")
    quality: float = Field(description="0 (useless) to 1 (frontal, large, sharp)")
    box: FaceBox | None = Field(
        description="Left, top, right, bottom in the photo; null of a face that a camera saw, or "
        "that an earlier version enrolled"
    )
    landmarks: list[tuple[float, float]] | None = Field(description=f"{LANDMARKS}; null as the box")
    state: State = Field(
        description="Whether they are recognised by it, or it was replaced by one that was "
        "learned, or what was learned was undone"
    )


class PersonsFaces(BaseModel):
    """The faces of a person in the order in which they came."""

    identity_id: str
    name: str
    faces: list[PersonsFace]


class RemovedFace(BaseModel):
    """What became of a face that is to go."""

    identity_id: str
    face_id: str
    faces_left: int = Field(description="That the person has then; without any nobody sees them")
    is_removed: bool = Field(
        description="Whether it is gone; false (status 202): it is written, and the system removes "
        "it when a camera next shows it something, else when it starts again"
    )


@router.get("")
def read_faces(reached: Reached, identity_id: str) -> PersonsFaces:
    """List the faces of a person."""
    person = who_is_who(reached.settings).person(identity_id)
    faces = known_templates(reached.settings, person.identity_id)
    return PersonsFaces(
        identity_id=person.identity_id, name=person.name, faces=[_shown(each) for each in faces]
    )


@router.post("", status_code=HTTPStatus.CREATED, openapi_extra=form_described(with_name=False))
def add_faces(
    reached: Changed, identity_id: str, form: SentForm, response: Response, anyway: Anyway = False
) -> EnrolledFaces:
    """Add the faces of photos, one face each, to somebody who is known."""
    person = who_is_who(reached.settings).person(identity_id)
    own = person.identity_id
    return enroll(reached, own, form.photos, response, anyway=anyway, is_known=True)


@router.delete("/{face_id}")
def delete_face(
    reached: Changed, identity_id: str, face_id: str, response: Response
) -> RemovedFace:
    """Remove a face for good, with the photo that is kept of it; there is no way back."""
    person = who_is_who(reached.settings).person(identity_id)
    if face_id not in {each.face_id for each in known_templates(reached.settings, identity_id)}:
        raise NotFoundError(f"no face {face_id!r} of {person.name!r}")  # nor what begins so
    done = remove_face(
        reached.settings, person.identity_id, face_id, by=this_user(), within_s=WAIT_S
    )
    if done.process:
        response.status_code = HTTPStatus.ACCEPTED
    return RemovedFace(
        identity_id=person.identity_id,
        face_id=face_id,
        faces_left=done.left,
        is_removed=done.process is None,
    )


def _shown(face: KnownTemplate) -> PersonsFace:
    return PersonsFace(
        face_id=face.face_id,
        enrolled_at=face.since,
        origin=face.origin,
        quality=face.quality,
        box=face.box,
        landmarks=[*face.landmarks] if face.landmarks else None,
        state=face.state,
    )
