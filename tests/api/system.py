"""A system in a folder, for the tests of the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from fastapi.testclient import TestClient
from httpx2 import Response

from genesis_ray.api.app import create_app
from genesis_ray.api.backends import Backends
from genesis_ray.domain.events import FaceRecognized, TrackObserved, ZoneCrossed
from genesis_ray.domain.recognition.ledger import Entry
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import NotFoundError, SourceError
from genesis_ray.figures import Figures
from genesis_ray.running.changes import Changes, changes_between
from genesis_ray.running.enrolling.photo_faces import LoadedPhotoFaces
from genesis_ray.running.enrolling.photo_search import SearchInUse
from genesis_ray.running.live_state import LiveState
from genesis_ray.running.result import CameraProgress
from genesis_ray.running.templates.protected import ProtectedEmbedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.zones import LineSettings, ZoneSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.keys.template_keys import TemplateKey
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import gallery_folder
from genesis_ray.testing import ColourEmbedder
from genesis_ray.vision.faces import EmbeddedFace
from genesis_ray.vision.photo_file import Photo

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))

CAMERAS = (
    CameraSettings(
        camera_id="door",
        source="door.mp4",
        zones=(ZoneSettings(zone_id="entrance", outline=HALF),),
        lines=(LineSettings(line_id="sill", start=(0.0, 0.9), end=(1.0, 0.9)),),
    ),
    CameraSettings(camera_id="street", source="street.mp4"),
)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def observed(
    seconds: float, *, track_id: int = 1, camera_id: str = "door", tenant_id: str = "default"
) -> TrackObserved:
    return TrackObserved(
        tenant_id=tenant_id,
        site_id="site",
        camera_id=camera_id,
        occurred_at=at(seconds),
        track_id=track_id,
        frame_index=round(seconds * 10),
        x1=0.1,
        y1=0.2,
        x2=0.3,
        y2=0.9,
        confidence=0.7,
    )


def crossed(seconds: float, direction: str, *, track_id: int = 1) -> ZoneCrossed:
    return ZoneCrossed(
        tenant_id="default",
        site_id="site",
        camera_id="door",
        occurred_at=at(seconds),
        zone_id="entrance",
        track_id=track_id,
        direction=direction,
    )


def recognized(seconds: float, *, track_id: int = 1, is_new: bool = False) -> FaceRecognized:
    return FaceRecognized(
        tenant_id="default",
        site_id="site",
        camera_id="door",
        occurred_at=at(seconds),
        track_id=track_id,
        identity_id=f"identity-{track_id}",
        decision="named",
        similarity=0.9,
        runner_up_similarity=None,
        threshold=0.5,
        votes=3,
        quality=0.8,
        gate="",
        is_new=is_new,
        embedder="fused",
    )


@dataclass
class StillFeed:
    """A live system that stays as it is."""

    now: LiveState = field(
        default_factory=lambda: LiveState(
            is_open=True,
            figures=Figures(
                cameras=(
                    CameraProgress(
                        camera_id="door",
                        frames=40,
                        expected_frames=100,
                        dropped={"busy": 2},
                        clock_offset_s=0.125,
                    ),
                    CameraProgress(camera_id="street", frames=10, is_done=True),
                ),
                events={"TrackObserved": 4},
                stage_s={"detect": 1.5},
                logged_until=at(10),
            ),
        )
    )
    rates: Mapping[str, float] = field(default_factory=lambda: {"door": 9.96})

    def state(self) -> LiveState:
        return self.now

    def frames_per_second(self) -> Mapping[str, float]:
        return self.rates


class CamerasOf:
    """Changes cameras as the live system does, but for what watches them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def put(self, camera: CameraSettings, *, dry_run: bool) -> Changes:
        if camera.source == "nowhere.mp4":
            raise SourceError("nowhere.mp4: no such file")
        others = [each for each in self.settings.cameras if each.camera_id != camera.camera_id]
        return self._changed([*others, camera], dry_run=dry_run)

    async def remove(self, camera_id: str, *, dry_run: bool) -> Changes:
        left = [each for each in self.settings.cameras if each.camera_id != camera_id]
        if len(left) == len(self.settings.cameras):
            raise NotFoundError(f"no camera {camera_id!r}")
        return self._changed(left, dry_run=dry_run)

    def _changed(self, cameras: list[CameraSettings], *, dry_run: bool) -> Changes:
        after = self.settings.model_copy(update={"cameras": tuple(cameras)})
        changes = changes_between(self.settings, after)
        if not dry_run:
            self.settings = after
        return changes


class FacesUnder:
    """Looks at photos as an embedder that is served does: under a key that may be an older one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _key(self) -> TemplateKey:
        return tenant_keys(self._settings).current

    def of(self, photo: Photo) -> list[EmbeddedFace]:
        return LoadedPhotoFaces(ProtectedEmbedder(ColourEmbedder(), self._key)).of(photo)


@dataclass
class System:
    """A data folder with a log that is being written, and the API over it."""

    data: Path
    log: EventLog
    feed: StillFeed
    settings: Settings
    client: TestClient

    def under(self, settings: Settings) -> "System":
        """Return the same under other settings, as if it were started with them."""
        backends: Backends = self.client.app.state.backends
        own = {"started_with": settings, "search": SearchInUse(settings, backends.look)}
        return replace(self, settings=settings, client=local_client(replace(backends, **own)))

    def add_people(self, *people: Person) -> None:
        with People(gallery_folder(self.data, "default"), writer=True) as stored:
            for person in people:
                stored.add(person)

    def decide(self, *entries: Entry) -> None:
        with Ledger(gallery_folder(self.data, "default"), writer=True) as ledger:
            for entry in entries:
                ledger.append(entry)

    def send(self, path: str, *photos: bytes, name: str | None = None, **query: object) -> Response:
        """Send photos in a form, as files that are called 0.png, 1.png, and so on."""
        files = [("photo", (f"{place}.png", each)) for place, each in enumerate(photos)]
        form = {} if name is None else {"name": name}
        return self.client.post(path, files=files, data=form, params=query)

    def enroll(self, name: str, *photos: bytes) -> str:
        """Make a person known; return the identity."""
        answer = self.send("/v1/people", *photos, name=name)
        assert answer.status_code == 201, answer.text
        return answer.json()["identity_id"]

    def get(self, path: str, **parameters: object) -> object:
        answer = self.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


def local_client(backends: Backends) -> TestClient:
    return TestClient(
        create_app(backends),
        base_url="http://localhost:8000",
        client=("127.0.0.1", 50000),
        raise_server_exceptions=False,
    )
