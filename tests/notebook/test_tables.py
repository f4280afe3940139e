"""Tables with people are, in all else, the tables that they were made of."""

from genesis_ray.analytics.limits import Limited
from genesis_ray.analytics.reach import Purged
from genesis_ray.analytics.rolled_up import RolledUp
from genesis_ray.analytics.stored import Ranged
from genesis_ray.notebook.tables import PEOPLE, WithPeople
from genesis_ray.running.erasure.retention import purge
from genesis_ray.running.questions.history import present_tables
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.hand_made import at, line


def test_they_know_of_rollups_retention_limits_and_ranges(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    settings = Settings(data_dir=tmp_path / "data", tenant_id="shop")
    with EventLog(run.events) as log:
        log.append([line(0), line(40 * 86_400)])
    with EventLog(run.events) as log:
        purge(run, log, settings, at=at(40 * 86_400))
    plain = present_tables(run.events, settings, "shop")
    tables = WithPeople(plain, settings)
    for protocol in (Limited, Purged, Ranged, RolledUp):
        assert isinstance(tables, protocol)
    assert tables.limits == plain.limits
    assert tables.rows_since("line_crossings") == at(10 * 86_400)
    assert tables.first_quarters("lines") == at(0).replace(hour=0)
    day = at(0).replace(hour=0), at(86_400).replace(hour=0)
    assert tables.quarters("lines", ["went_in"], *day)["went_in"].to_pylist() == [1]
    assert PEOPLE in tables.between(*day)
