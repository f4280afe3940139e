"""How a live system is."""

from dataclasses import dataclass, field

from genesis_ray.figures import Figures
from genesis_ray.sections.cameras import CameraSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """What a live system says of itself.

    Attributes:
        missing: What it waits for, or has lost; nothing when it is ready.
        is_open: Whether all sources are open.
        failure: Why it stopped before its sources ended.
        cameras: Those it watches now; None as long as that is not known.
    """

    missing: tuple[str, ...] = ()
    is_open: bool = False
    failure: str | None = None
    figures: Figures = field(default_factory=Figures)
    cameras: tuple[CameraSettings, ...] | None = None
