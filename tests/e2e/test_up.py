"""The service from its start to its end, as an operator types it, on a cluster of its own.

The tests are in the order in which they stand: it is up, works, and is taken down.
"""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest
import yaml

from genesis_ray.store.events.reader import RunTables
from genesis_ray.vision import models
from tests.e2e.conftest import own_ray_folder, processes_of

pytestmark = [
    pytest.mark.e2e, pytest.mark.ray, pytest.mark.models, pytest.mark.timeout(600),
]  # fmt: skip

FILM = "synthetic:?people=2&seconds=3600&fps=2&width=320&height=240"
"""What the cameras show, so that the system is shown something: figures without faces."""

COLOURED = {"detector": {"model": "synthetic"}}

BIDEN = "knn_train_biden_biden.jpg"


@dataclass
class System:
    """A system that watches two cameras, and knows faces by the real models.

    Attributes:
        said: What the command said that started it.
    """

    config: Path
    data: Path
    port: int
    said: str = ""


@pytest.fixture(scope="module")
def ray_folder() -> Iterator[str]:
    with own_ray_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def system(genesis, ray_folder, tmp_path_factory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("up")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    system = System(folder / "cameras.yaml", folder / "data", port)
    cameras = [
        {"camera_id": "door", "source": FILM, "role": "entrance"},
        {"camera_id": "till", "source": FILM},
    ]
    write_config(system.config, system.data, COLOURED, cameras)
    with pytest.MonkeyPatch.context() as patch:
        # Models are found wherever the home folder is.
        patch.setenv("GENESIS_MODELS_DIR", str(models.models_dir()))
        patch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{folder / 'keys'}")
        system.said = genesis("up", system.config, "--port", port).stdout
        yield system


def write_config(path: Path, data: Path, sections: dict, cameras: list[dict]) -> None:
    path.write_text(yaml.safe_dump({"data_dir": str(data), **sections, "cameras": cameras}))


@pytest.fixture
def api(system) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{system.port}", timeout=120) as client:
        yield client


def test_it_is_up_and_says_where_and_what_it_is_made_of(genesis, system, api, ray_folder):
    assert f"http://127.0.0.1:{system.port}/docs" in system.said
    assert api.get("/ready").status_code == 200
    titles = [process.cmdline() for process in processes_of(ray_folder)]
    asked_by_nobody = ("DashboardAgent", "dashboard.py", "monitor.py", "client.server")
    assert not [each for each in titles if any(name in str(each) for name in asked_by_nobody)]
    assert "runs on this cluster already" in genesis("up", system.config, expect=2).stderr
    status = json.loads(genesis("status", "--json").stdout)
    assert [camera["camera_id"] for camera in status["cameras"]] == ["door", "till"]
    (node,) = status["nodes"]
    assert {group["node"] for group in status["groups"]} == {node["node_id"]}
    assert status["replicas"] == {"api": 1, "detector": 1, "embedder": 1, "live": 1}
    assert status["missing"] == []


def test_a_run_beside_it_has_a_cluster_of_its_own_and_watches_a_stream_until_it_is_interrupted(
    rtsp, system, tmp_path
):
    rtsp.start("ann", "secret")
    config, out, log = tmp_path / "config.yaml", tmp_path / "beside", tmp_path / "log.txt"
    config.write_text("detector: {model: synthetic}\nfaces: {embedder: synthetic}\n")
    command = [
        str(Path(sys.executable).with_name("genesis")), "run",
        rtsp.url.replace("//", "//ann:secret@"), "--config", str(config),
        "--out", str(out), "--data", str(tmp_path / "data"),
    ]  # fmt: skip
    with log.open("w") as output:
        running = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        seen: list[str] = []
        for state, within_s in (("online", 150), ("connecting", 60), ("online", 60)):
            deadline = time.monotonic() + within_s  # at first Ray starts
            seen.append(state)
            while states(out) != seen:
                assert running.poll() is None, log.read_text()
                assert time.monotonic() < deadline, (states(out), log.read_text())
                time.sleep(0.2)
            if state == "connecting":
                rtsp.start("ann", "secret")
            elif len(seen) == 1:
                rtsp.kill()
        running.send_signal(signal.SIGINT)
        assert running.wait(40) == 0, log.read_text()  # a stream has no other end
    finally:
        running.kill()
        running.wait()
    assert states(out) == ["online", "connecting", "online", "ended"]
    assert json.loads((out / "run.json").read_text())["state"] == "finished"
    for path in [log, *filter(Path.is_file, out.rglob("*"))]:
        assert b"secret" not in path.read_bytes(), path


def states(run: Path) -> list[str]:
    """Return the states of the camera of a run so far; a new reason is no new state."""
    if not (run / "events" / "version.json").exists():
        return []
    rows = RunTables(run / "events")["camera_states"].to_pylist()
    return [state for state, _ in groupby(row["state"] for row in rows)]


def changed(applied: subprocess.CompletedProcess[str]) -> set[tuple[str, ...]]:
    """Return what was added, removed and changed, by camera, as a table tells it."""
    assert "Changed:" in applied.stdout
    return set(re.findall(r"([+~-]) +│ (\w+)", applied.stdout))


def test_cameras_are_changed_and_changed_back(genesis, system, tmp_path):
    other = tmp_path / "other.yaml"
    cameras = [
        {"camera_id": "door", "source": FILM, "role": "entrance"},
        {"camera_id": "hall", "source": FILM},
    ]
    write_config(other, system.data, COLOURED, cameras)
    assert changed(genesis("apply", other)) == {("+", "hall"), ("-", "till")}
    assert changed(genesis("apply", "--back")) == {("+", "till"), ("-", "hall")}
    assert "no earlier configuration" in genesis("apply", "--back", expect=2).stderr
    status = json.loads(genesis("status", "--json").stdout)
    assert [camera["camera_id"] for camera in status["cameras"]] == ["door", "till"]


@pytest.mark.data
def test_somebody_is_known_by_photos_that_are_sent_and_no_more_once_these_are_removed(
    api, shared_data
):
    faces = shared_data / "faces" / "face_recognition"

    def send(path: str, *names: str, status: int = 200, name: str = "", **query: object) -> dict:
        files = [("photo", (each, (faces / each).read_bytes())) for each in names]
        form = {"name": name} if name else {}
        answer = api.post(path, files=files, data=form, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    def enroll(name: str, *names: str) -> str:
        """Send photos, and where the system has much to do again, until it has taken them in."""
        files = [("photo", (each, (faces / each).read_bytes())) for each in names]
        until = time.monotonic() + 120
        while (answer := api.post("/v1/people", files=files, data={"name": name})).is_success:
            if answer.json()["is_taken_in"]:
                return answer.json()["identity_id"]
            assert answer.status_code == 202
            assert time.monotonic() < until
            time.sleep(0.5)
        pytest.fail(answer.text)

    search = "/v1/identities/search"
    obama, biden = enroll("Obama", "obama.jpg", "obama2.jpg"), enroll("Biden", BIDEN)
    again = send("/v1/people", "obama.jpg", name="Obama")
    assert (again["added"], again["known"]) == (0, 1)
    refused = send("/v1/people", "knn_test_obama_and_biden.jpg", name="Both", status=422)
    assert "knn_test_obama_and_biden.jpg: 3 faces found" in refused["detail"]  # one behind them
    refused = send("/v1/people", "obama3.jpg", name="Somebody else", status=422)
    assert "the face is that of Obama" in refused["detail"]

    def matches() -> list[dict]:
        found = send(search, "knn_test_obama_and_biden.jpg", k=1)["faces"]
        return [face for face in found if face["says"] == "match"]

    both = matches()
    assert sorted(face["people"][0]["name"] for face in both) == ["Biden", "Obama"]
    for face in both:
        (left_eye, right_eye, _nose, left_corner, right_corner) = face["landmarks"]
        assert left_eye[0] < right_eye[0]
        assert left_corner[0] < right_corner[0]
        assert left_eye[1] < left_corner[1]
    asked = {"identity_id": obama}
    assert send(search, "knn_test_obama1.jpg", **asked)["recognised"]
    assert not send(search, BIDEN, **asked)["recognised"]

    own = f"/v1/people/{biden}/faces"
    (face,) = api.get(own).json()["faces"]
    removed = api.delete(f"{own}/{face['face_id']}")
    assert removed.status_code in (200, 202), removed.text
    until = time.monotonic() + 120
    while api.get(own).json()["faces"]:
        assert time.monotonic() < until
        time.sleep(0.5)
    assert [face["people"][0]["name"] for face in matches()] == ["Obama"]

    form = {"files": [("photo", ("a.jpg", (faces / "obama.jpg").read_bytes()))]}
    page = api.post(search, **form, headers={"origin": "https://shop.example"})
    assert page.status_code == 403
    large = [("photo", ("a.jpg", bytes(66 * 2**20)))]
    assert api.post(search, files=large).status_code == 413


def test_taken_down_it_has_left_a_whole_log_no_process_and_no_picture(genesis, system, ray_folder):
    assert "the log is whole" in genesis("down").stdout
    _, left = psutil.wait_procs(processes_of(ray_folder), timeout=20)  # workers, by themselves
    assert left == []
    run = system.data / "run"
    rows = RunTables(run / "events")
    ends = [
        row["camera_id"] for row in rows["camera_states"].to_pylist() if row["state"] == "ended"
    ]
    assert sorted(ends) == ["door", "hall", "till", "till"]  # which was taken off before
    assert len(rows["track_observations"])
    assert json.loads((run / "run.json").read_text())["state"] == "interrupted"
    pictures = [
        path for path in system.data.rglob("*") if path.suffix in (".jpg", ".png", ".photo")
    ]
    assert pictures == []
