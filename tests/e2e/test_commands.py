"""Commands as their users type them, on synthetic film: quick, with the real process round it."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pyarrow.compute as pc
import pytest

from genesis_ray.cli.main import main
from genesis_ray.store.events.reader import RunTables
from genesis_ray.vision import engines, models

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SYNTHETIC = """
identity: {visitors: true}
detector: {model: synthetic}
faces: {embedder: synthetic, min_person_width: 10, min_quality: 0.0}
"""


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(SYNTHETIC)
    return path


@pytest.fixture
def film(tmp_path) -> Path:
    """A short recording of nothing in particular."""
    path = tmp_path / "film.mp4"
    with av.open(path, "w") as video:
        stream = video.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        slope = np.repeat(np.arange(320, dtype=np.uint8)[None, :, None] // 2, 240, axis=0)
        for level in range(30):
            image = np.repeat(slope + np.uint8(3 * level), 3, axis=2)
            video.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        video.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def ran(genesis, tmp_path_factory) -> tuple[Path, str]:
    """The folder of a run, and what the command that made it said."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "config.yaml").write_text(SYNTHETIC)
    done = genesis(
        "run", "synthetic:?people=2&seconds=6", "--config", folder / "config.yaml", "--local",
        "--out", folder / "run", "--data", folder / "data",
    )  # fmt: skip
    return folder / "run", done.stdout


def test_a_run_says_what_it_saw_and_can_be_asked(genesis, ran):
    out, said = ran
    assert "camera" in said
    answer = genesis(
        "query", "SELECT count(DISTINCT track_id) AS people FROM track_observations",
        "--run", out, "--format", "json",
    )  # fmt: skip
    assert json.loads(answer.stdout) == [{"people": 2}]
    summary = json.loads((out / "run.json").read_text())
    assert summary["state"] == "finished"
    assert summary["result"]["frames"] == 60


