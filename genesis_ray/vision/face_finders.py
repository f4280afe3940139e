"""Face detectors behind one call: YuNet, SCRFD and MTCNN."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision.found_face import FoundFace
from genesis_ray.vision.grid_finder import SCRFD, YUNET, GridFinder
from genesis_ray.vision.memory_guard import MemoryState


class FaceFinder(Protocol):
    """Finds the faces of pictures."""

    def find(self, images: Sequence[Image], *, long_side: int) -> list[list[FoundFace]]:
        """Return the faces of each picture, surest first.

        Pictures whose longer side is over `long_side` are shrunk to it before the search:
        that bounds the cost, and sets the smallest and the largest face that can be found.
        What is found in a picture does not depend on the others.
        """
        ...

    @property
    def memory(self) -> MemoryState:
        """How it gets on with a GPU's memory."""
        ...


def load_finder(name: str, *, engine: str = "auto") -> FaceFinder:
    """Load the face detector of this name.

    Raises:
        ConfigurationError: There is none.
        ModelError: Its weights are missing or wrong.
    """
    return _entry(name).load(engine)


def model_of(name: str) -> str:
    """Return which model of the catalogue the face detector of this name uses."""
    return _entry(name).model


@dataclass(frozen=True, slots=True)
class _Entry:
    model: str
    load: Callable[[str], FaceFinder]


def _mtcnn(_engine: str) -> FaceFinder:
    from genesis_ray.vision.mtcnn_finder import MTCNN

    return MTCNN()


_FINDERS = {
    "yunet": _Entry(YUNET.model, lambda engine: GridFinder(YUNET, engine=engine)),
    "scrfd": _Entry(SCRFD.model, lambda engine: GridFinder(SCRFD, engine=engine)),
    "mtcnn": _Entry("mtcnn", _mtcnn),
}

FINDERS = tuple(_FINDERS)


def _entry(name: str) -> _Entry:
    if name not in _FINDERS:
        raise ConfigurationError(f"no face detector {name!r}; there are {', '.join(FINDERS)}")
    return _FINDERS[name]
