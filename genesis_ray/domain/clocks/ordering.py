"""Putting what several producers observed into one order of capture time."""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

DONE = datetime.max.replace(tzinfo=UTC)
"""The progress of a producer that will not add anything more."""

NOT_BEGUN = datetime.min.replace(tzinfo=UTC)
"""The progress of a producer that has not added anything yet."""

T = TypeVar("T")
"""What is put in order."""


class ReorderBuffer(Generic[T]):
    """Holds items back until no earlier one can come.

    Each producer adds its items in order of time and says how far it has got. An item
    leaves once every producer is past it: first by time, then by its producer's name, then
    by its place within its producer. So the result does not depend on how the producers'
    work interleaved.

    A producer may say again what it has said, as one does that was killed and goes on from
    an earlier moment: what is not past its own progress is left out.

    With `patience`, a producer that lags further than this behind where the foremost one
    is, or was when it ended, is not waited for. What comes after its turn leaves at once and
    is counted in `late`.
    """

    def __init__(self, producers: Iterable[str], *, patience: timedelta | None = None) -> None:
        self._progress = dict.fromkeys(producers, NOT_BEGUN)
        self._patience = patience
        self._told: dict[str, datetime] = {}  # how far each got before it was done
        self._waiting: list[tuple[datetime, str, int, T]] = []
        self._added = 0
        self._foremost = NOT_BEGUN
        self._released = NOT_BEGUN
        self.late = 0

    def __len__(self) -> int:
        """The number of items held back."""
        return len(self._waiting)

    def news(self, producer: str, items: Iterable[tuple[datetime, T]]) -> list[tuple[datetime, T]]:
        """Return those of a producer's items that it has not added before.

        Who is not expected is not listened to.
        """
        before = self._progress.get(producer, DONE)
        return [(at, item) for at, item in items if at > before]

    def behind(self, producer: str) -> datetime:
        """Return the first moment of which a producer can still tell without being late.

        It is DONE once the producer is, and NOT_BEGUN where nobody has told anything.
        """
        reached = self._progress.get(producer, DONE)
        if reached == DONE:
            return DONE
        latest = max(reached, self._released)
        if latest == NOT_BEGUN:
            latest = self._foremost
        return NOT_BEGUN if latest == NOT_BEGUN else latest + timedelta.resolution

    def add(
        self, producer: str, items: Iterable[tuple[datetime, T]], *, progress: datetime
    ) -> list[tuple[datetime, T]]:
        """Take a producer's next items and its progress; return what may leave, in order.

        After this the producer adds nothing new at or before `progress`.
        """
        if producer not in self._progress:
            return []
        before = self._progress[producer]
        reached = NOT_BEGUN if progress == DONE else progress
        for at, item in self.news(producer, items):
            self.late += at <= self._released
            heapq.heappush(self._waiting, (at, producer, self._added, item))
            self._added += 1
            reached = max(reached, at)
        self._progress[producer] = max(before, progress)
        self._told[producer] = max(reached, self._told.get(producer, reached))
        self._foremost = max(self._foremost, reached)
        return list(self._leaving())

    def admit(self, producer: str) -> None:
        """Expect another producer from now on, though all others may be done."""
        self._progress.setdefault(producer, NOT_BEGUN)
        self._released = min(self._released, self._foremost)

    def reopen(self, producer: str) -> None:
        """Expect more of a producer that was done: whatever is later than what it told."""
        if self._progress[producer] == DONE:
            self._progress[producer] = self._told[producer]
            self._released = min(self._released, self._foremost)

    def dismiss(self, producer: str) -> list[tuple[datetime, T]]:
        """Expect a producer no more; return what no longer waits for it, in order."""
        self._progress.pop(producer, None)
        self._told.pop(producer, None)
        return list(self._leaving())

    def expect(
        self, wanted: frozenset[str], anew: Collection[str] = ()
    ) -> list[tuple[datetime, T]]:
        """Expect these producers and no others; return what no longer waits, in order.

        Of those of `anew` more is expected though they may have been done.
        """
        ready: list[tuple[datetime, T]] = []
        for producer in sorted(self.producers & set(anew)):
            self.reopen(producer)
        for producer in sorted(wanted - self.producers):
            self.admit(producer)
        for producer in sorted(self.producers - wanted):
            ready += self.dismiss(producer)
        return ready

    @property
    def producers(self) -> frozenset[str]:
        """Those that are expected to add something, or have been until they were done."""
        return frozenset(self._progress)

    @property
    def reach(self) -> Mapping[str, datetime]:
        """How far each producer has got."""
        return self._progress

    def told(self, producer: str) -> datetime | None:
        """Return how far a producer is, or was before it was done; None where it told nothing."""
        told = self._told.get(producer, NOT_BEGUN)
        return None if told == NOT_BEGUN else told

    @property
    def progress(self) -> datetime:
        """The time up to which everything has left."""
        return self._released

    @property
    def foremost(self) -> datetime:
        """The time that the producer which is furthest has got to."""
        return self._foremost

    def _leaving(self) -> Iterator[tuple[datetime, T]]:
        self._released = max(self._released, self._safe_until())
        while self._waiting and self._waiting[0][0] <= self._released:
            at, _, _, item = heapq.heappop(self._waiting)
            yield at, item

    def _safe_until(self) -> datetime:
        slowest = min(self._progress.values(), default=self._released)
        if self._patience is None or self._foremost == NOT_BEGUN:
            return slowest
        return max(slowest, self._foremost - self._patience)
