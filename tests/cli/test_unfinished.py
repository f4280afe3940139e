import os

import pytest

from genesis_ray.cli import unfinished
from genesis_ray.cli.unfinished import finish_forgetting
from genesis_ray.errors import StoreError
from genesis_ray.running.erasure import forgetting
from genesis_ray.running.erasure.forgetting_intent import Intent, at_it, is_unfinished
from genesis_ray.running.people import turns
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.settings import Settings
from tests.running.people.test_turns import somebody_elses_turn


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_who_waits_for_another_command_is_told_so(settings, monkeypatch, capsys):
    monkeypatch.setattr(unfinished, "_AT_ONCE_S", 0.0)
    monkeypatch.setattr(turns, "WITHIN_S", 0.05)
    with somebody_elses_turn(settings), pytest.raises(StoreError, match="try again"):
        finish_forgetting(settings)
    assert f"Process {os.getpid()} forgets somebody, or writes" in capsys.readouterr().err


def test_nothing_is_said_of_what_takes_a_moment(settings, capsys):
    finish_forgetting(settings)
    with somebody_elses_turn(settings) as ends:
        ends.set()
        finish_forgetting(settings)
    assert capsys.readouterr().err == ""


def test_what_another_process_is_at_is_left_to_it(settings):
    folder = identity_folder(settings)
    with at_it(folder):
        Intent(
            receipt_id="7", receipt="7.json", begun_at="", by="eve", why="", identity_ids=["ada"],
            names=["Ada"], runs=[], salt="", key_version=1,
        ).save(folder)  # fmt: skip
        finish_forgetting(settings)
        assert is_unfinished(folder)


def test_who_cannot_go_on_for_anothers_forgetting_is_told_that(settings, monkeypatch):
    folder = identity_folder(settings)
    folder.mkdir(parents=True)
    Intent(
        receipt_id="7", receipt="7.json", begun_at="", by="eve", why="", identity_ids=["ada"],
        names=["Ada"], runs=[], salt="", key_version=1,
    ).save(folder)  # fmt: skip

    def fails(_: Settings) -> None:
        raise StoreError("cannot write to run: Input/output error")

    monkeypatch.setattr(forgetting, "finish", fails)
    with pytest.raises(StoreError, match=r"cannot be finished: .* Input/output error"):
        finish_forgetting(settings)
