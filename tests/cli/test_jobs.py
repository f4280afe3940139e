import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli import jobs
from genesis_ray.cli.retention import retention
from genesis_ray.domain.events import LineCrossed
from genesis_ray.errors import ConfigurationError, GenesisError, NotFoundError, StoreError
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import gallery_folder

NOW = datetime(2025, 6, 10, 6, tzinfo=UTC)
AT = ("--at", NOW.isoformat())

APP = typer.Typer()
APP.add_typer(jobs.app, name="jobs")
APP.command()(retention)


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunFolder:
    """The run of a service's data folder, with crossings 29, 31 and 40 days old."""
    monkeypatch.chdir(tmp_path)
    run = RunFolder.create(tmp_path / "genesis-data" / "run")
    with EventLog(run.events) as log:
        log.append(
            [
                LineCrossed(
                    tenant_id="default", site_id="site", camera_id="door", track_id=1,
                    occurred_at=NOW - timedelta(days=days), line_id="door", direction="in",
                )
                for days in (29, 31, 40)
            ]
        )  # fmt: skip
    return run


def genesis(*args: str, answer: str | None = None):
    return CliRunner().invoke(APP, args, input=answer, catch_exceptions=False)


def crossings(run: RunFolder) -> int:
    return len(read_table(run.events, "line_crossings"))


def test_jobs_that_have_not_run_are_said_not_to(run):
    assert "No job has run in" in genesis("jobs").stdout


def test_a_job_is_done_and_shown(run):
    done = genesis("jobs", "run", "rollups")
    assert "made 3, current 0, sealed 0" in done.stdout
    shown = genesis("jobs", "--json")
    rollups = {each["name"]: each for each in json.loads(shown.stdout)}["rollups"]
    assert rollups["outcome"] == {"made": 3, "current": 0, "sealed": 0}
    assert rollups["failures"] == 0
    assert "not run yet" in genesis("jobs").stdout  # the others


def test_a_job_that_fails_says_why_and_so_does_the_table(run):
    genesis("retention", *AT, "--yes")
    (file,) = (run.events / "line_crossings").rglob("*.parquet")
    file.write_bytes(b"torn")
    with pytest.raises(GenesisError, match="cannot be read"):
        genesis("jobs", "run", "purge-verification")
    shown = genesis("jobs")
    assert shown.exit_code == 1
    assert "failed" in shown.stdout


def test_a_job_that_there_is_not_is_refused(run):
    with pytest.raises(NotFoundError, match="there are rollups"):
        genesis("jobs", "run", "rolups")


def test_while_somebody_writes_no_job_is_done(run):
    with EventLog(run.events), pytest.raises(StoreError, match="written to by process"):
        genesis("jobs", "run", "compaction")


def test_a_dry_run_takes_nothing(run):
    shown = genesis("retention", "--dry-run", *AT)
    assert "line_crossings" in shown.stdout
    assert crossings(run) == 3


def test_it_asks_and_takes_nothing_where_the_answer_is_no(run):
    assert genesis("retention", *AT, answer="n\n").exit_code == 1
    assert crossings(run) == 3


def test_what_is_too_old_goes_and_the_search_proves_it(run):
    gone = genesis("retention", *AT, "--json", "--yes")
    assert json.loads(gone.stdout)[0]["rows"] == 2
    assert crossings(run) == 1
    proof = genesis("retention", "--verify")
    assert proof.exit_code == 0
    assert "Residue of the purge of 2025-06-10 06:00 UTC: 0 rows." in proof.stdout
    assert "is too old" in genesis("retention", *AT).stdout


@pytest.fixture
def photos(run, monkeypatch) -> KeptPhotos:
    """Photos that were kept in that data folder, of which one is too old."""
    monkeypatch.setenv("GENESIS_RETENTION__PHOTO_DAYS", "30")
    kept = KeptPhotos(gallery_folder(run.path.parent, "default"))
    for days in (29, 31):
        photo = KeptPhoto(
            face_id=f"{days}", identity_id="ada", key_version=1, fingerprint="f",
            at=NOW - timedelta(days=days),
        )  # fmt: skip
        kept.put(photo, b"sealed")
    return kept


def test_kept_photos_go_although_an_event_file_is_damaged(run, photos):
    next((run.events / "line_crossings").rglob("*.parquet")).write_bytes(b"torn")
    with pytest.raises(StoreError, match="all other days went"):
        genesis("retention", *AT, "--yes")
    assert [each.face_id for each in photos.all()] == ["29"]


def test_kept_photos_are_left_to_a_system_that_is_watching(run, photos):
    with People(photos.folder.parent, writer=True):
        shown = genesis("retention", *AT, "--yes")
    assert "removes them itself" in shown.stderr
    assert "kept_photos" not in shown.stdout
    assert len(photos.all()) == 2
    assert crossings(run) == 1
    assert json.loads(genesis("retention", *AT, "--json", "--yes").stdout)[0]["rows"] == 1
    assert len(photos.all()) == 1


def test_what_is_left_is_shown_with_its_number(run):
    genesis("retention", *AT, "--yes")
    with EventLog(run.events) as log:
        log.append(
            [
                LineCrossed(
                    tenant_id="default", site_id="site", camera_id="door", track_id=2,
                    occurred_at=NOW - timedelta(days=50), line_id="door", direction="in",
                )
            ]
        )  # fmt: skip
    proof = genesis("retention", "--verify", "--json")
    assert proof.exit_code == 1
    assert [each["old"] for each in json.loads(proof.stdout) if each["old"]] == [1]


def test_without_a_purge_there_is_nothing_to_verify(run):
    with pytest.raises(ConfigurationError, match="never purged"):
        genesis("retention", "--verify")
