"""Genesis's files beside its database: photos of people, and metrics as lines."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from genesis_ray.errors import SourceError
from genesis_ray.migration.genesis_rows import GenesisSample, Unreadable, sample

_PHOTOS = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


@dataclass(frozen=True, slots=True)
class GenesisLayout:
    """Where the things of an installation are; None or empty where they are not."""

    database: Path | None
    faces: Path | None
    metrics: tuple[Path, ...]

    def files(self) -> list[Path]:
        """Return every file that is read."""
        photos = sorted(self.faces.rglob("*")) if self.faces else []
        found = [*filter(None, [self.database]), *self.metrics, *photos]
        return [path for path in found if path.is_file()]


def find_layout(path: Path) -> GenesisLayout:
    """Return what is at `path`: an installation or its data folder, a database, or metrics.

    Raises:
        SourceError: None of these is there.
    """
    if path.is_file():
        is_metrics = path.suffix in (".jsonl", ".csv")
        return GenesisLayout(None, None, (path,)) if is_metrics else GenesisLayout(path, None, ())
    data = path / "data" if (path / "data").is_dir() else path
    database = data / "outputs" / "identities.db"
    faces = data / "faces"
    # Both have the same rows, and the lines keep types.
    metrics = [data / "outputs" / name for name in ("metrics.jsonl", "metrics.csv")]
    found = GenesisLayout(
        database if database.is_file() else None,
        faces if faces.is_dir() else None,
        tuple([each for each in metrics if each.is_file()][:1]),
    )
    if not (found.database or found.faces or found.metrics):
        raise SourceError(
            f"{path} has nothing of Genesis: expected data/outputs/identities.db, data/faces, or "
            f"data/outputs/metrics.jsonl or .csv; name its folder, or one of the files"
        )
    return found


def photos_of(faces: Path) -> dict[str, list[Path]]:
    """Return the photos of `faces`, by the person whose folder they are in."""
    return {
        folder.name: sorted(
            path for path in folder.iterdir() if path.suffix.lower() in _PHOTOS and path.is_file()
        )
        for folder in sorted(faces.iterdir())
        if folder.is_dir()
    }


def embeddings_of(faces: Path) -> list[Path]:
    """Return the files of embeddings in `faces`, which lie beside the photos that they are of."""
    return sorted(path for path in faces.glob("*/*.npy") if path.is_file())


def read_metrics(path: Path, zone: ZoneInfo) -> Iterator[GenesisSample | Unreadable]:
    """Yield the rows of metrics.jsonl or metrics.csv, a line at a time.

    Raises:
        SourceError: The file is no text.
    """
    read = _csv_rows if path.suffix == ".csv" else _json_rows
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for place, row in read(lines):
                try:
                    if not isinstance(row, dict):
                        raise SourceError("expected a JSON object")
                    yield sample(row, zone)
                except SourceError as error:
                    yield Unreadable(f"{path.name} line {place}", str(error))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} is no text in UTF-8: {error}") from error


def _json_rows(lines: Iterator[str]) -> Iterator[tuple[int, object]]:
    for place, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield place, json.loads(line)
        except (ValueError, RecursionError):
            yield place, None  # cut off in the middle of a write


def _csv_rows(lines: Iterator[str]) -> Iterator[tuple[int, object]]:
    reader = csv.DictReader(lines)
    for row in reader:
        yield reader.line_num, row
