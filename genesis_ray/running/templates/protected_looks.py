"""How people look by a network, under the newest of a tenant's keys, also where that changes."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np

from genesis_ray.domain.streams.frames import Image
from genesis_ray.domain.tracking.appearance import Looks, View
from genesis_ray.domain.tracking.heads import Box
from genesis_ray.errors import StoreError
from genesis_ray.running.templates.tenant_keys import LOOK_EVERY_S
from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey
from genesis_ray.store.keys.templates import Protector

_log = logging.getLogger(__name__)


class Network(Protocol):
    """Tells how people look, as float32 [dimension]."""

    name: str
    dimension: int

    def looks_of(self, image: Image, person: Box) -> Looks:
        """Describe whoever is in a box, normalised to the image."""


class ProtectedLooks:
    """Views of frames whose looks are under the tenant's key; any number of threads may use them.

    Each view says which key that is, and brings looks of before under it. Whether there is a newer
    one is looked for now and then. What it takes to go over to it is done beside, as that takes
    seconds, and no frame waits for it.
    """

    def __init__(self, network: Network, read: Callable[[], KeyRing]) -> None:
        """Protect by the newest of the keys that `read` returns.

        Raises:
            StoreError: They cannot be read.
        """
        self._network = network
        self._read = read
        self._keys = read()
        self._protector = self._protector_of(self._keys.current)
        self._looking = threading.Lock()
        self._look_at = time.monotonic() + LOOK_EVERY_S

    def view_of(self, image: Image) -> View:
        """Return the view of a frame."""
        self._look()
        height, width = image.shape[:2]
        protector = self._protector
        return View(
            width / height,
            partial(self._looks_of, protector, image),
            key=protector.key.fingerprint,
            renew=partial(self._renewed, protector),
        )

    def _looks_of(self, protector: Protector, image: Image, person: Box) -> Looks:
        looks: Looks = protector.protect(self._network.looks_of(image, person)[None])[0]
        return looks

    def _renewed(self, protector: Protector, looks: Looks, key: str) -> Looks | None:
        before = self._keys.named(key)
        if before is None:
            return None
        renewed: Looks = protector.renew(looks[None], before)[0]
        return renewed

    def _look(self) -> None:
        """Look now and then, beside, whether there is a newer key, and go over to it."""
        if time.monotonic() < self._look_at or not self._looking.acquire(blocking=False):
            return
        self._look_at = time.monotonic() + LOOK_EVERY_S
        threading.Thread(target=self._go_over, daemon=True).start()

    def _go_over(self) -> None:
        try:
            before, keys = self._protector.key, self._read().also(self._keys)
            if keys.current != before:
                after = self._protector_of(keys.current)
                after.prepare(before)
                after.protect(np.empty((0, self._network.dimension), np.float32))  # a second, once
                self._keys, self._protector = keys, after
        except StoreError as error:
            _log.warning("goes on with key %d: %s", self._protector.key.version, error)
        finally:
            self._looking.release()

    def _protector_of(self, key: TemplateKey) -> Protector:
        own = self._network
        return Protector(key, embedder=own.name, dimension=own.dimension)
