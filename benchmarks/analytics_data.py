"""A run with as many events as are wanted, made day by day, as files of the event folder.

    .venv/bin/python benchmarks/analytics_data.py FOLDER --observations 1e8 --visits 1e6

People come by a rhythm of hours and weekdays, are seen once a second by one of the cameras, walk
straight through its picture, and some cross a zone. A visit begins with a track of its own that is
named at the entrance and counted across its line inwards, and ends with the line crossed outwards:
entries minus exits is how many visitors are there. A second tenant, `other`, has a thousandth.

The same seed and sizes give the same rows. Ids are random, not made of the key as the log's are.
One day is in memory at a time; nothing goes through the write-ahead log.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from harness import note

from genesis_ray.store.disk import make_folder
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import EventFolder, data_file
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.schemas import EVENT_SCHEMAS

Ints = npt.NDArray[np.int64]

SITE = "site"
SMALL_TENANT = "other"

_US = 1_000_000
_DAY_US = 86_400 * _US
_HOURS = np.array([0.1] * 7 + [0.5, 1.5, 3, 4, 5, 7, 6.5, 5, 5, 6, 8, 7.5, 5, 3, 1.5, 0.5, 0.2])
"""How many come in each hour of the day: a shop's, fullest at noon and after work."""
_WEEKDAYS = np.array([0.9, 0.9, 0.95, 1.0, 1.2, 1.5, 0.55])
_TRACK_S = 20.0
_ENTRANCES = 3
_ZONES = 2
_ZONE_SHARE = 0.4
_FAULTS_A_DAY = 0.1


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much of what there is to be."""

    tenant_id: str = "default"
    observations: int = 100_000_000
    visits: int = 1_000_000
    days: int = 90
    cameras: int = 50
    start: date = date(2026, 1, 5)
    seed: int = 1

    def of_day(self, total: int) -> Ints:
        """Return how many of `total` fall on each day."""
        places = np.arange(self.days) + self.start.weekday()
        shares = np.cumsum(_WEEKDAYS[places % 7])
        ends = np.round(total * shares / shares[-1]).astype(np.int64)
        return np.diff(ends, prepend=0)


def write_run(path: Path, amount: Amount) -> RunFolder:
    """Make the run, of two tenants, in a new folder."""
    run = RunFolder.create(path)
    small = replace(
        amount,
        tenant_id=SMALL_TENANT,
        observations=amount.observations // 1000,
        visits=amount.visits // 1000,
        seed=amount.seed + 1,
    )
    for each in (amount, small):
        write_events(run.events, each)
    return run


def write_events(events: Path, amount: Amount) -> None:
    """Add the events of one tenant to a folder of events that has none of it."""
    folder = EventFolder(events)
    folder.prepare()
    for number, tables in enumerate(_days(amount), start=1):
        day = amount.start + timedelta(days=number - 1)
        for table, columns in tables.items():
            if not len(columns["occurred_at"]):
                continue
            partition = folder.partition(table, amount.tenant_id, day.isoformat())
            make_folder(partition)
            rows = _table(EVENT_SCHEMAS[table], columns, amount, (number, table))
            parquet_file.write(data_file(partition, number, number), rows)


def _days(amount: Amount) -> Iterator[dict[str, dict[str, Any]]]:
    """Yield the columns of every table, a day at a time."""
    first_track = 1
    midnight = int(datetime.combine(amount.start, datetime.min.time(), UTC).timestamp()) * _US
    days = zip(amount.of_day(amount.observations), amount.of_day(amount.visits), strict=True)
    for place, (observations, visits) in enumerate(days):
        random = np.random.default_rng([amount.seed, place])
        tracks = _Tracks.draw(random, int(observations), int(visits), amount, midnight, first_track)
        tables = {
            "track_observations": tracks.observations(random),
            "zone_crossings": tracks.zone_crossings(random),
            "camera_states": _camera_states(random, amount, midnight),
        }
        if visits:
            tables |= _visits(random, tracks, amount, midnight)
        yield tables
        first_track += len(tracks.start)
        midnight += _DAY_US


@dataclass(frozen=True)
class _Tracks:
    """People's ways through pictures: arrays [tracks], times in microseconds since 1970.

    `first` are those that visits begin with, at an entrance each.
    """

    start: Ints
    seconds: Ints
    camera: Ints
    track_id: Ints
    first: Ints

    @classmethod
    def draw(
        cls,
        random: np.random.Generator,
        observations: int,
        visits: int,
        amount: Amount,
        midnight: int,
        first_id: int,
    ) -> "_Tracks":
        """Return tracks with so many observations together, one a second.

        Raises:
            ValueError: They are fewer than visits, each of which begins with one of its own.
        """
        likely = int(observations / _TRACK_S * 1.5) + 10
        seconds = 1 + random.geometric(1 / (_TRACK_S - 1), likely).astype(np.int64)
        ends = np.cumsum(seconds)
        count = int(np.searchsorted(ends, observations)) + 1 if observations else 0
        seconds = seconds[:count]
        if count:
            seconds[-1] -= ends[count - 1] - observations
        if visits > count:
            raise ValueError(
                f"a day's {visits:,} visits begin with a track each, and {observations:,} "
                f"observations are of {count:,} tracks: make fewer visits, or more observations"
            )
        start = np.sort(midnight + _times(random, count))
        latest = midnight + _DAY_US - seconds * _US
        busy = 1 / np.arange(1, amount.cameras + 1) ** 0.5
        camera = random.choice(amount.cameras, count, p=busy / busy.sum())
        first = random.choice(count, visits, replace=False)
        camera[first] = random.integers(0, _entrances(amount), visits)
        return cls(np.minimum(start, latest), seconds, camera, first_id + np.arange(count), first)

    def observations(self, random: np.random.Generator) -> dict[str, Any]:
        """Return a row a second of each track."""
        track = np.repeat(np.arange(len(self.start)), self.seconds)
        second = np.arange(len(track)) - np.repeat(
            np.cumsum(self.seconds) - self.seconds, self.seconds
        )
        way = (second / np.maximum(self.seconds - 1, 1)[track]).astype(np.float32)
        count = len(self.start)
        height = random.uniform(0.15, 0.5, count).astype(np.float32)
        begin, end = random.uniform(0.05, 0.95, (2, 2, count)).astype(np.float32)
        x, foot = (begin[axis][track] * (1 - way) + end[axis][track] * way for axis in (0, 1))
        tall = height[track]
        return {
            "occurred_at": self.start[track] + second * _US,
            "camera": self.camera[track],
            "track_id": self.track_id[track],
            "frame_index": (self.start[track] % _DAY_US) // 100_000 + second * 10,
            "x1": np.clip(x - tall / 6, 0, 1),
            "y1": np.clip(foot - tall, 0, 1),
            "x2": np.clip(x + tall / 6, 0, 1),
            "y2": foot,
            "confidence": random.uniform(0.5, 0.98, len(track)).astype(np.float32),
        }

    def zone_crossings(self, random: np.random.Generator) -> dict[str, Any]:
        """Return how some of the tracks enter a zone of their camera, and leave it."""
        own = np.flatnonzero(random.random(len(self.start)) < _ZONE_SHARE)
        spans = np.sort(random.random((2, len(own))), axis=0) * self.seconds[own] * _US
        at = (self.start[own] + spans.astype(np.int64)).ravel()
        zone = random.integers(0, _ZONES, len(own))
        zone_id = np.char.add("zone-", (self.camera[own] * _ZONES + zone).astype(str))
        return {
            "occurred_at": at,
            "camera": np.tile(self.camera[own], 2),
            "zone_id": np.tile(zone_id, 2),
            "track_id": np.tile(self.track_id[own], 2),
            "direction": np.repeat(["enter", "exit"], len(own)),
        }


def _visits(
    random: np.random.Generator, tracks: _Tracks, amount: Amount, midnight: int
) -> dict[str, dict[str, Any]]:
    """Return visits, who they are of, and how they crossed the line of the entrance."""
    first, count = tracks.first, len(tracks.first)
    start = tracks.start[first]
    stay = (random.lognormal(np.log(900), 0.7, count) * _US).astype(np.int64)
    end = np.minimum(start + stay, midnight + _DAY_US - 1)
    came, left = tracks.camera[first], random.integers(0, _entrances(amount), count)
    # Of as many people as a third of the visits, some come often and most hardly ever.
    people = max(1, amount.visits // 3)
    person = np.minimum(random.pareto(1.2, count) * people / 20, people - 1).astype(np.int64)
    identity = np.char.add("visitor-", np.char.zfill(person.astype(str), 7))
    day = str(midnight // _DAY_US)
    visit = np.char.add(f"visit-{day}-", np.arange(count).astype(str))
    zones = np.cumsum(random.integers(0, 5, count))
    places = random.integers(0, amount.cameras * _ZONES, int(zones[-1]))
    zone_ids = np.split(np.char.add("zone-", places.astype(str)), zones[:-1])
    none: list[npt.NDArray[np.str_]] = [places[:0].astype(str)] * count
    similarity = random.uniform(0.5, 0.9, count).astype(np.float32)
    return {
        "visits": {
            "occurred_at": np.concatenate([start, end]),
            "camera": np.concatenate([came, left]),
            "visit_id": np.tile(visit, 2),
            "identity_id": np.tile(identity, 2),
            "started_at": np.tile(start, 2),
            "ended_at": pa.array(
                np.concatenate([end, end]), pa.int64(), mask=np.repeat([True, False], count)
            ),
            "zone_ids": pa.array([*none, *zone_ids], pa.list_(pa.string())),
        },
        "line_crossings": {
            "occurred_at": np.concatenate([start, end]),
            "camera": np.concatenate([came, left]),
            "line_id": np.full(2 * count, "door"),
            "track_id": np.tile(tracks.track_id[first], 2),
            "direction": np.repeat(["in", "out"], count),
        },
        "face_recognitions": {
            "occurred_at": start,
            "camera": came,
            "track_id": tracks.track_id[first],
            "identity_id": identity,
            "decision": np.full(count, "named"),
            "similarity": similarity,
            "runner_up_similarity": similarity - np.float32(0.3),
            "threshold": np.full(count, 0.45, np.float32),
            "votes": np.full(count, 3),
            "quality": random.uniform(0.5, 1, count).astype(np.float32),
            "gate": np.full(count, ""),
            "is_new": random.random(count) < 0.3,
            "embedder": np.full(count, "facenet"),
        },
    }


def _entrances(amount: Amount) -> int:
    """Return how many of the cameras, from the first on, look at an entrance."""
    return min(_ENTRANCES, amount.cameras)


def _camera_states(random: np.random.Generator, amount: Amount, midnight: int) -> dict[str, Any]:
    """Return that cameras are there in the morning, and that some fail for minutes."""
    cameras = np.arange(amount.cameras)
    failing = cameras[random.random(amount.cameras) < _FAULTS_A_DAY]
    failed_at = midnight + random.integers(0, _DAY_US - 3600 * _US, len(failing))
    back_at = failed_at + random.integers(30 * _US, 3000 * _US, len(failing))
    counts = [len(cameras), len(failing), len(failing)]
    return {
        "occurred_at": np.concatenate([np.full(len(cameras), midnight), failed_at, back_at]),
        "camera": np.concatenate([cameras, failing, failing]),
        "state": np.repeat(["online", "stalled", "online"], counts),
        "reason": np.repeat(["", "no frame came", ""], counts),
    }


def _times(random: np.random.Generator, count: int) -> Ints:
    """Return moments of a day, microseconds from midnight, by the rhythm of its hours."""
    hour = random.choice(24, count, p=_HOURS / _HOURS.sum())
    return hour * (_DAY_US // 24) + random.integers(0, _DAY_US // 24, count)


def _table(
    schema: pa.Schema, columns: dict[str, Any], amount: Amount, key: tuple[int, str]
) -> pa.Table:
    """Return columns as rows by (occurred_at, event_id)."""
    at = columns["occurred_at"]
    count = len(at)
    random = np.random.default_rng([amount.seed, key[0], *key[1].encode()])
    ids = np.frombuffer(random.bytes(16 * count), ">u8").reshape(count, 2)
    order = np.lexsort((ids[:, 1], ids[:, 0], at))
    cameras = [f"camera-{number:02d}" for number in range(amount.cameras)]
    given = {
        **columns,
        "event_id": pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(16), count, [None, pa.py_buffer(ids.tobytes())]
        ),
        "tenant_id": _same(amount.tenant_id, count),
        "site_id": _same(SITE, count),
        "camera_id": pa.DictionaryArray.from_arrays(
            pa.array(columns["camera"], pa.int32()), pa.array(cameras)
        ),
    }
    arrays = [
        _array(given[field.name], field.type)
        if field.name in given
        else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema).take(pa.array(order))


def _same(text: str, count: int) -> "pa.DictionaryArray[Any]":
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([text]))


def _array(values: Any, type_: pa.DataType) -> "pa.Array[Any]":
    array = values if isinstance(values, pa.Array) else pa.array(values)
    return array.cast(type_)


def main() -> None:
    """Make a run, and say how large it is and how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the run's folder, which must not be there")
    parser.add_argument("--observations", type=float, default=1e8)
    parser.add_argument("--visits", type=float, default=1e6)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--cameras", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    amount = Amount(
        observations=int(given.observations),
        visits=int(given.visits),
        days=given.days,
        cameras=given.cameras,
        seed=given.seed,
    )
    begun = time.perf_counter()
    run = write_run(given.folder, amount)
    taken = time.perf_counter() - begun
    size = sum(path.stat().st_size for path in run.events.rglob("*.parquet"))
    note(f"{run.path}: {amount.observations:,} observations, {size / 1e6:,.0f} MB, {taken:.0f} s")


if __name__ == "__main__":
    main()
