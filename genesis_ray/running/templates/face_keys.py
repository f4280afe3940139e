"""Faces under whichever key an embedder had, brought under the one that a gallery has.

Keys change while a system runs: replicas take up a new one a little before the gallery or after,
each on its node. A face says which key protects it, so that none is ever compared with faces under
another: it is turned first, and left out where its key is not known here. It says its embedder too,
and is left out where that is not the gallery's: nothing turns one embedder's faces to another's.

Looks by a network are protected too, each camera's by the key that its process has: they are
brought under the gallery's key, or left as they are, where they are like none under it.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Literal, TypeVar

from genesis_ray.domain.recognition.carrying import Appearance
from genesis_ray.domain.recognition.identity import Face, FaceSight
from genesis_ray.errors import LostKeyError, StoreError
from genesis_ray.pipeline.producers import Evidence
from genesis_ray.running.assembly import EmbedderTraits
from genesis_ray.running.templates.tenant_keys import LOOK_EVERY_S
from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey
from genesis_ray.store.keys.templates import Protector
from genesis_ray.store.runs.substitution import Exchanges, exchanged

_log = logging.getLogger(__name__)

_State = TypeVar("_State")
_What = Literal["face", "sight of looks"]

_PLURALS: dict[_What, str] = {"face": "faces", "sight of looks": "sights of looks"}


class FaceKeys:
    """The keys that faces may come under, and the one that they are brought under.

    Attributes:
        ready: Fingerprint of the newest key from which, or to which, faces can be turned at once.
        left_out: How many faces and looks are under a key that is not here, or of an embedder that
            never was.
    """

    def __init__(
        self,
        keys: KeyRing,
        embedder: EmbedderTraits,
        *,
        read: Callable[[], KeyRing],
        tell: Callable[[str], None],
    ) -> None:
        """Bring faces under the current one of `keys`.

        `read` returns those that there are now; `tell` is told of faces that are left out.
        """
        self._read = read
        self._tell = tell
        self._embedder = embedder
        self._former: set[str] = set()
        self._preparing: threading.Thread | None = None
        self._looks_dimension: int | None = None
        self.left_out: Counter[_What] = Counter()
        self.use(keys)

    def use(self, keys: KeyRing) -> None:
        """Bring faces under the current one of these from now on."""
        self._keys = keys
        self._protector = self._protector_of(keys.current)
        self._looks: Protector | None = None
        self._look_at = 0.0
        self.ready = keys.current.fingerprint

    def change_embedder(self, embedder: EmbedderTraits) -> None:
        """Take another embedder's faces from now on; some of the one before may be on their way."""
        self._former.add(self._embedder.name)
        self._embedder = embedder
        self.use(self._keys)

    def brought(self, shown: Evidence) -> Evidence:
        """Return a face under the key, or as if it was not embedded; looks under the key, if only.

        That is one whose own key is not here, or which another embedder made.
        """
        if isinstance(shown, Appearance):
            return self._looks_brought(shown)
        if not isinstance(shown, Face):
            return shown
        if self._is_foreign(shown):
            if shown.embedder not in self._former:
                self._count_left_out(
                    "face", f"of {shown.embedder}, and those here are {self._embedder.name}'s"
                )
            return _not_embedded(shown)
        if self._is_current(shown):
            return shown
        before = self._named(shown.key)
        if before is None:
            self._count_left_out("face", f"under a key that is not in {self._keys.place}")
            return _not_embedded(shown)
        return self._turned(shown, before)

    def _looks_brought(self, seen: Appearance) -> Appearance:
        """Return looks under the key, or as they are where their own key is not here."""
        if not seen.key:
            return seen
        self._looks_dimension = len(seen.looks)
        if seen.key == self._protector.key.fingerprint:
            return seen
        before = self._named(seen.key)
        if before is None:
            self._count_left_out("sight of looks", f"under a key that is not in {self._keys.place}")
            return seen
        protector = self._protector_of_looks(self._looks_dimension)
        (looks,) = protector.renew(seen.looks[None], before)
        return replace(seen, looks=looks, key=protector.key.fingerprint)

    def brought_all(self, state: _State) -> _State:
        """Return a copy of what a process remembered, with faces and looks in it under the key.

        A face that another embedder made is in it as if it was not embedded.

        Raises:
            LostKeyError: The key of one is not here.
        """
        by: Exchanges = {Face: self._brought_or_lost, Appearance: self._looks_brought}
        return exchanged(state, by)

    def known(self) -> KeyRing:
        """Return the keys that there are now, with those that there were."""
        self._look_at = 0.0
        self._is_due()
        return self._keys

    def look(self) -> None:
        """Look now and then for a key that somebody made, and prepare to turn faces from it.

        That takes seconds and is done beside; `ready` tells when it is done.
        """
        if self._is_preparing or not self._is_due():
            return
        newest = self._keys.current
        if newest.fingerprint != self.ready:
            self._preparing = threading.Thread(target=self._prepare, args=(newest,), daemon=True)
            self._preparing.start()

    def _count_left_out(self, what: _What, why: str) -> None:
        """Count one more, and tell of the first, and whenever there are twice as many."""
        self.left_out[what] += 1
        count = self.left_out[what]
        if count.bit_count() == 1:
            told = f"1 {what} is" if count == 1 else f"{count:,} {_PLURALS[what]} are"
            self._tell(f"{told} left out by now, {why}")

    @property
    def _is_preparing(self) -> bool:
        return self._preparing is not None and self._preparing.is_alive()

    def _prepare(self, key: TemplateKey) -> None:
        self._protector.prepare(key)
        if self._looks_dimension:
            self._protector_of_looks(self._looks_dimension).prepare(key)
        self.ready = key.fingerprint

    def _is_foreign(self, face: Face) -> bool:
        return face.embedder not in ("", self._embedder.name)

    def _is_current(self, face: Face) -> bool:
        return face.key in ("", self._protector.key.fingerprint)

    def _turned(self, face: Face, before: TemplateKey) -> Face:
        (template,) = self._protector.renew(face.embedding[None], before)
        return replace(face, embedding=template, key=self._protector.key.fingerprint)

    def _brought_or_lost(self, face: Face) -> FaceSight:
        if self._is_foreign(face):
            return _not_embedded(face)
        if self._is_current(face):
            return face
        before = self._named(face.key)
        if before is None:
            raise LostKeyError(
                f"what was remembered of faces is under a key of fingerprint {face.key}, which is "
                f"not in {self._keys.place}: put it back from your copy of it"
            )
        return self._turned(face, before)

    def _named(self, fingerprint: str) -> TemplateKey | None:
        """Return the key of a fingerprint, also where it was made since; None where it is not."""
        found = self._keys.named(fingerprint)
        if found is None and self._is_due():
            found = self._keys.named(fingerprint)
        return found

    def _is_due(self) -> bool:
        """Read the keys again where that is due; tell whether they were read."""
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK_EVERY_S
        try:
            newest = self._read()
        except StoreError as error:
            _log.warning("goes on with the keys of before: %s", error)
            return False
        self._keys = newest.also(self._keys)
        return True

    def _protector_of(self, key: TemplateKey) -> Protector:
        own = self._embedder
        return Protector(key, embedder=own.name, dimension=own.dimension)

    def _protector_of_looks(self, dimension: int) -> Protector:
        if self._looks is None:
            from genesis_ray.vision.osnet import MODEL  # its library is for who has looks

            self._looks = Protector(self._protector.key, embedder=MODEL, dimension=dimension)
        return self._looks


def _not_embedded(face: Face) -> FaceSight:
    return FaceSight(**{each.name: getattr(face, each.name) for each in fields(FaceSight)})
