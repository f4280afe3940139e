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

AGGRESSIVE_FPS = 1.0
"""Frames a second of a camera whose frames are left out first, where nothing else is set."""


def drop_class_of(role: Role) -> DropClass:
    """Return what a camera of this role may lose."""
    return _CLASSES[role]


def looks_at_faces(role: Role) -> bool:
    """Tell whether faces are looked at by a camera of this role, where nothing else is set."""
    return role != "vehicle"


def rank_of(role: Role) -> int:
    """Return the place of a role in the order of importance, 0 for the first."""
    return list(_CLASSES).index(role)
