"""What is wrong with an audit log, if anything is."""

from dataclasses import dataclass

from genesis_ray.store.audit.audit_entry import NO_KEY, AuditEntry
from genesis_ray.store.audit.audit_head import AuditHead, LogEnd
from genesis_ray.store.keys.template_keys import KeyRing


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of a log came to.

    Attributes:
        entries: How many were found good, up to the first that is not.
        end: Where the good ones end; to be noted elsewhere.
        problem: What is wrong with the first entry that is not good, or with the end.
        notes: What is no damage, and may matter.
    """

    entries: int
    end: LogEnd
    problem: str | None
    notes: tuple[str, ...] = ()


def check_end(end: LogEnd, head: bytes | None, keys: KeyRing) -> str | None:
    """Return what is wrong with the end of a log, by what was signed; the key has to be there."""
    if head is None:
        return f"it has {end.seq} entries, of which none was signed" if end.seq else None
    try:
        return AuditHead.read(head).misfit(end, keys)
    except ValueError:
        return "what was signed of it cannot be read"


def key_missing(head: bytes | None, keys: KeyRing) -> str | None:
    """Return what to say where the end of a log is signed with a key that is not among `keys`."""
    try:
        return None if head is None else AuditHead.read(head).missing_key(keys)
    except ValueError:
        return None


def verify(
    content: bytes,
    head: bytes | None,
    *,
    tenant_id: str,
    keys: KeyRing,
    known: tuple[int, str] | None = None,
) -> Verification:
    """Check each entry of a log, the chain of them, and its end.

    Args:
        content: The lines of the log.
        head: What was signed, if anything.
        tenant_id: Whose log it has to be.
        keys: The tenant's.
        known: The number and hash of an entry, or the beginning of that, noted elsewhere.
    """
    *lines, torn = content.split(b"\n")
    notes = []
    end = LogEnd.empty(tenant_id)
    known_hash = None
    for line in lines:
        problem, entry = _checked(line, end, tenant_id)
        if problem or entry is None:
            return Verification(end.seq, end, problem)
        end = LogEnd.of(entry)
        if known and entry.seq == known[0]:
            known_hash = entry.hash
    problem = key_missing(head, keys) or check_end(end, head, keys)
    if problem:
        return Verification(end.seq, end, problem)
    if known and not (known_hash or "").startswith(known[1]):
        found = f"has the hash {known_hash}" if known_hash else "is not there"
        return Verification(end.seq, end, f"entry {known[0]} {found}, expected {known[1]}")
    if torn:
        notes.append(
            f"a line was cut short behind entry {end.seq}, by a crash: the next entry drops it"
        )
    if head and AuditHead.read(head).seq < end.seq:
        notes.append(f"entry {end.seq} is not signed yet, by a crash: the next entry signs it")
    return Verification(end.seq, end, None, tuple(notes))


def _checked(line: bytes, before: LogEnd, tenant_id: str) -> tuple[str | None, AuditEntry | None]:
    """Return what is wrong with an entry that follows the end `before`, or the entry."""
    seq = before.seq + 1
    try:
        entry = AuditEntry.read(line)
    except ValueError:
        return f"entry {seq} cannot be read", None
    if entry.seq != seq:
        return f"entry {seq} is missing: entry {entry.seq} is in its place", None
    if entry.hash != entry.expected_hash():
        return f"entry {seq} was changed: its hash is not that of what it says", None
    if entry.previous != before.hash:
        return f"entry {seq} does not follow the one before: its hash of that is another", None
    if entry.tenant_id != tenant_id:
        return f"entry {seq} is of tenant {entry.tenant_id!r}", None
    if entry.key_version == NO_KEY != before.key_version:
        return f"entry {seq} was made without the key, which there was", None
    if entry.action == "damage":
        return f"entry {seq} tells of damage that was found at {entry.at}: {entry.reason}", None
    return None, entry
