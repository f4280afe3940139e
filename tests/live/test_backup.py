"""Backing up people and faces while a resolver and a journal are at work, or one is killed."""

import threading

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.running.backups.backup import back_up
from genesis_ray.running.backups.restoring import restore
from genesis_ray.running.backups.snapshots import snapshots_of
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.people import giving_way
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.upkeep.run_jobs import take_snapshot
from genesis_ray.sections.retention import SnapshotSettings
from genesis_ray.store.giving_way import Way
from genesis_ray.store.keys import sealed_file
from genesis_ray.store.keys.frozen_folder import FrozenFolder
from genesis_ray.store.keys.sealed_file import SealedWriter
from genesis_ray.store.tenant.people import People
from tests.live.test_forgetting import AFTER, STORY, Killed, of_carl, rows, spec, system, told
from tests.running.somebody import ADA, CARL

__all__ = ["spec"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(sealed_file, "_WORK", {"n": 2, "r": 8, "p": 1})


def restored(spec, file, **options) -> list[str]:
    """Return the names that are in a backup."""
    other = spec.settings.model_copy(update={"data_dir": file.parent / "other"})
    restore(other, file, **options)
    return [person.name for person in People(identity_folder(other)).everyone()]


def test_a_system_that_runs_is_backed_up_and_says_what_it_says_without(spec, monkeypatch, tmp_path):
    with system(spec, monkeypatch) as running:
        assert told(running, *STORY) == [ADA.name, CARL.name, ""]
        back_up(spec.settings, tmp_path / "b.sealed", b"open")
        assert told(running, *AFTER) == [CARL.name, "", ADA.name]
    assert restored(spec, tmp_path / "b.sealed", passphrase=b"open") == [ADA.name, CARL.name]
    assert len(rows(spec, "track_observations")) == 18
    assert of_carl(spec)["visits"]


def test_a_backup_has_what_was_decided_until_it_began(spec, monkeypatch, tmp_path):
    with system(spec, monkeypatch) as running:
        with Repairs(spec.settings, by="eve", why="") as repairs:
            repairs.rename(CARL.name, "Charles")
        told(running, *STORY)
        back_up(spec.settings, tmp_path / "b.sealed", b"open")
    restored(spec, tmp_path / "b.sealed", passphrase=b"open")
    other = spec.settings.model_copy(update={"data_dir": tmp_path / "other"})
    with Repairs(other, by="eve", why="") as repairs:
        repairs.rename("Charles", "Carl again")


def test_while_the_file_is_sealed_people_are_named(spec, monkeypatch, tmp_path):
    seal, names = SealedWriter._seal, []

    def seal_meanwhile(*arguments, **options) -> None:
        names.append(running.see(CARL, 3))
        seal(*arguments, **options)

    monkeypatch.setattr(SealedWriter, "_seal", seal_meanwhile)
    with system(spec, monkeypatch) as running:
        back_up(spec.settings, tmp_path / "b.sealed", b"open")
    assert names[0] == CARL.name
    assert restored(spec, tmp_path / "b.sealed", passphrase=b"open") == [ADA.name, CARL.name]


def test_a_resolver_that_is_killed_while_it_gives_way_is_followed_by_the_next(
    spec, monkeypatch, tmp_path
):
    wait, dead = Way.wait, threading.Event()

    def killed(way: Way) -> None:
        if way.is_given() and not dead.is_set():
            dead.set()
            running.resolver.replace(lambda: ResolverActor(spec))  # which waits, too
            raise Killed
        wait(way)

    monkeypatch.setattr(Way, "wait", killed)
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        back_up(spec.settings, tmp_path / "b.sealed", b"open")
        assert dead.is_set()
        assert told(running, *AFTER) == [CARL.name, "", ADA.name]
    assert restored(spec, tmp_path / "b.sealed", passphrase=b"open") == [ADA.name, CARL.name]


def test_where_a_system_does_not_give_way_nothing_is_written(spec, monkeypatch, tmp_path):
    monkeypatch.setattr(giving_way, "WITHIN_S", 0)
    with system(spec, monkeypatch) as running:
        running.resolver.end()  # nobody calls it any more
        with pytest.raises(StoreError, match=r"has not let go of .* nothing is changed: try again"):
            back_up(spec.settings, tmp_path / "b.sealed", b"open")
        assert not list(tmp_path.glob("b.sealed*"))
        assert running.see(CARL, 2) == CARL.name


def test_a_command_that_is_killed_while_a_system_gives_way_lets_it_go_on(
    spec, monkeypatch, tmp_path
):
    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(FrozenFolder, "__init__", killed)
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        with pytest.raises(Killed):
            back_up(spec.settings, tmp_path / "b.sealed", b"open")
        assert told(running, *AFTER) == [CARL.name, "", ADA.name]


def test_the_job_of_a_system_takes_snapshots_of_which_forgetting_leaves_none_with_the_person(
    spec, monkeypatch, tmp_path
):
    (tmp_path / "disk").mkdir()
    settings = spec.settings.model_copy(
        update={"snapshots": SnapshotSettings(folder=tmp_path / "disk")}
    )
    with system(spec, monkeypatch) as running:
        told(running, *STORY)
        assert take_snapshot(settings)["removed"] == 0
        (first,) = snapshots_of(settings)
        _, receipt = forget(settings, ADA.name, by="eve", why="")
        assert told(running, *AFTER) == [CARL.name, "", ""]
        (second,) = snapshots_of(settings)
        assert verify(settings, receipt).residue == ()
    assert not first.file.exists()
    assert restored(spec, second.file) == [CARL.name]
    actions = [entry.action for entry in audit_log(settings).entries()]
    assert actions.count("snapshot") == 2
