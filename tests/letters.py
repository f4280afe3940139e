"""Dead letters, for the tests of all who list, replay or drop them."""

from datetime import UTC, datetime, timedelta

from genesis_ray.domain.events import DeadLetterChanged, DeadLetterStatus
from genesis_ray.running.set_aside import dead_letter
from genesis_ray.settings import Settings

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVENING = NOON + timedelta(hours=6)


def recording(
    camera_id: str, *, at: datetime = NOON, stage: str = "watch", tenant_id: str = "default"
) -> DeadLetterChanged:
    """Return that a recording was set aside."""
    return dead_letter(
        Settings(tenant_id=tenant_id, site_id="site"),
        unit="recording",
        stage=stage,
        camera_id=camera_id,
        at=at,
        frame_index=None,
        attempts=4,
        reason="RuntimeError: cannot digest this picture",
    )


def frame(
    camera_id: str, frame_index: int, *, at: datetime, stage: str = "detect"
) -> DeadLetterChanged:
    """Return that a frame was set aside."""
    return dead_letter(
        Settings(site_id="site"),
        unit="frame",
        stage=stage,
        camera_id=camera_id,
        at=at,
        frame_index=frame_index,
        attempts=4,
        reason="RuntimeError: cannot digest this picture",
    )


def became(
    letter: DeadLetterChanged,
    status: DeadLetterStatus,
    outcome: str = "",
    *,
    at: datetime = EVENING,
) -> DeadLetterChanged:
    """Return what became of a dead letter."""
    return DeadLetterChanged(
        tenant_id=letter.tenant_id,
        site_id=letter.site_id,
        camera_id=letter.camera_id,
        occurred_at=at,
        dead_letter_id=letter.dead_letter_id,
        status=status,
        unit=letter.unit,
        stage=letter.stage,
        frame_index=letter.frame_index,
        attempts=letter.attempts,
        reason=outcome,
    )
