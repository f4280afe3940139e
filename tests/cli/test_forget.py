import json

import pytest
import typer
from typer.testing import CliRunner, Result

from genesis_ray.cli import people
from genesis_ray.cli.main import app as genesis_app
from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.running.erasure.forgetting_intent import Intent, is_unfinished
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.settings import Settings
from genesis_ray.store.tenant.kept_photos import KeptPhotos
from tests.running.somebody import ADA, BEN


@pytest.fixture
def settings(template, tmp_path, monkeypatch) -> Settings:
    from tests.running.erasure.test_forgetting import copied

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    return copied(template, tmp_path / "world")


@pytest.fixture
def genesis(settings):
    assert people.app in [group.typer_instance for group in genesis_app.registered_groups]
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(people.app, name="people")

    def command(*arguments: object, answer: str = "") -> Result:
        data = ["--data", str(settings.data_dir)]
        given = ["people", *map(str, arguments), *data]
        result = CliRunner().invoke(app, given, input=answer)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return command


def test_somebody_is_forgotten_after_a_question_and_the_receipt_verifies(genesis, settings):
    asked = genesis("forget", ADA.name, answer="n\n")
    assert asked.exit_code == 1
    assert f"{ADA.name}, identity {ADA.identity_id} with 1 merged into it" in asked.output
    assert str(settings.data_dir.parent / "run") in asked.output
    assert ADA.name in {each.name for each in who_is_who(settings).people}
    said = genesis("forget", ADA.name, answer="y\n")
    assert said.exit_code == 0, said.output
    assert "Residue: 0." in said.output
    assert "door.mp4" in said.output
    (receipt,) = (settings.data_dir / "receipts" / "default").iterdir()
    checked = genesis("verify-forgotten", receipt)
    assert checked.exit_code == 0, checked.output
    assert "Residue: 0." in checked.output


def test_pictures_elsewhere_are_told_with_what_nobody_can_vouch_for(genesis, settings, tmp_path):
    place = f"file://{tmp_path}/nas/default"
    kept = KeptPhotos(identity_folder(settings), place)
    (old,) = (each for each in kept.all() if each.identity_id == ADA.identity_id)
    kept.put(old, kept.sealed(old))
    said = genesis("forget", ADA.name, "--yes")
    assert said.exit_code == 0, said.output
    assert f"\n{place}:\n" in said.output
    assert not list((tmp_path / "nas" / "default").glob("*.sealed"))
    (receipt,) = (settings.data_dir / "receipts" / "default").iterdir()
    checked = genesis("verify-forgotten", receipt)
    assert checked.exit_code == 0, checked.output
    assert f"Not searched: earlier versions, replicas and backups that {place}" in checked.output


def test_what_is_left_is_told_and_the_exit_says_so(genesis, settings, tmp_path):
    receipt = tmp_path / "ada.json"
    (settings.data_dir / "letter.txt").write_text(f"Dear {ADA.name}")
    said = genesis("forget", ADA.name, "--yes", "--receipt", receipt)
    assert said.exit_code == 1
    assert f"{settings.data_dir / 'letter.txt'}: a name" in said.output
    checked = genesis("verify-forgotten", receipt, "--json")
    assert checked.exit_code == 1
    (found,) = json.loads(checked.stdout)
    assert found["residue"] == [f"{settings.data_dir / 'letter.txt'}: a name"]
    (settings.data_dir / "letter.txt").unlink()
    assert genesis("verify-forgotten", receipt).exit_code == 0


def test_a_receipt_is_not_written_over_another_file(genesis, tmp_path):
    (tmp_path / "ada.json").write_text("mine")
    with pytest.raises(ConfigurationError, match="is there already; name a new file"):
        genesis("forget", ADA.name, "--yes", "--receipt", tmp_path / "ada.json")


def test_without_a_person_and_nothing_cut_off_nobody_is_forgotten(genesis):
    with pytest.raises(ConfigurationError, match="nobody is being forgotten"):
        genesis("forget")


@pytest.mark.parametrize("arguments", [("forget",), ("rename", BEN.name, "Ben")])
def test_what_was_cut_off_is_finished_by_the_next_command(
    genesis, settings, monkeypatch, arguments
):
    folder = identity_folder(settings)

    def cut_off(self, folder):
        save(self, folder)
        raise KeyboardInterrupt

    save = Intent.save
    with monkeypatch.context() as patch:
        patch.setattr(Intent, "save", cut_off)
        genesis("forget", ADA.name, "--yes")
    assert is_unfinished(folder)
    with pytest.raises(ConfigurationError, match="finish it first"):
        genesis("forget", BEN.name, "--yes")
    said = genesis(*arguments)
    assert "The receipt: " in said.output
    assert not is_unfinished(folder)
    assert ADA.name not in {each.name for each in who_is_who(settings).people}


def test_a_receipt_that_was_changed_verifies_nothing(genesis, settings, tmp_path):
    receipt = tmp_path / "ada.json"
    genesis("forget", ADA.name, "--yes", "--receipt", receipt)
    receipt.write_text(receipt.read_text().replace('"faces": 4', '"faces": 5'))
    with pytest.raises(StoreError, match="was changed since it was signed"):
        genesis("verify-forgotten", receipt)
