"""How far an audit log goes, signed with the tenant's key and kept beside it.

A chain of hashes tells what was changed in it, and not what was cut off its end: what is left is
a chain too. So its last hash is noted in a second file, which nobody can write without the key.
"""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from typing import NamedTuple, Self

from genesis_ray.store.audit.audit_entry import NO_KEY, AuditEntry, first_link
from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey


class LogEnd(NamedTuple):
    """Where a log ends: the number and hash of its last entry, the hash before, and its key's."""

    seq: int
    hash: str
    previous: str
    key_version: int

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Return the end of a log whose last entry this is."""
        return cls(entry.seq, entry.hash, entry.previous, entry.key_version)

    @classmethod
    def empty(cls, tenant_id: str) -> Self:
        """Return the end of a log without entries."""
        return cls(0, first_link(tenant_id), "", NO_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """The end of a log, signed.

    Attributes:
        key_version: Of the key that it was signed with; NO_KEY: the tenant had none.
        fingerprint: Of that key.
    """

    seq: int
    hash: str
    key_version: int
    fingerprint: str
    signature: str

    @classmethod
    def of(cls, end: LogEnd, keys: KeyRing) -> Self:
        """Sign the end of a log with the current key, if there is one."""
        key = keys.current if keys.keys else None
        return cls(
            seq=end.seq,
            hash=end.hash,
            key_version=key.version if key else NO_KEY,
            fingerprint=key.fingerprint if key else "",
            signature=_signature(end.seq, end.hash, key) if key else "",
        )

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Return what `content` says.

        Raises:
            ValueError: It is damaged.
        """
        row = json.loads(content)
        if not isinstance(row, dict) or {name: type(value) for name, value in row.items()} != dict(
            cls.__annotations__
        ):
            raise ValueError("other fields than a head has")
        return cls(**row)

    def content(self) -> bytes:
        """Return it as it is stored."""
        return json.dumps(asdict(self)).encode()

    def missing_key(self, keys: KeyRing) -> str | None:
        """Return what to say where the key that signed it is not among `keys`."""
        key = keys.get(self.key_version)
        if self.key_version == NO_KEY or (key and key.fingerprint == self.fingerprint):
            return None
        if keys.keys and self.key_version > keys.current.version:
            return (
                f"the tenant was brought to key {self.key_version} since what runs here was "
                f"started with key {keys.current.version}: start it again; where that says the "
                f"same, put key {self.key_version} back in {keys.place}"
            )
        return (
            f"its end is signed with key {self.key_version} of tenant {keys.tenant_id!r}, "
            f"fingerprint {self.fingerprint}, which is not in {keys.place}. Put that key back from "
            f"your copy of it; where there is none, move the folder of the log away, and keep it"
        )

    def misfit(self, end: LogEnd, keys: KeyRing) -> str | None:
        """Return what is wrong where the log ends so; the key that signed this has to be there.

        A log may go one entry further than was signed: a process was killed between the two.
        """
        key = keys.get(self.key_version)
        right = _signature(self.seq, self.hash, key) if key else ""
        if not hmac.compare_digest(right, self.signature):
            return "the signature of its end is not the tenant's"
        if key is None and end.key_version != NO_KEY:
            return f"entry {end.seq} was made with a key, and the end is not signed"
        if end.seq < self.seq:
            return f"{self.seq} entries were signed, and it ends with entry {end.seq}"
        if (self.seq, self.hash) in ((end.seq, end.hash), (end.seq - 1, end.previous)):
            return None
        return (
            f"entry {self.seq} was signed with the hash {self.hash[:16]}, and it ends with entry "
            f"{end.seq} of another chain"
        )


def _signature(seq: int, link: str, key: TemplateKey) -> str:
    message = f"{seq} {link}".encode()
    return hmac.new(key.derived("audit/head"), message, hashlib.sha256).hexdigest()
