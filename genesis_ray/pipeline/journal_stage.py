"""The journal behind a buffer that puts what it is told in order of capture time."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from genesis_ray.domain.alerting.alert_events import AlertAcknowledged
from genesis_ray.domain.alerting.past_visits import PastVisits
from genesis_ray.domain.clocks.ordering import DONE, NOT_BEGUN, ReorderBuffer
from genesis_ray.domain.events import CameraStateChanged, Event
from genesis_ray.domain.recognition.drift import MatchLevel
from genesis_ray.domain.recognition.tags import TagsOf
from genesis_ray.pipeline.counting import Layout, SiteCounts
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.pipeline.producers import RESOLVER, AdmitsEvents, TimedEvents, admit_all


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

    def give_up_each(
        self, state: CameraStateChanged, admits: AdmitsEvents = admit_all
    ) -> Iterator[Sequence[Event]]:
        """Expect nothing more of a camera, whose last state this is; an item at a time.

        It is dated behind what the camera told: at what else there is, time is what it was. Where
        no camera has told anything, it has the time that it comes with.
        """
        at = self._buffer.behind(state.camera_id)
        last = state if at == NOT_BEGUN else replace(state, occurred_at=at)
        return self.take_each(state.camera_id, [(last.occurred_at, (last,))], DONE, admits)

    def watch(self, cameras: Collection[str], anew: Collection[str] = ()) -> list[Event]:
        """Expect events of these cameras from now on; return what no longer waits for others.

        Those of `anew` are other ones, of which more comes though the ones before were done.
        """
        return _together(self.watch_each(cameras, anew))

    def watch_each(
        self,
        cameras: Collection[str],
        anew: Collection[str] = (),
        admits: AdmitsEvents = admit_all,
    ) -> Iterator[Sequence[Event]]:
        """Do the same an item at a time."""
        wanted = frozenset([*cameras, RESOLVER])
        if (
            anew or wanted - self._buffer.producers
        ):  # of whom the resolver will have to say something
            anew = [*anew, RESOLVER]
        return self._apply(self._buffer.expect(wanted, anew), admits)

    def acknowledge(self, event: AlertAcknowledged) -> list[Event]:
        """Take it that somebody looks after an alert; return what is to be logged."""
        return self._journal.acknowledge(event)

    def retag(self, tags: TagsOf) -> list[Event]:
        """Go by people's tags as they are now; return what is to be logged."""
        return self._journal.retag(tags)

    def recount(self, past: PastVisits) -> list[Event]:
        """Count how often people come by these visits; return what is to be logged."""
        return self._journal.recount(past)

    def rename(self, names: Mapping[str, str]) -> None:
        """Go on with the visits and alerts of some identities as those of others."""
        self._journal.rename(names)

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

    def told(self, producer: str) -> datetime | None:
        """Return how far a producer is, or was before it was done; None where it told nothing."""
        return self._buffer.told(producer)

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
        self._journal.hear(dict(self._buffer.reach))
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
