"""The secret keys of a tenant's face templates, and what may be known of them by others."""

import os
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from genesis_ray.errors import StoreError
from genesis_ray.store.keys.orthogonal import orthogonal_matrix

SECRET_BYTES = 32

_FINGERPRINT_BYTES = 8
_CONSTRUCTION = "genesis-ray templates 1"
"""Its number changes with how a matrix is made from a key; galleries cannot outlive that."""


@dataclass(frozen=True, slots=True)
class KeyRef:
    """Names a key without giving it away: what configurations, actors and logs may hold.

    Attributes:
        store: The key store that has it, see `key_stores.open_key_store`.
        fingerprint: Tells two keys of one version apart.
    """

    store: str
    tenant_id: str
    version: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class TemplateKey:
    """A secret of 32 random bytes; it cannot be pickled, so it stays in its process."""

    tenant_id: str
    version: int
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check what was read from somewhere.

        Raises:
            StoreError: The secret has another length, or the version is not 1 or more.
        """
        if len(self.secret) != SECRET_BYTES:
            raise StoreError(
                f"a key has {SECRET_BYTES} random bytes, got {len(self.secret)}; "
                f"`openssl rand -hex {SECRET_BYTES}` makes some"
            )
        if self.version < 1:
            raise StoreError(f"the versions of keys begin with 1, got {self.version}")

    @classmethod
    def new(cls, tenant_id: str, version: int = 1) -> "TemplateKey":
        """Make a key."""
        return cls(tenant_id, version, os.urandom(SECRET_BYTES))

    @property
    def fingerprint(self) -> str:
        """Tells whether two keys are the same; says nothing about either."""
        return self._derived("fingerprint", _FINGERPRINT_BYTES).hex()

    def matrix(self, embedder: str, dimension: int) -> npt.NDArray[np.float32]:
        """Return the orthogonal matrix for an embedder; what one gives away helps with no other."""
        seed = self._derived(f"matrix/{embedder}/{dimension}", SECRET_BYTES)
        return orthogonal_matrix(seed, dimension)

    def derived(self, use: str) -> bytes:
        """Return a secret of 32 bytes for another use, which gives away nothing about this one."""
        return self._derived(use, SECRET_BYTES)

    def __reduce__(self) -> NoReturn:
        """Refuse to be sent or stored."""
        raise TypeError("a template key does not leave its process; send its KeyRef")

    def _derived(self, use: str, length: int) -> bytes:
        info = f"{_CONSTRUCTION}/{self.tenant_id}/{use}".encode()
        return HKDF(SHA256(), length, salt=None, info=info).derive(self.secret)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys that a tenant has, oldest first: the last protects, the others once did.

    Attributes:
        place: Where they are, in words that help who has to put one back.
    """

    store: str
    tenant_id: str
    place: str
    keys: tuple[TemplateKey, ...] = ()

    @property
    def current(self) -> TemplateKey:
        """The key that protects.

        Raises:
            StoreError: There is none.
        """
        if not self.keys:
            raise StoreError(f"tenant {self.tenant_id!r} has no key in {self.place}")
        return self.keys[-1]

    @property
    def ref(self) -> KeyRef:
        """The name of the key that protects."""
        key = self.current
        return KeyRef(self.store, key.tenant_id, key.version, key.fingerprint)

    def get(self, version: int) -> TemplateKey | None:
        """Return the key of a version, if it is here."""
        return next((key for key in self.keys if key.version == version), None)

    def named(self, fingerprint: str) -> TemplateKey | None:
        """Return the key of a fingerprint, if it is here."""
        return next((key for key in self.keys if key.fingerprint == fingerprint), None)

    def also(self, others: "KeyRing") -> "KeyRing":
        """Return these with those of others that are not here any more, older or of its version."""
        gone = tuple(key for key in others.keys if key not in self.keys)
        ordered = tuple(sorted(gone + self.keys, key=lambda key: key.version))
        return KeyRing(self.store, self.tenant_id, self.place, ordered)

    def up_to(self, ref: KeyRef) -> "KeyRing":
        """Return the keys up to the one that `ref` names, which then protects.

        Raises:
            StoreError: It is not here, or another one of that version is.
        """
        key = self.get(ref.version)
        if key is None or key.fingerprint != ref.fingerprint:
            found = f"another one, {key.fingerprint}," if key else "none of that version"
            raise StoreError(
                f"what runs here was started with key {ref.version} of tenant "
                f"{ref.tenant_id!r}, fingerprint {ref.fingerprint}, and there is {found} in "
                f"{self.place}; give each node that embeds or names faces the keys of the machine "
                f"that starts the system, `genesis keys show` tells them apart"
            )
        earlier = tuple(each for each in self.keys if each.version <= ref.version)
        return KeyRing(self.store, self.tenant_id, self.place, earlier)


class KeyStore(Protocol):
    """Where tenants' keys are kept, outside of the data folder: a file, a KMS."""

    def read(self, tenant_id: str) -> KeyRing:
        """Return a tenant's keys; none where there are none yet.

        Raises:
            StoreError: They cannot be read, or others can read them too.
        """

    def add(self, tenant_id: str, *, after: int) -> KeyRing:
        """Make the key that follows version `after`, unless it is there; return all keys.

        Raises:
            StoreError: Keys cannot be made here; the message says how else.
        """

    def remove(self, tenant_id: str, version: int) -> KeyRing:
        """Destroy a key; return those that are left.

        Raises:
            StoreError: Keys cannot be destroyed here; the message says how else.
        """
