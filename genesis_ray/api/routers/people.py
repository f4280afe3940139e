"""Who is known."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from genesis_ray.api.deps import GivenCursor, Limit, NextCursor, Reached
from genesis_ray.api.pages import Cursor
from genesis_ray.domain.people import Kind, Person

router = APIRouter(prefix="/v1/people", tags=["people"])


class PeopleQuery(BaseModel):
    """Which people to list."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind | None = Field(default=None, description="Only enrolled people, or only visitors")
    limit: Limit = 100
    cursor: GivenCursor = None


class ShownPerson(BaseModel):
    """A person that the system tells from others."""

    identity_id: str
    name: str
    kind: Kind = Field(description="Enrolled by somebody under a name, or a pseudonymous visitor")
    enrolled_at: datetime


class PeoplePage(BaseModel):
    """People by when they were enrolled, then by their id."""

    people: list[ShownPerson]
    next_cursor: NextCursor


@router.get("")
def read_people(reached: Reached, query: Annotated[PeopleQuery, Query()]) -> PeoplePage:
    """List the people of the gallery."""
    after = Cursor.parse(query.cursor) if query.cursor else None
    rest = [
        person
        for person in reached.people()
        if query.kind in (None, person.kind)
        and (after is None or _key(person) > (after.at, after.row_id))
    ]
    page, more = rest[: query.limit], len(rest) > query.limit
    return PeoplePage(
        people=[_shown(person) for person in page],
        next_cursor=str(Cursor(*_key(page[-1]))) if more else None,
    )


def _key(person: Person) -> tuple[datetime, str]:
    return person.enrolled_at, person.identity_id


def _shown(person: Person) -> ShownPerson:
    return ShownPerson(
        identity_id=person.identity_id,
        name=person.name,
        kind=person.kind,
        enrolled_at=person.enrolled_at,
    )
