"""People who stand and walk by a plan, before two cameras: what is to be counted is known.

Everybody stands at the left or at the right of a picture and walks across to the other side, over
a line and out of or into a zone. Stands are long enough to settle, so that each walk counts, and
shorter than the 3 s after which somebody counts as sitting or standing still: then who comes to
the same place is taken for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from genesis_ray.domain.events import Event, FaceRecognized
from genesis_ray.domain.places.geometry import Point, Polygon
from genesis_ray.domain.places.lines import Line
from genesis_ray.domain.places.zones import Zone
from genesis_ray.domain.streams.frames import FrameStamp
from genesis_ray.domain.tracking.appearance import View
from genesis_ray.domain.tracking.detections import Detections, Tracks
from genesis_ray.pipeline.observer import CameraObserver, CameraRules, Tracker
from genesis_ray.pipeline.producers import TimedEvents

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CAMERAS = ("door", "till")
FILM_S = 65.0
VISIT_GAP_S = 15.0
SETTLE_S = 0.5

_LEFT, _RIGHT = 0.2, 0.8
_ZONE_UNTIL, _LINE_AT = 0.45, 0.6
_PARTS_S = (0.0, 43.0)
"""When people begin to come: those of the first are gone for long before the second."""


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Walker:
    """Somebody who comes once.

    Attributes:
        stands_s: How long they stand at each side, in turn.
        named_after_s: In view, until their track has its name; None if it never has one.
    """

    number: int
    camera: str
    who: str
    appears_s: float
    starts_left: bool
    stands_s: tuple[float, ...]
    walk_s: float
    named_after_s: float | None

    @property
    def leaves_s(self) -> float:
        return self.appears_s + sum(self.stands_s) + self.walk_s * (len(self.stands_s) - 1)

    def place(self, second: float) -> float | None:
        """Return where they are, from 0 at the left to 1; None while they are not there."""
        if not self.appears_s <= second <= self.leaves_s:
            return None
        is_left, left_s = self.starts_left, second - self.appears_s
        for stand_s in self.stands_s:
            here, there = (_LEFT, _RIGHT) if is_left else (_RIGHT, _LEFT)
            if left_s <= stand_s:
                return here
            left_s -= stand_s
            if left_s < self.walk_s:
                return here + (there - here) * left_s / self.walk_s
            left_s, is_left = left_s - self.walk_s, not is_left
        return here

    def _walks(self) -> list[tuple[float, bool]]:
        """Return when each walk begins and whether it goes to the right."""
        walks, begins_s, is_left = [], self.appears_s, self.starts_left
        for stand_s in self.stands_s[:-1]:
            begins_s += stand_s
            walks.append((begins_s, is_left))
            begins_s, is_left = begins_s + self.walk_s, not is_left
        return walks

    def _passes(self, x: float) -> list[tuple[float, bool]]:
        share = (x - _LEFT) / (_RIGHT - _LEFT)
        return [
            (begins_s + self.walk_s * (share if to_right else 1 - share), to_right)
            for begins_s, to_right in self._walks()
        ]

    def line_crossings(self) -> list[tuple[float, str]]:
        """Return when they go over the line, and which way."""
        return [(s, "in" if to_right else "out") for s, to_right in self._passes(_LINE_AT)]

    def zone_periods(self) -> list[tuple[float, float]]:
        """Return from when to when they are in the zone."""
        times = [s for s, _ in self._passes(_ZONE_UNTIL)]
        if self.starts_left:
            times.insert(0, self.appears_s)
        if len(times) % 2:
            times.append(self.leaves_s)
        return list(zip(times[::2], times[1::2], strict=True))


@st.composite
def crowds(draw: st.DrawFn, *, named: bool = True) -> list[Walker]:
    """Up to five who come before either camera; some have a name, and some come twice."""
    walkers = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        stands_s = draw(st.lists(st.floats(1.5, 2.7), min_size=1, max_size=3))
        walkers.append(
            Walker(
                number=number,
                camera=draw(st.sampled_from(CAMERAS)),
                who=draw(st.sampled_from(["ada", "bob"])),
                appears_s=draw(st.sampled_from(_PARTS_S)) + draw(st.floats(0, 5)),
                starts_left=draw(st.booleans()),
                stands_s=tuple(stands_s),
                walk_s=draw(st.floats(1, 3)),
                named_after_s=draw(st.none() | st.floats(0, stands_s[0] - 0.6)) if named else None,
            )
        )
    return walkers


class NumberedPeople:
    """A tracker that is told who is who: a detection's confidence is a hundredth of the id."""

    def __init__(self) -> None:
        self._at = START
        self._seen_at: dict[int, datetime] = {}

    def update(self, at: datetime, detections: Detections, view: View | None) -> Tracks:  # noqa: ARG002
        tracks = Tracks(detections, np.rint(detections.confidence * 100).astype(np.int64))
        self._at = at
        self._seen_at |= dict.fromkeys(tracks.track_id.tolist(), at)
        return tracks

    def is_open(self, track_id: int) -> bool:
        return self._at - self._seen_at[track_id] <= timedelta(seconds=2)

    def impression(self, track_id: int) -> None:
        """Nobody looks."""


