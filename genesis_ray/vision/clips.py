"""What plays once: video files, pans over photos, synthetic film."""

import importlib.util
import inspect
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl

from pydantic import ValidationError

from genesis_ray.domain.streams.addresses import without_user
from genesis_ray.domain.streams.frames import Image
from genesis_ray.errors import ConfigurationError, SourceError
from genesis_ray.vision.decode import VideoFile
from genesis_ray.vision.hardware_decoding import Decoder
from genesis_ray.vision.photo import PhotoPan
from genesis_ray.vision.synthetic import SyntheticFilm


class Clip(Protocol):
    """Video that plays once; its frames have times, but no date and no camera."""

    @property
    def width(self) -> int:
        """Pixels, the same for every frame."""

    @property
    def height(self) -> int:
        """Pixels, the same for every frame."""

    @property
    def fps(self) -> float:
        """Mean rate."""

    @property
    def frame_count(self) -> int | None:
        """About how many frames there are, if that is known."""

    @property
    def started_at(self) -> datetime | None:
        """When the first frame was captured, if that is known."""

    @property
    def problem(self) -> str | None:
        """What was wrong, known once it has been played."""

    def frames(self) -> Iterator[tuple[timedelta, Callable[[], Image]]]:
        """Yield the time of each frame since the first, and a call that makes its pixels."""

    def close(self) -> None:
        """Release what is held."""


def open_clip(url: str, *, decoder: Decoder = "software") -> Clip:
    """Open a video file, photo:PATH or synthetic:, with the options of their query.

    `decoder` is what decodes a file.

    Raises:
        ConfigurationError: The address or an option of it is wrong.
        SourceError: A file is missing or is not what it should be.
    """
    scheme, colon, rest = url.partition(":")
    if colon and (opener := _OPENERS.get(scheme.lower())):
        return opener(rest)
    if colon and rest.startswith("//"):
        raise ConfigurationError(
            f"expected a path, photo:, synthetic:, rtsp://, http:// or device:, found an address "
            f"that begins with {scheme}:"
        )
    path = Path(url).expanduser()
    if without_user(url) != url and not path.exists():
        raise ConfigurationError(
            f"expected a path, photo:, synthetic:, rtsp://, http:// or device:, found what may be "
            f"an address, {without_user(url)}, with a user and a password; begin it with rtsp:// "
            f"or http://"
        )
    return VideoFile(path, decoder=decoder)


def _open_photo(rest: str) -> Clip:
    path, _, query = rest.partition("?")
    return _make(PhotoPan, "photo", query, _photo_path(path))


def _open_film(rest: str) -> Clip:
    return _make(SyntheticFilm, "synthetic", rest.removeprefix("?"))


_OPENERS: dict[str, Callable[[str], Clip]] = {
    "photo": _open_photo,
    "synthetic": _open_film,
}


def _make(make: Callable[..., Clip], scheme: str, query: str, *args: Path) -> Clip:
    """Build a clip with the options of a query, which the constructor's annotations check."""
    try:
        return make(*args, **dict(parse_qsl(query, keep_blank_values=True)))
    except ValidationError as error:
        wrong = error.errors()[0]
        options = [name for name in inspect.signature(make).parameters if name != "path"]
        raise ConfigurationError(
            f"{scheme}: {wrong['loc'][0]}={wrong['input']}: {wrong['msg']}; "
            f"the options are {', '.join(options)}"
        ) from error


def _photo_path(path: str) -> Path:
    """Return the path of a photo; package:NAME/FILE is looked up without importing NAME."""
    if not path.startswith("package:"):
        return Path(path).expanduser()
    package, _, file = path.removeprefix("package:").partition("/")
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise SourceError(f"{path}: no package {package!r} is installed; install it")
    return Path(spec.submodule_search_locations[0], file)
