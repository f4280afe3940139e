"""Snapshots: backups that a job writes and removes, and that forgetting takes somebody out of."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from genesis_ray.errors import ConfigurationError, LostKeyError, StoreError
from genesis_ray.running.backups import snapshots
from genesis_ray.running.backups.backup import back_up
from genesis_ray.running.backups.restoring import restore
from genesis_ray.running.backups.snapshots import snapshots_of, take
from genesis_ray.running.erasure.forgetting import finish, forget
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.templates.key_rotation import forget as forget_key
from genesis_ray.running.templates.key_rotation import rotate
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.upkeep.run_jobs import live_jobs, run_now
from genesis_ray.sections.retention import SnapshotSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import unpacking_folder
from tests.running.backups.test_backup import left_out, lost, names
from tests.running.erasure.test_forgetting import copied
from tests.running.somebody import ADA, BEN, CARL


@pytest.fixture
def settings(template, tmp_path, monkeypatch) -> Settings:
    """Those of a world whose snapshots go to another folder, and whose keys can be changed."""
    monkeypatch.chdir(tmp_path)
    keys = os.environ["GENESIS_TEMPLATES__KEY_STORE"].removeprefix("file:")
    shutil.copytree(keys, tmp_path / "keys")
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    (tmp_path / "disk").mkdir()
    return into(copied(template, tmp_path / "world"), tmp_path / "disk")


def into(settings: Settings, folder: Path | None, keep: int = 3) -> Settings:
    return settings.model_copy(update={"snapshots": SnapshotSettings(folder=folder, keep=keep)})


def there(settings: Settings) -> list[str]:
    return sorted(path.name for path in (settings.snapshots.folder / "default").iterdir())


def test_a_snapshot_is_restored_with_the_tenants_key_and_no_passphrase(settings):
    before = names(settings)
    taken = take(settings)
    assert taken.file.stat().st_mode & 0o777 == 0o600
    assert ADA.name.encode() not in taken.file.read_bytes()
    lost(settings)
    restore(settings, taken.file)
    assert names(settings) == before


def test_without_the_key_a_snapshot_is_of_no_use_and_the_key_is_named(settings):
    taken, old = take(settings), tenant_keys(settings).current
    rotate(settings)
    forget_key(settings, 1)
    lost(settings)
    told = f"has the fingerprint {old.fingerprint}, which is not in"
    with pytest.raises(LostKeyError, match=told):
        restore(settings, taken.file)
    assert not identity_folder(settings).exists()


def test_the_newest_stay_and_what_somebody_else_put_there_does(settings):
    taken = [take(settings) for _ in range(2)]
    mine = taken[0].file.with_name("mine.sealed")
    back_up(settings, mine, b"open")
    half = Path(f"{taken[0].file}.tmp")
    half.write_bytes(b"of a process that was killed")
    taken += [take(settings) for _ in range(2)]
    assert [each.removed for each in taken] == [0, 0, 0, 1]
    assert there(settings) == ["mine.sealed", *(each.file.name for each in taken[1:])]


def test_snapshots_of_another_folder_age_out_too(settings, tmp_path):
    first = take(settings).file
    (tmp_path / "other").mkdir()
    other = into(settings, tmp_path / "other", keep=1)
    take(other)
    assert not first.exists()
    assert len(there(other)) == 1


@pytest.mark.parametrize(
    ("folder", "error", "told"),
    [
        (None, ConfigurationError, "snapshots.folder is not set"),
        ("world/data/snapshots", ConfigurationError, "lies in data_dir"),
        ("not-mounted", StoreError, "not-mounted is not there; mount it, or make it"),
    ],
)
def test_a_folder_that_is_none_is_told(settings, tmp_path, folder, error, told):
    with pytest.raises(error, match=told):
        take(into(settings, tmp_path / folder if folder else None))
    assert [entry.action for entry in audit_log(settings).entries()].count("snapshot") == 0


def test_the_job_takes_one_where_it_is_set_where_to(settings, tmp_path):
    run = RunFolder.open(tmp_path / "world" / "run")
    record = run_now("snapshots", run, settings)
    assert record.error is None
    (snapshot,) = snapshots_of(settings)
    assert record.outcome == {"bytes": snapshot.file.stat().st_size, "removed": 0}
    with EventLog(run.events) as log:
        assert "snapshots" in [job.name for job in live_jobs(run, log, settings)]
        unset = into(settings, None)
        assert "snapshots" not in [job.name for job in live_jobs(run, log, unset)]
    assert "snapshots.folder is not set" in str(run_now("snapshots", run, unset).error)


def test_who_is_forgotten_is_in_no_snapshot_and_one_without_them_is_taken(settings):
    holding = [take(settings).file for _ in range(2)]
    _, receipt = forget(into(settings, None), ADA.name, by="eve", why="")  # by another file
    assert not any(file.exists() for file in holding)
    (purged,) = (each for each in receipt.purged if each.store == "snapshots")
    assert purged.files == tuple(file.name for file in holding)
    assert receipt.searched.residue == verify(settings, receipt).residue == ()
    (fresh,) = snapshots_of(settings)
    lost(settings)
    assert restore(settings, fresh.file).forgotten is None
    assert names(settings) == {BEN.name, CARL.name, "Dora"}


def test_a_snapshot_that_does_not_hold_the_person_stays(settings):
    file = take(settings).file
    with People(identity_folder(settings), writer=True) as people:
        people.add(replace(ADA, identity_id=str(uuid4()), name="Eve"))
    _, receipt = forget(settings, "Eve", by="eve", why="")
    assert [each.file for each in snapshots_of(settings)] == [file]
    assert "snapshots" not in [each.store for each in receipt.purged]


def test_a_snapshot_that_is_put_back_is_found(settings, tmp_path):
    file = take(settings).file
    shutil.copy(file, tmp_path / "copy")
    _, receipt = forget(settings, ADA.name, by="eve", why="")
    shutil.copy(tmp_path / "copy", file)
    residue = verify(settings, receipt).residue
    assert f"{file}: an identity" in residue
    assert f"{file}: a template" in residue
    assert not unpacking_folder(settings.data_dir, "default").exists()


def test_without_the_key_all_that_cannot_be_opened_goes(settings, tmp_path):
    file = take(settings).file
    (tmp_path / "keys" / "default").unlink()
    _, receipt = forget(settings, ADA.name, by="eve", why="", without_key=True)
    assert not file.exists()
    assert "snapshots" in [each.store for each in receipt.purged]


def test_a_folder_of_snapshots_that_is_not_there_is_not_reached(settings, tmp_path):
    take(settings)
    (tmp_path / "disk" / "default").rename(tmp_path / "away")
    _, receipt = forget(settings, ADA.name, by="eve", why="")
    assert f"snapshots in {tmp_path / 'disk' / 'default'}, which is not there" in left_out(receipt)


def test_killed_before_the_snapshots_are_gone_it_is_finished(settings, monkeypatch):
    file = take(settings).file

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("genesis_ray.running.erasure.forgetting_copies.remove_files", cut_off)
        with pytest.raises(KeyboardInterrupt):
            forget(settings, ADA.name, by="eve", why="")
    assert file.exists()
    done = finish(settings)
    assert done
    assert not file.exists()
    assert verify(settings, done[1]).residue == ()


def test_where_no_new_one_can_be_taken_the_person_is_forgotten_all_the_same(
    settings, monkeypatch, caplog
):
    take(settings)

    def full(*_: object) -> None:
        raise StoreError("the disk that holds it is full")

    monkeypatch.setattr(snapshots, "write_sealed", full)
    _, receipt = forget(settings, ADA.name, by="eve", why="")
    assert receipt.searched.residue == ()
    assert "the disk that holds it is full" in caplog.text
