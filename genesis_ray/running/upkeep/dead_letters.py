"""The dead letters of a run: found, chosen, dropped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from genesis_ray.analytics import dead_letters
from genesis_ray.domain.events import DeadLetterChanged, DeadLetterStatus, DeadLetterUnit
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """Work that was set aside, as it is now.

    Attributes:
        captured_at: Of the frame, or of a recording's beginning.
        reason: How it failed, the last time.
        changed_at: When something became of it; None while it waits.
        outcome: What became of it; "" while it waits.
    """

    dead_letter_id: str
    tenant_id: str
    site_id: str
    camera_id: str
    captured_at: datetime
    unit: DeadLetterUnit
    stage: str
    frame_index: int | None
    attempts: int
    reason: str
    status: DeadLetterStatus
    changed_at: datetime | None
    outcome: str

    def became(self, status: DeadLetterStatus, outcome: str, *, at: datetime) -> DeadLetterChanged:
        """Return the event that this is replayed or dropped now."""
        return self._changed(status, outcome, attempts=self.attempts, at=at)

    def failed_again(self, reason: str, *, at: datetime) -> DeadLetterChanged:
        """Return the event that this was tried once more now, and waits on."""
        return self._changed("waiting", reason, attempts=self.attempts + 1, at=at)

    def _changed(
        self, status: DeadLetterStatus, reason: str, *, attempts: int, at: datetime
    ) -> DeadLetterChanged:
        return DeadLetterChanged(
            tenant_id=self.tenant_id,
            site_id=self.site_id,
            camera_id=self.camera_id,
            occurred_at=at,
            dead_letter_id=self.dead_letter_id,
            status=status,
            unit=self.unit,
            stage=self.stage,
            frame_index=self.frame_index,
            attempts=attempts,
            reason=reason,
        )


def dead_letters_of(run: RunFolder) -> list[DeadLetter]:
    """Return all dead letters of a run, by when they were captured."""
    rows = dead_letters.present(RunTables(run.events)).to_pylist()
    return [DeadLetter(**row) for row in rows]


def chosen(letters: Iterable[DeadLetter], ids: Sequence[str]) -> list[DeadLetter]:
    """Return those that are named, each once; the beginning of an id is enough where it is clear.

    Raises:
        NotFoundError: There is none with an id.
        ConfigurationError: Several have one that begins so, or one waits no longer.
    """
    found = {letter.dead_letter_id: letter for letter in letters}
    named = [_named(found, each) for each in ids]
    return [*dict.fromkeys(named)]


def waiting(letters: Iterable[DeadLetter]) -> list[DeadLetter]:
    """Return those that wait for somebody to replay or drop them."""
    return [letter for letter in letters if letter.status == "waiting"]


def drop(run: RunFolder, letters: Sequence[DeadLetter], *, reason: str, at: datetime) -> None:
    """Note that nobody will try these again, all of them or none.

    Raises:
        StoreError: Another process writes to the run, or the disk is full.
    """
    with EventLog(run.events) as log:
        log.append([letter.became("dropped", reason, at=at) for letter in letters])


def _named(letters: dict[str, DeadLetter], given: str) -> DeadLetter:
    own = [letter for letter_id, letter in letters.items() if given and letter_id.startswith(given)]
    if not own:
        raise NotFoundError(
            f"no dead letter {given!r} in this run; `genesis dead-letters list --status all` "
            f"shows which there are"
        )
    if len(own) > 1:
        ids = ", ".join(letter.dead_letter_id for letter in own)
        raise ConfigurationError(f"several dead letters begin with {given!r}: {ids}; name one")
    (letter,) = own
    if letter.changed_at:
        outcome = f" ({letter.outcome})" if letter.outcome else ""
        raise ConfigurationError(
            f"dead letter {letter.dead_letter_id} was {letter.status} at "
            f"{letter.changed_at:%Y-%m-%d %H:%M:%S} UTC{outcome}; only one that waits can be "
            f"replayed or dropped"
        )
    return letter
