"""The embedders that a replica has loaded: one, and two while a system goes over to another."""

import threading
import time

from genesis_ray.running.templates.protected import ProtectedEmbedder, load_protected_embedder
from genesis_ray.sections.models import FaceSettings
from genesis_ray.store.keys.template_keys import TemplateKey

DROPPED_AFTER_S = 60.0
"""Without being asked for, while another is: requests of before have been answered by then."""


class Models:
    """Embedders by the names that settings have for them, each under the same key.

    Threads may share it; one loads at a time, and nobody waits for that who asks for another.
    """

    def __init__(self, settings: FaceSettings, key: TemplateKey) -> None:
        """Load the embedder of `settings`; where cameras look at no faces, not before it is asked.

        A photo may still be searched for then.
        """
        self._settings = settings
        self.key = key
        self._loading = threading.Lock()
        self._loaded: dict[str, ProtectedEmbedder] = {}
        self._asked_at: dict[str, float] = {}
        self._latest = settings.embedder
        if settings.enabled:
            self.load(settings.embedder)

    @property
    def latest(self) -> ProtectedEmbedder:
        """The embedder that was asked for last."""
        return self._loaded.get(self._latest) or self.load(self._latest)

    def get(self, name: str) -> ProtectedEmbedder:
        """Return an embedder that is asked for now; what was not for long is dropped.

        Raises:
            ModelError: It is not loaded, and cannot be.
        """
        found = self._loaded.get(name) or self.load(name)
        self._latest = name
        now = time.monotonic()
        self._asked_at[name] = now
        for other, at in [*self._asked_at.items()]:
            if now - at > DROPPED_AFTER_S:
                self._loaded.pop(other, None)
                self._asked_at.pop(other, None)
        return found

    def load(self, name: str) -> ProtectedEmbedder:
        """Return an embedder, loaded if it is not yet.

        Raises:
            ConfigurationError: There is none of that name.
            ModelError: Its models are not here and cannot be fetched.
        """
        with self._loading:
            if name not in self._loaded:
                settings = self._settings.model_copy(update={"embedder": name})
                self._loaded[name] = load_protected_embedder(settings, self.key)
                self._loaded[name].use(self.key)  # which may have changed meanwhile
                self._asked_at[name] = time.monotonic()
            return self._loaded[name]

    def use(self, key: TemplateKey) -> None:
        """Protect with another key from now on, if it is another."""
        if key == self.key:
            return
        self.key = key
        for embedder in [*self._loaded.values()]:
            embedder.use(key)
