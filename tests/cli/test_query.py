import csv
import io
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli.query import query
from genesis_ray.domain.events import VisitEnded, VisitStarted, ZoneCrossed
from genesis_ray.errors import ConfigurationError, GenesisError, StoreError
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ENDED = NOON + timedelta(minutes=90)


def crossed(number: int, tenant_id: str = "default") -> ZoneCrossed:
    return ZoneCrossed(
        tenant_id=tenant_id,
        site_id="site",
        camera_id="door",
        occurred_at=NOON + timedelta(seconds=number),
        zone_id=f"[bold]{number}, 'Ø'",
        track_id=number,
        direction="enter",
    )


VISIT = {
    "tenant_id": "default",
    "site_id": "site",
    "camera_id": "door",
    "visit_id": "v",
    "identity_id": "ada",
    "started_at": NOON,
}


@pytest.fixture
def run_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = RunFolder.create()
    with EventLog(run.events) as log:
        log.append([crossed(1), crossed(2), crossed(3, "acme")])
        log.append([VisitStarted(occurred_at=NOON, **VISIT)])
        log.append([VisitEnded(occurred_at=ENDED, ended_at=ENDED, zone_ids=("a", "b"), **VISIT)])
    return run


@pytest.fixture
def genesis(run_folder):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(query)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments)
        if result.exception:
            raise result.exception
        return result.stdout

    return run


def test_the_newest_run_answers_with_a_table(genesis):
    shown = genesis("SELECT track_id, zone_id FROM zone_crossings ORDER BY ALL")
    assert "│        1 │ [bold]1, 'Ø' │" in shown
    assert "3 rows" in shown


def test_nothing_is_cut_where_there_is_no_terminal(genesis):
    shown = genesis("SELECT repeat('long', 100) AS a, repeat('wide', 100) AS b")
    assert "long" * 100 in shown
    assert "wide" * 100 in shown


def test_a_row_too_wide_for_the_terminal_is_shown_a_value_a_line(genesis, monkeypatch):
    monkeypatch.setattr("genesis_ray.cli.answer._ENDLESS", 39)
    shown = genesis(
        "SELECT repeat('wide', 8) AS a, 'Ø' AS b FROM visits WHERE ended_at IS NOT NULL"
    )
    assert shown.count("│ b │ Ø") == 1


def test_of_rows_too_wide_for_the_terminal_there_is_what_it_has_room_for(genesis, monkeypatch):
    monkeypatch.setattr("genesis_ray.cli.answer._ENDLESS", 39)
    shown = genesis(
        "SELECT repeat('wide', 8) AS a, 'Ø' AS b, 'last of all' AS c FROM zone_crossings"
    )
    assert shown.count(f"│ {'wide' * 6}… │ Ø │") == 3
    assert all(len(line) <= 39 for line in shown.splitlines()[:-4])
    assert "3 rows; long values are cut short (…); left out: c;" in " ".join(shown.split())


def test_json_is_all_there_is_on_stdout(genesis):
    rows = json.loads(
        genesis(
            "SELECT *, ended_at - started_at AS stay_s, sum(1) OVER () AS n, 'nan'::FLOAT AS nan "
            "FROM visits",
            "--format",
            "json",
        )
    )
    [row] = rows
    assert UUID(row.pop("event_id"))
    assert row == {
        **VISIT,
        "occurred_at": "2026-01-05T13:30:00+00:00",
        "started_at": "2026-01-05T12:00:00+00:00",
        "ended_at": "2026-01-05T13:30:00+00:00",
        "zone_ids": ["a", "b"],
        "stay_s": 5400.0,
        "n": 1,
        "nan": None,
    }
    assert json.loads(genesis("FROM visits WHERE false", "--format", "json")) == []


def test_csv_has_lists_as_json(genesis):
    text = genesis("SELECT zone_ids, started_at FROM visits", "--format", "csv")
    assert list(csv.reader(io.StringIO(text))) == [
        ["zone_ids", "started_at"],
        ['["a", "b"]', "2026-01-05T12:00:00+00:00"],
    ]


