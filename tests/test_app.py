import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import psutil
import pyarrow.compute as pc
import pytest
import ray
import yaml

from genesis_ray import app, settings_file
from genesis_ray.errors import ConfigurationError
from genesis_ray.running.local import run_local
from genesis_ray.store.events.reader import RunTables, read_table
from genesis_ray.store.runs.run_folder import RunFolder
from tests.processes import titled

CHECKOUT = Path(__file__).parents[1]

FILM = "synthetic:?people=2&fps=10&width=320&height=240&seconds"
SHORT, LONG = f"{FILM}=20", f"{FILM}=130"


def configuration(*, till_fps: float | None = None, **sources: str) -> str:
    """Cameras that need neither files nor weights; one of them is sampled at `till_fps`."""
    left = {"zone_id": "left", "outline": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}
    cameras = {
        name: {"camera_id": name, "source": source, "zones": [left]}
        for name, source in sources.items()
    }
    if till_fps:
        cameras["till"]["process_fps"] = till_fps
    models = {"detector": {"model": "synthetic"}, "faces": {"embedder": "synthetic"}}
    return yaml.safe_dump(
        {**models, "identity": {"visitors": True}, "cameras": list(cameras.values())}
    )


@pytest.fixture
def film(tmp_path: Path, monkeypatch) -> Path:
    """One camera's configuration."""
    monkeypatch.setenv("GENESIS_DATA_DIR", str(tmp_path / "data"))
    config = tmp_path / "film.yaml"
    config.write_text(configuration(door=SHORT))
    return config


def test_building_starts_nothing_and_writes_nothing(film):
    app.build({"config": str(film)})
    assert not ray.is_initialized()
    assert list(film.parent.iterdir()) == [film]


def test_who_writes_and_who_reads_the_data_folder_are_on_the_head_node_which_has_it(film):
    api = app.build({"config": str(film)})._bound_deployment
    live = api.init_args[1]._bound_deployment
    assert (api.name, live.name) == ("api", "live")
    for deployment in (api, live):
        assert deployment.ray_actor_options["resources"] == {"node:__internal_head__": 0.001}


def test_the_detector_is_made_ready_for_what_cameras_send(film):
    film.write_text(film.read_text().replace("model: synthetic", "model: yolov8n"))
    live = app.build({"config": str(film)})._bound_deployment.init_args[1]._bound_deployment
    needed, detector = live.init_args[4:6]
    assert needed.expected == {(480, 640)}
    assert detector._bound_deployment.init_args[1] == needed


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({}, "'config': Field required"),
        ({"config": "a.yaml", "camera": "door"}, "'camera': Extra inputs"),
        ({"config": "a.yaml", "realtime": "perhaps"}, "'realtime': Input should be a valid bool"),
    ],
)
def test_wrong_argument_is_named(arguments, wrong):
    with pytest.raises(ConfigurationError, match=wrong):
        app.build(arguments)


def test_configuration_that_is_not_there_is_named():
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml"):
        app.build({"config": "nowhere.yaml"})


def test_configuration_without_cameras_is_refused(tmp_path):
    (tmp_path / "empty.yaml").write_text("process_fps: 5\n")
    with pytest.raises(ConfigurationError, match="name at least one camera"):
        app.build({"config": str(tmp_path / "empty.yaml")})


