"""Who was last seen where: what the gate remembers of the people that tracks were named."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from genesis_ray.domain.recognition.learned_pairs import LearnedPairs
from genesis_ray.domain.recognition.topology import Sight

TrackKey = tuple[str, int]
"""A track: its camera and its number."""

_TIDIED_EVERY = timedelta(minutes=1)

_OLD_AFTER = timedelta(minutes=10)
"""Of a camera's sights that are older only the latest counts: nobody was in view meanwhile."""


@dataclass(slots=True)
class _Named:
    """A track that was named, `is_sure` beyond doubt."""

    identity_id: str
    named_at: datetime
    sight: Sight
    is_sure: bool


class Meeting(NamedTuple):
    """Two tracks of one identity; `later` was named after the other."""

    identity_id: str
    later: Sight
    other: Sight


@dataclass(slots=True)
class ActiveRegistry:
    """The tracks of each identity that was seen within the time that is remembered.

    A track counts as in view from its first sight to the last face it showed, which is all that
    is known here; it may have been in view for longer.

    Attributes:
        pairs: What all of them taught of cameras, for longer than who it was is remembered.
    """

    pairs: LearnedPairs = field(default_factory=LearnedPairs)
    _tracks: dict[TrackKey, _Named] = field(default_factory=dict)
    _of: dict[str, set[TrackKey]] = field(default_factory=dict)
    _told: dict[tuple[object, ...], datetime] = field(default_factory=dict)
    _held: dict[TrackKey, datetime] = field(default_factory=dict)
    _tidied_at: datetime | None = None

    def name(self, identity_id: str, sight: Sight, *, is_sure: bool = False) -> None:
        """Note that a track is an identity, as of its latest face; whether beyond doubt."""
        key = (sight.camera_id, sight.track_id)
        self._forget(key)
        self._tracks[key] = _Named(identity_id, sight.until, sight, is_sure)
        self._of.setdefault(identity_id, set()).add(key)

    def follow(self, sight: Sight) -> str | None:
        """Note that a track is still in view; return who it is, if it was named."""
        named = self._tracks.get((sight.camera_id, sight.track_id))
        if named is None:
            return None
        until = max(named.sight.until, sight.until)
        named.sight = Sight(sight.camera_id, sight.track_id, named.sight.since, until)
        return named.identity_id

    def is_sure(self, sight: Sight) -> bool:
        """Tell whether a track was named beyond doubt."""
        named = self._tracks.get((sight.camera_id, sight.track_id))
        return named is not None and named.is_sure

    def reconsider(self, now: Callable[[str], str]) -> None:
        """Remember the tracks as of whom their identities are now."""
        self._of = {}
        for key, named in self._tracks.items():
            named.identity_id = now(named.identity_id)
            self._of.setdefault(named.identity_id, set()).add(key)
        self.pairs.reconsider(now)

    def sights(self, identity_id: str, besides: Sight, *, remember: timedelta) -> list[Sight]:
        """Return the other tracks of an identity up to that sight, the last seen first."""
        oldest = besides.until - remember
        own = (besides.camera_id, besides.track_id)
        found = [self._tracks[key].sight for key in self._of.get(identity_id, ()) if key != own]
        return sorted(
            (sight for sight in found if sight.until >= oldest),
            key=lambda sight: (sight.until, sight.camera_id, sight.track_id),
            reverse=True,
        )

    def meetings(self, sight: Sight, *, remember: timedelta) -> Iterator[Meeting]:
        """Yield each pair of a named track and another of the same identity."""
        own = self._tracks.get((sight.camera_id, sight.track_id))
        if own is None:
            return
        for other in self.sights(own.identity_id, own.sight, remember=remember):
            named = self._tracks[other.camera_id, other.track_id]
            if named.named_at > own.named_at:
                yield Meeting(own.identity_id, other, own.sight)
            else:
                yield Meeting(own.identity_id, own.sight, other)

    def is_news(self, *key: object, at: datetime) -> bool:
        """Tell whether this was not told before, and remember that it is now."""
        is_news = key not in self._told
        self._told[key] = at
        return is_news

    def hold(self, sight: Sight) -> None:
        """Remember that a name was refused to a track."""
        self._held[sight.camera_id, sight.track_id] = sight.until

    def is_held(self, camera_id: str, track_id: int) -> bool:
        """Tell whether a name was refused to a track."""
        return (camera_id, track_id) in self._held

    def tidy(self, now: datetime, *, remember: timedelta) -> None:
        """Now and then, forget what is too old to say anything."""
        if self._tidied_at and now - self._tidied_at < _TIDIED_EVERY:
            return
        self._tidied_at = now
        latest: dict[tuple[str, str], datetime] = {}
        for named in self._tracks.values():
            where = (named.identity_id, named.sight.camera_id)
            latest[where] = max(latest.get(where, named.sight.until), named.sight.until)
        for key, named in list(self._tracks.items()):
            until = named.sight.until
            is_latest = until == latest[named.identity_id, named.sight.camera_id]
            if now - until > (remember if is_latest else min(_OLD_AFTER, remember)):
                self._forget(key)
        self._told = {key: at for key, at in self._told.items() if now - at <= remember}
        self._held = {key: at for key, at in self._held.items() if now - at <= remember}

    def _forget(self, key: TrackKey) -> None:
        named = self._tracks.pop(key, None)
        if named is None:
            return
        own = self._of[named.identity_id]
        own.discard(key)
        if not own:
            del self._of[named.identity_id]
