from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.load.roles import Role
from genesis_ray.domain.streams.stream_health import StreamLimits
from genesis_ray.vision.stream import LiveStream
from genesis_ray.vision.stream_address import StreamAddress
from tests.vision.watching import Watching


@pytest.fixture
def watch():
    watched = []

    def watch(
        url: str,
        *,
        process_fps: float | None = None,
        role: Role = "tracking",
        stalled_after_s: float = 20,
        now=lambda: datetime.now(UTC),
        **options,
    ) -> Watching:
        stream = LiveStream(
            StreamAddress(url, **options),
            camera_id="door",
            process_fps=process_fps,
            role=role,
            limits=StreamLimits(stalled_after=timedelta(seconds=stalled_after_s)),
            now=now,
        )
        watched.append(Watching(stream))
        return watched[-1]

    yield watch
    for each in watched:
        each.close()
