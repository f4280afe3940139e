from collections.abc import Iterator
from pathlib import Path

import pytest

from genesis_ray.api.backends import Backends
from genesis_ray.store.event_log import EventLog
from genesis_ray.store.people import People
from genesis_ray.store.reader import RunTables
from genesis_ray.store.run_folder import RunFolder
from tests.api.system import CAMERAS, StillFeed, System, local_client


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """A system of the tenant `default`, on this machine."""
    run = RunFolder.create(tmp_path / "run")
    feed = StillFeed()
    backends = Backends(
        configured=CAMERAS,
        feed=feed,
        events=RunTables(run.events, "default"),
        people=lambda: People(tmp_path / "gallery").everyone(),
    )
    with EventLog(run.events) as log:
        yield System(tmp_path, log, feed, local_client(backends))
