"""Good faces of tracks too short to make a visitor of, which wait for others of the same person.

They are of people whom nobody knows, so few are kept, and not for long.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations

import numpy as np
import numpy.typing as npt

from genesis_ray.domain.recognition.evidence import is_enough
from genesis_ray.domain.recognition.face_core import core_point
from genesis_ray.domain.recognition.identity import FEWEST_FACES, Face, FaceSight
from genesis_ray.domain.recognition.presence import TrackKey
from genesis_ray.domain.recognition.topology import Sight

MOST_WAITING = 1_000
"""Faces of a tenant. Each new one is compared with all of them, and they are in every checkpoint.
The more wait, the more often two people's are alike by accident."""

_LOOKED_AT = 20
"""Faces of other tracks that a track is put together with: the most similar. More are no help."""

_ROUNDING = 1e-5
"""A matrix product rounds in its own way."""

MayBeOne = Callable[[Sight, Sight], bool]
"""Whether two tracks may be one person's, by where and when they were seen."""


@dataclass(slots=True)
class _Waiting:
    """The latest good faces of a nameless track, in capture order."""

    sight: Sight
    faces: list[Face] = field(default_factory=list)


class WaitingFaces:
    """Faces of tracks that nobody is like, for a while: by track, in the order of the first."""

    def __init__(self, *, most: int = MOST_WAITING) -> None:
        """Begin with none; `most` is how many wait at once."""
        self._most = most
        self._tracks: dict[TrackKey, _Waiting] = {}
        self._rows: list[Face] = []
        self._matrix: npt.NDArray[np.float32] | None = None

    def __getstate__(self) -> tuple[int, dict[TrackKey, _Waiting]]:
        return self._most, self._tracks

    def __setstate__(self, state: tuple[int, dict[TrackKey, _Waiting]]) -> None:
        self._most, self._tracks = state
        self._rows, self._matrix = [], None

    def __len__(self) -> int:
        return sum(len(track.faces) for track in self._tracks.values())

    def follow(self, sight: Sight) -> None:
        """Note that a track is still in view."""
        if own := self._tracks.get((sight.camera_id, sight.track_id)):
            own.sight = replace(own.sight, until=max(own.sight.until, sight.until))

    def add(self, face: Face, sight: Sight, *, keep: timedelta, of_a_track: int) -> None:
        """Have the next face of a nameless track wait; tracks go that are too old, or too many.

        Args:
            face: The face.
            sight: Its track, as far as it was seen.
            keep: How long faces wait after their track was last in view.
            of_a_track: Faces of each that wait, at most: the latest.
        """
        for key, track in list(self._tracks.items()):
            if sight.until - track.sight.until > keep:
                del self._tracks[key]
        own = self._tracks.setdefault((sight.camera_id, sight.track_id), _Waiting(sight))
        own.faces = [*own.faces, face][-of_a_track:]
        if self._matrix is None or len(self._rows) == len(self._matrix):
            self._rows, self._matrix = [], None  # made anew when it is looked at
        else:
            self._matrix[len(self._rows)] = face.embedding
            self._rows.append(face)
        waiting = len(self)
        for key, track in list(self._tracks.items()):
            if waiting <= self._most or track is own:
                break
            waiting -= len(track.faces)
            del self._tracks[key]

    def drop(self, faces: Iterable[FaceSight]) -> None:
        """Have no face of these faces' tracks wait any more."""
        for face in faces:
            self._tracks.pop((face.camera_id, face.track_id), None)

    def clear(self) -> None:
        """Forget all faces."""
        self._tracks.clear()
        self._rows, self._matrix = [], None

    def cluster(
        self, face: FaceSight, *, least: float, loosest: float, wanted: int, may_be_one: MayBeOne
    ) -> list[Face]:
        """Return faces of a track, and of others, that are one person's, in their order; or none.

        They are around a core point, a face of the track's own that they are alike by `least`, and
        worth `wanted` good ones; each two of them are alike by `loosest`. Of tracks that cannot
        all be one person's none are: nobody can tell who is somebody else.
        """
        own = self._tracks.get((face.camera_id, face.track_id))
        if own is None or len(own.faces) < FEWEST_FACES:
            return []
        together = [*own.faces, *self._most_alike(own, least)]
        places = core_point(_stacked(together), least, own=len(own.faces), loosest=loosest)
        cluster = sorted((together[place] for place in places), key=_in_order)
        if not is_enough(cluster, wanted):
            return []
        tracks = dict.fromkeys((each.camera_id, each.track_id) for each in cluster)
        sights = [self._tracks[key].sight for key in tracks]
        return cluster if all(may_be_one(*pair) for pair in combinations(sights, 2)) else []

    def _most_alike(self, own: _Waiting, least: float) -> list[Face]:
        """Return the faces of other tracks that are most alike one of a track's, in their order."""
        ours = _stacked(own.faces)
        likely = (self._embeddings() @ ours.T).max(axis=1) >= least - _ROUNDING
        others = [self._rows[place] for place in np.flatnonzero(likely).tolist()]
        others = sorted((face for face in others if self._waits(face, besides=own)), key=_in_order)
        if not others:
            return []
        similarities = np.vecdot(_stacked(others)[:, None], ours[None]).max(axis=1)
        chosen = np.argsort(-similarities, kind="stable")[:_LOOKED_AT]
        return [others[place] for place in np.sort(chosen).tolist()]

    def _embeddings(self) -> npt.NDArray[np.float32]:
        """Return those of all faces that wait, and of some that do no more: a row of each."""
        if self._matrix is None:
            self._rows = [face for track in self._tracks.values() for face in track.faces]
            waiting = _stacked(self._rows)
            self._matrix = np.concatenate([waiting, np.zeros_like(waiting)])
        return self._matrix[: len(self._rows)]

    def _waits(self, face: Face, *, besides: _Waiting) -> bool:
        track = self._tracks.get((face.camera_id, face.track_id))
        if track is None or track is besides:
            return False
        return any(each is face for each in track.faces)


def _stacked(faces: Sequence[Face]) -> npt.NDArray[np.float32]:
    return np.stack([face.embedding for face in faces])


def _in_order(face: Face) -> tuple[object, ...]:
    return face.captured_at, face.camera_id, face.track_id, face.face_index
