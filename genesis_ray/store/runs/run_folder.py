"""The folder of a run: what it made, and what it was made with.

run.json    versions, configuration, counts, durations
events/     the event tables
rollups/    figures by quarter of an hour that were made of them
jobs/       what became of work in the background
retention.json   what the last purge took, where there was one
purged.json what purges have let go of until now: from when on rows are there
media/      annotated video and pictures, where they were asked for
state/      what its actors go on from when one is killed; nothing once they have ended
acknowledgements/  what people acknowledged and is not logged yet; nothing once it is
deliveries/ which alerts were told to whom, where that was asked for
import.json  what became of rows that were imported, where any were
watching.lock  held while a live system writes here
work/       what an archive's run has found so far; nothing once it has ended
"""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Self

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, write_file, writing_to
from genesis_ray.store.events.event_folder import EventFolder, check_schema_version
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.schemas import SCHEMA_VERSION

RUNS = Path("runs")
"""Where runs go that are not told where."""

_SUMMARY = "run.json"
_LIBRARIES = (
    "ray",
    "torch",
    "openvino",
    "ultralytics",
    "facenet-pytorch",
    "av",
    "opencv-python-headless",
    "trackers",
    "lancedb",
    "pyarrow",
    "duckdb",
    "numpy",
)


class RunFolder:
    """One run on disk. `create`, `open` and `newest` are the ways to get one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events = path / "events"
        self.rollups = path / "rollups"
        self.jobs = path / "jobs"
        self.media = path / "media"
        self.state = path / "state"
        self.work = path / "work"
        self.acknowledgements = path / "acknowledgements"
        self.watching = path / "watching.lock"
        self._summary = path / _SUMMARY

    @classmethod
    def create(cls, path: Path | None = None, *, force: bool = False) -> Self:
        """Make the folder of a new run.

        Args:
            path: `runs/<UTC time>` where none is given.
            force: Empty the folder first if it holds an earlier run; nothing else is deleted.

        Raises:
            StoreError: The folder has something in it, or a run is being written there.
        """
        run = cls(path or RUNS / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}Z")
        with writing_to(run.path):
            make_folder(run.path)
            if any(run.path.iterdir()):
                run._empty(force=force)
        run._write({**_made_with(), "started_at": datetime.now(UTC).isoformat()})
        return run

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open an earlier run.

        Raises:
            StoreError: There is none, or another schema version wrote it.
        """
        run = cls(path)
        if not run._is_run():
            raise StoreError(
                f"{path} has events, and its {_SUMMARY} is missing or damaged; put that back from "
                f"a backup"
                if run.events.is_dir()
                else f"there is no run in {path}; {_REMEDY}"
            )
        check_schema_version(run._summary)
        EventFolder(run.events).check_version()
        return run

    @classmethod
    def newest(cls, root: Path = RUNS) -> Self:
        """Open the run below `root` that started last, of those that came as far as events.

        One that could not begin, or has not yet, does not hide what others found; it is opened
        where there is no other.

        Raises:
            StoreError: There is none, or another schema version wrote it.
        """
        runs = [run for path in root.glob("*") if (run := cls(path))._is_run()]
        if not runs:
            raise StoreError(f"there is no run in {root}; {_REMEDY}")
        runs = [run for run in runs if run.events.is_dir()] or runs
        return cls.open(max(runs, key=lambda run: (run._started_at(), run.path.name)).path)

    def summary(self) -> dict[str, object]:
        """Return what run.json says."""
        content: dict[str, object] = json.loads(self._summary.read_bytes())
        return content

    @property
    def tenant_id(self) -> str | None:
        """Whose people were watched for; None: run.json does not tell."""
        settings = self.summary().get("settings")
        return settings.get("tenant_id") if isinstance(settings, dict) else None

    def write_summary(self, summary: Mapping[str, object]) -> None:
        """Add to run.json, in one step, replacing what it said under the same keys.

        The keys of `create` (versions and `started_at`) keep their meaning; do not set them.

        Raises:
            StoreError: The disk is full or refuses; run.json is as it was.
        """
        self._write({**self.summary(), **summary})

    def _write(self, content: Mapping[str, object]) -> None:
        write_file(self._summary, json.dumps(content, indent=2, default=str).encode())

    def _empty(self, *, force: bool) -> None:
        if not self._is_run():
            raise StoreError(
                f"{self.path} is not empty and holds no run; name a new folder, "
                f"nothing in this one will be touched"
            )
        if not force:
            raise StoreError(
                f"{self.path} already holds a run; name a new folder, or replace it with --force"
            )
        if self.events.is_dir():
            WriteLock(EventFolder(self.events).lock).release()  # refuses while it is written
        for path in self.path.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _is_run(self) -> bool:
        """Tell a run from any other folder that happens to have an `events` in it."""
        try:
            return "genesis_version" in self.summary()
        except (OSError, ValueError, TypeError):
            return False

    def _started_at(self) -> str:
        return str(self.summary().get("started_at", ""))


_REMEDY = (
    "make one with `genesis demo` or `genesis run VIDEO`, or name the folder of one with --run DIR"
)


def _made_with() -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "genesis_version": _version_of("genesis-ray"),
        "versions": {name: _version_of(name) for name in _LIBRARIES},
    }


def _version_of(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
