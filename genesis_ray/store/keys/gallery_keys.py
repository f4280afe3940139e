"""Which keys protect a gallery: their fingerprints, in a file beside it.

Read without LanceDB, so that a lost key is told before anything starts. A key is noted before
the first row that it protects is stored, and struck out after the last one is gone.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from genesis_ray.errors import LostKeyError, StoreError
from genesis_ray.store.disk import make_folder, write_file, writing_to
from genesis_ray.store.keys.template_keys import KeyRing

_SUFFIX = ".keys.json"


class GalleryKeys:
    """The fingerprints of the keys that an embedder's gallery in `folder` needs, by version."""

    def __init__(self, folder: Path, gallery: str) -> None:
        """Read them; none where nothing is protected yet.

        Raises:
            StoreError: The file is damaged.
        """
        self._path = folder / f"{gallery}{_SUFFIX}"
        self.gallery = gallery
        self.fingerprints = self._read()

    def check(self, versions: Iterable[int], keys: KeyRing) -> None:
        """See that the keys of these versions, which protect rows, are the same ones here.

        Raises:
            LostKeyError: One is not: the message says which, and what to do.
        """
        for version in sorted(versions):
            expected = self.fingerprints.get(version)
            key = keys.get(version)
            if key and key.fingerprint == expected:
                continue
            if expected and keys.keys and version > keys.current.version:
                raise LostKeyError(
                    f"{self._where} was brought to key {version} since what runs here was started "
                    f"with key {keys.current.version}: start it again; where that says the same, "
                    f"put key {version} back in {keys.place}"
                )
            found = key.fingerprint if key else None
            raise LostKeyError(self._lost(version, expected, found, keys))

    def note(self, keys: KeyRing) -> None:
        """Note durably that rows of the current key are to come."""
        key = keys.current
        if self.fingerprints.get(key.version) != key.fingerprint:
            self._write({**self.fingerprints, key.version: key.fingerprint})

    def strike(self, keys: KeyRing) -> None:
        """Strike out all keys but the current one: nothing that they protected is left."""
        key = keys.current
        if set(self.fingerprints) != {key.version}:
            self._write({key.version: key.fingerprint})

    @property
    def _where(self) -> str:
        return f"the gallery {self.gallery} in {self._path.parent}"

    def _lost(self, version: int, expected: str | None, found: str | None, keys: KeyRing) -> str:
        if expected is None:
            return (
                f"{self._where} is protected, and {self._path.name}, which says with which key, "
                f"is not beside it; put both back from one copy"
            )
        instead = f"another key, {found}" if found else "no such key"
        return (
            f"{self._where} is protected with key {version} of tenant {keys.tenant_id!r}, "
            f"fingerprint {expected}, and there is {instead} in {keys.place}. Put that key back "
            f"from your copy of it. Without it these faces can never be compared again: then move "
            f"{self._path.parent} away and enrol everybody anew"
        )

    def _read(self) -> dict[int, str]:
        try:
            content = json.loads(self._path.read_bytes())
            return {int(version): str(fingerprint) for version, fingerprint in content.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise StoreError(
                f"{self._path} cannot be read ({error}); restore it from a copy"
            ) from error

    def _write(self, fingerprints: dict[int, str]) -> None:
        with writing_to(self._path.parent):
            make_folder(self._path.parent)
        write_file(self._path, json.dumps(fingerprints).encode())
        self.fingerprints = fingerprints


def protected_galleries(folder: Path) -> Iterator[GalleryKeys]:
    """Yield what is noted of the galleries in a tenant's folder that keys protect."""
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        yield GalleryKeys(folder, path.name.removesuffix(_SUFFIX))
