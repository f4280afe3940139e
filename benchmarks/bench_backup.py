"""How long nobody is named while a system that runs is backed up, and how long all of it takes.

    .venv/bin/python benchmarks/bench_backup.py [--faces 1000 10000] [--photos 0] [--repeats 3]
        [--folder DIR]

Resolver and journal are those of benchmarks/bench_forgetting.py, and so is the gallery; beside it
there are so many kept photos of 20 kB. A line each of

    backup, pause of the resolver   from when it is called to give way until it names again
    backup                          all of it, until the file is there
"""

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench_forgetting import enroll, system
from harness import note, report_latency

from genesis_ray.live.spec import LiveSpec
from genesis_ray.running.backup import back_up
from genesis_ray.running.identities import identity_folder
from genesis_ray.running.result import summary
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.kept_photos import KeptPhoto, KeptPhotos
from genesis_ray.store.known_runs import note_run
from genesis_ray.store.run_folder import RunFolder

_PHOTO_BYTES = 20_000
_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def main() -> None:
    """Measure, and print two lines for each size of the gallery."""
    options = _options()
    for faces in options.faces:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            note(f"{faces:,} faces, {options.photos:,} photos: making them")
            _measure(_prepared(Path(folder), faces, options.photos), faces, options)


def _measure(spec: LiveSpec, faces: int, options: argparse.Namespace) -> None:
    pauses: list[float] = []
    wholes: list[float] = []
    size = 0
    with system(spec) as (names, _):
        for number in range(options.repeats):
            file = spec.run.parent / f"{number}.sealed"
            begun = time.perf_counter()
            back_up(spec.settings, file, b"measured")
            wholes.append(time.perf_counter() - begun)
            while len(names.pauses) <= number:
                time.sleep(0.01)
            asked, named = names.pauses[-1]
            pauses.append(named - asked)
            size = file.stat().st_size
            note(f"pause of the resolver {pauses[-1]:.2f} s, all {wholes[-1]:.2f} s")
    parameters = {**vars(options), "faces": faces, "folder": None}
    for name, seconds in ((", pause of the resolver", pauses), ("", wholes)):
        report_latency(f"backup{name}", seconds, parameters=parameters, file_bytes=size)


def _prepared(folder: Path, faces: int, photos: int) -> LiveSpec:
    settings = Settings(
        data_dir=folder / "data",
        templates={"key_store": f"file:{folder / 'keys'}"},
        cameras=[{"camera_id": "camera-00", "source": "door.mp4"}],
    )
    run = RunFolder.create(folder / "run")
    run.write_summary(summary(settings, None))
    note_run(settings.data_dir, run.path)
    enroll(settings, faces)
    kept, ref = KeptPhotos(identity_folder(settings)), tenant_keys(settings).ref
    for number in range(photos):
        photo = KeptPhoto(
            face_id=str(number),
            identity_id=str(number),
            key_version=ref.version,
            fingerprint=ref.fingerprint,
            at=_NOON,
        )
        kept.put(photo, os.urandom(_PHOTO_BYTES))
    return LiveSpec(
        settings=settings,
        run=run.path,
        realtime=True,
        detector_app="",
        embedder_app="",
        template_key=ref,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--faces", nargs="+", type=int, default=[1000, 10_000])
    parser.add_argument("--photos", type=int, default=0, help="kept ones, of 20 kB each")
    parser.add_argument("--repeats", type=int, default=3, help="backups")
    parser.add_argument("--folder", type=Path, help="where all is made  [temporary]")
    return parser.parse_args()


if __name__ == "__main__":
    main()
