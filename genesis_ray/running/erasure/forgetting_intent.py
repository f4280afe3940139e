"""Who is to be forgotten, noted before anything is and until all is: so that a kill ends nothing.

It names the person, and is removed with the last step.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.redaction import parts, redacted
from genesis_ray.errors import StoreError
from genesis_ray.store.disk import sync_folder, write_file, writing_to
from genesis_ray.store.giving_way import OTHERS_LOOK_S, lock_within
from genesis_ray.store.keys.receipts import Purged
from genesis_ray.store.keys.traces import Trace
from genesis_ray.store.lock import WriteLock

INTENT_FILE = "forgetting.json"

_AT_WORK = "forgetter.lock"


@dataclass(slots=True, kw_only=True)
class Intent:
    """A person who is being forgotten, and how far that is.

    Attributes:
        identity_ids: All that are this person, whom they are now first.
        runs: Folders that were named beside those that are known.
        known_since: When they or a face of theirs was enrolled first, ISO 8601; "": unknown.
        purged: Of each store, by what it is and where.
        face_ids: Of the person: once galleries are without them, others still name them.
        stranger: Somebody random, as whom they go on where they are at the moment.
        is_exact: These identities alone are it, whoever else the ledger takes for the person: it
            may be an older one, by which they still were.
        secret: Hex digits of what the traces come of where the tenant's key is lost. Until all is
            done it is here, beside the names that they are traces of, and then nowhere.
    """

    receipt_id: str
    receipt: str
    begun_at: str
    by: str
    why: str
    identity_ids: list[str]
    names: list[str]
    runs: list[str]
    salt: str
    key_version: int
    faces: int = 0
    known_since: str = ""
    traces: list[Trace] = field(default_factory=list)
    purged: list[Purged] = field(default_factory=list)
    face_ids: list[str] = field(default_factory=list)
    stranger: str = field(default_factory=lambda: str(uuid4()))
    is_exact: bool = False
    secret: str = field(default="", repr=False)

    @property
    def strangers(self) -> dict[str, str]:
        """As whom each of the identities goes on."""
        return dict.fromkeys(self.identity_ids, self.stranger)

    def do_without_key(self, secret: str) -> None:
        """Go on with a passing secret, as the key is lost; traces that it made say nothing now."""
        self.secret = secret
        self.key_version = 0
        self.traces = []

    def members(self, who: WhoIsWho) -> list[str]:
        """Return all who are the person by what holds, whom they are now first."""
        if self.is_exact:
            return [*self.identity_ids]
        now = [who.now(each) for each in self.identity_ids]
        found = [member for each in now for member in who.members(each)]
        return [*dict.fromkeys([*found, *self.identity_ids])]

    def look_again(self, who: WhoIsWho) -> None:
        """Have it be about all who are the person by what holds now."""
        self.identity_ids = self.members(who)
        called = [each.name for each in who.people if each.identity_id in self.identity_ids]
        self.names = [*dict.fromkeys([*self.names, *called])]
        others = [each.name for each in who.people if each.identity_id not in self.identity_ids]
        told = [*self.names, *parts(self.names, others), *self.identity_ids]
        self.why = redacted(self.why, told, any_case=True)

    @property
    def first_known(self) -> datetime:
        """When they were known first; where that is not noted, as early as can be."""
        earliest = datetime.min.replace(tzinfo=UTC)
        return datetime.fromisoformat(self.known_since) if self.known_since else earliest

    def was_known(self, at: datetime) -> None:
        """Take that they were known at a time."""
        if not self.known_since or at < self.first_known:
            self.known_since = at.astimezone(UTC).isoformat()

    def note(self, purged: Purged) -> None:
        """Take what is going to be purged."""
        for place, before in enumerate(self.purged):
            if (before.store, before.place) == (purged.store, purged.place):
                self.purged[place] = before.also(purged)
                return
        self.purged.append(purged)

    def expect(self, traces: Iterable[Trace]) -> None:
        """Take traces of what must not be anywhere when all is done."""
        self.traces = [*dict.fromkeys([*self.traces, *traces])]

    def save(self, folder: Path) -> None:
        """Store it durably in a tenant's folder.

        Raises:
            StoreError: The disk is full or refuses.
        """
        write_file(folder / INTENT_FILE, json.dumps(asdict(self)).encode())

    @classmethod
    def load(cls, folder: Path) -> "Intent | None":
        """Return the one that was not finished; None where all is.

        Raises:
            StoreError: It is damaged.
        """
        path = folder / INTENT_FILE
        try:
            content = json.loads(path.read_bytes())
            return cls(
                **{
                    **content,
                    "traces": [Trace(**each) for each in content["traces"]],
                    "purged": [
                        Purged(
                            **{
                                **each,
                                "versions": tuple(each["versions"]),
                                "files": tuple(each["files"]),
                            }
                        )
                        for each in content["purged"]
                    ],
                }
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise StoreError(
                f"{path}, which says who is being forgotten, cannot be read ({error}); remove it "
                f"and forget the person again"
            ) from error

    @staticmethod
    def remove(folder: Path) -> None:
        """Note that all is done."""
        with writing_to(folder):
            (folder / INTENT_FILE).unlink(missing_ok=True)
            sync_folder(folder)


def is_unfinished(folder: Path) -> bool:
    """Tell whether somebody is being forgotten, or that was cut off."""
    return (folder / INTENT_FILE).exists()


def check_finished(folder: Path) -> None:
    """Make sure that nobody of a tenant is half forgotten, for who is to write there.

    Raises:
        StoreError: That was cut off.
    """
    if not who_is_at_it(folder):
        check_whole(folder)


def check_whole(folder: Path) -> None:
    """Make sure that nobody of a tenant is half forgotten, for who is `at_it`.

    Raises:
        StoreError: That was cut off.
    """
    if is_unfinished(folder):
        raise StoreError(
            "somebody is being forgotten, and that was cut off; finish it first: genesis people "
            "forget"
        )


@contextmanager
def at_it(folder: Path) -> Iterator[None]:
    """Be who forgets somebody of a tenant's folder, changes the key of its faces, or backs it up.

    Raises:
        StoreError: Another process is.
    """
    path = folder / _AT_WORK
    try:
        lock = lock_within(path, within_s=OTHERS_LOOK_S)
    except StoreError as error:
        raise StoreError(
            f"process {WriteLock.holder(path)} is forgetting somebody, changing the key of faces, "
            f"or copying them for a backup; wait until it is done"
        ) from error
    try:
        yield
    finally:
        lock.release()


def who_is_at_it(folder: Path) -> str | None:
    """Return the id of the process that forgets somebody; None where none does."""
    return WriteLock.holder(folder / _AT_WORK)
