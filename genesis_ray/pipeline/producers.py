"""What passes between cameras, resolver and journal.

Live actors, the local mode and an archive's last pass all feed the same two stages, so what
they make of the same observations is the same, whatever order the cameras are named in.
"""

from collections.abc import Callable
from datetime import datetime

from genesis_ray.domain.events import Event
from genesis_ray.domain.recognition.carrying import Appearance
from genesis_ray.domain.recognition.identity import FaceSight

RESOLVER = "~resolver"
"""The resolver's name as a producer of events. No camera can be called so, and what it says of a
moment comes after what cameras say of it: in order of names `~` is behind all letters."""

TimedEvents = list[tuple[datetime, tuple[Event, ...]]]
"""Events by the time of the frame that brought them about."""

Evidence = FaceSight | Appearance
"""What tells who a track is."""

AdmitsEvidence = Callable[[Evidence], bool]
AdmitsEvents = Callable[[datetime, tuple[Event, ...]], bool]
"""Asked before each item is gone through; what is refused is left out."""


def admit_all(*_: object) -> bool:
    """Leave nothing out."""
    return True
