"""What the audit log says of copies of people and faces: which were made, and when.

It is the register of them: who forgets somebody finds in it what may still hold the person.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from genesis_ray.running.people.auditing import audit_log, note
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access

Kind = Literal["backup", "snapshot", "restore"]
"""A file that somebody had written, one that a job writes and removes by itself, and one that
people were brought back from: where it was written, another log may say so."""

_SAID = {
    "backup": "seals people and faces in ",
    "snapshot": "seals people and faces in ",
    "restore": "brings people back from ",
}


class NotedCopy(NamedTuple):
    """A copy that was begun, and may be there."""

    at: datetime
    where: str


def note_copy(settings: Settings, kind: Kind, where: str) -> None:
    """Note, before it begins, that people and faces are copied, or brought back from a copy.

    Raises:
        StoreError: It cannot be noted; then nothing may be read.
    """
    note(settings, None, Access(action=kind, reason=f"{_SAID[kind]}{where}"))


def noted_copies(settings: Settings, kind: Kind) -> list[NotedCopy]:
    """Return the copies of a kind, in the order in which they were begun.

    Raises:
        StoreError: The log cannot be read.
    """
    return [
        NotedCopy(entry.at, entry.reason.removeprefix(_SAID[kind]))
        for entry in audit_log(settings).entries()
        if entry.action == kind
    ]
