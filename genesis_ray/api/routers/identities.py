"""Whom faces are like."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from genesis_ray.api.deps import Reached
from genesis_ray.api.face_places import LANDMARKS, FaceBox
from genesis_ray.api.uploads import SentForm, form_described
from genesis_ray.domain.recognition.people import Kind
from genesis_ray.running.enrolling.photo_search import PhotoFace, Says
from genesis_ray.running.people.identities import who_is_who

router = APIRouter(prefix="/v1/identities", tags=["identities"])


class SearchQuery(BaseModel):
    """How to search."""

    model_config = ConfigDict(extra="forbid")

    k: int = Field(default=3, ge=1, le=100, description="Most people that are told of a face")
    threshold: float | None = Field(
        default=None, ge=0, le=1, description="Least similarity of a match; the one in force"
    )
    identity_id: str | None = Field(
        default=None, description="Test whether this person is recognised: answers `recognised`"
    )


class LikePerson(BaseModel):
    """Somebody whom a face is like."""

    identity_id: str
    name: str
    kind: Kind
    similarity: float = Field(description="Cosine, -1 to 1")
    is_above_threshold: bool


class FaceOfPhoto(BaseModel):
    """A face of a photo, and whom it is like."""

    photo: str = Field(description="What its file is called")
    box: FaceBox = Field(description="Left, top, right, bottom")
    landmarks: list[tuple[float, float]] = Field(description=LANDMARKS)
    quality: float = Field(description="0 (useless) to 1 (frontal, large, sharp)")
    says: Says = Field(
        description="What one look at it comes to: a match with the first, or why with nobody; a "
        "camera's track takes several that agree"
    )
    people: list[LikePerson] = Field(description="Most alike first")

    @classmethod
    def of(cls, face: PhotoFace) -> Self:
        """Return how a face is told."""
        return cls(
            photo=str(face.photo),
            box=face.box,
            landmarks=[*face.landmarks],
            quality=face.quality,
            says=face.says,
            people=[
                LikePerson(
                    identity_id=person.identity_id,
                    name=person.name,
                    kind=person.kind,
                    similarity=similarity,
                    is_above_threshold=similarity >= face.threshold,
                )
                for person, similarity in face.people
            ],
        )


class FoundFaces(BaseModel):
    """The faces of photos, of each photo the largest first."""

    threshold: float = Field(description="Least similarity of a match")
    recognised: bool | None = Field(
        description="Whether a face is a match with the person asked for; null: nobody was"
    )
    faces: list[FaceOfPhoto]


@router.post("/search", openapi_extra=form_described(with_name=False))
def search_identities(
    reached: Reached, form: SentForm, query: Annotated[SearchQuery, Query()]
) -> FoundFaces:
    """Tell whom the faces of photos are like; nothing of them is stored.

    That somebody searched is in the audit log. Where consent is required, who gave none is not told
    of.
    """
    wanted = query.identity_id and who_is_who(reached.settings).person(query.identity_id)
    found = reached.search.search(form.photos, limit=query.k, threshold=query.threshold)
    return FoundFaces(
        threshold=found[0].threshold,
        recognised=any(_is_match(face, wanted.identity_id) for face in found) if wanted else None,
        faces=[FaceOfPhoto.of(face) for face in found],
    )


def _is_match(face: PhotoFace, identity_id: str) -> bool:
    return face.says == "match" and face.people[0][0].identity_id == identity_id
