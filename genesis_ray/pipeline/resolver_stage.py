"""The resolver behind a buffer that puts what cameras show in order of capture time."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from genesis_ray.domain.clocks.ordering import DONE, NOT_BEGUN, ReorderBuffer
from genesis_ray.domain.events import NAMES, Event, FaceRecognized
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.pipeline.producers import AdmitsEvidence, Evidence, TimedEvents, admit_all

_LOOKED_FOR_TOGETHER = 64
"""Faces: more gain little, and each new visitor among them has the others looked for again."""


class Resolver(Protocol):
    """Makes identities of what cameras show, in capture order.

    Attributes:
        memory: What it has to remember; picklable, so that another process can go on with it.
    """

    memory: Any

    def succeed(self, before: Any, /) -> None:
        """Go on where another one of this kind was, with what is decided now."""

    def supersede(self, before: Any, /) -> list[FaceRecognized]:
        """Go on where one by another embedder was; return what became of nameless tracks."""

    def forget(self, identity_ids: Collection[str], /) -> None:
        """Take nobody for one of these by what was remembered."""

    def expect(self, faces: Sequence[Face], /) -> None:
        """Take notice of the faces that come next, so that they are looked for together."""

    def lapse(self, now: datetime, /) -> list[tuple[datetime, FaceRecognized]]:
        """Return what became of tracks that are over by `now` without a name, in their order."""

    def resolve(self, shown: Any, /) -> list[Event]:
        """Take the next face or, where identities are carried by them, the next looks."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the resolver said, and up to which time it has said everything."""

    events: TimedEvents
    progress: datetime

    def named(self) -> Iterator[FaceRecognized]:
        """Yield the events that gave tracks identities."""
        for _, together in self.events:
            for event in together:
                if isinstance(event, FaceRecognized) and event.decision in NAMES:
                    yield event

    def names(self) -> dict[str, dict[int, str]]:
        """Return the identities given to tracks: by camera, by track id."""
        names: dict[str, dict[int, str]] = {}
        for event in self.named():
            names.setdefault(event.camera_id, {})[event.track_id] = event.identity_id
        return names


class ResolverStage:
    """Resolves the faces of many cameras in capture order.

    What it says is in that order too, also of a face that came after its turn: it takes the
    next moment, so that whoever reads it can tell what is new from what is said again.
    """

    def __init__(
        self,
        cameras: Collection[str],
        resolver: Resolver,
        *,
        patience: timedelta | None = None,
    ) -> None:
        self._resolver = resolver
        self._buffer: ReorderBuffer[Evidence] = ReorderBuffer(cameras, patience=patience)
        self._told = NOT_BEGUN

    def take(
        self,
        camera_id: str,
        shown: Sequence[Evidence],
        progress: datetime,
        admits: AdmitsEvidence = admit_all,
    ) -> Resolved:
        """Take what a camera shows next; return what all that is now in order led to."""
        timed = [(each.captured_at, each) for each in shown]
        return self._resolve(self._buffer.add(camera_id, timed, progress=progress), admits)

    def watch(
        self,
        cameras: Collection[str],
        anew: Collection[str] = (),
        admits: AdmitsEvidence = admit_all,
    ) -> Resolved:
        """Expect faces of these cameras from now on; return what no longer waits for others.

        Those of `anew` are other ones, of which more comes though the ones before were done.
        """
        return self._resolve(self._buffer.expect(frozenset(cameras), anew), admits)

    def go_on_with(self, resolver: Resolver) -> None:
        """Resolve what comes next by another resolver, which knows what this one remembers."""
        resolver.succeed(self._resolver)
        self._resolver = resolver

    def change_embedder(self, resolver: Resolver) -> Resolved:
        """Resolve what comes next by a resolver that goes by another embedder.

        Returns what became of tracks without a name. Of faces that wait for their turn none may be
        of the one before.
        """
        outcomes = resolver.supersede(self._resolver)
        self._resolver = resolver
        if outcomes and self._told < DONE:
            self._told += timedelta.resolution
            return Resolved([(self._told, tuple(outcomes))], self._told)
        return Resolved([], self._told)

    def forget(self, identity_ids: Collection[str]) -> None:
        """Take nobody for one of these by what was remembered."""
        self._resolver.forget(identity_ids)

    @property
    def late(self) -> int:
        """Faces that came after their turn."""
        return self._buffer.late

    @property
    def state(self) -> object:
        """All that this has to remember, to be pickled and given to `resume`."""
        return self._buffer, self._told, self._resolver.memory

    def resume(self, state: object) -> None:
        """Go on from a state of an earlier process."""
        self._buffer, self._told, self._resolver.memory = state  # type: ignore[misc]

    def _resolve(
        self, ready: Sequence[tuple[datetime, Evidence]], admits: AdmitsEvidence
    ) -> Resolved:
        events: TimedEvents = []
        told_before = self._told
        for number, (at, shown) in enumerate(ready):
            if number % _LOOKED_FOR_TOGETHER == 0:
                together = ready[number : number + _LOOKED_FOR_TOGETHER]
                self._resolver.expect([each for _, each in together if isinstance(each, Face)])
            if not admits(shown):
                continue
            if at <= self._told:
                at = self._told + timedelta.resolution
            events.append((at, tuple(self._resolver.resolve(shown))))
            self._told = at - timedelta.resolution  # more may have this moment
        # What lapsed is told in its turn too, which may be past for who came late.
        for lapsed_at, outcome in self._resolver.lapse(self._buffer.progress):
            events.append((max(lapsed_at, told_before + timedelta.resolution), (outcome,)))
        latest = max((at for at, _ in events), default=NOT_BEGUN)
        is_done = self._buffer.progress == DONE
        reached = self._buffer.foremost if is_done else self._buffer.progress
        self._told = max(self._told, latest, reached)
        return Resolved(events, DONE if is_done else self._told)
