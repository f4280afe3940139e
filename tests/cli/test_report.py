import re

import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli.report import report
from genesis_ray.errors import ConfigurationError, GenesisError, StoreError
from genesis_ray.running.questions import reporting
from genesis_ray.running.result import summary
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.hand_made import camera_is, line, seen, stay
from tests.reported import shop_report

SETTINGS = {"tenant_id": "shop", "site_id": "york", "time_zone": "Europe/Berlin"}
RULE = {"rule": "wait", "zone_id": "queue", "over_s": 30}
CAMERA = {
    "camera_id": "door", "source": "door.mp4",
    "zones": [{"zone_id": "queue", "outline": [(0.1, 0.1), (0.9, 0.1), (0.5, 0.9)]}],
}  # fmt: skip
DAY = ["--from", "2026-01-05", "--to", "2026-01-06"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = RunFolder.create()
    with EventLog(run.events) as log:
        log.append([
            camera_is(0, "online"), line(1), line(2, track_id=2), seen(1), seen(2),
            *stay(5, 25, "queue"),
        ])  # fmt: skip
    settings = Settings(**SETTINGS, alerts=[RULE], cameras=[CAMERA])
    run.write_summary({
        **summary(settings, None),
        "result": {"late": 1, "cameras": [{"camera_id": "door", "frames": 90,
                                           "dropped": {"busy": 10, "still": 7}}]},
    })  # fmt: skip
    return run


@pytest.fixture
def genesis():
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(report)

    def asked(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments)
        if result.exception:
            raise result.exception
        return result.stdout

    return asked


def test_a_day_is_written_as_text(run, genesis, tmp_path):
    answer = genesis(*DAY, "--format", "md")
    text = (tmp_path / "report-2026-01-05.md").read_text()
    assert "2 people came in" in " ".join(answer.split())
    assert "report-2026-01-05.md" in answer
    assert text.startswith("# Report of york\n")
    assert "| People in | 2 |" in text
    assert "door / queue: half waited at most | 20 s" in text  # the rule of alerts names it
    assert "served within 30 s" in text
    assert "- door: 10 of 100 frames of the whole run were dropped." in text
    assert "- 1 event of the whole run came too late" in text


def test_the_page_is_one_file_and_the_times_are_the_sites(run, genesis, tmp_path):
    genesis("--output", "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "Mon 5 Jan 2026, 10:00:00–10:00:25" in page  # nine in UTC
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["page.html"]


def test_of_less_than_a_minute_there_is_no_chart_over_time(run, genesis, tmp_path):
    genesis("--output", "page.html")
    page = (tmp_path / "page.html").read_text()
    drawn = re.findall(r'aria-label="([^"]+)"', page)
    assert "How long people stay" in drawn
    assert not {"People in", "People at once", "Waiting in queue"} & set(drawn)


def test_a_site_without_a_name_is_not_called_by_one(run, genesis, tmp_path):
    told = run.summary()
    run.write_summary({**told, "settings": {**told["settings"], "site_id": "default"}})
    genesis(*DAY, "--format", "md")
    assert (tmp_path / "report-2026-01-05.md").read_text().startswith("# Report\n")


@pytest.fixture
def made(monkeypatch):
    """A report that is there already: to make one takes longer than to write it."""
    monkeypatch.setattr(reporting, "report_of", lambda *_, **__: shop_report())


def test_paper_is_paper(run, made, genesis, tmp_path):
    genesis(*DAY, "--output", "paper.pdf")
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF-")


def test_damaged_files_are_told_once(run, genesis, tmp_path, caplog):
    (file,) = run.events.glob("line_crossings/**/*.parquet")
    file.write_bytes(file.read_bytes()[:-20])
    genesis("--output", "a.md")
    assert [f"{file} is damaged" in each.message for each in caplog.records] == [True]
    assert "1 file of the period is damaged and left out" in (tmp_path / "a.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "error", "why"),
    [
        (["--from", "2026-01-06", "--to", "2026-01-05"], ConfigurationError, "not after its start"),
        (
            ["--from", "2026-02-06", "--to", "2026-02-07"],
            ConfigurationError,
            "nothing was recorded",
        ),
        (["--from", "soon"], ConfigurationError, "expected a time"),
        (["--tenant", "nobody"], GenesisError, "nothing of tenant 'nobody'"),
        (["--run", "nowhere"], StoreError, "no run in nowhere"),
        (["--output", "nowhere/a.html"], ConfigurationError, "no folder"),
        (["--output", "a.docx"], ConfigurationError, "a.docx does not say how"),
        (["--output", "runs"], ConfigurationError, "runs is no file"),
        (["--queue-zone", "quue"], GenesisError, "quue"),
        (["--service-zone", "till"], ConfigurationError, "belongs to a --queue-zone"),
    ],
)
def test_what_cannot_be_reported_is_refused_and_nothing_is_written(
    run, genesis, tmp_path, arguments, error, why
):
    with pytest.raises(error, match=why):
        genesis(*arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_folder_that_takes_no_file_leaves_the_old_report(
    run, made, genesis, tmp_path, monkeypatch
):
    from genesis_ray.store import disk

    old = tmp_path / "a.md"
    old.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(StoreError, match="full"):
        genesis(*DAY, "--output", "a.md")
    assert old.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"a.md", "runs"}


def test_an_empty_run_has_nothing_to_report(genesis, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    RunFolder.create()
    with pytest.raises(GenesisError, match="no events to report on"):
        genesis()
