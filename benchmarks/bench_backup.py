"""How long nobody is named while a system that runs is backed up, and how long all of it takes.

    .venv/bin/python benchmarks/bench_backup.py [--faces 1000 10000] [--photos 0] [--repeats 3]
        [--folder DIR]

Resolver, journal and gallery are those of benchmarks/live_system.py; beside them there are so many
kept photos of 20 kB. A line each of

    backup, pause of the resolver   from when it is called to give way until it names again
    backup                          all of it, until the file is there
"""

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from harness import note, report_latency
from live_system import at_work, enrolled_system

from genesis_ray.live.spec import LiveSpec
from genesis_ray.running.backups.backup import back_up
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos

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
    with at_work(spec) as (names, _):
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
    spec = enrolled_system(folder, faces)
    kept, ref = KeptPhotos(identity_folder(spec.settings)), spec.template_key
    for number in range(photos):
        photo = KeptPhoto(
            face_id=str(number),
            identity_id=str(number),
            key_version=ref.version,
            fingerprint=ref.fingerprint,
            at=_NOON,
        )
        kept.put(photo, os.urandom(_PHOTO_BYTES))
    return spec


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--faces", nargs="+", type=int, default=[1000, 10_000])
    parser.add_argument("--photos", type=int, default=0, help="kept ones, of 20 kB each")
    parser.add_argument("--repeats", type=int, default=3, help="backups")
    parser.add_argument("--folder", type=Path, help="where all is made  [temporary]")
    return parser.parse_args()


if __name__ == "__main__":
    main()
