"""Making many people known at once: from a folder for each, or a list of photos and names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genesis_ray.errors import ConfigurationError, FaceError, SourceError
from genesis_ray.evaluation.labels_file import Cells, read_rows
from genesis_ray.running.enrolling.enrolment import Enroller
from genesis_ray.running.enrolling.photo_faces import PhotoFaces
from genesis_ray.settings import Settings
from genesis_ray.vision.photo_file import Photo

Photos = Mapping[str, Sequence[Path]]
"""Of people, by what they are called."""

OnProgress = Callable[[str, int, int], None]
"""Told who is next, and how many of how many are done."""

_COLUMNS = ("file", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEnrolment:
    """What became of people and their photos.

    Attributes:
        added: How many photos were added, by the name of who has some new ones.
        known: Photos that people were known by already.
        waiting: Names of those whose photos wait for a system that runs to take them in.
        refused: Why a photo was not added, by its path.
        failed: Why a person could not be enrolled at all, by name.
    """

    added: Mapping[str, int]
    known: int
    waiting: tuple[str, ...]
    refused: Mapping[str, str]
    failed: Mapping[str, str]


def photos_in(folder: Path) -> Photos:
    """Return the photos in a folder that has one for each person, called by their name.

    Raises:
        SourceError: There is no such folder, or nobody's in it.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder; name one that has a folder for each person")
    people = {
        own.name: [path for path in _entries(own) if path.is_file()]
        for own in _entries(folder)
        if own.is_dir()
    }
    if not people:
        raise SourceError(f"{folder}: no folder in it; it takes one for each person, by name")
    return people


def photos_of(table: Path) -> Photos:
    """Return the photos in a CSV table with the columns file and name, a line a photo.

    Files are meant from the table's folder; a line that is there twice counts once.

    Raises:
        StoreError: It cannot be read, has other columns, or a line without a file or name.
    """
    people: dict[str, list[Path]] = {}
    lines = read_rows(table, _COLUMNS, _photo_and_name, kind="photos")
    for photo, name in dict.fromkeys(lines):
        people.setdefault(name, []).append(table.parent / photo)
    return people


def enroll_all(
    settings: Settings,
    people: Photos,
    *,
    within_s: float,
    anyway: bool = False,
    faces: PhotoFaces | None = None,
    on_progress: OnProgress = lambda *_: None,
) -> BulkEnrolment:
    """Add photos to people, one person after the other, with an embedder that is loaded once.

    A photo that cannot be used is left out, and the person's others are added, all in one step. Cut
    off at any point, the next call goes on: what is there is not added again. `faces` looks at
    photos, in the order in which people have them; by default an embedder that is loaded here.

    Raises:
        StoreError: The tenant's key is lost, or another process writes.
    """
    enroller = Enroller(settings, anyway=anyway, faces=faces)
    added: dict[str, int] = {}
    waiting: list[str] = []
    all_refused: dict[str, str] = {}
    failed: dict[str, str] = {}
    known = 0
    for number, (name, photos) in enumerate(people.items()):
        on_progress(name, number, len(people))
        refused: dict[Photo, str] = {}
        try:
            done = enroller.enroll(name, photos, within_s=within_s, refused=refused)
        except (ConfigurationError, FaceError) as error:  # a name or photos that may be several's
            failed[name] = str(error)
            continue
        finally:
            all_refused |= {str(photo): reason for photo, reason in refused.items()}
        known += done.known
        if done.process and done.person is None:
            waiting.append(name)
            within_s = 0.0  # it is shown nothing at the moment, or busy: the others wait, too
        elif new := len(photos) - len(refused) - done.known:
            added[done.person.name if done.person else name] = new
        elif not photos:
            failed[name] = "no photo in the folder"
    return BulkEnrolment(
        added=added, known=known, waiting=tuple(waiting), refused=all_refused, failed=failed
    )


def _photo_and_name(row: Cells) -> tuple[str, str]:
    photo, name = (row[column].strip() for column in _COLUMNS)
    if not photo or not name:
        raise ValueError("expected a file and a name")
    return photo, name


def _entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
