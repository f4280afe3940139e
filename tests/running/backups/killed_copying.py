"""Backs up or restores and is killed at it: `WHAT DATA FILE WHEN`, see `deadly_steps`."""

from pathlib import Path

from genesis_ray.running.backups.backup import back_up
from genesis_ray.running.backups.restoring import restore
from genesis_ray.settings import Settings
from genesis_ray.store.keys import sealed_file
from tests.deadly_steps import serve


def copy(what: str, data: str, file: str) -> None:
    settings = Settings(data_dir=Path(data), faces={"embedder": "synthetic"})
    {"backup": back_up, "restore": restore}[what](settings, Path(file), b"open")


if __name__ == "__main__":
    sealed_file._WORK.update(n=2)
    serve(copy)