@pytest.mark.e2e
def test_the_command_shows_a_wrong_configuration_without_a_traceback(tmp_path):
    (tmp_path / "wrong.yaml").write_text("cameras:\n  - camera_id: door\n    sauce: door.mp4\n")
    command = [str(Path(sys.executable).with_name("serve")), "run", "genesis_ray.app:build"]
    done = subprocess.run(
        [*command, f"config={tmp_path / 'wrong.yaml'}"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "wrong.yaml:3" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("config", sorted((CHECKOUT / "deployments" / "config").glob("*.yaml")))
def test_configuration_that_comes_with_the_project_can_be_built(config):
    app.build({"config": str(config)})


def test_the_small_configuration_watches_in_one_process_and_looks_at_no_face(tmp_path):
    small = settings_file.load(CHECKOUT / "deployments" / "config" / "small.yaml")
    assert (small.detector.max_replicas, small.faces.max_replicas) == (1, 1)
    assert len(small.cameras) <= small.groups.cameras
    film = small.cameras[0].model_copy(update={"source": SHORT})
    detector = small.detector.model_copy(update={"model": "synthetic"})
    here = {"data_dir": tmp_path, "cameras": (film,), "detector": detector}
    run = RunFolder.create(tmp_path / "run")
    result = run_local(small.model_copy(update=here), run, on_progress=lambda _: None)
    assert result.frames == 20 * small.process_fps
    rows = RunTables(run.events)
    assert {row["zone_id"] for row in rows["zone_crossings"].to_pylist()} == {"entrance"}
    assert len(rows["face_recognitions"]) == 0


@dataclass
class Cluster:
    """A Ray cluster of the tests' own, with Serve on a port of this machine."""

    environment: dict[str, str]
    url: str
    ask: Callable[[str, str], list[str]]
    host: subprocess.Popen[str]

    def kill(self, title: str) -> None:
        """Kill the process that has this in its title, and one before it that is ending."""
        processes = titled(self.host.pid, title)
        assert processes
        for process in processes:
            process.kill()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with ExitStack() as cleanup:
        # Not below pytest's folder: Ray's sockets lie in it, whose paths have to be short.
        folder = tempfile.mkdtemp(prefix="genesis-")
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            **os.environ,
            "RAY_TMPDIR": folder,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(),
        }
        host = cleanup.enter_context(
            subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("serve_host.py")), str(port)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        cleanup.callback(end, host, host.stdin.close)

        def ask(what: str, answer: str) -> list[str]:
            host.stdin.write(f"{what}\n")
            host.stdin.flush()
            return told(answer)

        def told(what: str) -> list[str]:
            for line in host.stdout:
                word, *rest = line.split()
                if word == what:
                    return rest
            pytest.fail("the cluster ended before its time")

        environment["RAY_ADDRESS"] = told("address")[0]
        yield Cluster(environment, f"http://127.0.0.1:{port}", ask, host)


@dataclass
class Served:
    """The system, as its command runs it."""

    process: subprocess.Popen[str]
    output: Path
    url: str
    config: Path
    data: Path

    def get(self, path: str, **parameters: str) -> dict[str, object]:
        answer = httpx.get(self.url + path, params=parameters, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            assert self.process.poll() is None, self.output.read_text()
            time.sleep(0.2)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ready", timeout=30).status_code == 200
        except httpx.HTTPError:
            return False

    def frames(self) -> int:
        return sum(camera["frames"] for camera in self.get("/v1/cameras")["cameras"])

    def cameras(self) -> list[str]:
        return [camera["camera_id"] for camera in self.get("/v1/cameras")["cameras"]]

    def states(self) -> list[str]:
        return [camera["state"] for camera in self.get("/v1/cameras")["cameras"]]


@contextmanager
def serving(cluster: Cluster, folder: Path, config: str) -> Iterator[Served]:
    """The command of the README, over films, as fast as can be."""
    cluster.ask("serve", "serving")
    file = folder / "cameras.yaml"
    file.write_text(config)
    output = folder / "output.txt"
    with output.open("w") as log:
        process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("serve")),
                *("run", "genesis_ray.app:build"),
                *(f"config={file}", "realtime=false"),
            ],
            env={**cluster.environment, "GENESIS_DATA_DIR": str(folder / "data")},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
        system = Served(process, output, cluster.url, file, folder / "data")
        try:
            system.wait_until(system.is_ready)
            yield system
        finally:
            end(process, lambda: process.send_signal(signal.SIGINT))


@pytest.fixture(scope="module")
def served(cluster: Cluster, tmp_path_factory) -> Iterator[Served]:
    """Three films of two minutes."""
    folder = tmp_path_factory.mktemp("served")
    with serving(cluster, folder, configuration(door=LONG, till=LONG, hall=LONG)) as system:
        yield system


