"""All that is in a folder, also what lies on another disk, behind a link to a folder.

Python's own ways to look through folders stop at such links, or go round in circles with them.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from genesis_ray.store.disk import sync_folder


def walk(
    top: str | Path, *, onerror: Callable[[OSError], object] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each folder with the names of the folders and files in it, as `os.walk` does.

    Links are followed, except one to a folder that it lies in: all of that is seen anyway.

    Args:
        top: Where to begin.
        onerror: Is told why a folder cannot be looked into; without it that is left out.
    """
    ways = {str(top): frozenset({_itself(str(top))})}
    for place, inner, names in os.walk(str(top), onerror=onerror, followlinks=True):
        way = ways.pop(place)
        for name in [*inner]:
            path = os.path.join(place, name)
            itself = _itself(path)
            if itself in way:
                inner.remove(name)
            else:
                ways[path] = way | {itself}
        yield place, inner, names


def files_in(top: Path) -> list[Path]:
    """Return the files in a folder; none where it is not there."""
    found = (Path(place, name) for place, _, names in walk(top) for name in names)
    return [path for path in found if path.is_file()]


def files_and_shut_folders_in(top: Path) -> list[Path]:
    """Return the files in a folder, and the folders that cannot be looked into.

    For who vouches for what is in it. What went meanwhile is not among them.
    """
    shut: list[Path] = []

    def note(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            shut.append(Path(os.fsdecode(error.filename)))

    found = [Path(place, name) for place, _, names in walk(top, onerror=note) for name in names]
    return [*filter(_may_be_file, found), *shut]


def own_files_in(top: Path) -> list[Path]:
    """Return the files that `remove_folder` removes."""
    return [Path(place, name) for place, _, names in os.walk(top) for name in names]


def links_in(top: Path) -> list[Path]:
    """Return the links to folders that are in a folder, but not what is in those."""
    found = (Path(place, name) for place, inner, _ in os.walk(top) for name in inner)
    return sorted(path for path in found if path.is_symlink())


def remove_folder(top: Path) -> None:
    """Remove a folder and what is in it, but no `links_in` it: who made them knows what is there.

    A folder that is itself on another disk is emptied, and stays for who writes there next.

    Raises:
        OSError: The disk refuses.
    """
    for place, inner, names in os.walk(top, topdown=False):
        for name in names:
            Path(place, name).unlink(missing_ok=True)
        for name in inner:
            _remove_empty(Path(place, name))
        sync_folder(Path(place))
    _remove_empty(top)


def _remove_empty(folder: Path) -> None:
    if not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()


def _may_be_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        return True


def _itself(path: str) -> tuple[int, int] | None:
    """Return what is the same for all paths to a folder; None where it went meanwhile."""
    try:
        told = os.stat(path)
    except OSError:
        return None
    return told.st_dev, told.st_ino
