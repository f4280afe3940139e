"""Sealed pictures that are not in the tenant's folder, and those of them that must go.

Before one is stored elsewhere, and before a note stops telling of one, its address is noted here
as a stray. So whatever is killed when, each object elsewhere is told of by a note of a photo, by an
enrolment that waits, or by a stray: the sweep removes those of which only a stray tells.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import TEMPORARY, make_folder, sync_folder, write_file, writing_to
from genesis_ray.store.giving_way import lock_within
from genesis_ray.store.picture_place import PicturePlace, parted

STRAYS = "strays"
"""The folder in that of the photos."""

_LOCK = "photos.lock"
"""In the tenant's folder, so that no backup is made meanwhile."""

_LOCKED_WITHIN_S = 60.0
_STRAY = ".stray"
_SEALED = ".sealed"


class Swept(NamedTuple):
    """What became of objects that must go.

    Attributes:
        gone: How many are there no more.
        left: Why the others are, by their addresses.
    """

    gone: int
    left: dict[str, str]

    def told(self) -> str:
        """Return in words what is left, and why; empty where nothing is."""
        if not self.left:
            return ""
        places = ", ".join(sorted({parted(address)[0] for address in self.left}))
        what = "1 sealed picture" if len(self.left) == 1 else f"{len(self.left)} sealed pictures"
        return f"{what} in {places} could not be removed yet: {next(iter(self.left.values()))}"


class FarPictures:
    """The sealed pictures of a tenant's photos that are elsewhere.

    Any process may store one, and sweep; who notes and removes photos is who writes the tenant's
    people. That one only notes strays and reaches for nothing: it may be what names people.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder of a tenant's photos; nothing is made or reached for yet."""
        self._folder = folder / STRAYS
        self._lock = folder.parent / _LOCK
        self._places: dict[str, PicturePlace] = {}

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Keep sweeps away until what is stored meanwhile is told of, by a note or an enrolment.

        Raises:
            StoreError: Another process is at it for a minute.
        """
        lock = lock_within(self._lock, within_s=_LOCKED_WITHIN_S)
        try:
            yield
        finally:
            lock.release()

    def store(self, sealed: bytes, place: str, *, is_used: bool) -> str:
        """Store a sealed picture, within `storing`; return its address, a stray until `settle`.

        `is_used`: photos tell of the place already, so that it must be there.

        Raises:
            StoreError: The place is not reached, refuses or is not there.
        """
        there = self._at(place)
        if is_used:
            there.check()
        elif not there.is_marked():
            there.mark()
        name = uuid4().hex + _SEALED
        address = f"{place}/{name}"
        self.stray([address])
        there.put(name, sealed)
        return address

    def read(self, address: str) -> bytes | None:
        """Return a sealed picture; None where there is none.

        Raises:
            StoreError: The place is not reached, refuses or is not there.
        """
        place, name = parted(address)
        found = self._at(place).get(name)
        if found is None:
            self._at(place).check()
        return found

    def stray(self, addresses: Iterable[str]) -> None:
        """Note, durably, that these go once no note tells of them any more.

        Raises:
            StoreError: The disk is full or refuses.
        """
        for address in addresses:
            with writing_to(self._folder):
                make_folder(self._folder)
            write_file(self._file(address), address.encode(), mode=0o600)

    def settle(self, address: str) -> None:
        """Take it that a note tells of this one."""
        with writing_to(self._folder):
            self._file(address).unlink(missing_ok=True)

    def strays(self) -> list[str]:
        """Return the addresses that are noted.

        Raises:
            StoreError: One cannot be read.
        """
        found = []
        with writing_to(self._folder):
            for path in sorted(self._folder.glob(f"*{_STRAY}")):
                try:
                    found.append(path.read_text())
                except FileNotFoundError:  # another process has settled it
                    continue
        return found

    def sweep(self, told_of: Callable[[], Collection[str]]) -> Swept:
        """Remove the objects of strays of which nothing else tells.

        Places are asked one object after the other, up to the first that is not removed.

        Args:
            told_of: Returns all addresses that notes of photos, and enrolments, tell of.

        Raises:
            StoreError: The disk refuses, or another process is at it for a minute.
        """
        if not self.strays():
            return Swept(0, {})
        with self.storing():
            strays = self.strays()  # before what is told of them: that may be settled meanwhile
            wanted = told_of()
            going = [address for address in strays if address not in wanted]
            left: dict[str, str] = {}
            silent: dict[str, str] = {}
            for address in going:
                place, name = parted(address)
                try:
                    if place not in silent:
                        self._remove(place, name)
                except StoreError as error:
                    silent[place] = str(error)
                if place in silent:
                    left[address] = silent[place]
                else:
                    self.settle(address)
            with writing_to(self._folder):
                for half in self._folder.glob(f"*{TEMPORARY}"):
                    half.unlink(missing_ok=True)
                sync_folder(self._folder)
        return Swept(len(going) - len(left), left)

    def _remove(self, place: str, name: str) -> None:
        there = self._at(place)
        there.check()
        there.remove(name)
        if there.get(name) is not None:
            raise StoreError(f"{place}/{name} is still there after it was removed")

    def _at(self, place: str) -> PicturePlace:
        return self._places.setdefault(place, PicturePlace(place))

    def _file(self, address: str) -> Path:
        return self._folder / (hashlib.sha256(address.encode()).hexdigest()[:32] + _STRAY)
