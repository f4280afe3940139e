"""What a camera tells a journal."""

from datetime import datetime, timedelta

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import TrackObserved
from genesis_ray.live.spec import Told
from genesis_ray.testing import DeadlyNumber
from tests.letters import NOON


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(
    camera_id: str, seconds: int, track_id: float = 1
) -> tuple[datetime, tuple[TrackObserved]]:
    event = TrackObserved(
        tenant_id="default",
        site_id="default",
        camera_id=camera_id,
        occurred_at=at(seconds),
        track_id=track_id,  # type: ignore[arg-type]
        frame_index=seconds,
        x1=0, y1=0, x2=1, y2=1,
        confidence=0.5,
    )  # fmt: skip
    return at(seconds), (event,)


def told(camera_id: str, *seconds: int, deadly: int = -1, ends: bool = False) -> Told:
    """What a camera saw at some seconds; who comes to what it saw at one of them dies."""
    events = [seen(camera_id, each, DeadlyNumber(7) if each == deadly else 1) for each in seconds]
    return Told(camera_id, events, DONE if ends else at(seconds[-1]))
