import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.live.configuration import Configuration
from genesis_ray.live.system_states import CONFIGURATION, SystemStates
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import StateLog, new_key

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    return Settings(
        data_dir=tmp_path / "data", cameras=[{"camera_id": "door", "source": "rtsp://camera/door"}]
    )


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "run")


def states(
    run: RunFolder,
    settings: Settings,
    *,
    life: bytes | None = None,
    within: timedelta | None = A_MINUTE,
) -> SystemStates:
    """What a system begins with, by default another one."""
    key = tenant_keys(settings).ref
    return SystemStates(run, key, settings, life=life or new_key(), within=within)


def killed(run: RunFolder, settings: Settings, *, ago_s: float = 0) -> bytes:
    """Have a system watch that is killed; return the key of its states."""
    key = states(run, settings).key
    Configuration(settings, run.state / CONFIGURATION, key)
    StateLog(run.state / "journal", key).checkpoint("where cameras were")
    (kept,) = (run.state / "journal").iterdir()
    os.utime(kept, (time.time() - ago_s,) * 2)
    return key


def trial(run: RunFolder) -> Path:
    return run.state / "resolver" / "trial"


def test_at_first_there_is_nothing_to_go_on_from(run, settings):
    life = new_key()
    own = states(run, settings, life=life)
    assert (own.goes_on, own.key) == (False, life)


def test_what_was_killed_a_moment_ago_is_gone_on_from_again_and_again(run, settings):
    key = killed(run, settings)
    for _ in range(2):
        own = states(run, settings)
        assert (own.goes_on, own.key) == (True, key)
        assert StateLog(run.state / "journal", own.key).restore().state == "where cameras were"


def test_a_process_that_is_started_again_has_the_key_of_its_own_system(run, settings):
    key = killed(run, settings)
    life = new_key()
    assert states(run, settings, life=life).key == key
    changed = settings.model_copy(update={"cameras": ()})
    assert states(run, changed, life=life).key == key


def test_what_is_too_old_is_left_aside_unless_no_time_passes_meanwhile(run, settings):
    key = killed(run, settings, ago_s=61)
    old = states(run, settings)
    assert old.why_not == "it was at work more than 60 s ago"
    assert old.key != key
    key = killed(run, settings, ago_s=1e6)
    recordings = states(run, settings, within=None)
    assert (recordings.goes_on, recordings.key) == (True, key)


def test_other_settings_begin_anew(run, settings):
    killed(run, settings)
    other = states(run, settings.model_copy(update={"visit_gap_s": 7.0}))
    assert other.why_not == "it watched with other settings"


def test_what_died_before_it_was_sound_is_not_tried_again_and_again_where_nobody_looks(
    run, settings
):
    key = killed(run, settings)
    trial(run).parent.mkdir()
    trial(run).touch()
    somebody_looks = states(run, settings, within=None)
    assert (somebody_looks.goes_on, somebody_looks.key) == (True, key)
    assert not trial(run).exists()
    trial(run).touch()
    assert states(run, settings).why_not == "it died before it was sound"


def test_under_another_key_of_the_tenant_all_begins_anew(run, settings):
    killed(run, settings)
    open_key_store(settings.templates.key_store).add(settings.tenant_id, after=1)
    assert not states(run, settings).goes_on


def test_nothing_on_the_disk_tells_the_key(run, settings):
    key = killed(run, settings)
    content = [path.read_bytes() for path in run.path.rglob("*") if path.is_file()]
    assert len(content) >= 4
    assert [each for each in content if key in each or key.hex().encode() in each] == []


def test_after_its_end_nothing_is_left(run, settings):
    killed(run, settings)
    states(run, settings).clear()
    assert not states(run, settings).goes_on


def test_two_systems_do_not_watch_at_once(run, settings, monkeypatch):
    monkeypatch.setattr("genesis_ray.live.system_states._ENDS_WITHIN_S", 0.1)
    key = killed(run, settings)
    told = f"being written to by process {os.getpid()}"
    with EventLog(run.events), pytest.raises(StoreError, match=told):
        states(run, settings)
    assert states(run, settings).key == key
