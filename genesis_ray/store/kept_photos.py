"""Pictures of the faces that people were enrolled with, kept where somebody asks for it.

Each is a file of its own in the tenant's folder: a line of JSON, which says whose it is, and the
picture under AES-256-GCM, with a key that comes from the tenant's template key. So a copy of the
folder shows nobody, and whose they are can be told, and changed, without the key.
"""

import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import TEMPORARY, make_folder, sync_folder, write_file, writing_to
from genesis_ray.store.template_keys import KeyRing, TemplateKey

PHOTOS = "photos"
"""The folder in a tenant's."""

_SUFFIX = ".photo"
_FORMAT = "genesis-photo 1"
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPhoto:
    """What may be told of a picture without its key.

    Attributes:
        face_id: Of the face that was made of it, in every gallery.
        identity_id: Of whom it was enrolled for; the ledger says whom that is now.
        key_version: Of the key that it is sealed with.
        fingerprint: Of the same.
        at: When it was enrolled.
    """

    face_id: str
    identity_id: str
    key_version: int
    fingerprint: str
    at: datetime

    @property
    def file(self) -> str:
        """The name of its file, which leads to nobody once the picture is gone."""
        return hashlib.sha256(self.face_id.encode()).hexdigest()[:32] + _SUFFIX

    def is_under(self, keys: KeyRing) -> bool:
        """Tell whether one of these keys opens it."""
        key = keys.get(self.key_version)
        return key is not None and key.fingerprint == self.fingerprint


def seal(picture: bytes, face_id: str, key: TemplateKey) -> bytes:
    """Return a picture, encrypted and authenticated as that of a face."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, picture, _context(face_id, key.version))


def opened(sealed: bytes, face_id: str, key: TemplateKey) -> bytes:
    """Return the picture that `seal` made this of.

    Raises:
        StoreError: It was changed, or is another face's or under another key.
    """
    nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return _cipher(key).decrypt(nonce, content, _context(face_id, key.version))
    except (InvalidTag, ValueError) as error:
        raise StoreError(f"the picture of face {face_id} was changed, or is another's") from error


class KeptPhotos:
    """The pictures in a tenant's folder.

    Any number of processes may read. Who writes is who writes the tenant's people or galleries;
    each picture is there as a whole or not at all.
    """

    def __init__(self, folder: Path) -> None:
        """Open those in the tenant's `folder`; nothing is made before the first is put there."""
        self.folder = folder / PHOTOS

    def all(self) -> list[KeptPhoto]:
        """Return what may be told of each, in the order in which they were enrolled.

        Raises:
            StoreError: A file is damaged.
        """
        found = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            try:
                found.append(self._read(path)[0])
            except StoreError:
                if path.exists():  # and was not removed meanwhile
                    raise
        return sorted(found, key=lambda each: (each.at, each.face_id))

    def put(self, photo: KeptPhoto, sealed: bytes) -> None:
        """Store what `seal` made, durably; of the same face it takes the place of what was.

        Raises:
            StoreError: The disk is full or refuses.
        """
        with writing_to(self.folder):
            make_folder(self.folder)
        head = {"format": _FORMAT, **asdict(photo), "at": photo.at.isoformat()}
        content = json.dumps(head).encode() + b"\n" + sealed
        write_file(self.folder / photo.file, content, mode=0o600)

    def sealed(self, photo: KeptPhoto) -> bytes:
        """Return a picture as it is stored.

        Raises:
            StoreError: The file is gone or damaged.
        """
        return self._read(self.folder / photo.file)[1]

    def picture(self, photo: KeptPhoto, keys: KeyRing) -> bytes:
        """Return a picture.

        Raises:
            StoreError: Its key is not here, or the file is gone or damaged.
        """
        key = keys.get(photo.key_version)
        if key is None or not photo.is_under(keys):
            raise StoreError(
                f"a kept photo is sealed with key {photo.key_version}, fingerprint "
                f"{photo.fingerprint}, which is not in {keys.place}; put it back from your copy, "
                f"or enrol the person again"
            )
        sealed = self.sealed(photo)
        try:
            return opened(sealed, photo.face_id, key)
        except StoreError as error:
            raise StoreError(_damaged(self.folder / photo.file, "it was changed")) from error

    def renew(self, keys: KeyRing) -> int:
        """Seal all anew that older keys seal, with the current one; return how many those were.

        One whose key is lost stays as it is. Killed at any point each is under one key or the
        other, and the next call goes on.

        Raises:
            StoreError: A file is damaged, or the disk is full or refuses.
        """
        key = keys.current
        old = [each for each in self.all() if each.key_version != key.version]
        old = [each for each in old if each.is_under(keys)]
        for each in old:
            renewed = replace(each, key_version=key.version, fingerprint=key.fingerprint)
            self.put(renewed, seal(self.picture(each, keys), each.face_id, key))
        self._tidy()
        return len(old)

    def give(self, photo: KeptPhoto, identity_id: str) -> None:
        """Note that a picture is somebody else's, for good.

        Raises:
            StoreError: The file is gone or damaged, or the disk is full or refuses.
        """
        self.put(replace(photo, identity_id=identity_id), self.sealed(photo))

    def remove(self, photos: Collection[KeptPhoto]) -> None:
        """Remove pictures, and what a process that was killed left half written.

        Raises:
            StoreError: The disk refuses.
        """
        with writing_to(self.folder):
            for photo in photos:
                (self.folder / photo.file).unlink(missing_ok=True)
        self._tidy()

    def _tidy(self) -> None:
        if not self.folder.is_dir():
            return
        with writing_to(self.folder):
            for path in self.folder.glob(f"*{TEMPORARY}"):
                path.unlink(missing_ok=True)
            sync_folder(self.folder)

    def _read(self, path: Path) -> tuple[KeptPhoto, bytes]:
        try:
            line, _, sealed = path.read_bytes().partition(b"\n")
            head = json.loads(line)
            if head.pop("format") != _FORMAT:
                raise ValueError("another version wrote it")
            photo = KeptPhoto(**{**head, "at": datetime.fromisoformat(head["at"])})
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise StoreError(_damaged(path, str(error))) from error
        return photo, sealed


def _cipher(key: TemplateKey) -> AESGCM:
    return AESGCM(key.derived("photos"))


def _context(face_id: str, version: int) -> bytes:
    """Return what a picture is bound to, so that it cannot be put in another's place."""
    return f"{_FORMAT}/{version}/{face_id}".encode()


def _damaged(path: Path, why: str) -> str:
    return f"{path}, a kept photo, cannot be read ({why}); restore it from a copy, or remove it"
