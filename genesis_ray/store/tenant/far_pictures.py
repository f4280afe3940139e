"""Sealed pictures that are not in the tenant's folder, and those of them that must go.

Before one is stored elsewhere, and before a note stops telling of one, its address is noted here
as a stray. So whatever is killed when, each object elsewhere is told of by a note of a photo, by an
enrolment that waits, or by a stray: the sweep removes those of which only a stray tells.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import TEMPORARY, make_folder, sync_folder, write_file, writing_to
from genesis_ray.store.giving_way import lock_within
from genesis_ray.store.tenant.picture_place import PicturePlace, parted

STRAYS = "strays"
"""The folder in that of the photos."""

_LOCK = "photos.lock"
"""In the tenant's folder; as a lock it is in no backup."""

_LOCKED_WITHIN_S = 60.0

_AT_ONCE_S = 5.0
_BETWEEN_S = 0.2
"""A sweep takes so long a turn, and leaves others so long for theirs: each object takes several
calls to its place, and there may be thousands."""

_SETTLED_AFTER_S = 3600.0
"""A stray that is younger stays where its object may yet come, or its note go: what was given up
may still be stored by file systems that try again."""

_STRAY = ".stray"
_COMING, _GOING = "coming", "going"
_SEALED = ".sealed"


class Swept(NamedTuple):
    """What became of objects that must go.

    Attributes:
        gone: How many were there and are no more.
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


class _Stray(NamedTuple):
    """An address that is noted.

    Attributes:
        kind: Whether it was noted as its picture was to come, or to go.
        is_old: Whether what was under way then has come to its end.
    """

    address: str
    kind: str
    is_old: bool


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

    @property
    def was_used(self) -> bool:
        """Whether a picture was ever to be elsewhere, so that some may have to go."""
        return self._folder.is_dir()

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
        self._note(address, _COMING)
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
            self._note(address, _GOING)

    def settle(self, address: str) -> None:
        """Take it that a note tells of this one."""
        with writing_to(self._folder):
            self._file(address).unlink(missing_ok=True)

    def strays(self) -> list[str]:
        """Return the addresses that are noted.

        Raises:
            StoreError: One cannot be read.
        """
        return [stray.address for stray in self._all()]

    def sweep(
        self, *, waiting: Callable[[], Collection[str]], noted: Callable[[], Collection[str]]
    ) -> Swept:
        """Remove the objects of strays of which nothing else tells.

        Places are asked one object after the other, up to the first that is not removed.

        Args:
            waiting: Returns the addresses of which enrolments tell that wait.
            noted: Returns those of which notes of photos tell; is asked after that, since what
                waits is noted before it waits no more.

        Raises:
            StoreError: The disk refuses, or another process is at it for a minute.
        """
        todo = set(self.strays())
        gone, left = 0, dict[str, str]()
        silent: dict[str, str] = {}
        while todo:
            with self.storing():
                until = time.monotonic() + _AT_ONCE_S
                strays = [stray for stray in self._all() if stray.address in todo]
                wait, stay = set(waiting()), set(noted())
                todo &= {stray.address for stray in strays}
                for stray in strays:
                    gone += self._swept(stray, wait, stay, silent, left)
                    todo.remove(stray.address)
                    if time.monotonic() >= until:
                        break
                self._tidy()
            if todo:
                time.sleep(_BETWEEN_S)
        return Swept(gone, left)

    def _swept(
        self,
        stray: _Stray,
        wait: Collection[str],
        stay: Collection[str],
        silent: dict[str, str],
        left: dict[str, str],
    ) -> bool:
        """Remove the object of a stray if nothing else tells of it; tell whether it was there.

        Places that do not answer, and what is left in them, are noted in the last two.
        """
        place, name = parted(stray.address)
        is_going = stray.address not in wait and stray.address not in stay
        was_there = False
        if is_going:
            try:
                if place not in silent:
                    was_there = self._remove(place, name)
            except StoreError as error:
                silent[place] = str(error)
            if place in silent:
                left[stray.address] = silent[place]
                return False
        is_over = stray.is_old or (is_going and stray.kind == _GOING)
        if is_over and stray.address not in wait:
            self.settle(stray.address)
        return was_there

    def _remove(self, place: str, name: str) -> bool:
        """Remove an object; tell whether it was there."""
        there = self._at(place)
        if there.get(name) is None:
            there.check()
            return False
        there.remove(name)
        if there.get(name) is not None:
            raise StoreError(f"{place}/{name} is still there after it was removed")
        return True

    def _note(self, address: str, kind: str) -> None:
        with writing_to(self._folder):
            make_folder(self._folder)
        write_file(self._file(address), f"{kind} {address}".encode(), mode=0o600)

    def _all(self) -> list[_Stray]:
        found = []
        for path in sorted(self._folder.glob(f"*{_STRAY}")):
            try:
                kind, _, address = path.read_text().partition(" ")
                age_s = time.time() - path.stat().st_mtime
            except FileNotFoundError:  # another process has settled it
                continue
            except (OSError, ValueError) as error:
                raise StoreError(f"{path} cannot be read ({error}); remove it") from error
            found.append(_Stray(address, kind, age_s >= _SETTLED_AFTER_S))
        return found

    def _tidy(self) -> None:
        with writing_to(self._folder):
            for half in self._folder.glob(f"*{TEMPORARY}"):
                with suppress(FileNotFoundError):
                    if time.time() - half.stat().st_mtime >= _SETTLED_AFTER_S:
                        half.unlink()
            sync_folder(self._folder)

    def _at(self, place: str) -> PicturePlace:
        return self._places.setdefault(place, PicturePlace(place))

    def _file(self, address: str) -> Path:
        return self._folder / (hashlib.sha256(address.encode()).hexdigest()[:32] + _STRAY)
