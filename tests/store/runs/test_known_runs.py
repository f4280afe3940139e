from genesis_ray.store.runs.known_runs import known_runs, note_run


def test_runs_are_known_once_in_the_order_in_which_they_began(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    assert known_runs(data) == []
    for run in (tmp_path / "b", tmp_path / "a ü", tmp_path / "b"):
        note_run(data, run)
    assert known_runs(data) == [tmp_path / "b", tmp_path / "a ü"]


def test_a_run_is_known_by_where_it_is_whatever_it_was_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    note_run(tmp_path / "data", (tmp_path / "runs" / "one").relative_to(tmp_path))
    monkeypatch.chdir("/")
    assert known_runs(tmp_path / "data") == [tmp_path / "runs" / "one"]


def test_a_line_that_a_crash_of_the_machine_tore_off_takes_no_other_with_it(tmp_path):
    note_run(tmp_path, tmp_path / "one")
    file = tmp_path / "known-runs"
    file.write_bytes(file.read_bytes() + b"/somewh")
    note_run(tmp_path, tmp_path / "two")
    assert known_runs(tmp_path)[::2] == [tmp_path / "one", tmp_path / "two"]
