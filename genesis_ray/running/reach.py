"""Where a data folder's people may be written down: its own files, and the runs made with it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from genesis_ray.errors import StoreError
from genesis_ray.running.live_run import live_run_path
from genesis_ray.running.questions.history import settings_of
from genesis_ray.settings import Settings
from genesis_ray.store.folder_tree import files_and_shut_folders_in
from genesis_ray.store.runs.known_runs import known_runs
from genesis_ray.store.runs.run_folder import RUNS, RunFolder
from genesis_ray.store.tenant.tenants import gallery_folder, unpacking_folder


@dataclass(frozen=True, slots=True)
class Reached:
    """The runs that are there, and in words those that are not."""

    runs: tuple[RunFolder, ...]
    missing: tuple[str, ...]

    def files(self, settings: Settings) -> Iterator[Path]:
        """Yield all files of the data folder and of the runs, but other tenants'.

        Links to folders are followed, and a folder that cannot be looked into is yielded itself:
        who searches says of it that it could not be read.
        """
        own = gallery_folder(settings.data_dir, settings.tenant_id)
        unpacked = unpacking_folder(settings.data_dir, settings.tenant_id).absolute()
        folders = (settings.data_dir, *(run.path for run in self.runs))
        found = [path for folder in folders for path in files_and_shut_folders_in(folder)]
        for path in dict.fromkeys(each.absolute() for each in found):
            is_others = any(
                part.startswith("tenant_id=") and part != f"tenant_id={settings.tenant_id}"
                for part in path.parts
            ) or (
                path.is_relative_to(own.parent.absolute())
                and not path.is_relative_to(own.absolute())
                and not path.is_relative_to(unpacked)
            )
            if not is_others:
                yield path


def reach(settings: Settings, named: Sequence[Path] = ()) -> Reached:
    """Find the runs that were made with a data folder.

    They are those of `named`, those that were noted when they began, the service's, and those in
    `runs` and beside the others whose run.json names the data folder.

    Raises:
        StoreError: A run of `named` is not there.
    """
    runs = {run.path.resolve(): run for run in map(RunFolder.open, named)}
    missing: list[str] = []
    noted = known_runs(settings.data_dir)
    if (live_run_path(settings) / "run.json").exists():
        noted.append(live_run_path(settings))
    for path in noted:
        try:
            runs.setdefault(path.resolve(), RunFolder.open(path))
        except StoreError as error:
            missing.append(f"a run that was in {path} ({error}); where it is elsewhere: --run DIR")
    for run in _beside([RUNS, *(path.parent for path in noted)], settings):
        runs.setdefault(run.path.resolve(), run)
    return Reached(tuple(runs.values()), tuple(missing))


def _beside(folders: Iterable[Path], settings: Settings) -> Iterator[RunFolder]:
    for path in dict.fromkeys(path for folder in folders for path in sorted(folder.glob("*/"))):
        try:
            run = RunFolder.open(path)
        except StoreError:
            continue
        made_with = settings_of(run, None).data_dir
        if made_with.resolve() == settings.data_dir.resolve():
            yield run
