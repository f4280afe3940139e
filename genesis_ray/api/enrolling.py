"""Giving the faces of photos that were sent to a person."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from genesis_ray.api.backends import Backends
from genesis_ray.domain.recognition.person_names import person_name
from genesis_ray.running.enrolling.enrolment import Enroller
from genesis_ray.running.people.patience import WAIT_S
from genesis_ray.vision.photo_file import SentPhoto

Anyway = Annotated[
    bool, Query(description="Also faces that look like somebody else's, or unlike the person's")
]


class EnrolledFaces(BaseModel):
    """What became of photos that were sent."""

    identity_id: str | None = Field(
        description="Who has the faces; null for somebody new whom no system has taken in yet"
    )
    name: str
    added: int = Field(description="Faces that were added")
    known: int = Field(description="Photos that they were known by already: nothing is added")
    is_taken_in: bool = Field(
        description="Whether they are recognised by it; false (status 202): it is written, and the "
        "system takes it in when a camera next shows it something, else when it starts again"
    )


def enroll(
    reached: Backends,
    name: str,
    photos: Sequence[SentPhoto],
    response: Response,
    *,
    anyway: bool,
    is_known: bool = False,
) -> EnrolledFaces:
    """Enrol photos as `genesis people enroll` does; raises what `Enroller.enroll` does."""
    settings = reached.settings
    enroller = Enroller(
        settings, anyway=anyway, faces=reached.look(settings.faces), insist="give anyway=true"
    )
    done = enroller.enroll(name, photos, within_s=WAIT_S, is_known=is_known)
    added, is_taken_in = len(photos) - done.known, done.person is not None
    if not is_taken_in:
        response.status_code = HTTPStatus.ACCEPTED
    elif not added:
        response.status_code = HTTPStatus.OK
    return EnrolledFaces(
        identity_id=done.person.identity_id if done.person else None,
        name=done.person.name if done.person else person_name(name),
        added=added,
        known=done.known,
        is_taken_in=is_taken_in,
    )
