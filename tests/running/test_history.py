from pathlib import Path

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.history import run_named, settings_of
from genesis_ray.running.live_run import open_live_run
from genesis_ray.running.result import summary
from genesis_ray.settings import Settings
from genesis_ray.store.run_folder import RunFolder


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_run_is_shown_with_the_settings_that_it_was_made_with():
    run = RunFolder.create(Path("run"))
    run.write_summary(summary(Settings(data_dir=Path("theirs"), tenant_id="acme"), None))
    assert settings_of(run, None).data_dir == Path("theirs")
    assert settings_of(run, Path("ours")).data_dir == Path("ours")
    assert settings_of(run, None).tenant_id == "acme"


def test_a_run_that_says_nothing_is_shown_with_the_settings_there_are():
    assert settings_of(RunFolder.create(Path("run")), None) == Settings()


def test_the_services_run_is_meant_where_there_is_no_other():
    settings = Settings()
    with pytest.raises(StoreError, match="no run in runs"):
        run_named(None, settings)
    live = open_live_run(settings)
    assert run_named(None, settings).path == live.path
    newest = RunFolder.create()
    assert run_named(None, settings).path == newest.path
    assert run_named(live.path, settings).path == live.path
