"""Work that fails again and again is set aside: the event that says so, and why."""

from datetime import datetime

from genesis_ray.domain.events import DeadLetterChanged, DeadLetterUnit
from genesis_ray.domain.stable_ids import stable_id
from genesis_ray.settings import Settings

_LONGEST_REASON = 200


def dead_letter(
    settings: Settings,
    *,
    unit: DeadLetterUnit,
    stage: str,
    camera_id: str,
    at: datetime,
    frame_index: int | None,
    attempts: int,
    reason: str,
) -> DeadLetterChanged:
    """Return the event that work will not be tried again unless somebody asks for it."""
    letter_id = stable_id(settings.tenant_id, "dead letter", camera_id, stage, at)
    return DeadLetterChanged(
        tenant_id=settings.tenant_id,
        site_id=settings.site_id,
        camera_id=camera_id,
        occurred_at=at,
        dead_letter_id=str(letter_id),
        status="waiting",
        unit=unit,
        stage=stage,
        frame_index=frame_index,
        attempts=attempts,
        reason=reason,
    )


def in_a_line(error: BaseException) -> str:
    """Return what an error says, in a line."""
    first_line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first_line}"[:_LONGEST_REASON]
