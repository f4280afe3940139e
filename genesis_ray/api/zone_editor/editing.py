"""One camera's places while somebody draws them on a page."""

import base64
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from genesis_ray import settings_file
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.zones import drawing
from genesis_ray.running.zones.places_file import Drawn, Kind, camera_named, drawn_of
from genesis_ray.sections.zone_checks import doubts
from genesis_ray.settings import Settings

_Key = tuple[Kind, str]
_Shape = dict[str, list[Any]]


class Editing:
    """What the page is given, and what it writes. Threads may share it."""

    def __init__(self, config: Path, camera_id: str, picture: bytes) -> None:
        """Begin.

        Args:
            config: The YAML file.
            camera_id: Of the camera.
            picture: What it sees, a PNG file.
        """
        self._config = config
        self._camera_id = camera_id
        self._picture = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        self._first: dict[_Key, _Shape | None] = {}
        self._last: dict[_Key, _Shape | None] = {}
        self._has_ended = False
        self._lock = Lock()

    def state(self) -> dict[str, Any]:
        """Return the picture, and the places as the file has them now.

        Raises:
            ConfigurationError: The file is wrong.
            NotFoundError: The camera is gone.
        """
        return {
            "camera_id": self._camera_id,
            "file": self._config.name,
            "picture": self._picture,
            "status": {"text": "", "failed": False},
            **self._places(settings_file.load(self._config)),
        }

    def save(self, places: Sequence[Drawn], *, shown: Sequence[Drawn]) -> dict[str, Any]:
        """Write what was drawn, and return the places that the camera has then.

        Args:
            places: As they are to be.
            shown: As the page had them from the file.

        Raises:
            ConfigurationError: They cannot be written, see `drawing.save`, or all has ended.
            NotFoundError: The camera is gone.
            StoreError: The file cannot be written.
        """
        with self._lock:
            if self._has_ended:
                raise ConfigurationError("the editor has ended; start `genesis zones edit` again")
            settings = drawing.save(self._config, self._camera_id, places, shown=shown)
            self._note(_shapes(shown), _shapes(places))
        status = {"text": f"Saved in {self._config}.", "failed": False}
        return {"status": status, **self._places(settings)}

    def end(self) -> list[str]:
        """Write nothing from now on, and return what was written: a sentence for each place."""
        with self._lock:
            self._has_ended = True
        told = []
        for key, now in self._last.items():
            before = self._first[key]
            if before != now:
                done = "added" if before is None else "removed" if now is None else "changed"
                told.append(f"{' '.join(key)} was {done}")
        return told

    def _note(self, before: dict[_Key, _Shape], after: dict[_Key, _Shape]) -> None:
        for key in before | after:
            if before.get(key) != after.get(key):
                self._first.setdefault(key, before.get(key))
                self._last[key] = after.get(key)

    def _places(self, settings: Settings) -> dict[str, Any]:
        camera = camera_named(settings, self._camera_id)
        places = [drawing.shown(each) for each in drawn_of(camera)]
        odd = [f"{each.message}; {each.remedy}" for each in doubts(camera.zones, camera.lines)]
        return {"places": places, "saved": places, "doubts": odd}


def _shapes(places: Sequence[Drawn]) -> dict[_Key, _Shape]:
    return {each.key: each.shape for each in places}
