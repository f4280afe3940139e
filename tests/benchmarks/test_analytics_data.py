import importlib.util
import sys
from datetime import date
from pathlib import Path

import pytest

from genesis_ray.analytics.query import run
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables, read_table

FILE = Path(__file__).parents[2] / "benchmarks" / "analytics_data.py"
DAYS = 3


@pytest.fixture(scope="module")
def data():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FILE.parent))
        spec = importlib.util.spec_from_file_location("analytics_data", FILE)
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, "analytics_data", module)
        spec.loader.exec_module(module)
        yield module


@pytest.fixture(scope="module")
def made(data, tmp_path_factory):
    amount = data.Amount(observations=60_000, visits=2000, days=DAYS, cameras=4)
    return data.write_run(tmp_path_factory.mktemp("made") / "run", amount).events


def one(sql, events):
    (row,) = run(sql, RunTables(events, "default")).to_pylist()
    return row


def test_there_is_as_much_as_was_asked_for(made):
    assert one("SELECT count(*) AS n FROM track_observations", made) == {"n": 60_000}
    assert one("SELECT count(*) AS n FROM visits WHERE ended_at IS NOT NULL", made) == {"n": 2000}
    assert len(read_table(made, "track_observations", "other")) == 60


def test_a_day_is_a_partition_with_the_rows_of_that_day(made):
    rows = read_table(made, "track_observations", "default", since=date(2026, 1, 7))
    days = {moment.date() for moment in rows["occurred_at"].to_pylist()}
    assert days == {date(2026, 1, 7)}
    folders = (made / "track_observations" / "tenant_id=default").iterdir()
    assert len(list(folders)) == DAYS


def test_who_came_in_went_out(made):
    query = "SELECT count(*) FILTER (direction = 'in') AS n, count(*) AS both FROM line_crossings"
    assert one(query, made) == {"n": 2000, "both": 4000}


def test_a_track_is_of_one_visit_and_seen_where_that_begins(made):
    query = "SELECT count(*) AS n, count(DISTINCT track_id) AS tracks FROM face_recognitions"
    assert one(query, made) == {"n": 2000, "tracks": 2000}
    seen = "(SELECT DISTINCT camera_id, track_id FROM track_observations)"
    query = (
        f"SELECT count(*) AS n FROM face_recognitions SEMI JOIN {seen} USING (camera_id, track_id)"
    )
    assert one(query, made) == {"n": 2000}


def test_visits_without_a_track_each_are_refused(data, tmp_path):
    with pytest.raises(ValueError, match="make fewer visits, or more observations"):
        data.write_run(tmp_path / "run", data.Amount(observations=1000, visits=2000, days=1))


def test_the_same_seed_makes_the_same_files(data, made, tmp_path):
    amount = data.Amount(observations=60_000, visits=2000, days=DAYS, cameras=4)
    again = data.write_run(tmp_path / "run", amount).events
    for path in made.rglob("*.parquet"):
        assert (again / path.relative_to(made)).read_bytes() == path.read_bytes()


def test_a_log_goes_on_with_it(made):
    before = sorted(made.rglob("*.parquet"))
    EventLog(made).close()
    assert sorted(made.rglob("*.parquet")) == before
