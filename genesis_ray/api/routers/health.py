"""Whether the system is up, for people, load balancers and Prometheus."""

from http import HTTPStatus
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from genesis_ray.api.deps import Reached
from genesis_ray.running.live_state import LiveState
from genesis_ray.telemetry import CONTENT_TYPE, render

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The API's own state."""

    status: Literal["ok"]
    version: str


class Readiness(BaseModel):
    """Whether the whole system works."""

    ready: bool
    missing: list[str] = Field(description="What it waits for, or has lost")


@router.get("/health")
async def read_health() -> Health:
    """Tell that the API's process is up."""
    return Health(status="ok", version=version("genesis-ray"))


@router.get("/ready", responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": Readiness}})
async def read_readiness(reached: Reached, response: Response) -> Readiness:
    """Tell whether sources are open and model replicas are up; 503 with what is missing."""
    missing = _missing(reached.feed.state())
    if missing:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Readiness(ready=not missing, missing=missing)


@router.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE: {}}}})
async def read_prometheus_metrics(reached: Reached) -> Response:
    """What the system has counted, in Prometheus text format."""
    state = reached.feed.state()
    text = render(state.figures, is_ready=not _missing(state))
    return Response(text, media_type=CONTENT_TYPE)


def _missing(state: LiveState) -> list[str]:
    return [*state.missing, *([state.failure] if state.failure else [])]
