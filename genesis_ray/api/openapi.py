"""The API's description: `python -m genesis_ray.api.openapi docs/openapi.json` writes it."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from genesis_ray.api.app import create_app
from genesis_ray.api.backends import Backends
from genesis_ray.domain.figures.event_page import PageRequest
from genesis_ray.running.changes import Changes
from genesis_ray.running.enrolling.photo_search import SearchInUse
from genesis_ray.running.live_state import LiveState
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.models import FaceSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_pages import page_of
from genesis_ray.store.schemas import EVENT_SCHEMAS
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import Photo


def document() -> dict[str, Any]:
    """Return the OpenAPI document, which does not depend on what is behind the API."""
    settings = Settings()
    nothing = Backends(
        started_with=settings,
        feed=_NoFeed(),
        camera_changes=_NoCameras(),
        events={},
        event_page=_no_events,
        look=_NoFaces,
        search=SearchInUse(settings, _NoFaces),
    )
    return create_app(nothing).openapi()


def _no_events(table: str, wanted: PageRequest) -> pa.Table:
    """Return the page of a log that is not there."""
    return page_of(EVENT_SCHEMAS[table].empty_table(), wanted)


class _NoFeed:
    """The feed of a system that is not there."""

    def state(self) -> LiveState:
        return LiveState()

    def frames_per_second(self) -> Mapping[str, float]:
        return {}


class _NoCameras:
    """The cameras of a system that is not there."""

    async def put(self, camera: CameraSettings, *, dry_run: bool) -> Changes:  # noqa: ARG002
        return Changes()

    async def remove(self, camera_id: str, *, dry_run: bool) -> Changes:  # noqa: ARG002
        return Changes()


class _NoFaces:
    """The models of a system that is not there."""

    def __init__(self, settings: FaceSettings) -> None:
        pass

    def of(self, photo: Photo) -> list[EmbeddedFace]:  # noqa: ARG002
        return []


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(), indent=2) + "\n")
