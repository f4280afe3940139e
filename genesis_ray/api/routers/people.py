"""Who is known, and making somebody known."""

from collections.abc import Collection
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from genesis_ray.api.backends import Backends
from genesis_ray.api.deps import Changed, GivenCursor, Limit, NextCursor, Reached
from genesis_ray.api.enrolling import Anyway, EnrolledFaces, enroll
from genesis_ray.api.pages import Cursor
from genesis_ray.api.uploads import SentForm, form_described
from genesis_ray.domain.recognition.people import Kind, Person
from genesis_ray.running.people.identities import who_is_who
from genesis_ray.running.people.tags import put_tag, tags_of_all
from genesis_ray.store.audit.audit_entry import this_user

router = APIRouter(prefix="/v1/people", tags=["people"])


class PeopleQuery(BaseModel):
    """Which people to list."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind | None = Field(default=None, description="Only enrolled people, or only visitors")
    tag: str | None = Field(default=None, description="Only people with this tag, as staff")
    limit: Limit = 100
    cursor: GivenCursor = None


class ShownPerson(BaseModel):
    """A person that the system tells from others."""

    identity_id: str
    name: str
    kind: Kind = Field(description="Enrolled by somebody under a name, or a pseudonymous visitor")
    enrolled_at: datetime
    tags: list[str] = Field(description="As vip, banned or staff")


class PeoplePage(BaseModel):
    """People by when they were enrolled, then by their id."""

    people: list[ShownPerson]
    next_cursor: NextCursor


@router.get("")
def read_people(reached: Reached, query: Annotated[PeopleQuery, Query()]) -> PeoplePage:
    """List the people of the gallery."""
    after = Cursor.parse(query.cursor) if query.cursor else None
    tagged = tags_of_all(reached.settings)
    rest = [
        person
        for person in who_is_who(reached.settings).people
        if query.kind in (None, person.kind)
        and (query.tag is None or query.tag in tagged.get(person.identity_id, ()))
        and (after is None or _key(person) > (after.at, after.row_id))
    ]
    page, more = rest[: query.limit], len(rest) > query.limit
    return PeoplePage(
        people=[_shown(person, tagged.get(person.identity_id, ())) for person in page],
        next_cursor=str(Cursor(*_key(page[-1]))) if more else None,
    )


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    openapi_extra=form_described(with_name=True),
)
def enroll_person(
    reached: Changed, form: SentForm, response: Response, anyway: Anyway = False
) -> EnrolledFaces:
    """Make a person known by photos; a name that is known gets more faces.

    Each photo shows one face. All are looked at before anything is written, and what
    `genesis people enroll` refuses is refused with the same words.
    """
    return enroll(reached, form.name, form.photos, response, anyway=anyway)


@router.put("/{identity_id}/tags/{tag}")
def tag_person(reached: Changed, identity_id: str, tag: str) -> ShownPerson:
    """Put a tag on a person, as vip, banned or staff; alerts go by tags."""
    return _tagged(reached, identity_id, tag, is_set=True)


@router.delete("/{identity_id}/tags/{tag}")
def untag_person(reached: Changed, identity_id: str, tag: str) -> ShownPerson:
    """Take a tag off a person; one that they do not have is no mistake."""
    return _tagged(reached, identity_id, tag, is_set=False)


def _tagged(reached: Backends, identity_id: str, tag: str, *, is_set: bool) -> ShownPerson:
    known = who_is_who(reached.settings).person(identity_id).identity_id
    tagged = put_tag(reached.settings, known, tag, is_set=is_set, by=this_user())
    return _shown(tagged.person, tagged.tags)


def _key(person: Person) -> tuple[datetime, str]:
    return person.enrolled_at, person.identity_id


def _shown(person: Person, tags: Collection[str]) -> ShownPerson:
    return ShownPerson(
        identity_id=person.identity_id,
        name=person.name,
        kind=person.kind,
        enrolled_at=person.enrolled_at,
        tags=sorted(tags),
    )
