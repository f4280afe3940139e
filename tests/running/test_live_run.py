import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.live_run import open_live_run
from genesis_ray.settings import Settings


def test_log_of_a_new_data_folder_is_made(tmp_path):
    assert open_live_run(Settings(data_dir=tmp_path)).path == tmp_path / "run"


def test_log_goes_on_where_it_was_after_a_restart(tmp_path):
    settings = Settings(data_dir=tmp_path)
    began = open_live_run(settings).summary()["started_at"]
    assert open_live_run(settings).summary()["started_at"] == began


def test_folder_that_holds_something_else_is_not_taken_for_the_log(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="is not empty"):
        open_live_run(Settings(data_dir=tmp_path))
