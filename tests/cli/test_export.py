import csv
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli.export import export
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.erasure.purged import note_gone
from genesis_ray.store.disk import make_folder
from genesis_ray.store.events import parquet_file
from genesis_ray.store.events.event_folder import EventFolder, data_file
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.schemas import to_tables
from tests.hand_made import NINE, at, line, seen, stay, visit

EVENTS = [seen(0), seen(5), line(1), *stay(10, 40), *visit(0, 60, zones=("till",)), *visit(30, 90)]


@pytest.fixture
def genesis(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = RunFolder.create()
    with EventLog(run.events) as log:
        log.append(EVENTS)
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(export)

    def exported(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--tenant", "shop"])
        if result.exception:
            raise result.exception
        return result.stdout

    return exported


def test_visits_have_a_row_each(genesis):
    rows = list(csv.DictReader(io.StringIO(genesis("visits"))))
    assert [row["visit_id"] for row in rows] == ["ada@0", "ada@30"]
    assert rows[0]["duration_s"] == "60"
    assert json.loads(rows[0]["zone_ids"]) == ["till"]


def test_json_is_one_array_and_jsonl_a_line_a_row(genesis):
    array = json.loads(genesis("events", "--table", "track_observations", "--format", "json"))
    lines = genesis("events", "--table", "track_observations", "--format", "jsonl").splitlines()
    assert [row["track_id"] for row in array] == [1, 1]
    assert [json.loads(line) for line in lines] == array


def test_the_file_says_the_format_and_stdout_stays_empty(genesis, tmp_path):
    said = genesis("metrics", "--output", "m.parquet", "--since", "2026-01-05T09:00")
    rows = pq.read_table(tmp_path / "m.parquet")
    assert said == ""
    assert rows["people_total"].to_pylist() == [1, 0]


def test_the_range_is_of_the_sites_clock(genesis):
    rows = genesis("visits", "--since", "2026-01-05T09:00:10", "--format", "json")
    assert [row["visit_id"] for row in json.loads(rows)] == ["ada@30"]


def test_a_torn_file_is_left_out_and_told_and_the_rest_is_exported(genesis, caplog):
    with EventLog(RunFolder.newest().events) as log:
        log.append([seen(86_400), line(86_400)])
    for table in ("track_observations", "visits"):
        first = min((RunFolder.newest().events / table).rglob("*.parquet"))
        first.write_bytes(first.read_bytes()[:-10])
    rows = genesis("events", "--table", "track_observations", "--format", "jsonl").splitlines()
    assert [json.loads(row)["occurred_at"][:10] for row in rows] == ["2026-01-06"]
    assert (
        len(genesis("events", "--table", "line_crossings", "--format", "jsonl").splitlines()) == 2
    )
    assert genesis("visits", "--format", "jsonl") == ""
    assert {record.args[0].parts[-4] for record in caplog.records} == {
        "track_observations",
        "visits",
    }


def test_rows_that_are_dated_in_the_future_are_exported_with_all_others(genesis):
    with EventLog(RunFolder.newest().events) as log:
        log.append([seen(100 * 366 * 86_400)])
    rows = genesis("events", "--table", "track_observations", "--format", "jsonl").splitlines()
    assert [json.loads(row)["occurred_at"][:4] for row in rows] == [
        *["2026"] * (len(rows) - 1),
        "2126",
    ]
    assert len(rows) > 2


def test_metrics_of_what_retention_let_go_of_are_no_rows_of_zeros(genesis, caplog):
    note_gone(RunFolder.newest(), {("shop", "track_observations"): at(120)})
    first, *_ = genesis("metrics", "--since", "2026-01-05T08:00").splitlines()[1:]
    assert first.startswith("2026-01-05T09:02:00")
    assert "metrics is answered from 2026-01-05 09:02 (UTC) on" in caplog.text


def test_a_tenant_of_whom_the_run_has_nothing_is_refused(genesis):
    app = typer.Typer()
    app.command()(export)
    answer = CliRunner().invoke(app, ["visits", "--tenant", "acme"])
    assert isinstance(answer.exception, NotFoundError)
    assert answer.stdout == ""


def test_a_queue_zone_that_is_not_there_is_refused_and_no_queue_of_nobody(genesis):
    with pytest.raises(NotFoundError, match="no zone quue"):
        genesis("metrics", "--queue-zone", "quue")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["events"], "say which events: --table"),
        (["visits", "--table", "visits"], "--table is of events; visits take none"),
        (["visits", "--bucket-s", "5"], "--bucket-s is of metrics; visits take none"),
        (["visits", "--bucket-s", "0"], "--bucket-s is of metrics; visits take none"),
        (["metrics", "--bucket-s", "0"], "buckets of a second or more, got 0"),
        (["visits", "--output", "visits.xlsx"], "let it end with .csv, .json, .jsonl, .parquet"),
        (["visits", "--output", "visits.csv.gz"], "does not say how to write it"),
        (["visits", "--format", "parquet"], "say where to: --output FILE"),
        (["visits", "--output", "."], "is no file"),
        (["visits", "--since", "soon"], "expected a time as"),
        (["visits", "--since", "today", "--until", "yesterday"], "not after its start"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(genesis, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        genesis(*arguments)


def test_a_table_that_is_not_there_is_told(genesis):
    with pytest.raises(NotFoundError, match="no table 'walks'; there are"):
        genesis("events", "--table", "walks")


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> RunFolder:
    """A run of 800,000 observations, 100 a second."""
    run = RunFolder.create(tmp_path_factory.mktemp("large") / "run")
    folder = EventFolder(run.events)
    folder.prepare()
    partition = folder.partition("track_observations", "shop", "2026-01-05")
    make_folder(partition)
    one = to_tables([seen(0)])["track_observations"]
    schema, nine_us = one.schema, int(NINE.timestamp()) * 1_000_000
    for number in range(8):
        places = range(number * 100_000, (number + 1) * 100_000)
        ids = pa.array([place.to_bytes(16, "big") for place in places], pa.binary(16))
        times = pa.array([nine_us + place * 10_000 for place in places])
        rows = one.take(pa.array([0] * len(places)))
        rows = rows.set_column(schema.get_field_index("event_id"), "event_id", ids)
        rows = rows.set_column(
            schema.get_field_index("occurred_at"),
            "occurred_at",
            times.cast(schema.field("occurred_at").type),
        )
        parquet_file.write(data_file(partition, number + 1, number + 1), rows.cast(schema))
    return run


EXPORT = """
import resource, sys
from genesis_ray.cli.main import main

sys.argv = ["genesis", "export", *sys.argv[1:]]
try:
    main()
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""


def export_of(run: RunFolder, output: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-c", EXPORT, "events", "--table", "track_observations"),
            *("--run", str(run.path), "--tenant", "shop", "--output", str(output), *arguments),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )


def peak_mb(run: RunFolder, output: Path, *arguments: str) -> int:
    process = export_of(run, output, *arguments)
    _, said = process.communicate(timeout=100)
    assert process.returncode == 0, said
    return int(said.split()[-1])


def test_memory_does_not_grow_with_the_rows(large, tmp_path):
    tenth = ("--until", "2026-01-05T09:13:20")
    few = peak_mb(large, tmp_path / "few.json", *tenth)
    many = peak_mb(large, tmp_path / "many.json")
    assert (tmp_path / "many.json").stat().st_size > 9 * (tmp_path / "few.json").stat().st_size
    assert many - few < 80  # its text alone is 230 MB


def test_ctrl_c_leaves_nothing_half(large, tmp_path):
    process = export_of(large, tmp_path / "rows.csv")
    unfinished = tmp_path / "rows.csv.tmp"
    while not (unfinished.exists() and unfinished.stat().st_size):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_a_reader_who_has_seen_enough_ends_it_quietly(large):
    arguments = ["events", "--table", "track_observations", "--run", str(large.path)]
    process = subprocess.Popen(
        [sys.executable, "-c", EXPORT, *arguments, "--tenant", "shop", "--format", "jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert json.loads(process.stdout.readline())["track_id"] == 1
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read().startswith("peak")
    process.stderr.close()
