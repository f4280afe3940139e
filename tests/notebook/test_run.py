import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

import genesis_ray
from genesis_ray.analytics.catalogue import QUESTIONS
from genesis_ray.errors import GenesisError, NotFoundError, StoreError
from genesis_ray.notebook.charts import Charts
from genesis_ray.notebook.run import Run
from genesis_ray.notebook.tables import data_folder
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.hand_made import at, camera_is, line, recognized, seen, stay, visit, zone

EVENTS = [
    camera_is(0, "online"), seen(0), seen(5), line(1), line(3700, "out"), recognized(2),
    *stay(10, 40, "queue"), zone(41, "enter", "till"),
    *visit(0, 60, zones=("queue", "till")), *visit(30, 90, "bob"),
]  # fmt: skip

FLOOR = {"matrix": [[10, 0, 0], [0, 20, 0], [0, 0, 1]]}

NEEDED = {"queue": {"queue_zone_id": "queue"}, "heat": {"camera_id": "door"},
          "timeline": {"person": "ada"}}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    run = RunFolder.create(tmp_path_factory.mktemp("opened") / "runs" / "one")
    with EventLog(run.events) as log:
        log.append(EVENTS)
    return run


@pytest.fixture(scope="module")
def run(folder) -> Run:
    opened = genesis_ray.open_run(folder.path, tenant="shop")
    door = CameraSettings(camera_id="door", source="door.mp4", floor=FLOOR)
    return Run(folder, opened.settings.model_copy(update={"cameras": (door,)}), "shop")


def method_of(question: str) -> str:
    return question.replace("-", "_")


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_a_method_whose_columns_are_those_it_tells_of(run, question):
    method = getattr(run, method_of(question))
    answer = method(**NEEDED.get(method_of(question), {}))
    assert isinstance(answer, pa.Table)
    told = " ".join(inspect.getdoc(method).partition("Columns: ")[2].split())
    for name in answer.column_names:
        assert name in told


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_method_takes_what_its_question_takes(question):
    taken = set(inspect.signature(getattr(Run, method_of(question))).parameters)
    kept = {
        "time_zone",
        "least_group",
        "longest_stay",
        "handover_s",
        "visit_gap_s",
        "identity_id",
        "now",
        "homographies",
        "areas_m2",
    }
    assert set(QUESTIONS[question].takes) - kept <= taken
    assert {"since", "until"} <= taken


@pytest.mark.parametrize("owner", [Run, Charts])
def test_every_question_and_chart_takes_the_range_first_and_all_else_by_name(owner):
    for name, method in vars(owner).items():
        if name.startswith("_") or name in ("range", "sql") or not inspect.isfunction(method):
            continue
        parameters = list(inspect.signature(method).parameters.values())[1:]
        by_place = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
        assert by_place in ([], ["since", "until"]), name


def test_the_range_is_all_there_is_unless_it_is_said(run):
    assert run.period == (at(0), at(3701))
    assert sum(run.footfall()["went_out"].to_pylist()) == 1
    assert sum(run.footfall(until=at(60))["went_out"].to_pylist()) == 0
    assert len(run.visits("2026-01-05T09:00:10")) == 1


def test_a_range_that_is_wrong_is_told_of_on_the_sites_clock(folder):
    run = Run(folder, Settings(time_zone="Europe/Berlin"), "shop")
    with pytest.raises(GenesisError, match=r"T03:10:00\+02:00, which is not after .*T03:30:00\+02"):
        run.footfall("2026-03-29T03:30", "2026-03-29T03:10")
    with pytest.raises(GenesisError, match="there is no 02:30"):
        run.footfall(datetime(2026, 3, 29, 2, 30))


def test_times_are_of_the_sites_clock(folder):
    settings = Settings(time_zone="Asia/Kolkata")
    run = Run(folder, settings, "shop")
    assert run.footfall()["starts_at"].type.tz == "Asia/Kolkata"
    start, end = run.range(datetime(2026, 1, 5, 9), datetime(2026, 1, 6).date())
    assert start.astimezone(UTC) == at(0) - timedelta(hours=5, minutes=30)
    assert (end.hour, end.utcoffset()) == (0, timedelta(hours=5, minutes=30))


def test_sql_reads_the_tables_and_people_and_nothing_else(run):
    sql = "SELECT count(*) AS n FROM visits LEFT JOIN people USING (identity_id) WHERE $a = 1"
    assert run.sql(sql, {"a": 1}).to_pylist() == [{"n": 2}]
    for refused in ("DROP TABLE visits", "FROM read_text('/etc/passwd')"):
        with pytest.raises(GenesisError):
            run.sql(refused)


@pytest.mark.parametrize("chart", [name for name in vars(Charts) if not name.startswith("_")])
def test_every_chart_is_a_figure_of_the_question_of_its_name(run, chart):
    figure = getattr(run.chart, chart)(**NEEDED.get(chart, {}))
    assert figure.layout.title.text


def test_a_place_that_is_not_there_is_refused_instead_of_answered_with_zeros(run):
    with pytest.raises(NotFoundError, match="no zone tlil in this run; there are"):
        run.dwell(zone_ids=["tlil"])
    with pytest.raises(NotFoundError, match="no camera attic"):
        run.chart.heat(camera_id="attic")
    with pytest.raises(NotFoundError, match="no zone cue"):
        run.queue(queue_zone_id="cue")


def test_another_tenant_has_nothing(folder):
    other = genesis_ray.open_run(folder.path, tenant="acme")
    assert other.sql("FROM visits").num_rows == 0
    assert "none yet" in other._repr_html_()


def test_a_notebook_shows_what_the_run_is(run, folder):
    shown = run._repr_html_()
    assert str(folder.path) in shown
    assert "2026-01-05 09:00 to 2026-01-05 10:01, UTC" in shown
    assert "<code>zone_crossings</code></td><td>3</td>" in shown


def test_what_is_shown_is_escaped(tmp_path):
    folder = RunFolder.create(tmp_path / "<b>bold")
    assert "<b>" not in genesis_ray.open_run(folder.path)._repr_html_()


def test_the_newest_run_is_opened_where_none_is_named(folder, monkeypatch):
    monkeypatch.chdir(folder.path.parent.parent)
    assert genesis_ray.open_run().path.name == "one"


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(StoreError, match="there is no run in"):
        genesis_ray.open_run(tmp_path)


def test_the_data_folder_is_found_from_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "genesis-data").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    settings = Settings(data_dir="genesis-data")
    assert data_folder(settings, tmp_path / "runs" / "demo") == tmp_path / "genesis-data"
    (tmp_path / "notebooks" / "genesis-data").mkdir()
    assert str(data_folder(settings, tmp_path / "runs" / "demo")) == "genesis-data"


def test_importing_the_package_loads_nothing():
    loaded = (
        "import sys, genesis_ray; print([n for n in ('pyarrow', 'plotly', 'duckdb', 'pydantic')"
    )
    code = f"{loaded} if n in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_where_no_camera_has_a_floor_it_is_said_how_to_set_one(folder):
    bare = Run(folder, Settings(), "shop")
    with pytest.raises(GenesisError, match="no camera has a floor; set four points"):
        bare.floor_heat()


def test_a_camera_without_a_floor_is_named(run):
    with pytest.raises(GenesisError, match=r"no camera attic|attic has no floor"):
        run.floor_heat(camera_ids=["attic"])


def test_the_current_metrics_are_those_of_the_last_minute(run):
    (row,) = run.current_metrics(until=at(45), queue_zone_ids=["queue"]).to_pylist()
    assert (row["starts_at"], row["people_total"], row["queue_len"]) == (at(-15), 1, 0)