def test_nothing_is_pictured_unless_asked_for(genesis, config, ran, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(ran[0], out)
    assert not (out / "media").exists()
    common = ("--config", config, "--local", "--data", tmp_path / "data", "--out", out)
    genesis("run", "synthetic:?people=1&seconds=2", *common, "--force", "--annotate")
    assert [path.suffix for path in (out / "media").iterdir()] == [".mp4"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.mp4"], "missing.mp4"),
        (["text.mp4"], "text.mp4"),
        (["synthetic:?people=2", "--config", "unknown.yaml"], "unknown.yaml:2"),
        (["synthetic:?people=2", "--config", "wrong.yaml"], "wrong.yaml:3"),
        (["synthetic:?people=2", "--local", "--realtime"], "--realtime"),
        (["synthetic:?people=2", "--start", "yesterday"], "--start"),
        (["rtsp://user:secret@camera/1", "--local"], "--local"),
        (["rtsp://user:secret@:554"], "no host"),
        ([], "nothing to watch"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(tmp_path, monkeypatch, capsys, arguments, told):
    """In this process; the tests below see that one of its own ends like this."""
    monkeypatch.chdir(tmp_path)
    Path("text.mp4").write_text("this is no video\n")
    Path("unknown.yaml").write_text("process_fps: 10\ntennant_id: shop\n")
    Path("wrong.yaml").write_text("process_fps: 10\ndetector:\n  confidence: 45\n")
    command = ["genesis", "run", *arguments, "--out", "run", "--data", "data"]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said
    assert "secret" not in said
    assert not Path("run").exists()
    assert not Path("data").exists()


def test_a_run_folder_is_replaced_only_when_told_to(genesis, config, ran, tmp_path):
    out = ran[0]
    common = ("--config", config, "--local", "--data", tmp_path / "data", "--out", out)
    before = (out / "run.json").read_text()
    refused = genesis("run", "synthetic:?people=1&seconds=2", *common, expect=2)
    assert "--force" in refused.stderr
    assert (out / "run.json").read_text() == before


def test_a_truncated_video_is_kept_as_far_as_it_goes_and_reported(genesis, config, film, tmp_path):
    whole = tmp_path / "whole.mkv"
    with av.open(film) as source, av.open(whole, "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    out = tmp_path / "run"
    done = genesis(
        "run", cut, "--config", config, "--local", "--out", out, "--data", tmp_path / "data",
        expect=2,
    )  # fmt: skip
    assert "cut" in done.stderr
    states = RunTables(out / "events")["camera_states"].to_pylist()
    assert [row["state"] for row in states] == ["online", "failed"]
    assert json.loads((out / "run.json").read_text())["result"]["frames"] > 0


def test_a_full_disk_ends_a_run_and_what_was_written_can_be_read(genesis, config, small_disk):
    small_disk.fill(leaving=60_000)
    out = small_disk.path / "run"
    done = genesis(
        "run", "synthetic:?people=8&seconds=600", "--config", config, "--local",
        "--out", out, "--data", config.parent / "data", expect=2,
    )  # fmt: skip
    assert f"the disk that holds {out}" in done.stderr
    assert "Traceback" not in done.stderr
    small_disk.grow()
    assert len(RunTables(out / "events")["track_observations"])


def test_weights_with_another_digest_are_named_and_nothing_is_written(
    genesis, film, tmp_path, monkeypatch
):
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "yolov8n.pt").write_bytes(b"tampered with")
    out, data = tmp_path / "run", tmp_path / "data"
    done = genesis("run", film, "--out", out, "--data", data, expect=2)
    assert "genesis models pull --force yolov8n" in done.stderr
    assert not out.exists()
    assert not data.exists()


@pytest.fixture(scope="module")
def damaged_model(tmp_path_factory) -> Path:
    """A detector whose converted files are not what they should be, in a cache of its own."""
    cache = tmp_path_factory.mktemp("models")
    shutil.copy(models.weights("yolov8n"), cache)
    converted = engines.export("yolov8n", (480, 640))
    damaged = cache / converted.relative_to(models.models_dir())
    shutil.copytree(converted, damaged)
    (damaged / "model.xml").write_text("damaged")
    return damaged


@pytest.mark.ray
@pytest.mark.models
@pytest.mark.parametrize("command", ["run", "reprocess"])
def test_a_damaged_model_is_named_whichever_process_meets_it(
    genesis, film, tmp_path, monkeypatch, damaged_model, command
):
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(damaged_model.parents[1]))
    config = tmp_path / "no_faces.yaml"
    config.write_text("faces: {enabled: false}\n")
    done = genesis(
        command, film, "--config", config, "--out", tmp_path / "run", "--data", tmp_path / "data",
        expect=2,
    )  # fmt: skip
    assert f"{damaged_model}; remove this folder" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_in_one_process_that_is_interrupted_keeps_what_it_saw(number, config, tmp_path):
    out = tmp_path / "run"
    command = [
        str(Path(sys.executable).with_name("genesis")), "run", "synthetic:?people=2&seconds=3600",
        "--local", "--config", str(config), "--out", str(out), "--data", str(tmp_path / "data"),
    ]  # fmt: skip
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        running = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not (out / "events" / "version.json").exists():
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        while not len(RunTables(out / "events")["track_observations"]):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        running.send_signal(number)
        assert running.wait(30) == 130, log.read_text()
    finally:
        running.kill()
        running.wait()
    told = json.loads((out / "run.json").read_text())
    assert told["state"] == "interrupted"
    tables = RunTables(out / "events")
    frames = {row["occurred_at"] for row in tables["track_observations"].to_pylist()}
    assert 0 < len(frames) <= told["result"]["frames"]
    states = [row["state"] for row in tables["camera_states"].to_pylist()]
    assert states == ["online", "ended"]


def _named(run: Path) -> set[str]:
    """Return the identities that a run has named so far."""
    if not (run / "events" / "version.json").exists():
        return set()
    rows = RunTables(run / "events")["face_recognitions"].to_pylist()
    return {row["identity_id"] for row in rows if row["decision"] == "named"}


def test_a_run_that_is_killed_keeps_what_it_logged_and_the_next_one_knows_its_people(
    genesis, config, tmp_path
):
    first, second = tmp_path / "first", tmp_path / "second"
    common = ("--local", "--config", str(config), "--data", str(tmp_path / "data"))
    command = [str(Path(sys.executable).with_name("genesis")), "run", *common]
    film = "synthetic:?people=2&seconds"
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        running = subprocess.Popen(
            [*command, f"{film}=3600", "--out", str(first)], stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + 60
        while len(_named(first)) < 2:
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
    finally:
        running.kill()
        running.wait()
    known = _named(first)
    assert json.loads((first / "run.json").read_text())["result"] is None
    genesis("run", f"{film}=6", *common, "--out", second)
    assert _named(second) == known


@pytest.mark.ray
def test_a_killed_archive_run_goes_on_and_reports_what_cannot_be_read_or_fails_again_and_again(
    genesis, film, tmp_path
):
    synthetic = "synthetic:?people=2&seconds"
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    sound = {"short": f"{synthetic}=2", "long": f"{synthetic}=60"}
    films = {
        **sound,
        "broken": broken,
        "deadly": f"{synthetic}=4&fatal=9",
        "poisoned": f"{synthetic}=4&poison=9",
        "empty": film,
    }

    def configured(file: str, films: dict[str, object]) -> Path:
        cameras = "".join(f"  - {{camera_id: {name}, source: '{films[name]}'}}\n" for name in films)
        (tmp_path / file).write_text(f"{SYNTHETIC}retry_delays_s: [0.1, 0.1]\ncameras:\n{cameras}")
        return tmp_path / file

    out, whole = tmp_path / "run", tmp_path / "whole"
    command = [
        "reprocess", "--config", configured("cameras.yaml", films), "--out", out,
        "--data", tmp_path / "data",
    ]  # fmt: skip
    running = subprocess.Popen(
        [str(Path(sys.executable).with_name("genesis")), *map(str, command)],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not list((out / "work").glob("*/short-*.jsonl")):
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        running.kill()
        running.wait()
    done = genesis(*command, expect=2)
    assert not (out / "work").exists()
    genesis(
        "run", "--local", "--config", configured("sound.yaml", sound), "--out", whole,
        "--data", tmp_path / "other",
    )  # fmt: skip
    resumed, straight = RunTables(out / "events"), RunTables(whole / "events")
    of_sound = pc.field("camera_id").isin([*sound])
    for name in straight:
        rows = resumed[name].read()
        if "camera_id" in rows.column_names:
            rows = rows.filter(of_sound)
        assert rows.equals(straight[name].read()), name
    assert len(straight["face_recognitions"])
    assert len(straight["visits"])
    assert set(resumed["track_observations"]["camera_id"].to_pylist()) == {*sound}
    letters = {row["camera_id"]: row for row in resumed["dead_letters"].to_pylist()}
    assert {name: (row["attempts"], row["reason"]) for name, row in letters.items()} == {
        "deadly": (3, "its process dies again and again"),
        "poisoned": (3, "RuntimeError: cannot digest this picture"),
    }
    for name in letters:
        assert f"{films[name]} was set aside after 3 attempts ({letters[name]['reason']})" in (
            done.stderr
        )
    result = json.loads((out / "run.json").read_text())["result"]
    assert {camera["camera_id"]: camera["frames"] for camera in result["cameras"]} == {
        "short": 20, "long": 600, "deadly": 0, "poisoned": 0, "empty": 30
    }  # fmt: skip
    assert "broken.mp4" in done.stderr
    seen = {row["camera_id"] for row in resumed["camera_states"].to_pylist()}
    assert "empty" in seen
    assert "broken" not in seen
    poisoned = letters["poisoned"]["dead_letter_id"]
    again = genesis("dead-letters", "replay", poisoned, "--run", out, expect=2)
    assert "cannot digest" in again.stderr
    genesis("dead-letters", "drop", poisoned, "--run", out)
    waiting = json.loads(genesis("dead-letters", "list", "--run", out, "--json").stdout)
    assert [row["camera_id"] for row in waiting] == ["deadly"]


@pytest.mark.data
@pytest.mark.models
def test_who_was_enrolled_by_a_photo_is_named_in_a_video(genesis, shared_data, tmp_path):
    people = shared_data / "faces" / "face_recognition"
    data = ("--data", tmp_path / "data")
    genesis("people", "enroll", "Lin-Manuel Miranda", people / "lin-manuel-miranda.png", *data)
    refused = genesis("people", "enroll", "Two", people / "knn_test_obama_and_biden.jpg", *data,
                      expect=2)  # fmt: skip
    assert "faces found" in refused.stderr
    known = json.loads(genesis("people", "list", "--json", *data).stdout)
    assert [person["name"] for person in known] == ["Lin-Manuel Miranda"]
    out = tmp_path / "run"
    video = shared_data / "videos" / "hamilton_short.mp4"
    genesis("run", video, "--local", "--out", out, *data)
    decided = RunTables(out / "events")["face_recognitions"].to_pylist()
    named = [row for row in decided if row["decision"] == "named"]
    assert {row["identity_id"] for row in named} == {known[0]["identity_id"]}
    # He is in the picture from frame 90 to 214 of a film of 30 frames a second.
    assert all(3.0 <= row["occurred_at"].timestamp() <= 7.2 for row in named)
