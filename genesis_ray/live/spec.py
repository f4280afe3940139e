"""What the actors of one live system are told: names and small values."""

from dataclasses import dataclass
from pathlib import Path

from genesis_ray.settings import Settings

SUPERVISOR = "supervisor"
RESOLVER_ACTOR = "resolver"
JOURNAL_ACTOR = "journal"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSpec:
    """One live system.

    Attributes:
        run: The run folder.
        realtime: Pace recordings as they were captured, and drop what cannot be kept up with.
        detector_app: The Serve application that has the detector.
        embedder_app: The one that has the embedder.
    """

    settings: Settings
    run: Path
    realtime: bool
    detector_app: str
    embedder_app: str
