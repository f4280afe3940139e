"""The receipt of what was forgotten: JSON that is signed, and names nobody.

What was forgotten is in it as traces, keyed with a secret that only the tenant's key gives. The
signature is Ed25519, with a key that comes of the tenant's key too; who got the public key from
the operator in another way knows with it that a receipt is theirs.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, write_file, writing_to
from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey
from genesis_ray.store.keys.traces import Trace, Tracer

_FORMAT = "genesis-forgotten 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What was purged of one store.

    Attributes:
        store: What it is, such as "people" or "events".
        place: Where: a folder or file.
        removed: Rows that are gone.
        made_anonymous: Rows that are kept and say of nobody any more that it was them.
        versions: Of a table that are gone, and rows in them with it.
        files: That are gone or were replaced, relative to the place.
    """

    store: str
    place: str
    removed: int = 0
    made_anonymous: int = 0
    versions: tuple[int, ...] = ()
    files: tuple[str, ...] = ()

    def also(self, other: "Purged") -> "Purged":
        """Return what was purged in two goes, of which the first may have been cut off."""
        return Purged(
            store=self.store,
            place=self.place,
            removed=max(self.removed, other.removed),
            made_anonymous=max(self.made_anonymous, other.made_anonymous),
            versions=tuple(sorted({*self.versions, *other.versions})),
            files=tuple(sorted({*self.files, *other.files})),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """How much was searched for traces, and where some were found."""

    files: int = 0
    bytes: int = 0
    versions: int = 0
    residue: tuple[str, ...] = ()

    def also(self, other: "Searched") -> "Searched":
        """Return what was searched here and elsewhere."""
        return Searched(
            files=self.files + other.files,
            bytes=self.bytes + other.bytes,
            versions=self.versions + other.versions,
            residue=(*self.residue, *other.residue),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was forgotten, from where, and from where not; times are ISO 8601, in UTC.

    Attributes:
        key_version: Of the tenant's key that the signature and the traces come of; 0, without
            either, where it is lost.
        salt: With which the traces' secret is another one for each receipt; hex digits.
    """

    receipt_id: str
    tenant_id: str
    begun_at: str
    finished_at: str
    by: str
    why: str
    identities: int
    faces: int
    purged: tuple[Purged, ...]
    not_reached: tuple[str, ...]
    searched: Searched
    salt: str
    traces: tuple[Trace, ...] = field(repr=False)
    key_version: int
    key_fingerprint: str
    public_key: str

    @property
    def is_signed(self) -> bool:
        """Whether the tenant's key was there to sign it."""
        return bool(self.public_key)

    @property
    def ended_by(self) -> datetime:
        """When all was done, at the latest: `finished_at` is without the fraction of its second."""
        return datetime.fromisoformat(self.finished_at) + timedelta(seconds=1)

    def check_signed(self) -> None:
        """See that there was a key to sign this with, and to make traces with.

        Raises:
            StoreError: There was none.
        """
        if not self.is_signed:
            raise StoreError(
                f"receipt {self.receipt_id} was made when the tenant's key was lost: it is not "
                f"signed, and has nothing that could be searched for. What was found at the end of "
                f"that forgetting is in it, under 'searched'"
            )

    def write(self, path: Path, key: TemplateKey | None) -> None:
        """Sign it, where there is a key, and store it durably.

        Raises:
            StoreError: The disk is full or refuses.
        """
        content = asdict(self)
        signature = _signing_key(key).sign(_signed(content)).hex() if key else ""
        with writing_to(path.parent):
            make_folder(path.parent)
        signed = {"format": _FORMAT, "receipt": content, "signature": signature}
        write_file(path, json.dumps(signed, indent=1, ensure_ascii=False).encode())

    @classmethod
    def read(cls, path: Path) -> "Receipt":
        """Read a receipt and check that it is what was signed with the key that it names, if any.

        Raises:
            StoreError: It is none, or was changed.
        """
        try:
            content = json.loads(path.read_bytes())
            if content["format"] != _FORMAT:
                raise ValueError(f"its format is {content['format']!r}, expected {_FORMAT!r}")
            receipt: Mapping[str, Any] = content["receipt"]
            if receipt["public_key"]:
                public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(receipt["public_key"]))
                public.verify(bytes.fromhex(content["signature"]), _signed(receipt))
            return cls(**{**receipt, **_parts_of(receipt)})
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror}") from error
        except InvalidSignature:
            raise StoreError(f"{path} was changed since it was signed; it says nothing") from None
        except (ValueError, LookupError, TypeError) as error:
            raise StoreError(
                f"{path} is no receipt of `genesis people forget` ({error})"
            ) from error

    def key_in(self, keys: KeyRing) -> TemplateKey:
        """Return the tenant's key that signed this.

        Raises:
            StoreError: It is not there, or the receipt was signed by somebody else, or by nobody.
        """
        self.check_signed()
        key = keys.get(self.key_version)
        if key is None or key.fingerprint != self.key_fingerprint:
            raise StoreError(
                f"receipt {self.receipt_id} was signed with key {self.key_version} of tenant "
                f"{self.tenant_id!r}, fingerprint {self.key_fingerprint}, which is not in "
                f"{keys.place}; without it nothing can be searched for: put it back from your copy"
            )
        if public_key(key) != self.public_key:
            raise StoreError(
                f"receipt {self.receipt_id} was signed by somebody else, with the public key "
                f"{self.public_key}; that of the tenant's key {key.version} is {public_key(key)}"
            )
        return key


def public_key(key: TemplateKey | None) -> str:
    """Return the public key, hex digits, of the receipts that a tenant's key signs; "" for none."""
    return _signing_key(key).public_key().public_bytes_raw().hex() if key else ""


def tracer(key: TemplateKey, salt: str) -> Tracer:
    """Return what makes and finds the traces of one receipt."""
    return Tracer(key.derived(f"receipts/traces/{salt}"))


def _signing_key(key: TemplateKey) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key.derived("receipts/signature"))


def _signed(receipt: Mapping[str, Any]) -> bytes:
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{_FORMAT}\n{text}".encode()


def _parts_of(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a receipt's JSON are values of their own."""
    searched = receipt["searched"]
    return {
        "purged": tuple(
            Purged(**{**each, "versions": tuple(each["versions"]), "files": tuple(each["files"])})
            for each in receipt["purged"]
        ),
        "not_reached": tuple(receipt["not_reached"]),
        "searched": Searched(**{**searched, "residue": tuple(searched["residue"])}),
        "traces": tuple(Trace(**each) for each in receipt["traces"]),
    }
