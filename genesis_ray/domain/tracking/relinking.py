"""Finding people again: a track that begins may take over the id of one that was lost.

A tracker goes by motion alone, so whoever is hidden for a while comes out as somebody new. Here
place, size and looks decide whether it is somebody known, as in the re-identification of
P. Bergmann et al., "Tracking without bells and whistles", ICCV 2019, but by time, not by frames.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.places.geometry import Boxes
from genesis_ray.domain.tracking.appearance import Impression, Person, Scene, View
from genesis_ray.domain.tracking.heads import Box

_LONGEST_TURN = timedelta(seconds=1)
"""However slow the camera, another person may have come after this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelinkPolicy:
    """When two tracks are one person.

    A wrong link gives one person the history of another, a missing one only splits a person
    in two. The defaults belong to `vision.looks` and lie on a plateau (docs/tracking.md).

    Attributes:
        gap: Longest time unseen.
        unlike: Cosine distance of looks up to which a track that begins is a lost person's.
        alien: Distance above which a track that was lost and that the tracker took up
            again, which speaks for it, is somebody else's all the same.
        reach, speed: How far a person may have got: box heights, and more of them a second.
        growth: Most that the height of the box may have changed, as a ratio.
        margin: Share of the frame at each side. Who was last seen there has left and who
            begins there has come: whether they are the same person, faces tell. Only
            within two frames, and a second, it is one: somebody who turned round.
        refresh: Between two looks at a person whom nothing covers.
        memory: Share of the earlier looks in those remembered, at every further look.
        covered: Share of a box that another box may cover before its looks are mixed.
    """

    gap: timedelta = timedelta(seconds=10)
    unlike: float = 0.3
    alien: float = 0.45
    reach: float = 1.0
    speed: float = 1.5
    growth: float = 2.0
    margin: float = 0.02
    refresh: timedelta = timedelta(seconds=0.5)
    memory: float = 0.9
    covered: float = 0.05


