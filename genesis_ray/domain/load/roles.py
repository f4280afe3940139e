"""What a camera is for, and what it may lose when there is too much to do."""

from typing import Literal

Role = Literal["billing", "entrance", "face_capture", "tracking", "vehicle", "emotion"]
"""In order of importance."""

DropClass = Literal["never", "adaptive", "aggressive"]
"""What happens to a camera's frames under overload: they wait, fewer are taken, most are left."""

_CLASSES: dict[Role, DropClass] = {
    "billing": "never",
    "entrance": "never",
    "face_capture": "adaptive",
    "tracking": "adaptive",
    "vehicle": "aggressive",
    "emotion": "aggressive",
}

MOST_WAITING: dict[DropClass, int] = {"never": 30, "adaptive": 4, "aggressive": 1}
"""Frames of a real-time camera that wait. 30 are 6 s at 5 frames/s and 110 MB of 720p; 4 get over a
hiccup of the machine, and before what is seen becomes old, one in two is taken."""

_BURST = 5
"""Frames of a live stream that are taken at once, as after a network's pause. The reference's
figure."""

AGGRESSIVE_FPS = 1.0
"""Frames a second of a camera whose frames are left out first, where nothing else is set."""


def drop_class_of(role: Role) -> DropClass:
    """Return what a camera of this role may lose."""
    return _CLASSES[role]


def burst_of(role: Role) -> int:
    """Return how many frames of a live stream are taken at once: as many as may wait, or a few."""
    return max(_BURST, MOST_WAITING[drop_class_of(role)])


def looks_at_faces(role: Role) -> bool:
    """Tell whether faces are looked at by a camera of this role, where nothing else is set."""
    return role != "vehicle"


def rank_of(role: Role) -> int:
    """Return the place of a role in the order of importance, 0 for the first."""
    return list(_CLASSES).index(role)
