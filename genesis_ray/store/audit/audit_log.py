"""One tenant's audit log: every reading of templates, a line each, never changed.

Each line has the hash of the one before, and the last one is signed (`audit_head`).
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from genesis_ray.errors import LostKeyError, StoreError
from genesis_ray.store.audit.audit_check import Verification, check_end, key_missing, verify
from genesis_ray.store.audit.audit_entry import NO_KEY, Access, AuditEntry, digest_of
from genesis_ray.store.audit.audit_head import AuditHead, LogEnd
from genesis_ray.store.disk import make_folder, write_file, writing_to
from genesis_ray.store.keys.template_keys import KeyRing

_BLOCK = 4096  # bytes read at the end of the log, to begin with, to find its last line


class AuditLog:
    """The log of one tenant, in a folder of its own.

    Any number of processes may read it and add to it: each entry is made under a lock, by the
    end that the log has then, and is durable before the reading that it tells of begins. What a
    process that was killed left of a line is dropped by the next.
    """

    def __init__(self, folder: Path, tenant_id: str, keys: KeyRing) -> None:
        """Look at the log in `folder`, which is made with its first entry."""
        self._log = folder / "log.jsonl"
        self._head = folder / "head.json"
        self._tenant_id = tenant_id
        self._keys = keys

    def append(self, access: Access, *, at: datetime) -> AuditEntry:
        """Add an entry, durably.

        Where the log does not end as it was signed, an entry that says so comes first: so
        `verify` tells of the damage for ever after.

        Raises:
            LostKeyError: The key is missing that the end of the log is signed with.
            StoreError: The disk is full or refuses. In both cases nothing may be read.
        """
        with self._held() as log:
            end, problem = self._end(log)
            if problem:
                noted = Access(action="damage", reason=problem, people=(), by="genesis_ray")
                end = LogEnd.of(self._add(log, noted, at, end))
            else:
                self._sign(end)
            return self._add(log, access, at, end)

    def entries(self) -> list[AuditEntry]:
        """Return all entries that can be read, in their order.

        Raises:
            StoreError: The file cannot be read.
        """
        lines, _ = self._stored()
        return [entry for line in lines.split(b"\n") if (entry := _read(line))]

    def verify(self, *, known: tuple[int, str] | None = None) -> Verification:
        """Check the whole log, and that the entry numbered `known[0]` has the hash `known[1]`.

        Raises:
            StoreError: The file cannot be read.
        """
        lines, head = self._stored()
        return verify(lines, head, tenant_id=self._tenant_id, keys=self._keys, known=known)

    def _stored(self) -> tuple[bytes, bytes | None]:
        """Return the log and what was signed of it, both of one moment."""
        try:
            with self._log.open("rb") as log:
                fcntl.flock(log, fcntl.LOCK_SH)
                return log.read(), self._signed()
        except FileNotFoundError:
            return b"", self._signed()
        except OSError as error:
            raise StoreError(f"cannot read {self._log}: {error.strerror}") from error

    def _signed(self) -> bytes | None:
        return self._head.read_bytes() if self._head.exists() else None

    @contextmanager
    def _held(self) -> Iterator[int]:
        """Open the log for adding to it, and keep others from it meanwhile."""
        folder = self._log.parent
        with writing_to(folder):
            make_folder(folder)
            log = os.open(self._log, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(log, fcntl.LOCK_EX)
                yield log
            finally:
                os.close(log)

    def _end(self, log: int) -> tuple[LogEnd, str | None]:
        """Return where the log ends, without a line that was cut short, and what is wrong."""
        head = self._signed()
        if missing := key_missing(head, self._keys):
            raise LostKeyError(
                f"what is read cannot be noted in the audit log {self._log}: {missing}"
            )
        line, torn = _last_line(log)
        if torn:
            os.ftruncate(log, os.fstat(log).st_size - torn)
        if not line:
            end = LogEnd.empty(self._tenant_id)
        elif entry := _read(line):
            end = LogEnd.of(entry)
        else:
            number = self._log.read_bytes().count(b"\n")
            unread = LogEnd(number, hashlib.sha256(line).hexdigest(), "", NO_KEY)
            return unread, f"line {number} cannot be read"
        return end, check_end(end, head, self._keys)

    def _sign(self, end: LogEnd) -> None:
        """Sign the end, unless that is done, and with the current key."""
        head = AuditHead.of(end, self._keys).content()
        if self._signed() != head:
            write_file(self._head, head)

    def _add(self, log: int, access: Access, at: datetime, end: LogEnd) -> AuditEntry:
        people = access.people
        if people is not None:
            people = tuple(digest_of(each, self._keys.current) for each in people)
        entry = AuditEntry(
            seq=end.seq + 1,
            at=at,
            by=access.by,
            action=access.action,
            tenant_id=self._tenant_id,
            people=people,
            key_version=self._keys.current.version if self._keys.keys else NO_KEY,
            reason=access.reason,
            previous=end.hash,
        ).sealed()
        size = os.fstat(log).st_size
        try:
            rest = memoryview(entry.line())
            while rest:
                rest = rest[os.write(log, rest) :]
            os.fsync(log)
            self._sign(LogEnd.of(entry))
        except BaseException:
            if self._signed() != AuditHead.of(LogEnd.of(entry), self._keys).content():
                os.ftruncate(log, size)
            raise
        return entry


def _read(line: bytes) -> AuditEntry | None:
    try:
        return AuditEntry.read(line)
    except ValueError:
        return None


def _last_line(log: int) -> tuple[bytes, int]:
    """Return the last whole line of a file, and how many bytes follow it."""
    size = os.fstat(log).st_size
    block = _BLOCK
    while True:
        start = max(0, size - block)
        *lines, torn = os.pread(log, size - start, start).split(b"\n")
        if start == 0 or len(lines) > 1:
            return lines[-1] if lines else b"", len(torn)
        block *= 4