def end(process: subprocess.Popen[str], ask: Callable[[], object]) -> None:
    """End a process that was asked to, or make it."""
    if process.poll() is None:
        ask()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.mark.e2e
@pytest.mark.ray
@pytest.mark.timeout(400)  # the processes of Ray and Serve take a minute where others work too
class TestServed:
    """In the order in which they stand: films are watched, have ended, and all is stopped."""

    def test_cameras_are_watched_by_actors_of_their_own(self, served, cluster):
        assert served.get("/health")["status"] == "ok"
        assert {"journal", "resolver"} <= set(cluster.ask("actors", "actors"))

    def test_its_processes_load_serve_without_pandas(self, cluster):
        assert cluster.ask("pandas", "pandas") == ["False"]

    def test_its_node_has_no_process_that_nobody_asks(self, cluster):
        titles = [
            process.cmdline()
            for process in psutil.Process(cluster.host.pid).children(recursive=True)
        ]
        scripts = [Path(argument).name for title in titles for argument in title[:3]]
        assert "raylet" in scripts
        assert not {"log_monitor.py", "monitor.py", "dashboard.py"} & set(scripts)
        assert "DashboardAgent" not in str(titles)

    def test_cameras_come_and_go_and_the_supervisor_too_while_the_others_go_on(
        self, served, cluster, tmp_path
    ):
        def apply(*arguments: str) -> subprocess.CompletedProcess[str]:
            command = [str(Path(sys.executable).with_name("genesis")), "apply", *arguments]
            environment = {**cluster.environment, "GENESIS_DATA_DIR": str(served.data)}
            return subprocess.run(command, env=environment, capture_output=True, text=True)

        changed, half = tmp_path / "changed.yaml", tmp_path / "half.yaml"
        after = {"door": LONG, "till": LONG, "yard": SHORT}
        changed.write_text(configuration(**after, till_fps=5))
        half.write_text(configuration(**after, till_fps=5, attic="nowhere.mp4"))
        served.wait_until(lambda: served.frames() > 100)
        refused = apply(str(half))
        assert refused.returncode == 2, refused.stderr
        assert "nowhere.mp4: no such file" in refused.stderr
        assert served.cameras() == ["door", "till", "hall"]
        planned = apply(str(changed), "--dry-run")
        assert planned.returncode == 0, planned.stderr
        assert served.cameras() == ["door", "till", "hall"]
        done = apply(str(changed))
        assert done.returncode == 0, done.stderr
        assert done.stdout.replace("Changed", "Would change") == planned.stdout
        served.wait_until(lambda: served.cameras() == ["door", "till", "yard"])
        porch = f"{served.url}/v1/cameras/porch"
        put = httpx.put(porch, json={"camera_id": "porch", "source": LONG}, timeout=60)
        assert (put.status_code, put.json()["added"]) == (201, ["porch"]), put.text
        served.wait_until(lambda: served.cameras() == ["door", "till", "yard", "porch"])
        taken = httpx.delete(porch, timeout=60)
        assert (taken.status_code, taken.json()["removed"]) == (200, ["porch"]), taken.text
        assert httpx.delete(porch, timeout=60).status_code == 404
        served.wait_until(lambda: served.cameras() == ["door", "till", "yard"])
        cluster.kill("ServeReplica:default:live")
        served.wait_until(lambda: served.states() == ["ended"] * 3)
        assert served.cameras() == ["door", "till", "yard"]
        cameras = served.get("/v1/cameras")["cameras"]
        frames = {camera["camera_id"]: camera["frames"] for camera in cameras}
        assert frames["door"] == 1300
        assert frames["yard"] == 200
        assert frames["till"] < 1299

    def test_what_was_seen_can_be_read_when_the_films_have_ended(self, served):
        assert served.is_ready()
        crossings = served.get("/v1/events", kind="zone_crossings")["events"]
        assert {row["zone_id"] for row in crossings} == {"left"}
        served.wait_until(lambda: len(served.get("/v1/people", kind="visitor")["people"]) == 2)
        assert served.get("/v1/metrics/current", camera_id="yard")["frames"] == 200
        metrics = httpx.get(f"{served.url}/metrics").text
        assert 'genesis_frames_processed_total{camera_id="yard"} 200.0' in metrics

    def test_request_id_comes_back_once(self, served):
        answer = httpx.get(f"{served.url}/health", headers={"x-request-id": "till-7"})
        assert answer.headers.get_list("x-request-id") == ["till-7"]

    def test_interrupt_ends_the_actors_and_leaves_the_log_whole(self, served, cluster):
        asked = {"kind": "track_observations", "camera_id": "yard"}
        before = served.get("/v1/events", **asked)["events"]
        assert before
        end(served.process, lambda: served.process.send_signal(signal.SIGINT))
        assert served.process.returncode == 0, served.output.read_text()
        assert cluster.ask("actors", "actors") == []
        events = served.data / "run" / "events"
        assert list((events / "wal").iterdir()) == []
        rows = read_table(events, "track_observations")
        of_yard = rows.filter(pc.field("camera_id") == "yard").to_pylist()
        assert [row["event_id"].hex() for row in of_yard] == [
            row["event_id"].replace("-", "") for row in before
        ]

    def test_of_a_camera_that_stayed_the_log_has_what_it_has_where_nothing_changes(
        self, served, tmp_path
    ):
        rows = read_table(served.data / "run" / "events", "track_observations")
        settings = settings_file.load(served.config)
        alone = settings.model_copy(
            update={"data_dir": tmp_path, "cameras": (settings.cameras[0],)}
        )
        local = RunFolder.create(tmp_path / "local")
        run_local(alone, local, on_progress=lambda _: None)
        observed = read_table(local.events, "track_observations")
        assert rows.filter(pc.field("camera_id") == "door").equals(observed)

    def test_the_log_says_what_became_of_a_camera_that_went_and_why(self, served):
        rows = RunTables(served.data / "run" / "events")
        hall = rows["track_observations"].read().filter(pc.field("camera_id") == "hall")
        assert 0 < pc.max(hall["frame_index"]).as_py() < 1299
        states = rows["camera_states"].to_pylist()
        assert [row["state"] for row in states if row["camera_id"] == "hall"] == ["online", "ended"]
        changes = [
            row["reason"]
            for row in rows["system_states"].to_pylist()
            if row["component"] == "configuration"
        ]
        assert changes == ["+yard; -hall; till: process_fps", "+porch", "-porch"]


