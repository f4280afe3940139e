"""What an owner of state has to remember, so that another process goes on where it was killed.

The state is written now and then, what was taken since is appended before it counts. Both are
sealed (AES-GCM) with a key of the system's: a state may hold faces that nobody enrolled, and
nothing may be unpickled that somebody else wrote.
"""

import logging
import os
import pickle
import struct
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from genesis_ray.store.disk import TEMPORARY, make_folder, sync_folder, write_file, writing_to

_log = logging.getLogger(__name__)

_LIBRARIES = ("numpy", "pyarrow", "trackers")
"""Whose objects are in states, camera snapshots in the journal's among them."""

_FORMAT = (
    f"genesis-state 21, {', '.join(f'{name} {version(name)}' for name in _LIBRARIES)}\n".encode()
)
"""Its number changes with what any owner remembers: a state of another version is not tried."""

OF_ANOTHER_VERSION = (
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)
"""What unpickling raises where a class has gone, or is another one by now."""

_LENGTH = struct.Struct("<I")
_NONCE_BYTES = 12
_KEY_BYTES = 32


def new_key() -> bytes:
    """Return a key for the states of one system."""
    return os.urandom(_KEY_BYTES)


class Restored(NamedTuple):
    """What was found of an earlier process: its last state, and what it took after."""

    state: Any
    taken: list[Any]


class StateLog:
    """One owner's state in a folder of its own.

    `append` hands a record to the operating system before it returns: a process killed at any
    moment loses none. `checkpoint` replaces state and records in one step.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        """Open or make `folder`; `key` is the system's, see `new_key`."""
        self._folder = folder
        name = HKDF(SHA256(), _KEY_BYTES, salt=None, info=folder.name.encode())
        self._cipher = AESGCM(name.derive(key))
        with writing_to(folder):
            make_folder(folder)
        self._generation = max(map(_generation_of, folder.glob("*.state")), default=0)
        self._remove_replaced()
        self._taken = -1  # the file's descriptor, once something is appended

    def restore(self) -> Restored | None:
        """Return what an earlier process of this system left; None where there is nothing.

        What another system, version or a crash of the machine left that cannot be read is
        nothing too: its owner begins anew. Call `checkpoint` before anything is appended.
        """
        if not self._generation:
            return None
        try:
            content = self._state_file(self._generation).read_bytes()
            if not content.startswith(_FORMAT):
                raise ValueError(f"expected {_FORMAT!r}, found {content[: len(_FORMAT)]!r}")
            state = pickle.loads(self._opened(content[len(_FORMAT) :]))  # noqa: S301  sealed by us
            taken = [pickle.loads(record) for record in self._records()]  # noqa: S301
        except InvalidTag:
            reason = "another system wrote it"
        except OF_ANOTHER_VERSION as error:
            reason = f"it is of another version: {error}"
        else:
            return Restored(state, taken)
        _log.warning("%s: a state is left aside: %s", self._folder, reason)
        return None

    def append(self, record: object) -> None:
        """Add what is taken now; it outlives this process when this returns.

        Raises:
            StoreError: The disk is full or refuses; nothing is left of it.
        """
        sealed = self._sealed(pickle.dumps(record, pickle.HIGHEST_PROTOCOL))
        with writing_to(self._folder):
            if self._taken < 0:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
                self._taken = os.open(self._taken_file(self._generation), flags, 0o600)
            size = os.fstat(self._taken).st_size
            rest = memoryview(_LENGTH.pack(len(sealed)) + sealed)
            try:
                while rest:
                    rest = rest[os.write(self._taken, rest) :]
            except OSError:
                os.ftruncate(self._taken, size)
                raise

    def checkpoint(self, state: object) -> None:
        """Replace the state that was, and all that was taken since, durably.

        Raises:
            StoreError: The disk is full or refuses; what was, is kept.
        """
        sealed = self._sealed(pickle.dumps(state, pickle.HIGHEST_PROTOCOL))
        before, self._generation = self._generation, self._generation + 1
        try:
            write_file(self._state_file(self._generation), _FORMAT + sealed)
        except BaseException:  # of a state that is there, what is appended to the old one is not
            self._state_file(self._generation).unlink(missing_ok=True)
            self._generation = before
            raise
        self._close_taken()
        self._remove(before)

    def clear(self) -> None:
        """Remove everything: the owner has come to its end."""
        self._close_taken()
        for path in (*self._folder.glob("*.state"), *self._folder.glob("*.taken")):
            path.unlink()
        self._generation = 0
        with writing_to(self._folder):
            sync_folder(self._folder)

    def _records(self) -> Iterator[bytes]:
        """Yield what was appended; what a crash tore off at its end never counted."""
        path = self._taken_file(self._generation)
        content = path.read_bytes() if path.exists() else b""
        start = 0
        while start + _LENGTH.size <= len(content):
            (length,) = _LENGTH.unpack_from(content, start)
            start += _LENGTH.size
            try:
                yield self._opened(content[start : start + length])
            except (InvalidTag, ValueError):
                return
            start += length

    def _sealed(self, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, None)

    def _opened(self, sealed: bytes) -> bytes:
        return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)

    def _remove(self, generation: int) -> None:
        for path in (self._state_file(generation), self._taken_file(generation)):
            path.unlink(missing_ok=True)

    def _remove_replaced(self) -> None:
        """Remove what a process left that was killed before it could: somebody may be in it."""
        with writing_to(self._folder):
            for path in self._folder.glob(f"*.state{TEMPORARY}"):
                path.unlink(missing_ok=True)
            for path in (*self._folder.glob("*.state"), *self._folder.glob("*.taken")):
                if _generation_of(path) < self._generation:
                    path.unlink(missing_ok=True)

    def _close_taken(self) -> None:
        if self._taken >= 0:
            os.close(self._taken)
        self._taken = -1

    def _state_file(self, generation: int) -> Path:
        return self._folder / f"{generation:08d}.state"

    def _taken_file(self, generation: int) -> Path:
        return self._folder / f"{generation:08d}.taken"


def _generation_of(path: Path) -> int:
    return int(path.stem)
