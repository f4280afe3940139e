"""What was set aside."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from genesis_ray.analytics.dead_letters import present
from genesis_ray.api.deps import GivenCursor, Limit, NextCursor, Reached
from genesis_ray.api.pages import Cursor
from genesis_ray.domain.events import DeadLetterStatus, DeadLetterUnit

router = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])


class DeadLetterQuery(BaseModel):
    """Which dead letters to list."""

    model_config = ConfigDict(extra="forbid")

    status: DeadLetterStatus | None = Field(default=None, description="Only those that are so now")
    limit: Limit = 100
    cursor: GivenCursor = None


class DeadLetter(BaseModel):
    """Work that failed again and again and was set aside, as it is now."""

    model_config = ConfigDict(extra="forbid")

    dead_letter_id: str
    tenant_id: str
    site_id: str
    camera_id: str
    captured_at: datetime = Field(description="Of the frame, or of the recording's beginning")
    unit: DeadLetterUnit
    stage: str = Field(description="What failed")
    frame_index: int | None
    attempts: int
    reason: str = Field(description="How it failed")
    status: DeadLetterStatus
    changed_at: datetime | None = Field(description="When it was replayed or dropped")
    outcome: str = Field(description="What replaying found, or why it was dropped")


class DeadLetterPage(BaseModel):
    """Dead letters by when they were captured, then by their id."""

    dead_letters: list[DeadLetter]
    next_cursor: NextCursor


@router.get("")
def read_dead_letters(
    reached: Reached, query: Annotated[DeadLetterQuery, Query()]
) -> DeadLetterPage:
    """List what was set aside because it failed again and again, and what became of it.

    `genesis dead-letters` replays and drops.
    """
    cursor = Cursor.parse(query.cursor) if query.cursor else None
    found = present(
        reached.events,
        status=query.status,
        after=(cursor.at, cursor.row_id) if cursor else None,
        limit=query.limit + 1,  # one more tells whether there is a next page
    )
    letters = _LETTERS.validate_python(found.to_pylist())
    page, more = letters[: query.limit], len(letters) > query.limit
    return DeadLetterPage(
        dead_letters=page, next_cursor=str(Cursor(*_key(page[-1]))) if more else None
    )


_LETTERS = TypeAdapter(list[DeadLetter])


def _key(letter: DeadLetter) -> tuple[datetime, str]:
    return letter.captured_at, letter.dead_letter_id