@pytest.mark.e2e
@pytest.mark.ray
@pytest.mark.timeout(400)
def test_sigterm_ends_what_runs_in_a_terminal_as_an_interrupt_does(cluster, tmp_path):
    with serving(cluster, tmp_path, configuration(door=LONG, till=LONG)) as system:
        system.wait_until(lambda: set(system.states()) == {"online"})
        end(system.process, system.process.terminate)
        assert cluster.ask("actors", "actors") == []
        events = system.data / "run" / "events"
        assert list((events / "wal").iterdir()) == []
        states = RunTables(events)["camera_states"].to_pylist()
        ended = {row["camera_id"] for row in states if row["state"] == "ended"}
        assert ended == {"door", "till"}, system.output.read_text()


@pytest.mark.e2e
@pytest.mark.ray
@pytest.mark.timeout(400)
def test_a_cluster_that_is_there_is_gone_to_by_its_address_and_left_as_it_is(cluster, tmp_path):
    environment = {**cluster.environment, "GENESIS_DATA_DIR": str(tmp_path / "data")}
    address = environment.pop("RAY_ADDRESS")

    def genesis(*arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("genesis")), *arguments, "--address", address]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    config = tmp_path / "cameras.yaml"
    config.write_text(configuration(door=LONG))
    port = cluster.url.rpartition(":")[2]
    assert f"{cluster.url}/docs" in genesis("up", str(config), "--port", port)
    assert {"journal", "resolver"} <= set(cluster.ask("actors", "actors"))
    assert "The Ray cluster goes on" in genesis("down")
    assert cluster.ask("actors", "actors") == []
    rows = RunTables(tmp_path / "data" / "run" / "events")["camera_states"].to_pylist()
    assert [row["state"] for row in rows] == ["online", "ended"]
