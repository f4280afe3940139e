"""Pictures of the faces that people were enrolled with, kept where somebody asks for it.

Each is a file of its own in the tenant's folder: a line of JSON, which says whose it is, and the
picture under AES-256-GCM, with a key that comes from the tenant's template key. So a copy of the
folder shows nobody, and whose they are can be told, and changed, without the key. Or the picture is
elsewhere, sealed like that, and the line says where: whose it is is known here alone.
"""

import hashlib
import json
import os
from collections.abc import Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import TEMPORARY, make_folder, sync_folder, write_file, writing_to
from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey
from genesis_ray.store.tenant.far_pictures import FarPictures

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
        address: Of the sealed picture, where that is elsewhere; else empty.
    """

    face_id: str
    identity_id: str
    key_version: int
    fingerprint: str
    at: datetime
    address: str = ""

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
    """The pictures of a tenant, in its folder or, all the same, elsewhere.

    Any number of processes may read. Who writes is who writes the tenant's people or galleries;
    each picture is there as a whole or not at all.

    Attributes:
        folder: Where they, or notes of them, are.
        far: Those that are elsewhere.
    """

    def __init__(self, folder: Path, place: str | None = None) -> None:
        """Open those in the tenant's `folder`; nothing is made before the first is put there.

        Args:
            folder: The tenant's.
            place: Where pictures are put from now on that are not to be in the folder.
        """
        self.folder = folder / PHOTOS
        self.far = FarPictures(self.folder)
        self._place = place

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

    def put(self, photo: KeptPhoto, sealed: bytes, *, is_renewed: bool = False) -> None:
        """Store what `seal` made, durably; of the same face it takes the place of what was.

        One that `is_renewed` is not stored where it was removed meanwhile.

        Raises:
            StoreError: The disk is full or refuses, or the place elsewhere does.
        """
        with ExitStack() as held:
            address = ""
            if self._place is not None:
                held.enter_context(self.far.storing())
                (address,) = self.store([sealed])
            if is_renewed and not (self.folder / photo.file).exists():
                return
            self._write(replace(photo, address=address), b"" if address else sealed)

    def store(self, pictures: Sequence[bytes]) -> tuple[str, ...]:
        """Store sealed pictures elsewhere, within `far.storing`; return their addresses.

        Those that no `note` comes to tell of are swept away.

        Raises:
            StoreError: The place is not reached, refuses or is not there; or there is none.
        """
        if self._place is None:
            raise StoreError("no place for pictures of faces is set: faces.photos_at")
        is_used = self._is_used(self._place)
        return tuple(self.far.store(each, self._place, is_used=is_used) for each in pictures)

    def note(self, photo: KeptPhoto) -> None:
        """Note, durably, what is told of a picture that is elsewhere; nothing is reached for.

        Raises:
            StoreError: The disk is full or refuses.
        """
        self._write(photo, b"")

    def sealed(self, photo: KeptPhoto) -> bytes:
        """Return a picture as it is stored.

        Raises:
            StoreError: It is gone or damaged, or the place where it is is not reached.
        """
        photo, sealed = self._read(self.folder / photo.file)
        if not photo.address:
            return sealed
        found = self.far.read(photo.address)
        if found is None:
            raise StoreError(_damaged(self.folder / photo.file, f"there is no {photo.address}"))
        return found

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
            where = photo.address or "it"
            raise StoreError(_damaged(self.folder / photo.file, f"{where} was changed")) from error

    def renew(self, keys: KeyRing) -> int:
        """Seal all anew that older keys seal, with the current one; return how many those were.

        They go to the place that is set now. One whose key is lost stays as it is. Killed at any
        point each is under one key or the other, and the next call goes on.

        Raises:
            StoreError: A file is damaged, or the disk or place is full, refuses or is not reached.
        """
        key = keys.current
        old = [each for each in self.all() if each.key_version != key.version]
        old = [each for each in old if each.is_under(keys)]
        for each in old:
            renewed = replace(each, key_version=key.version, fingerprint=key.fingerprint)
            sealed = seal(self.picture(each, keys), each.face_id, key)
            self.put(renewed, sealed, is_renewed=True)
        self._tidy()
        return len(old)

    def give(self, photo: KeptPhoto, identity_id: str) -> None:
        """Note that a picture is somebody else's, for good.

        Raises:
            StoreError: The file is gone or damaged, or the disk is full or refuses.
        """
        own = replace(photo, identity_id=identity_id)
        self._write(own, b"" if photo.address else self.sealed(photo))

    def remove(self, photos: Collection[KeptPhoto]) -> None:
        """Remove pictures, and what a process that was killed left half written.

        Of those elsewhere the notes go, and the pictures with the next sweep.

        Raises:
            StoreError: The disk refuses.
        """
        self.far.stray(photo.address for photo in photos if photo.address)
        with writing_to(self.folder):
            for photo in photos:
                (self.folder / photo.file).unlink(missing_ok=True)
        self._tidy()

    def _is_used(self, place: str) -> bool:
        """Tell whether a photo tells of a picture in a place; one is there soon, if any is."""
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with suppress(StoreError):  # damaged, or removed meanwhile
                if self._read(path)[0].address.startswith(f"{place}/"):
                    return True
        return False

    def _write(self, photo: KeptPhoto, content: bytes) -> None:
        """Write the file of a photo; a picture elsewhere that it told of before is a stray."""
        with writing_to(self.folder):
            make_folder(self.folder)
        path = self.folder / photo.file
        with suppress(StoreError):  # there was none, or it is damaged
            before = self._read(path)[0].address
            self.far.stray([before] if before not in ("", photo.address) else ())
        head = {"format": _FORMAT, **asdict(photo), "at": photo.at.isoformat()}
        if not photo.address:
            del head["address"]  # so that earlier versions read it
        write_file(path, json.dumps(head).encode() + b"\n" + content, mode=0o600)
        if photo.address:
            self.far.settle(photo.address)

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
