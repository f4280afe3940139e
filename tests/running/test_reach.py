from pathlib import Path

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.reach import reach
from genesis_ray.running.result import summary
from genesis_ray.settings import Settings
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.runs.run_folder import RunFolder


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return Settings(data_dir=tmp_path / "data")


def made(path: Path, settings: Settings) -> Path:
    run = RunFolder.create(path)
    run.write_summary(summary(settings, None))
    return run.path


def found(settings: Settings, *named: Path) -> list[str]:
    runs = reach(settings, named).runs
    return sorted(str(run.path.resolve().relative_to(Path.cwd())) for run in runs)


def test_runs_are_found_that_were_noted_named_the_services_or_lie_beside(settings, tmp_path):
    note_run(settings.data_dir, made(tmp_path / "shop" / "one", settings))
    made(tmp_path / "shop" / "two", settings)
    made(tmp_path / "runs" / "three", settings)
    made(tmp_path / "data" / "run", settings)
    far = made(tmp_path / "far" / "four", settings)
    made(tmp_path / "far" / "five", settings)
    assert found(settings, far) == ["data/run", "far/four", "runs/three", "shop/one", "shop/two"]


def test_runs_of_another_data_folder_are_left_alone(settings, tmp_path):
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    made(tmp_path / "runs" / "one", other)
    (tmp_path / "runs" / "no run").mkdir()
    assert found(settings) == []


def test_a_data_folder_that_was_named_from_here_is_known_by_where_it_is(settings, tmp_path):
    made(tmp_path / "runs" / "one", settings.model_copy(update={"data_dir": Path("data")}))
    assert found(settings) == ["runs/one"]


def test_a_run_that_was_noted_and_is_gone_is_told(settings, tmp_path):
    note_run(settings.data_dir, tmp_path / "gone")
    reached = reach(settings)
    assert reached.runs == ()
    (missing,) = reached.missing
    assert missing.startswith(f"a run that was in {tmp_path / 'gone'} (there is no run in")


def test_a_run_that_is_named_has_to_be_there(settings, tmp_path):
    with pytest.raises(StoreError, match="there is no run in"):
        reach(settings, [tmp_path / "nowhere"])


def test_files_of_other_tenants_are_not_looked_at(settings, tmp_path):
    made(tmp_path / "data" / "run", settings)
    for name in (
        "gallery/default/people", "gallery/other/people", "receipts/default/one.json",
        "run/events/visits/tenant_id=default/a", "run/events/visits/tenant_id=other/a",
    ):  # fmt: skip
        path = settings.data_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    files = [str(path.relative_to(settings.data_dir)) for path in reach(settings).files(settings)]
    assert sorted(files) == [
        "gallery/default/people", "receipts/default/one.json",
        "run/events/visits/tenant_id=default/a", "run/run.json",
    ]  # fmt: skip