def test_the_ending_of_the_output_chooses_the_format(genesis, tmp_path):
    assert genesis("FROM visits", "--output", "visits.parquet") == ""
    assert pq.read_table(tmp_path / "visits.parquet")["ended_at"].to_pylist() == [ENDED]
    genesis("SELECT 1 AS one", "--output", "one.csv")
    assert (tmp_path / "one.csv").read_text() == "one\n1\n"
    genesis("SELECT 1 AS one", "--output", "one.csv", "--format", "json")
    assert json.loads((tmp_path / "one.csv").read_text()) == [{"one": 1}]


def test_an_ending_that_is_not_written_is_refused_and_none_is_a_table(genesis, tmp_path):
    with pytest.raises(ConfigurationError, match=r"let it end with \.csv, \.json, \.parquet, or"):
        genesis("FROM visits", "--output", "visits.xlsx")
    genesis("SELECT 1 AS one", "--output", "one.xlsx", "--format", "csv")
    genesis("SELECT 1 AS one", "--output", "one.txt")
    assert "one" in (tmp_path / "one.txt").read_text()
    assert not (tmp_path / "visits.xlsx").exists()


def test_parquet_wants_a_file(genesis, tmp_path):
    with pytest.raises(ConfigurationError, match="--output FILE"):
        genesis("FROM visits", "--format", "parquet")
    with pytest.raises(ConfigurationError, match="no file"):
        genesis("FROM visits", "--output", str(tmp_path))


def test_a_tenant_sees_its_own_rows(genesis):
    shown = genesis("SELECT track_id FROM zone_crossings", "--tenant", "acme", "--format", "json")
    assert json.loads(shown) == [{"track_id": 3}]


def test_without_a_query_the_tables_are_listed(genesis):
    tables = {row["table"]: row for row in json.loads(genesis("--format", "json"))}
    assert tables["visits"]["rows"] == 1
    assert tables["visit_events"]["rows"] == 2
    assert "ended_at" in tables["visits"]["columns"]
    assert "zone_crossings" in genesis()


def test_a_run_can_be_named(genesis, run_folder, tmp_path):
    RunFolder.create(tmp_path / "runs" / "z").events.mkdir()
    arguments = ("SELECT count(*) AS n FROM visits", "--format", "json")
    assert json.loads(genesis(*arguments)) == [{"n": 0}]
    assert json.loads(genesis(*arguments, "--run", str(run_folder.path))) == [{"n": 1}]
    with pytest.raises(StoreError, match="no run in elsewhere"):
        genesis(*arguments, "--run", "elsewhere")


def test_a_wrong_query_is_an_error_of_ours(genesis):
    with pytest.raises(GenesisError, match="the query failed"):
        genesis("SELECT nothing FROM nowhere")


def test_a_time_chooses_events(genesis):
    asked = ("SELECT track_id FROM zone_crossings ORDER BY 1", "--format", "json")
    since, until = "2026-01-05T12:00:02", "2026-01-05T13:00:03+01:00"
    assert json.loads(genesis(*asked, "--since", since)) == [{"track_id": 2}, {"track_id": 3}]
    assert json.loads(genesis(*asked, "--since", since, "--until", until)) == [{"track_id": 2}]
    with pytest.raises(ConfigurationError, match="end after it begins"):
        genesis(*asked, "--since", until, "--until", since)
    with pytest.raises(ConfigurationError, match="--since: expected a time"):
        genesis(*asked, "--since", "yesterday")


def test_a_damaged_file_is_reported_beside_the_answer(genesis, run_folder, caplog):
    damaged = next(run_folder.events.glob("zone_crossings/tenant_id=acme/*/*.parquet"))
    damaged.write_bytes(b"torn")
    rows = json.loads(genesis("SELECT track_id FROM zone_crossings", "--format", "json"))
    assert {row["track_id"] for row in rows} == {1, 2}
    assert str(damaged) in caplog.text


def test_times_of_a_column_show_parts_of_a_second_where_one_has_any(genesis):
    whole = "SELECT TIMESTAMP '2026-01-05 12:00:00' AS at"
    assert "2026-01-05 12:00:00 " in genesis(whole)
    both = genesis(f"{whole} UNION ALL SELECT TIMESTAMP '2026-01-05 12:00:00.25'")
    assert "2026-01-05 12:00:00.000" in both
    assert "2026-01-05 12:00:00.250" in both
