"""Drift: at a camera those who are recognised are less like their templates than they used to be.

Light that changed, a lens that got dirty or was moved, people who grew older: each lowers the
similarity of matches long before names are missing. A mean over many matches is compared with
that of the camera's first ones. It tells less than it should: who falls below the threshold is
no match any more, so the mean falls slower than the likeness does.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

MATCHES = "matches"
"""The component that drifts, in the system's states."""

_PARTS = 100
"""A window moves on by a part of it: of 10,000 matches 100 sums are remembered."""

_RECOVERED = 0.5
"""Part of the drop that may be left when a camera is well again, so that it does not flicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPolicy:
    """When the similarity of matches has fallen too far.

    Attributes:
        window: Matches that a mean is taken over.
        drop: How far the mean may fall.
        baseline: What it falls from; None: the mean of a camera's first window.
    """

    window: int = 10_000
    drop: float = 0.08
    baseline: float | None = None


class Drift(NamedTuple):
    """A camera that began to drift, or is well again."""

    state: Literal["degraded", "recovered"]
    mean: float
    baseline: float


class MatchLevel(NamedTuple):
    """How alike matches at a camera are.

    Attributes:
        mean: Of the latest window.
        baseline: None as long as there were too few matches for one.
        matches: In the window.
    """

    mean: float
    baseline: float | None
    matches: int
    is_drifting: bool


class MatchDrift:
    """Follows the similarity of matches at each camera.

    A camera that is given another embedder begins anew: its similarities are others.
    """

    def __init__(self, policy: DriftPolicy) -> None:
        self._policy = policy
        self._cameras: dict[str, _Camera] = {}

    def update(self, camera_id: str, embedder: str, similarity: float) -> Drift | None:
        """Take the next match; return what changed by it."""
        camera = self._cameras.get(camera_id)
        if camera is None or camera.embedder != embedder:
            camera = self._cameras[camera_id] = _Camera(embedder, self._policy.baseline)
        if not camera.add(similarity, self._policy.window):
            return None
        mean, baseline = camera.mean, camera.baseline
        if baseline is None:
            camera.baseline = mean
            return None
        drop = self._policy.drop * (_RECOVERED if camera.is_drifting else 1)
        if (baseline - mean > drop) == camera.is_drifting:
            return None
        camera.is_drifting = not camera.is_drifting
        return Drift("degraded" if camera.is_drifting else "recovered", mean, baseline)

    def levels(self) -> dict[str, MatchLevel]:
        """Return how alike matches are, by camera."""
        return {
            camera_id: MatchLevel(camera.mean, camera.baseline, camera.matches, camera.is_drifting)
            for camera_id, camera in sorted(self._cameras.items())
        }


@dataclass(slots=True)
class _Camera:
    """The latest matches of one camera, as sums of parts of a window, the last being filled."""

    embedder: str
    baseline: float | None
    parts: deque[tuple[float, int]] = field(default_factory=deque)
    is_drifting: bool = False

    def add(self, similarity: float, window: int) -> bool:
        """Take a match; tell whether a part has been filled of a window that is full."""
        size = max(1, window // _PARTS)
        total, count = self.parts.pop() if self.parts and self.parts[-1][1] < size else (0.0, 0)
        self.parts.append((total + similarity, count + 1))
        while self.matches - self.parts[0][1] >= window:
            self.parts.popleft()
        return count + 1 == size and self.matches >= window

    @property
    def matches(self) -> int:
        return sum(count for _, count in self.parts)

    @property
    def mean(self) -> float:
        return sum(total for total, _ in self.parts) / self.matches