def observer(camera: str, tracker: Tracker | None = None) -> CameraObserver:
    rules = CameraRules(
        tenant_id="shop",
        site_id="york",
        camera_id=camera,
        zones=(Zone(f"{camera} zone", Polygon.of([(0, 0), (0.45, 0), (0.45, 1), (0, 1)])),),
        lines=(Line("line", Point(_LINE_AT, 1), Point(_LINE_AT, 0)),),  # upwards: in is right
        settle=timedelta(seconds=SETTLE_S),
        faces=None,
    )
    return CameraObserver(rules, tracker or NumberedPeople())


@dataclass
class Told:
    """What each camera tells of a film, and what the resolver tells of its tracks."""

    cameras: dict[str, TimedEvents] = field(default_factory=dict)
    names: TimedEvents = field(default_factory=list)


def frames(
    walkers: Sequence[Walker], camera: str, fps: float
) -> list[tuple[FrameStamp, Detections]]:
    """Return the frames of a camera's film with the people in each."""
    film = []
    for index in range(int(FILM_S * fps)):
        places = [(w.number, w.place(index / fps)) for w in walkers if w.camera == camera]
        there = [(number, x) for number, x in places if x is not None]
        boxes = [(x - 0.05, 0.2, x + 0.05, 0.8) for _, x in there]
        people = Detections(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.array([number for number, _ in there], np.float32) / 100,
        )
        film.append((FrameStamp(camera, index, at(index / fps)), people))
    return film


def told(walkers: Sequence[Walker], fps: float) -> Told:
    """Return what cameras that look so many times a second tell."""
    result = Told()
    for camera in CAMERAS:
        watching = observer(camera)
        observations = [
            watching.observe(*frame, width=640) for frame in frames(walkers, camera, fps)
        ]
        end = watching.finish()
        assert end
        result.cameras[camera] = [(each.at, each.events) for each in [*observations, end]]
    for walker in walkers:
        if walker.named_after_s is not None:
            second = np.ceil((walker.appears_s + walker.named_after_s) * fps) / fps
            result.names.append((at(second), (name(walker, at(second)),)))
    result.names.sort(key=lambda each: each[0])
    return result


def name(walker: Walker, when: datetime) -> Event:
    return FaceRecognized(
        tenant_id="shop",
        site_id="york",
        camera_id=walker.camera,
        occurred_at=when,
        track_id=walker.number,
        identity_id=walker.who,
        decision="named",
        similarity=0.8,
        runner_up_similarity=None,
        threshold=0.5,
        votes=3,
        quality=0.9,
        gate="",
        is_new=False,
        embedder="fused",
    )
