from genesis_ray.analytics.query import run
from genesis_ray.store.event_log import EventLog
from genesis_ray.store.reader import RunTables
from tests.hand_made import seen, stay


def test_the_tables_that_are_shown_are_those_that_can_be_named_and_no_others(tmp_path):
    with EventLog(tmp_path) as log:
        log.append([seen(0)])
    with EventLog(tmp_path) as log:
        log.append([seen(1), *stay(0, 5)])  # in no file yet
        tables = RunTables(tmp_path)
        shown = run("SHOW TABLES", tables)["name"].to_pylist()
        assert run("FROM track_observations", tables).num_rows == 2
        assert run("FROM zone_crossings", tables).num_rows == 2
    assert sorted(shown) == sorted([*tables, "visit_events"])
