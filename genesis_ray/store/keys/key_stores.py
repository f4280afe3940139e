"""The key stores: a file of the user's, the environment, or one that somebody else wrote."""

import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.store.disk import TEMPORARY, sync_folder, writing_to
from genesis_ray.store.keys.template_keys import KeyRing, KeyStore, TemplateKey
from genesis_ray.store.tenant.tenants import folder_name

VARIABLE = "GENESIS_TENANT_KEYS"
"""Keys in the environment: TENANT/VERSION/HEX of each, with spaces between."""

_HEADER = "# Keys of face templates, a version and its secret a line. Keep a copy in a safe place."


def open_key_store(name: str) -> KeyStore:
    """Return the key store that the setting `templates.key_store` names.

    `auto` is `environment` where GENESIS_TENANT_KEYS is set, else `file`: in the user's folder
    of configurations. `file:DIR` is another folder, `MODULE:FUNCTION` whatever that returns.

    Raises:
        ConfigurationError: There is no such store.
    """
    if name == "environment" or (name == "auto" and VARIABLE in os.environ):
        return EnvironmentKeys(name)
    if name in ("auto", "file"):
        return FileKeys(_users_folder(), name)
    scheme, _, rest = name.partition(":")
    if scheme == "file" and rest:
        return FileKeys(Path(rest).expanduser(), name)
    try:
        store: KeyStore = getattr(import_module(scheme), rest)()
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"templates.key_store: expected auto, file, file:DIR, environment or MODULE:FUNCTION, "
            f"got {name!r} ({error})"
        ) from error
    return store


class FileKeys:
    """A file a tenant, which nobody else may read, in a folder that nobody else may write to."""

    def __init__(self, folder: Path, name: str = "file") -> None:
        self._folder = folder
        self._name = name

    def read(self, tenant_id: str) -> KeyRing:
        """Return a tenant's keys; none where there is no file.

        Raises:
            StoreError: Others can read the file or replace it, or it is damaged.
        """
        path = self._path(tenant_id)
        try:
            _refuse(self._folder, 0o022, "be written to", 700)
            _refuse(path, 0o077, "be read", 600)
            lines = path.read_text().splitlines()
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise StoreError(f"cannot read the keys in {path}: {error.strerror}") from error
        entries = [line.split() for line in lines if line and not line.startswith("#")]
        keys = [_key(tenant_id, entry, str(path)) for entry in entries]
        return _ring(self._name, tenant_id, str(path), keys)

    def add(self, tenant_id: str, *, after: int) -> KeyRing:
        """Make the key that follows version `after`, unless it is there; return all keys."""
        with self._changing():
            ring = self.read(tenant_id)
            if not ring.keys or ring.current.version <= after:
                self._write(tenant_id, (*ring.keys, TemplateKey.new(tenant_id, after + 1)))
        return self.read(tenant_id)

    def remove(self, tenant_id: str, version: int) -> KeyRing:
        """Destroy a key; return those that are left."""
        with self._changing():
            keys = self.read(tenant_id).keys
            self._write(tenant_id, tuple(key for key in keys if key.version != version))
        return self.read(tenant_id)

    def _path(self, tenant_id: str) -> Path:
        return self._folder / folder_name(tenant_id)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Keep others from changing keys meanwhile."""
        with writing_to(self._folder):
            self._folder.mkdir(0o700, parents=True, exist_ok=True)
            folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _write(self, tenant_id: str, keys: Sequence[TemplateKey]) -> None:
        path = self._path(tenant_id)
        temporary = path.with_name(path.name + TEMPORARY)
        lines = [_HEADER, *(f"{key.version} {key.secret.hex()}" for key in keys)]
        with writing_to(self._folder):
            temporary.unlink(missing_ok=True)  # of a process that was killed
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w") as writing:
                writing.write("\n".join(lines) + "\n")
                writing.flush()
                os.fsync(file)
            os.replace(temporary, path)
            sync_folder(self._folder)


class EnvironmentKeys:
    """Keys that whoever starts the processes gives them: of a secret in Kubernetes, for example."""

    def __init__(self, name: str = "environment") -> None:
        self._name = name

    def read(self, tenant_id: str) -> KeyRing:
        """Return a tenant's keys; none where the variable has none.

        Raises:
            StoreError: The variable is damaged.
        """
        entries = [entry.split("/") for entry in os.environ.get(VARIABLE, "").split()]
        keys = [_key(tenant_id, rest, VARIABLE) for owner, *rest in entries if owner == tenant_id]
        return _ring(self._name, tenant_id, f"the environment variable {VARIABLE}", keys)

    def add(self, tenant_id: str, *, after: int) -> KeyRing:
        """Return the keys if the one after version `after` is among them.

        Raises:
            StoreError: It is not: an environment is not ours to change.
        """
        ring = self.read(tenant_id)
        if ring.keys and ring.current.version > after:
            return ring
        raise StoreError(
            f"{VARIABLE} has no key of tenant {tenant_id!r} beyond version {after}; add "
            f"{tenant_id}/{after + 1}/HEX, whose HEX `openssl rand -hex 32` makes, and keep what "
            f"is there"
        )

    def remove(self, tenant_id: str, version: int) -> KeyRing:
        """Return the keys if that one is not among them.

        Raises:
            StoreError: It is: an environment is not ours to change.
        """
        ring = self.read(tenant_id)
        if ring.get(version):
            raise StoreError(f"remove {tenant_id}/{version}/... from {VARIABLE} yourself")
        return ring


def _users_folder() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "genesis_ray" / "keys"


def _refuse(path: Path, forbidden: int, what: str, mode: int) -> None:
    found = path.stat()
    if found.st_mode & forbidden:
        raise StoreError(
            f"{path}, which has secret keys, can {what} by others "
            f"(mode {stat.S_IMODE(found.st_mode):o}); `chmod {mode} {path}`, and if somebody may "
            f"have used that, `genesis keys rotate`"
        )


def _key(tenant_id: str, entry: Sequence[str], place: str) -> TemplateKey:
    """Return the key of an entry; what is wrong with one is told without it."""
    try:
        version, secret = entry
        return TemplateKey(tenant_id, int(version), bytes.fromhex(secret))
    except (ValueError, StoreError) as error:
        reason = str(error) if isinstance(error, StoreError) else "not a version and hex digits"
        raise StoreError(
            f"{place}: a key of tenant {tenant_id!r} is damaged ({reason}); put it back from a copy"
        ) from None


def _ring(name: str, tenant_id: str, place: str, keys: Sequence[TemplateKey]) -> KeyRing:
    ordered = tuple(sorted(keys, key=lambda key: key.version))
    if len({key.version for key in ordered}) < len(ordered):
        raise StoreError(
            f"{place} has two keys of tenant {tenant_id!r} with one version; leave the one that "
            f"its galleries were protected with"
        )
    return KeyRing(name, tenant_id, place, ordered)