class Relinker:
    """Gives the tracks of one camera ids that outlast the tracker's own.

    An id is final when it is given: a track is linked in the frame it begins in, or never.
    Ids count up in order of birth. The result depends on times, tracks and looks alone: not
    on the order of a frame's boxes, nor on whether this was pickled on the way.
    """

    def __init__(
        self,
        *,
        interval: timedelta,
        kept: timedelta,
        first_track_id: int = 1,
        policy: RelinkPolicy | None = None,
    ) -> None:
        """Set up for a frame every `interval`, and a tracker that takes tracks up again by itself.

        It does so for `kept` after it lost them.
        """
        self.expect_every(interval)
        self._kept = kept
        self._policy = policy or RelinkPolicy()
        self._next_id = first_track_id
        self._people: dict[int, Person] = {}
        self._at: datetime | None = None

    def expect_every(self, interval: timedelta) -> None:
        """Expect the next frames so far apart."""
        self._hidden = 1.5 * interval  # without a sight for longer: a frame was missed
        # No longer than a track at the border takes to begin: nobody left, somebody turned round.
        self._sudden = min(2.5 * interval, _LONGEST_TURN)
        self._interval_s = interval.total_seconds()

    @property
    def longest_gap(self) -> timedelta:
        """Unseen for longer, nobody gets the old id back."""
        return max(self._policy.gap, self._kept)

    def is_open(self, track_id: int) -> bool:
        """Tell whether, as of the last frame, this id may be seen again."""
        person = self._people.get(track_id)
        return person is not None and self._at is not None and self._is_open(person, self._at)

    def impression(self, track_id: int) -> Impression | None:
        """Return how somebody looks; None while nobody looked."""
        person = self._people.get(track_id)
        if person is None or person.looks is None:
            return None
        return Impression(person.looks, person.is_clear, person.key)

    def renumber(self, first_track_id: int) -> None:
        """Give people who come from now on ids from `first_track_id`; others keep theirs.

        Ids that are behind it already stay so.
        """
        self._next_id = max(self._next_id, first_track_id)

    def forget_everybody(self) -> None:
        """Let nobody who was seen be seen again."""
        self._people.clear()

    def update(
        self, at: datetime, tracks: Sequence[int], boxes: Boxes, around: Boxes, view: View | None
    ) -> npt.NDArray[np.int64]:
        """Return the ids [n] of a frame's tracks.

        Args:
            at: The frame's time, after the last one's.
            tracks: The tracker's own ids [n], each there once.
            boxes: Where they are, [n, 4].
            around: All boxes that were found in the frame, those of the tracks too.
            view: The frame; without it nobody who was lost is found again.
        """
        self._at = at
        self._people = {
            track_id: person
            for track_id, person in self._people.items()
            if self._is_open(person, at)
        }
        if view:
            for person in self._people.values():
                person.come_under_key(view)
        scene = Scene(boxes, around, view)
        ids = self._going_on(at, tracks, scene)
        begun = [row for row in range(len(tracks)) if row not in ids]
        ids |= self._found_again(at, begun, set(ids.values()), scene)
        for row in sorted(set(begun) - ids.keys(), key=tracks.__getitem__):
            ids[row] = self._next_id
            self._people[self._next_id] = Person(tracks[row], at, boxes[row])
            self._next_id += 1
        for row, track_id in ids.items():
            self._people[track_id].see(tracks[row], at, boxes[row])
            self._remember(self._people[track_id], row, scene)
        return np.array([ids[row] for row in range(len(tracks))], np.int64)

    def _going_on(self, at: datetime, tracks: Sequence[int], scene: Scene) -> dict[int, int]:
        """Return the ids, by row, of tracks that were there before."""
        id_of = {person.track: track_id for track_id, person in self._people.items()}
        ids = {}
        for row, track in enumerate(tracks):
            if track not in id_of:
                continue
            person = self._people[id_of[track]]
            if self._is_alien(person, row, at, scene):
                person.track = None  # the person is lost, and the track begins anew
            else:
                ids[row] = id_of[track]
        return ids

    def _is_alien(self, person: Person, row: int, at: datetime, scene: Scene) -> bool:
        """Tell whether a track that was taken up again shows somebody who looks quite different.

        Of who is half out of the picture only a half is looked at: of that nothing is concluded
        before another person could have come.
        """
        unseen = at - person.seen_at
        if unseen <= self._hidden or not person.is_clear:
            return False
        if unseen <= self._sudden and self._is_at_border(scene.boxes[row]):
            return False
        return scene.unlike(row, person) > self._policy.alien

    def _found_again(
        self, at: datetime, begun: Sequence[int], present: Container[int], scene: Scene
    ) -> dict[int, int]:
        """Return the ids, by row, of people who were lost; those most alike choose first."""
        pairs = []
        for row in begun:
            box = scene.boxes[row]
            has_come = self._is_at_border(box)
            for track_id, person in self._people.items():
                if track_id in present:
                    continue
                is_away = at - person.seen_at > self._sudden
                if is_away and (has_come or not self._may_return(person)):
                    continue
                if not self._is_in_reach(person, box, at, scene.aspect):
                    continue
                unlike = scene.unlike(row, person)
                if unlike <= self._policy.unlike:
                    pairs.append((unlike, track_id, box.tolist(), row))
        ids: dict[int, int] = {}
        for _, track_id, _, row in sorted(pairs):
            if row not in ids and track_id not in ids.values():
                ids[row] = track_id
        return ids

    def _is_open(self, person: Person, at: datetime) -> bool:
        gap = self.longest_gap if self._may_return(person) else self._kept
        return at - person.seen_at <= gap

    def _may_return(self, person: Person) -> bool:
        """Tell whether a person was neither leaving the picture nor about to."""
        soon = person.box + person.speed * self._interval_s
        return not (self._is_at_border(person.box) or self._is_at_border(soon))

    def _is_at_border(self, box: npt.NDArray[np.floating]) -> bool:
        return bool(box.min() < self._policy.margin or box.max() > 1 - self._policy.margin)

    def _is_in_reach(self, person: Person, box: Box, at: datetime, aspect: float) -> bool:
        before, height = float(person.box[3] - person.box[1]), float(box[3] - box[1])
        if min(before, height) * self._policy.growth < max(before, height):
            return False
        sideways = float((box[0] + box[2]) - (person.box[0] + person.box[2])) / 2 * aspect
        way = float(np.hypot(sideways, box[3] - person.box[3]))
        unseen_s = (at - person.seen_at).total_seconds()
        return way <= before * (self._policy.reach + self._policy.speed * unseen_s)

    def _remember(self, person: Person, row: int, scene: Scene) -> None:
        """Look at a person now and then, while nothing covers them; once in any case."""
        at = person.seen_at
        if scene.view is None or (
            person.looked_at is not None and at - person.looked_at < self._policy.refresh
        ):
            return
        box = scene.boxes[row]
        if self._is_at_border(box) or scene.is_covered(row, self._policy.covered):
            if person.looks is None:
                person.looks, person.key = scene.looks(row), scene.view.key
            return
        looks = scene.looks(row)
        if person.is_clear and person.looks is not None:
            mixed = self._policy.memory * person.looks + (1 - self._policy.memory) * looks
            looks = (mixed / np.linalg.norm(mixed)).astype(np.float32)
        person.looks, person.looked_at, person.key = looks, at, scene.view.key
