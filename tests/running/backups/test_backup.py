"""Backups of people and faces, and bringing them back, also when a process is killed at it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.running.backups.backup import back_up
from genesis_ray.running.backups.restoring import restore
from genesis_ray.running.erasure import forgetting_intent
from genesis_ray.running.erasure.forgetting import finish, forget
from genesis_ray.running.erasure.forgetting_intent import at_it, is_unfinished
from genesis_ray.running.erasure.forgotten_before import receipts_folder
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.people import giving_way
from genesis_ray.running.people.giving_way import LOG_KEEPER, KeepersWay
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.people_stores import PeopleStores
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.templates.key_rotation import forget as forget_key
from genesis_ray.running.templates.key_rotation import rotate
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.stored_faces import stored_faces
from genesis_ray.store.giving_way import Presence, wait_until
from genesis_ray.store.keys import sealed_file
from genesis_ray.store.keys.receipts import Receipt
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.tenants import unpacking_folder
from genesis_ray.testing import ColourEmbedder
from tests.deadly_steps import Doomed
from tests.running.erasure.test_forgetting import copied, holders
from tests.running.somebody import ADA, BEN, CARL, SHE, track, write_run

EVERYBODY = {ADA.name, SHE.name, BEN.name, CARL.name, "Dora"}


@pytest.fixture
def settings(template, tmp_path, monkeypatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    keys = os.environ["GENESIS_TEMPLATES__KEY_STORE"].removeprefix("file:")
    shutil.copytree(keys, tmp_path / "keys")  # some are changed
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    monkeypatch.setattr(sealed_file, "_WORK", {"n": 2, "r": 8, "p": 1})
    return copied(template, tmp_path / "world")


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "b.sealed"


def lost(settings: Settings) -> None:
    """Lose the people and faces, and nothing else."""
    shutil.rmtree(identity_folder(settings))


def names(settings: Settings) -> set[str]:
    return {person.name for person in who_is_who(settings).people}


def faces_of(settings: Settings, person: Person) -> list[str]:
    dimension = ColourEmbedder().dimension
    rows = stored_faces(identity_folder(settings), "colour", dimension).to_pylist()
    return [row["face_id"] for row in rows if row["identity_id"] == person.identity_id]


@pytest.fixture(params=["theirs alone", "of both"])
def others_system(request, settings, tmp_path, monkeypatch) -> Iterator[None]:
    """A system of another tenant that runs on the same data folder; a log of both it gave."""
    monkeypatch.setattr(giving_way, "WITHIN_S", 0.1)
    tracks = [track(ADA, 1, 0)] if request.param == "of both" else []
    theirs = settings.model_copy(update={"tenant_id": "other"})
    run = write_run(theirs, tmp_path / "others", *tracks)
    note_run(settings.data_dir, run.path)
    if tracks:
        KeepersWay(settings, run, LOG_KEEPER).way.give()
    with closing(Presence(run.watching)):
        yield


def left_out(receipt: Receipt) -> str:
    return "\n".join(receipt.not_reached)


def test_what_is_lost_comes_back(settings, file):
    before = names(settings)
    back_up(settings, file, b"open")
    lost(settings)
    done = restore(settings, file, b"open")
    assert names(settings) == before
    assert (done.forgotten, done.doubtful) == (None, ())


def test_beside_a_system_that_runs_nobody_is_brought_back(settings, file, tmp_path):
    back_up(settings, file, b"open")
    lost(settings)
    with closing(Presence(tmp_path / "world" / "run" / "watching.lock")):
        with pytest.raises(StoreError, match="stop it first"):
            restore(settings, file, b"open")
        assert not identity_folder(settings).exists()
    restore(settings, file, b"open")


def test_while_somebody_writes_nothing_is_backed_up(settings, file):
    with (
        People(identity_folder(settings), writer=True),
        pytest.raises(StoreError, match="being written to by process"),
    ):
        back_up(settings, file, b"open")
    assert not file.exists()


@pytest.mark.usefixtures("others_system")
def test_another_tenants_system_is_not_asked_for_what_it_has_not(settings, file):
    back_up(settings, file, b"open")
    rotate(settings)
    forget_key(settings, 1)
    _, receipt = forget(settings, ADA.name, by="eve", why="")
    assert receipt.searched.residue == ()


def test_neither_nothing_nor_over_another_file_is_backed_up(settings, file):
    elsewhere = settings.model_copy(update={"data_dir": file.parent / "elsewhere"})
    with pytest.raises(StoreError, match=r"nothing in .* to back up"):
        back_up(elsewhere, file, b"open")
    file.write_bytes(b"mine")
    with pytest.raises(StoreError, match="is there already"):
        back_up(settings, file, b"open")
    assert file.read_bytes() == b"mine"


def test_somebody_half_forgotten_gets_into_no_backup(settings, file, monkeypatch):
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PeopleStores, "purge", cut_off)
        with pytest.raises(KeyboardInterrupt):
            forget(settings, ADA.name, by="eve", why="")
    with pytest.raises(StoreError, match="finish it first: genesis people forget"):
        back_up(settings, file, b"open")
    assert not file.exists()
    finish(settings)
    back_up(settings, file, b"open")


def test_while_somebody_is_forgotten_nothing_is_backed_up(settings, file, monkeypatch):
    monkeypatch.setattr(forgetting_intent, "OTHERS_LOOK_S", 0)
    with at_it(identity_folder(settings)), pytest.raises(StoreError, match="for a backup; wait"):
        back_up(settings, file, b"open")


def test_a_receipt_names_the_backups_that_were_made_since_the_person_was_known(settings, file):
    back_up(settings, file, b"open")
    back_up(settings, file.with_name(f"of {ADA.name}.sealed"), b"open")
    _, receipt = forget(settings, ADA.name, by="eve", why="")
    assert "backups that were made since they were known: b.sealed (" in left_out(receipt)
    assert ", of (forgotten).sealed (" in left_out(receipt)
    assert receipt.searched.residue == ()  # the audit log never knew the name of the second


def test_a_backup_from_before_a_person_was_known_is_not_named(settings, file):
    back_up(settings, file, b"open")
    eve = replace(ADA, identity_id=str(uuid4()), name="Eve", enrolled_at=datetime.now(UTC))
    with People(identity_folder(settings), writer=True) as people:
        people.add(eve)
    _, receipt = forget(settings, "Eve", by="eve", why="")
    assert "b.sealed" not in left_out(receipt)


def test_a_receipt_names_what_people_were_brought_back_from(settings, file, tmp_path):
    back_up(settings, file, b"open")
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "new"})
    restore(elsewhere, file, b"open")
    _, receipt = forget(elsewhere, ADA.name, by="eve", why="")
    assert f"what people were brought back from: {file.name} (" in left_out(receipt)


def test_who_was_forgotten_since_is_forgotten_again(settings, file):
    back_up(settings, file, b"open")
    forget(settings, ADA.name, by="eve", why="")
    forget(settings, CARL.name, by="eve", why="")
    lost(settings)
    done = restore(settings, file, b"open")
    assert names(settings) == {BEN.name, "Dora"}
    assert done.forgotten
    path, receipt = done.forgotten
    assert receipt.identities == 3  # one of them as a visitor, too
    assert receipt.why.startswith("forgotten before, by receipt ")
    assert receipt.searched.residue == verify(settings, Receipt.read(path)).residue == ()
    assert holders(settings) == []
    assert not is_unfinished(identity_folder(settings))


def test_who_was_parted_from_somebody_since_is_not_forgotten_with_them(settings, file):
    with Repairs(settings, by="eve", why="") as repairs:
        merged = repairs.merge(BEN.identity_id, CARL.identity_id)
    back_up(settings, file, b"open")
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.undo(merged.entry_id)
    before = faces_of(settings, CARL)
    path, _ = forget(settings, BEN.identity_id, by="eve", why="")
    lost(settings)
    done = restore(settings, file, b"open")
    assert done.forgotten
    assert done.forgotten[1].identities == 1
    assert names(settings) == EVERYBODY - {BEN.name, SHE.name}
    assert faces_of(settings, CARL) == before
    assert len(before) == 2
    assert faces_of(settings, BEN) == []
    assert verify(settings, Receipt.read(path)).residue == ()


def test_a_face_that_was_another_persons_then_does_not_come_back_as_theirs(settings, file):
    back_up(settings, file, b"open")
    before = names(settings)
    wrong, right = faces_of(settings, CARL)
    with Repairs(settings, by="eve", why="") as repairs:
        born = repairs.split(CARL.identity_id, [], [wrong], None).new_id
    forget(settings, born, by="eve", why="")
    lost(settings)
    done = restore(settings, file, b"open")
    assert done.forgotten
    assert done.forgotten[1].searched.residue == ()
    assert faces_of(settings, CARL) == [right]
    assert names(settings) == before


def test_who_is_enrolled_under_the_same_name_after_it_stays(settings, file):
    forget(settings, ADA.name, by="eve", why="")
    with People(identity_folder(settings), writer=True) as people:
        people.add(replace(ADA, identity_id=str(uuid4())))
    back_up(settings, file, b"open")
    lost(settings)
    assert restore(settings, file, b"open").forgotten is None
    assert ADA.name in names(settings)


def test_receipts_of_another_data_folder_can_be_compared(settings, file, tmp_path):
    back_up(settings, file, b"open")
    path, _ = forget(settings, ADA.name, by="eve", why="", receipt=tmp_path / "ada.json")
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    with pytest.raises(ConfigurationError, match=r"there is no receipt .*/none"):
        restore(other, file, b"open", receipts=[tmp_path / "none"])
    assert restore(other, file, b"open", receipts=[path]).forgotten
    assert names(other) == {BEN.name, CARL.name, "Dora"}


def test_of_whom_only_the_audit_log_knows_is_told_and_stays(settings, file, tmp_path):
    back_up(settings, file, b"open")
    path, receipt = forget(settings, ADA.name, by="eve", why="", receipt=tmp_path / "ada.json")
    path.unlink()
    lost(settings)
    done = restore(settings, file, b"open")
    assert done.forgotten is None
    assert {one.identity_id for one in done.doubtful} == {ADA.identity_id, SHE.identity_id}
    assert {one.receipt_id for one in done.doubtful} == {receipt.receipt_id}
    assert ADA.name in names(settings)


def test_where_nobody_can_tell_whom_a_receipt_is_about_nothing_is_restored(settings, file):
    back_up(settings, file, b"open")
    path, _ = forget(settings, ADA.name, by="eve", why="")
    rotate(settings)
    forget_key(settings, 1)
    lost(settings)
    with pytest.raises(StoreError, match="whether they are in it cannot be told") as raised:
        restore(settings, file, b"open")
    assert f"move {path} away" in str(raised.value)
    assert not identity_folder(settings).exists()
    path.unlink()
    restore(settings, file, b"open")
    assert ADA.name in names(settings)


def test_a_receipt_that_is_older_than_the_backup_need_not_be_told(settings, file):
    forget(settings, ADA.name, by="eve", why="")
    rotate(settings)
    forget_key(settings, 1)
    (receipt,) = map(Receipt.read, receipts_folder(settings).iterdir())
    assert wait_until(lambda: datetime.now(UTC) > receipt.ended_by, within_s=5)
    back_up(settings, file, b"open")
    lost(settings)
    restore(settings, file, b"open")
    assert names(settings) == {BEN.name, CARL.name, "Dora"}


def test_what_a_killed_restore_had_unpacked_is_found_and_forgotten(settings, template):
    _, before = forget(settings, CARL.name, by="eve", why="")
    left = unpacking_folder(settings.data_dir, "default") / "of a backup"
    shutil.copytree(identity_folder(copied(template, settings.data_dir.parent / "again")), left)
    residue = verify(settings, before).residue
    assert any(str(left) in each for each in residue)
    _, receipt = forget(settings, ADA.name, by="eve", why="")
    assert receipt.searched.residue == verify(settings, before).residue == ()


@pytest.fixture
def killed() -> Iterator[Doomed]:
    """A process that backs up or restores, and is killed at it."""
    with Doomed(Path(__file__).with_name("killed_copying.py")) as process:
        yield process


@pytest.mark.timeout(400)  # a few seconds where nobody else works
def test_a_backup_that_is_killed_is_there_as_a_whole_or_not_at_all(settings, killed, tmp_path):
    everybody = names(settings)
    back_up(settings, tmp_path / "first.sealed", b"open")  # makes the audit log
    steps = killed.whole("backup", settings.data_dir, tmp_path / "whole.sealed").steps
    ends = set()
    for step in range(steps):
        file = tmp_path / f"{step}.sealed"
        assert killed.is_killed("backup", settings.data_dir, file, when=step)
        ends.add(file.exists())
        if not file.exists():
            back_up(settings, file, b"open")
        other = settings.model_copy(update={"data_dir": tmp_path / str(step)})
        restore(other, file, b"open")
        assert names(other) == everybody
    assert ends == {True, False}


KILLS = 5


@pytest.mark.timeout(400)  # a few seconds where nobody else works
def test_a_restore_that_is_killed_brings_back_nobody_who_was_forgotten(
    settings, file, killed, tmp_path
):
    back_up(settings, file, b"open")
    _, receipt = forget(settings, ADA.name, by="eve", why="")
    lost(settings)
    shutil.copytree(settings.data_dir.parent, tmp_path / "before")
    first = copied(tmp_path / "before", tmp_path / "first")
    steps = killed.whole("restore", first.data_dir, file).steps
    ends = set()
    for part in range(KILLS):
        own = copied(tmp_path / "before", tmp_path / str(part))
        killed.is_killed("restore", own.data_dir, file, when=part * (steps - 1) // (KILLS - 1))
        folder = identity_folder(own)
        ends.add((folder.exists(), is_unfinished(folder)))
        if folder.exists():
            finish(own)
        else:
            restore(own, file, b"open")
        assert names(own) == {BEN.name, CARL.name, "Dora"}
        assert verify(own, receipt).residue == ()
        assert holders(own) == []
    assert {(False, False), (True, True)} <= ends
