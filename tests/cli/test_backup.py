import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from genesis_ray.cli.main import app
from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.running.backups.snapshots import take
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos
from genesis_ray.store.tenant.people import People, Person
from genesis_ray.store.tenant.tenants import gallery_folder
from tests.store.some_keys import protected, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ADA = Person(identity_id="a", name="Ada", kind="enrolled", enrolled_at=NOON)


@pytest.fixture
def genesis(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    (tmp_path / "passphrase").write_text("correct horse\n")
    settings = Settings()
    folder = gallery_folder(settings.data_dir, "default")
    keys = tenant_keys(settings)
    with (
        FaceGallery(folder, embedder="colour", dimension=16, keys=keys, writer=True) as faces,
        People(folder, writer=True) as people,
    ):
        people.add(ADA)
        template = protected(unit(1, 1, 16), keys.current, "colour")
        faces.enroll("a", template, qualities=[1], at=NOON)

    def command(*arguments: str, answer: str = "") -> str:
        result = CliRunner().invoke(app, ["people", *arguments], input=answer)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return command


def test_a_backup_is_restored_with_its_passphrase_asked_or_from_a_file(genesis, tmp_path):
    said = genesis("backup", "b.sealed", answer="correct horse\ncorrect horse\n")
    assert "the template key is not" in said
    assert "correct horse" not in said
    genesis("restore", "b.sealed", "--key-file", "passphrase", "--data", "other")
    assert People(gallery_folder(tmp_path / "other", "default")).everyone() == [ADA]


def test_pictures_that_are_elsewhere_are_told_to_be_in_no_backup(genesis, tmp_path):
    kept = KeptPhotos(
        gallery_folder(tmp_path / "genesis-data", "default"), f"file://{tmp_path}/nas"
    )
    photo = KeptPhoto(face_id="f", identity_id="a", key_version=1, fingerprint="", at=NOON)
    kept.put(photo, b"sealed")
    said = genesis("backup", "b.sealed", "--key-file", "passphrase")
    assert f"Nor are the pictures of 1 kept photos: they stay in file://{tmp_path}/nas" in said
    said = genesis("restore", "b.sealed", "--key-file", "passphrase", "--data", "other")
    assert f"pictures of 1 kept photos are looked for in file://{tmp_path}/nas" in said


def test_who_was_forgotten_since_is_forgotten_again_which_is_told(genesis):
    genesis("backup", "b.sealed", "--key-file", "passphrase")
    genesis("forget", "Ada", "--yes", "--receipt", "ada.json")
    given = ("--key-file", "passphrase", "--data", "other")
    said = genesis("restore", "b.sealed", *given, "--receipts", "ada.json")
    assert "identities: 1. They are forgotten again, with no residue. The receipt: " in said
    assert People(gallery_folder(Path("other"), "default")).everyone() == []


def test_of_whom_only_the_audit_log_knows_is_told(genesis, tmp_path):
    genesis("backup", "b.sealed", "--key-file", "passphrase")
    genesis("forget", "Ada", "--yes", "--receipt", "ada.json")
    shutil.rmtree(gallery_folder(tmp_path / "genesis-data", "default"))
    said = genesis("restore", "b.sealed", "--key-file", "passphrase")
    assert "The audit log says that a was to be forgotten on " in said
    assert "genesis people forget a" in said


def test_a_snapshot_asks_for_no_passphrase(genesis, tmp_path, monkeypatch):
    (tmp_path / "disk").mkdir()
    monkeypatch.setenv("GENESIS_SNAPSHOTS__FOLDER", str(tmp_path / "disk"))
    file = take(Settings()).file
    assert "Passphrase" not in genesis("restore", str(file), "--data", "other")
    assert People(gallery_folder(tmp_path / "other", "default")).everyone() == [ADA]


def test_what_is_no_backup_is_told_before_a_passphrase_is_asked(genesis, tmp_path):
    (tmp_path / "b.sealed").write_bytes(b"a letter")
    with pytest.raises(StoreError, match=r"b\.sealed is no backup of"):
        genesis("restore", "b.sealed")
    with pytest.raises(StoreError, match="No such file"):
        genesis("restore", "none.sealed")


def test_who_restores_without_the_template_key_is_told_that_it_is_missing(genesis, tmp_path):
    genesis("backup", "b.sealed", "--key-file", "passphrase")
    (tmp_path / "keys" / "default").unlink()
    with pytest.raises(StoreError, match="Put that key back from your copy"):
        genesis("restore", "b.sealed", "--key-file", "passphrase", "--data", "other")


def test_an_empty_or_missing_key_file_is_refused(genesis, tmp_path):
    (tmp_path / "passphrase").write_text("\n")
    with pytest.raises(ConfigurationError, match="is empty"):
        genesis("backup", "b.sealed", "--key-file", "passphrase")
    with pytest.raises(ConfigurationError, match="No such file"):
        genesis("backup", "b.sealed", "--key-file", "none")
    assert not (tmp_path / "b.sealed").exists()


def readings(data: str) -> list[tuple[str, str]]:
    log = audit_log(Settings().model_copy(update={"data_dir": Path(data)}))
    assert log.verify().problem is None
    return [(entry.action, entry.reason) for entry in log.entries()]


def test_backing_up_and_restoring_are_noted_where_they_happen(genesis):
    genesis("backup", "b.sealed", "--key-file", "passphrase")
    genesis("restore", "b.sealed", "--key-file", "passphrase", "--data", "other")
    assert readings("genesis-data") == [("backup", "seals people and faces in b.sealed")]
    assert readings("other") == [("restore", "brings people back from b.sealed")]


def test_restoring_before_the_key_is_there_is_noted_too(genesis, tmp_path):
    genesis("backup", "b.sealed", "--key-file", "passphrase")
    kept = (tmp_path / "keys" / "default").read_bytes()
    (tmp_path / "keys" / "default").unlink()
    with pytest.raises(StoreError, match="Put that key back"):
        genesis("restore", "b.sealed", "--key-file", "passphrase", "--data", "other")
    (tmp_path / "keys" / "default").write_bytes(kept)
    (tmp_path / "keys" / "default").chmod(0o600)
    assert [action for action, _ in readings("other")] == ["restore"]


def test_what_cannot_be_backed_up_leaves_nothing_behind(genesis, tmp_path):
    with pytest.raises(StoreError, match="there is nothing in"):
        genesis("backup", "b.sealed", "--key-file", "passphrase", "--data", "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
