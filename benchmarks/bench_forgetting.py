"""How long a system that runs gives way while somebody is forgotten.

    .venv/bin/python benchmarks/bench_forgetting.py [--faces 1000 10000] [--events 1e6]
        [--days 30] [--repeats 3] [--folder DIR]

Resolver, journal and gallery are those of benchmarks/live_system.py. The log is what
benchmarks/analytics_data.py makes, a hundred events of which are about eighty-four sights of tracks
and four of visits, and five scored faces; all of it is in Parquet files, spread over so many days.

Who is forgotten is one of those who came most often, another one each time. A line each of

    forgetting, pause of the resolver    from when it is called to give way until it names again
    forgetting, pause of the journal     the same, until it logs again
    forgetting, what comes before        finding who and where, waiting for the resolver
    forgetting, search for what is left  afterwards, with the receipt; both are at work again
    forgetting                           all of it, until the receipt is there
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from analytics_data import Amount, write_events
from harness import note, report_latency
from live_system import at_work, enrolled_system, person

from genesis_ray.live.spec import LiveSpec
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.store.disk import make_folder
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import EventFolder, data_file
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.schemas import EVENT_SCHEMAS

_SIGHTS = 0.84
_VISITS = 0.01
_SCORES = 0.05
"""Of all events; the rest is what comes with visits: names, lines, zones."""


def main() -> None:
    """Measure, and print five lines for each size of the gallery."""
    options = _options()
    for faces in options.faces:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            note(f"{faces:,} faces, {options.events:,.0f} events: making them")
            _measure(_prepared(Path(folder), faces, options), faces, options)


def _measure(spec: LiveSpec, faces: int, options: argparse.Namespace) -> None:
    samples: dict[str, list[float]] = {}
    with at_work(spec) as (names, log):
        for number in range(options.repeats):
            begun = time.perf_counter()
            _, receipt = forget(spec.settings, person(number), by="nobody", why="measured")
            ended = time.perf_counter()
            if receipt.searched.residue:
                raise SystemExit(f"{receipt.searched.residue[0]}: not forgotten")
            (asked, named), (_, logged) = names.pauses[-1], log.pauses[-1]
            spans = {
                ", pause of the resolver": named - asked,
                ", pause of the journal": logged - log.pauses[-1][0],
                ", what comes before": asked - begun,
                ", search for what is left": ended - max(named, logged),
                "": ended - begun,
            }
            for name, span_s in spans.items():
                samples.setdefault(name, []).append(span_s)
            note(", ".join(f"{name.strip(', ') or 'all'} {s:.2f} s" for name, s in spans.items()))
    parameters = {**vars(options), "faces": faces, "folder": None}
    size = sum(path.stat().st_size for path in spec.run.rglob("*.parquet"))
    for name, seconds in samples.items():
        report_latency(f"forgetting{name}", seconds, parameters=parameters, log_bytes=size)


def _prepared(folder: Path, faces: int, options: argparse.Namespace) -> LiveSpec:
    """Return a system that may begin, with people, faces and a log in `folder`."""
    spec = enrolled_system(folder, faces)
    events = RunFolder(spec.run).events
    amount = Amount(
        observations=int(_SIGHTS * options.events),
        visits=int(_VISITS * options.events),
        days=options.days,
    )
    write_events(events, amount)
    _write_scores(EventFolder(events), int(_SCORES * options.events), amount)
    return spec


def _write_scores(folder: EventFolder, count: int, amount: Amount) -> None:
    """Add scored faces to each day that has names: of those tracks, in turn."""
    days = folder.partitions("face_recognitions", amount.tenant_id)
    schema = EVENT_SCHEMAS["face_scores"]
    random = np.random.default_rng(amount.seed)
    for number, day in enumerate(days, start=1):
        (file,) = day.glob("*.parquet")
        named = parquet_file.read(file, EVENT_SCHEMAS["face_recognitions"])
        own = count // len(days)
        rows = named.take(pa.array(np.sort(np.arange(own) % len(named))))
        others = [person(each) for each in random.integers(0, 1000, own)]
        given: dict[str, Any] = {
            "event_id": [random.bytes(16) for _ in range(own)],
            "face_index": list(range(own)),
            "candidate_ids": [
                [*pair] for pair in zip(rows["identity_id"].to_pylist(), others, strict=True)
            ],
            "similarities": [[0.7, 0.3]] * own,
            "verdict": ["voted"] * own,
            "weight": [1.0] * own,
        }
        columns = [
            pa.array(given[field.name], field.type) if field.name in given else rows[field.name]
            for field in schema
        ]
        partition = folder.partition("face_scores", amount.tenant_id, day.name[len("day=") :])
        make_folder(partition)
        parquet_file.write(
            data_file(partition, number, number),
            pa.Table.from_arrays(columns, schema=schema),
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--faces", nargs="+", type=int, default=[1000, 10_000])
    parser.add_argument("--events", type=float, default=1e6)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=3, help="people who are forgotten")
    parser.add_argument("--folder", type=Path, help="where all is made  [temporary]")
    return parser.parse_args()


if __name__ == "__main__":
    main()
