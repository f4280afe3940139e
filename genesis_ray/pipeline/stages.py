"""Resolver and journal behind a buffer that puts their input in order of capture time.

Live actors, the local mode and an archive's last pass all feed these two, so what they
make of the same observations is the same, whatever order the cameras are named in.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from genesis_ray.domain.alert_events import AlertAcknowledged
from genesis_ray.domain.carrying import Appearance
from genesis_ray.domain.drift import MatchLevel
from genesis_ray.domain.events import NAMES, Event, FaceRecognized
from genesis_ray.domain.identity import Face, FaceSight
from genesis_ray.domain.ordering import DONE, NOT_BEGUN, ReorderBuffer, T
from genesis_ray.domain.tags import TagsOf
from genesis_ray.pipeline.counting import Layout, SiteCounts
from genesis_ray.pipeline.journal import SiteJournal

RESOLVER = "~resolver"
"""The resolver's name as a producer of events. No camera can be called so, and what it says of a
moment comes after what cameras say of it: in order of names `~` is behind all letters."""

_LOOKED_FOR_TOGETHER = 64
"""Faces: more gain little, and each new visitor among them has the others looked for again."""

TimedEvents = list[tuple[datetime, tuple[Event, ...]]]
"""Events by the time of the frame that brought them about."""

Evidence = FaceSight | Appearance
"""What tells who a track is."""

AdmitsEvidence = Callable[[Evidence], bool]
AdmitsEvents = Callable[[datetime, tuple[Event, ...]], bool]
"""Asked before each item is gone through; what is refused is left out."""


class Resolver(Protocol):
    """Makes identities of what cameras show, in capture order.

    Attributes:
        memory: What it has to remember; picklable, so that another process can go on with it.
    """

    memory: Any

    def succeed(self, before: Any, /) -> None:
        """Go on where another one of this kind was, with what is decided now."""

    def expect(self, faces: Sequence[Face], /) -> None:
        """Take notice of the faces that come next, so that they are looked for together."""

    def lapse(self, now: datetime, /) -> list[tuple[datetime, FaceRecognized]]:
        """Return what became of tracks that are over by `now` without a name, in their order."""

    def resolve(self, shown: Any, /) -> list[Event]:
        """Take the next face or, where identities are carried by them, the next looks."""


def admit_all(*_: object) -> bool:
    """Leave nothing out."""
    return True


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

    def watch(self, cameras: Collection[str], admits: AdmitsEvidence = admit_all) -> Resolved:
        """Expect faces of these cameras from now on; return what no longer waits for others."""
        return self._resolve(_exchange(self._buffer, frozenset(cameras)), admits)

    def go_on_with(self, resolver: Resolver) -> None:
        """Resolve what comes next by another resolver, which knows what this one remembers."""
        resolver.succeed(self._resolver)
        self._resolver = resolver

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


class JournalStage:
    """Applies what cameras and resolver said to the journal in capture order.

    A prompt one lets events be logged before that, so that nobody who looks at the log waits for
    the slowest camera: only visits do. A log is read in order of time, however it was written.
    """

    def __init__(
        self,
        cameras: Collection[str],
        journal: SiteJournal,
        *,
        patience: timedelta | None = None,
        is_prompt: bool = False,
    ) -> None:
        self._journal = journal
        self._is_prompt = is_prompt
        self._buffer: ReorderBuffer[tuple[Event, ...]] = ReorderBuffer(
            [*cameras, RESOLVER], patience=patience
        )

    def take(self, producer: str, events: TimedEvents, progress: datetime) -> list[Event]:
        """Take a producer's next events; return what can be logged now.

        That is what is in order now, with what it led to; of a prompt stage the events as they
        come, and what those that are in order now led to.
        """
        return _together(self.take_each(producer, events, progress))

    def take_each(
        self,
        producer: str,
        events: TimedEvents,
        progress: datetime,
        admits: AdmitsEvents = admit_all,
    ) -> Iterator[Sequence[Event]]:
        """Do the same an item at a time, the next when what the last one led to was dealt with."""
        news = self._buffer.news(producer, events)
        if self._is_prompt:
            admitted = []
            for at, together in news:
                if admits(at, together):
                    admitted.append((at, together))
                    yield together
            news = admitted
        yield from self._apply(self._buffer.add(producer, news, progress=progress), admits)

    def watch(self, cameras: Collection[str]) -> list[Event]:
        """Expect events of these cameras from now on; return what no longer waits for others."""
        return _together(self.watch_each(cameras))

    def watch_each(
        self, cameras: Collection[str], admits: AdmitsEvents = admit_all
    ) -> Iterator[Sequence[Event]]:
        """Do the same an item at a time."""
        wanted = frozenset([*cameras, RESOLVER])
        if wanted - self._buffer.producers:  # of whom the resolver will have something to say
            self._buffer.reopen(RESOLVER)
        return self._apply(_exchange(self._buffer, wanted), admits)

    def acknowledge(self, event: AlertAcknowledged) -> list[Event]:
        """Take it that somebody looks after an alert; return what is to be logged."""
        return self._journal.acknowledge(event)

    def retag(self, tags: TagsOf) -> list[Event]:
        """Go by people's tags as they are now; return what is to be logged."""
        return self._journal.retag(tags)

    def finish(self) -> list[Event]:
        """Return what the end of everything leads to, once all producers are done."""
        return self._journal.finish()

    @property
    def is_done(self) -> bool:
        """Whether every producer has said that nothing more will come."""
        return self._buffer.progress == DONE

    @property
    def progress(self) -> datetime:
        """The capture time up to which everything has been applied."""
        return self._buffer.progress

    @property
    def foremost(self) -> datetime:
        """The capture time that the camera which is furthest has got to."""
        return self._buffer.foremost

    def lay_out(self, layout: Layout) -> None:
        """Count at these lines and zones from now on."""
        self._journal.lay_out(layout)

    def counts(self) -> SiteCounts:
        """Return who went over lines so far, and who is in zones now."""
        return self._journal.counts()

    def match_levels(self) -> dict[str, MatchLevel]:
        """Return how alike matches are, by camera."""
        return self._journal.match_levels()

    @property
    def late(self) -> int:
        """Groups of events that came after their turn."""
        return self._buffer.late

    @property
    def state(self) -> object:
        """All that this has to remember, to be pickled and given to `resume`."""
        return self._buffer, self._journal

    def resume(self, state: object) -> None:
        """Go on from a state of an earlier process."""
        self._buffer, self._journal = state  # type: ignore[misc]

    def _apply(
        self, ready: Sequence[tuple[datetime, tuple[Event, ...]]], admits: AdmitsEvents
    ) -> Iterator[Sequence[Event]]:
        for at, together in ready:
            if not admits(at, together):
                continue
            facts = self._journal.turn(at)
            for event in together:
                facts += [] if self._is_prompt else [event]
                facts += self._journal.apply(event)
            yield facts
        if self._buffer.progress not in (NOT_BEGUN, DONE) and (
            facts := self._journal.advance(self._buffer.progress)
        ):
            yield facts


def _together(each: Iterator[Sequence[Event]]) -> list[Event]:
    return [fact for facts in each for fact in facts]


def _exchange(buffer: ReorderBuffer[T], wanted: frozenset[str]) -> list[tuple[datetime, T]]:
    """Let a buffer expect the producers that are wanted and no others; return what may leave."""
    ready: list[tuple[datetime, T]] = []
    for producer in sorted(wanted - buffer.producers):
        buffer.admit(producer)
    for producer in sorted(buffer.producers - wanted):
        ready += buffer.dismiss(producer)
    return ready
