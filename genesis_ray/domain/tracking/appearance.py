"""What is known of how people look: in one frame, and of each from the frames before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.places.geometry import Boxes
from genesis_ray.domain.streams.cuts import Grey
from genesis_ray.domain.tracking.heads import Box

Looks = npt.NDArray[np.float32]
"""How a person looks: float32 [d], of unit length, by one and the same method in a stream.

Looks may be protected by a secret key, which may change: then whoever holds some notes the key's
fingerprint beside them, "" for none, since only looks under one key can be compared."""

Renew = Callable[[Looks, str], Looks | None]
"""Brings looks, under the key of that fingerprint, under another; None: that key is not here."""


def _lost(looks: Looks, key: str) -> None:
    """Bring no looks under another key."""


class Impression(NamedTuple):
    """How somebody looks, of all sights until now.

    Attributes:
        is_clear: Whether it is of clear sights; else others, or the border, were in the way.
        key: Fingerprint of the key that protects the looks.
    """

    looks: Looks
    is_clear: bool
    key: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """One frame, as far as telling people apart needs its pixels.

    Attributes:
        aspect: The frame's width by its height.
        looks_of: Describes whoever is in a box, normalised to the frame. It takes time, and
            is asked about few boxes.
        grey: The frame made small, to notice a cut; None: none is looked for.
        key: Fingerprint of the key that protects the looks.
        renew: Brings looks of before under that key.
    """

    aspect: float
    looks_of: Callable[[Box], Looks]
    grey: Grey | None = None
    key: str = ""
    renew: Renew = _lost


@dataclass(slots=True)
class Person:
    """Somebody seen of late.

    Attributes:
        track: The tracker's id, None once the track is taken for somebody else's.
        speed: Of the sides of the box, a second.
        looked_at: When the looks were last seen without anything before them.
        key: Fingerprint of the key that protects the looks.
    """

    track: int | None
    seen_at: datetime
    box: Box
    speed: npt.NDArray[np.float64] | float = 0.0
    looks: Looks | None = None
    looked_at: datetime | None = None
    key: str = ""

    @property
    def is_clear(self) -> bool:
        """Whether the looks are this person's own."""
        return self.looked_at is not None

    def see(self, track: int, at: datetime, box: Box) -> None:
        """Take the next sight."""
        elapsed = (at - self.seen_at).total_seconds()
        if track != self.track:
            self.speed = 0.0  # where the box went while nobody looked is no speed
        elif elapsed > 0:
            speed = (box.astype(np.float64) - self.box) / elapsed
            self.speed = speed if isinstance(self.speed, float) else (self.speed + speed) / 2
        self.track, self.seen_at, self.box = track, at, box

    def come_under_key(self, view: View) -> None:
        """Have the looks as a view would tell them now: they are lost if their own key is."""
        if self.looks is None or self.key == view.key:
            return
        self.looks, self.key = view.renew(self.looks, self.key), view.key
        if self.looks is None:
            self.looked_at = None


class Scene:
    """The boxes of one frame, and the looks of those that were asked for."""

    def __init__(self, boxes: Boxes, around: Boxes, view: View | None) -> None:
        self.boxes = boxes
        self.view = view
        self.aspect = view.aspect if view else 1.0
        self._around = around
        self._seen: dict[int, Looks] = {}

    def looks(self, row: int) -> Looks:
        """Return the looks of a box, described once."""
        if row not in self._seen and self.view is not None:
            self._seen[row] = self.view.looks_of(self.boxes[row])
        return self._seen[row]

    def unlike(self, row: int, person: Person) -> float:
        """Return the cosine distance of a box's looks from a person's; infinity if unknown."""
        if self.view is None or person.looks is None:
            return np.inf
        # Not a dot product: its last bits may depend on where the arrays lie.
        return 1 - float(np.sum(self.looks(row) * person.looks, dtype=np.float64))

    def is_covered(self, row: int, share: float) -> bool:
        """Tell whether another box covers more than `share` of this one."""
        box = self.boxes[row]
        left_top = np.maximum(self._around[:, :2], box[:2])
        right_bottom = np.minimum(self._around[:, 2:], box[2:])
        overlap = np.prod(np.clip(right_bottom - left_top, 0, None), axis=1)
        covering = overlap > share * np.prod(box[2:] - box[:2])
        return int(covering.sum()) > 1  # it is itself among them
