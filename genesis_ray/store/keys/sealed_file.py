"""A file that is encrypted and authenticated as it is written, chunk by chunk.

AES-256-GCM in the STREAM construction: each chunk's nonce is its number and whether it is the
last, so that none can be exchanged, repeated, or cut off unnoticed. The key is made of the file's
own salt and a secret, and used for nothing else: a passphrase, by scrypt, or a tenant's template
key, of which the file's head names the fingerprint.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from genesis_ray.errors import StoreError, UnopenedError
from genesis_ray.store.keys.template_keys import TemplateKey

Secret = bytes | TemplateKey
"""What seals a file: a passphrase, or a tenant's key."""

_FORMAT = b"genesis-sealed 1\n"
_FORMAT_BY_KEY = b"genesis-sealed-by-key 1\n"
_SALT_BYTES = 16
_CHUNK_BYTES = 1 << 20
_TAG_BYTES = 16
_LONGEST_FINGERPRINT = 80  # hex digits and the end of the line, with room for later ones
_WORK = {"n": 2**17, "r": 8, "p": 1}
"""What OWASP advises at the least: 128 MB and a few tenths of a second for each guess."""


class SealedWriter:
    """Writes to a file; what is not closed is not whole."""

    def __init__(self, file: BinaryIO, secret: Secret) -> None:
        salt = os.urandom(_SALT_BYTES)
        self._file = file
        self._cipher = _cipher(secret, salt)
        self._waiting = bytearray()
        self._number = 0
        file.write(_head(secret) + salt)

    def write(self, content: bytes) -> int:
        """Take more."""
        self._waiting += content
        while len(self._waiting) > _CHUNK_BYTES:
            self._seal(bytes(self._waiting[:_CHUNK_BYTES]), is_last=False)
            del self._waiting[:_CHUNK_BYTES]
        return len(content)

    def close(self) -> None:
        """Write the last chunk."""
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last), chunk, None))
        self._number += 1


class SealedReader:
    """Reads what a `SealedWriter` wrote, and nothing else."""

    def __init__(self, file: BinaryIO, secret: Secret) -> None:
        """Begin.

        Raises:
            UnopenedError: It is no such file, or another kind of secret or another key seals it.
        """
        expected = _head(secret)
        head = file.read(len(expected) + _SALT_BYTES)
        if not head.startswith(expected) or len(head) < len(expected) + _SALT_BYTES:
            raise UnopenedError(f"{file.name} is no backup of `genesis people backup`")
        self._file = file
        self._cipher = _cipher(secret, head[len(expected) :])
        self._ready = bytearray()
        self._next = file.read(_CHUNK_BYTES + _TAG_BYTES)
        self._number = 0

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end.

        Raises:
            UnopenedError: The passphrase is another one, or the file was changed or cut off.
        """
        while len(self._ready) < size and self._number >= 0:
            self._ready += self._opened()
        content = bytes(self._ready[:size])
        del self._ready[:size]
        return content

    def _opened(self) -> bytes:
        sealed, self._next = self._next, self._file.read(_CHUNK_BYTES + _TAG_BYTES)
        is_last = not self._next
        try:
            chunk = self._cipher.decrypt(_nonce(self._number, is_last), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise UnopenedError(
                f"{self._file.name} cannot be opened: the passphrase is another one, or the file "
                f"was damaged or cut off"
            ) from error
        self._number = -1 if is_last else self._number + 1
        return chunk


def key_of(file: Path) -> str | None:
    """Return the fingerprint of the tenant's key that seals a file; None: a passphrase does.

    Raises:
        StoreError: It is no sealed file, or cannot be read.
    """
    try:
        with file.open("rb") as content:
            line = content.readline(len(_FORMAT_BY_KEY))
            named = content.readline(_LONGEST_FINGERPRINT)
    except OSError as error:
        raise StoreError(f"cannot read {file}: {error.strerror}") from error
    if line not in (_FORMAT, _FORMAT_BY_KEY):
        raise StoreError(f"{file} is no backup of `genesis people backup`")
    return named.decode("ascii", "replace").strip() if line == _FORMAT_BY_KEY else None


def _head(secret: Secret) -> bytes:
    if isinstance(secret, bytes):
        return _FORMAT
    return _FORMAT_BY_KEY + secret.fingerprint.encode() + b"\n"


def _cipher(secret: Secret, salt: bytes) -> AESGCM:
    if isinstance(secret, bytes):
        return AESGCM(Scrypt(salt, 32, **_WORK).derive(secret))
    return AESGCM(secret.derived(f"sealed-file/{salt.hex()}"))


def _nonce(number: int, is_last: bool) -> bytes:
    return struct.pack(">QI", number, is_last)
