"""What goes on right now."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from genesis_ray.api.counts import WINDOW_S, CameraCounts, Counts, count, total
from genesis_ray.api.deps import Reached, Shared
from genesis_ray.errors import NotFoundError

router = APIRouter(prefix="/v1/metrics", tags=["metrics"])


class CurrentQuery(BaseModel):
    """What to count."""

    model_config = ConfigDict(extra="forbid")

    camera_id: str | None = Field(default=None, description="Only this camera; else all")
    queue_zone_id: list[str] | None = Field(
        default=None,
        description="Zones in which people queue; by default those of the alert rules `queue` and "
        "`wait`",
    )


class CurrentMetrics(Counts):
    """What goes on, counted over the cameras asked for and for each."""

    timestamp: datetime = Field(description="Of the answer")
    captured_at: datetime | None = Field(
        description="The moment in the video up to which is counted; null before the first frame "
        "and after the last"
    )
    window_s: float
    cameras: list[CameraCounts]


@router.get("/current")
def read_current_metrics(
    reached: Reached, shared: Shared, query: Annotated[CurrentQuery, Query()]
) -> CurrentMetrics:
    """Count people in view, in zones and in queues, faces, frames and drops."""
    known = [camera.camera_id for camera in reached.cameras]
    if query.camera_id not in (None, *known):
        raise NotFoundError(
            f"no camera {query.camera_id!r}; there are {', '.join(known) or 'none'}"
        )
    queues = reached.queue_zone_ids if query.queue_zone_id is None else query.queue_zone_id
    asked = [query.camera_id] if query.camera_id else known
    counts = shared.ask(
        ("current metrics", *asked, None, *queues), lambda: count(reached, asked, queues)
    )
    return CurrentMetrics(
        timestamp=datetime.now(UTC),
        captured_at=reached.feed.state().figures.moment,
        window_s=WINDOW_S,
        cameras=counts,
        **total(counts).model_dump(),
    )
