"""A service whose processes are all killed at once, as a machine dies, and started again."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import lancedb
import numpy as np
import psutil
import pytest
import yaml

from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings_file import load
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.keys.templates import Protector
from tests.e2e.conftest import Genesis, processes_of
from tests.leaks import forms_of_secret, forms_of_template, leaks_in
from tests.vision.film_server import PlayingCamera, serving

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.timeout(600)]

HALL = {"zone_id": "hall", "outline": [[0, 0], [1, 0], [1, 1], [0, 1]]}
A_SNAPSHOT_S = 10.0
"""Where cameras are is kept each second, and on a busy machine less often."""

WHOLE = ("track_observations", "zone_crossings", "visits", "face_recognitions", "camera_states")


@pytest.fixture
def camera() -> Iterator[PlayingCamera]:
    """Shows two people who hardly move, and are in its one zone all the time."""
    with serving(PlayingCamera(people=2, pace=1)) as server:
        yield server


@pytest.fixture
def config(camera, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    path = tmp_path / "cameras.yaml"
    settings = {
        "data_dir": str(tmp_path / "data"),
        "detector": {"model": "synthetic"},
        "faces": {"embedder": "synthetic"},
        "identity": {"visitors": True},
        "cameras": [{"camera_id": "door", "source": camera.url, "zones": [HALL]}],
    }
    path.write_text(yaml.safe_dump(settings))
    return path


def rows_of(run: Path) -> dict[str, list[dict]]:
    tables = RunTables(run / "events")
    return {name: tables[name].read().to_pylist() for name in (*WHOLE, "system_states")}


def in_zone(run: Path) -> set[int]:
    """The tracks that are in the zone, each of which entered it once."""
    crossings = rows_of(run)["zone_crossings"]
    entered, left = (
        [row["track_id"] for row in crossings if row["direction"] == direction]
        for direction in ("enter", "exit")
    )
    assert len(entered) == len({*entered})
    assert len(left) == len({*left})
    return {*entered} - {*left}


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.2)


def test_it_goes_on_where_it_was_and_nothing_of_a_face_is_in_any_log(
    genesis: Genesis, config, ray_folder, tmp_path, record_property
):
    run = tmp_path / "data" / "run"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        up = ("up", config, "--port", free.getsockname()[1])
    genesis(*up)
    gallery = tmp_path / "data" / "gallery" / "default" / "faces_colour.lance" / "data"
    wait_until(lambda: len(rows_of(run)["visits"]) == 2 and any(gallery.glob("*")))

    killed = processes_of(ray_folder)
    for process in killed:
        process.suspend()  # so that none sees another die
    killed_at = time.time()
    for process in killed:
        process.kill()
    psutil.wait_procs(killed, timeout=10)
    before = rows_of(run)
    people = {row["track_id"] for row in before["track_observations"]}
    assert len(people) == 2

    genesis(*up)

    def seen_again() -> list[dict]:
        told = rows_of(run)["track_observations"]
        return [row for row in told if row["occurred_at"].timestamp() > killed_at]

    wait_until(lambda: len({row["track_id"] for row in seen_again()}) == 2)
    away_s = min(row["occurred_at"].timestamp() for row in seen_again()) - killed_at
    record_property("away_s", away_s)
    print(f"away for {away_s:.1f} s")
    now = rows_of(run)
    for name, rows in before.items():  # nothing is lost
        assert {row["event_id"] for row in rows} <= {row["event_id"] for row in now[name]}, name
    wait_until(lambda: in_zone(run) == {row["track_id"] for row in seen_again()})
    now = rows_of(run)
    last = {row["track_id"]: row["occurred_at"] for row in before["track_observations"]}
    left = {
        row["track_id"]: row["occurred_at"]
        for row in now["zone_crossings"]
        if row["direction"] == "exit"
    }
    assert left.keys() == people - in_zone(run)
    later_s = [(at - last[track_id]).total_seconds() for track_id, at in left.items()]
    assert all(abs(each) < A_SNAPSHOT_S for each in later_s)  # than the last row of before
    assert [row["ended_at"] for row in now["visits"]] == [None, None]  # each goes on, once
    states = {(row["component"], row["state"]) for row in now["system_states"]}
    assert states >= {("journal", "restarted"), ("resolver", "restarted")}

    assert "the log is whole" in genesis("down").stdout
    settings = load(config)
    ended = rows_of(run)
    for name, rows in ended.items():  # and nothing doubled
        ids = [row["event_id"] for row in rows]
        assert len(ids) == len(set(ids)), name
    assert in_zone(run) == set()
    opened, closed = (
        {row["visit_id"] for row in ended["visits"] if (row["ended_at"] is None) is is_open}
        for is_open in (True, False)
    )
    assert (opened, len(closed)) == (closed, 2)
    assert {row["identity_id"] for row in ended["face_recognitions"]} == {
        row["identity_id"] for row in before["face_recognitions"]
    }
    assert list((run / "state").glob("*/*")) == []
    keys = tenant_keys(settings)
    assert audit_log(settings, keys).verify().problem is None

    folder = gallery.parents[1]
    faces = lancedb.connect(folder).open_table("faces_colour").to_arrow()
    stored = np.stack(faces["embedding"].to_pylist()).astype(np.float32)
    protector = Protector(keys.current, embedder="colour", dimension=stored.shape[1])
    plain = stored @ protector.protect(np.eye(stored.shape[1], dtype=np.float32)).T
    assert np.allclose(protector.protect(plain), stored, atol=1e-5)
    forms = [form for each in (*stored, *plain) for form in forms_of_template(each)]
    forms += forms_of_secret(keys.current.secret)
    assert leaks_in(folder, forms)  # where they belong
    logs = Path(ray_folder)
    assert len([*logs.rglob("*.err"), *logs.rglob("*.out"), *logs.rglob("*.log")]) > 20
    assert leaks_in(logs, forms) == []
    assert leaks_in(run, forms) == []
