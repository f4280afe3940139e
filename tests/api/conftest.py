from collections.abc import Iterator
from pathlib import Path

import pytest

from genesis_ray.api.backends import Backends
from genesis_ray.running.enrolling.photo_search import SearchInUse
from genesis_ray.running.questions.event_pages import EventPages
from genesis_ray.running.questions.history import present_tables
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.api.system import CAMERAS, CamerasOf, FacesUnder, StillFeed, System, local_client


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """A system of the tenant `default`, on this machine."""
    run = RunFolder.create(tmp_path / "run")
    settings = Settings(
        data_dir=tmp_path,
        cameras=CAMERAS,
        faces={"embedder": "synthetic"},
        alerts=[{"rule": "queue", "zone_id": "entrance"}],
    )
    feed, faces = StillFeed(), FacesUnder(settings)
    backends = Backends(
        started_with=settings,
        feed=feed,
        camera_changes=CamerasOf(settings),
        events=present_tables(run.events, settings, settings.tenant_id),
        event_page=EventPages(run.events, settings),
        look=lambda _: faces,
        search=SearchInUse(settings, lambda _: faces),
    )
    with EventLog(run.events) as log:
        yield System(tmp_path, log, feed, settings, local_client(backends))
