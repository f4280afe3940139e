import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from genesis_ray.cli import calibrate_photos
from genesis_ray.cli.main import app
from genesis_ray.domain.events import FaceRecognized, FaceScored
from genesis_ray.domain.recognition.calibration import Calibrated
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.live_run import live_run_path
from genesis_ray.running.thresholds import calibration_file
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.testing import ColourEmbedder
from genesis_ray.vision import embedders

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ENVELOPE = {"tenant_id": "default", "site_id": "default"}


@pytest.fixture
def calibrate(tmp_path):
    """Runs the command on a data folder of its own; what it raises comes out."""

    def run(*arguments: object) -> str:
        given = ["calibrate", *map(str, arguments), "--data", str(tmp_path / "data")]
        done = CliRunner().invoke(app, given, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


@pytest.fixture
def stored(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    return lambda: calibration_file(settings, embedders.find("fused")).read()


def labels(folder, head: str, *rows: str):
    path = folder / "labels.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def pairs_file(pictures):
    rows = ("z1.png,z2.jpg,1,men", "z3.png,z2.jpg,1,men", "a1.png,z2.jpg,0,men")
    return labels(pictures, "img1,img2,same,set", *rows, "a2.jpg,nobody.png,0,men")


@pytest.mark.models
def test_on_pairs_a_threshold_is_chosen_and_stored_with_its_evidence(calibrate, stored, pictures):
    answer = json.loads(calibrate("--pairs", pairs_file(pictures), "--json"))
    made = stored().threshold
    assert answer["is_stored"]
    assert answer["value"] == made.value
    assert 0.2 < made.value < 0.9
    assert (made.method, made.data) == ("F-beta 0.5", "labels.csv")
    assert made.figures == {
        "f_beta": 1.0,
        "precision": 1.0,
        "recall": 1.0,
        "held_out_halves": 0,
        "people": 2,
        "pairs": 3,
        "without_a_face": 1,
    }


@pytest.mark.models
def test_by_fpir_a_threshold_is_chosen_that_keeps_strangers_out(calibrate, stored, pictures):
    rows = ("z1.png,zidane,men", "z2.jpg,zidane,men", "a1.png,ann,men", "a2.jpg,ben,men")
    file = labels(pictures, "file,identity,set", *rows)
    shown = calibrate("--gallery", file, "--fpir", 0.5, "--set", "men")
    assert stored().threshold.data == "labels.csv, set men"
    assert "Optimistic: measured on the very people that it was chosen on" in shown
    assert stored().threshold.method == "FPIR 0.5"
    figures = stored().threshold.figures
    assert (figures["people"], figures["strangers"], figures["held_out_halves"]) == (1, 2, 0)
    assert "counts from the next start on" in shown
    with pytest.raises(ConfigurationError, match="takes 100 pictures of strangers or more"):
        calibrate("--gallery", file)


def crowd(people: int, strangers: int) -> dict[str, np.ndarray]:
    """Two pictures of each person and one of each stranger, by file, and what is seen in them."""
    random = np.random.default_rng(0)
    own = random.normal(size=(people, 1, 16)) + 0.4 * random.normal(size=(people, 2, 16))
    faces = np.concatenate([own.reshape(-1, 16), random.normal(size=(strangers, 16))])
    faces = (faces / np.linalg.norm(faces, axis=1, keepdims=True)).astype(np.float32)
    who = [f"{n // 2}" for n in range(2 * people)] + [f"s{n}" for n in range(strangers)]
    return {f"{who[n]}_{n}.jpg": face for n, face in enumerate(faces)}


def test_the_evidence_is_of_people_whom_no_threshold_was_chosen_on(
    calibrate, tmp_path, monkeypatch
):
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    seen = crowd(40, 100)
    monkeypatch.setattr(calibrate_photos, "embed_central_faces", lambda *_: seen)
    rows = [f"{name},{name.partition('_')[0]},staff" for name in seen]
    file = labels(tmp_path, "file,identity,set", *rows)
    given = ("--gallery", file, "--fpir", 0.1, "--set", "staff")
    shown = calibrate(*given, "--dry-run")
    assert "Measured on people whom no threshold was chosen on" in shown
    figures = json.loads(calibrate(*given, "--json"))["figures"]
    assert (figures["held_out_halves"], figures["people"], figures["strangers"]) == (20, 40, 100)
    assert figures["fpir_low"] < 0.1 < figures["fpir_high"]
    assert figures["fnir_low"] < figures["fnir"] < figures["fnir_high"]
    pairs = [f"{n}_{2 * n}.jpg,{n}_{2 * n + 1}.jpg,1,staff" for n in range(40)]
    pairs += [f"{n}_{2 * n}.jpg,s{m}_{80 + m}.jpg,0,staff" for n in range(40) for m in (n, n + 40)]
    file = labels(tmp_path, "img1,img2,same,set", *pairs)
    figures = json.loads(calibrate("--pairs", file, "--json"))["figures"]
    assert (figures["held_out_halves"], figures["people"], figures["pairs"]) == (20, 120, 120)
    assert figures["precision_low"] <= figures["precision"] <= figures["precision_high"]


@pytest.mark.models
def test_for_a_camera_the_threshold_is_stored_as_its_own_and_no_other(calibrate, stored, pictures):
    file = pairs_file(pictures)
    shown = calibrate("--pairs", file, "--camera", "till")
    assert "at camera till" in shown
    assert stored().threshold is None
    made = stored().cameras["till"]
    book = json.loads(calibrate("show", "--json"))
    assert book["usual"] == {"value": 0.48, "origin": "embedder"}
    assert book["cameras"]["till"]["value"] == made.value
    assert book["calibrated"]["till"]["data"] == "labels.csv"
    assert "F-beta 0.5" in calibrate("show")


def test_a_camera_that_the_configuration_does_not_have_is_refused(calibrate, tmp_path):
    config = tmp_path / "cameras.yaml"
    config.write_text("cameras: [{camera_id: door, source: door.mp4}]\n")
    given = ("--pairs", "a.csv", "--camera", "dor", "--config", config)
    with pytest.raises(NotFoundError, match=r"no camera dor in .*cameras\.yaml, which has door"):
        calibrate(*given)


@pytest.mark.models
def test_a_dry_run_stores_nothing(calibrate, stored, pictures):
    assert "Nothing was stored" in calibrate("--pairs", pairs_file(pictures), "--dry-run")
    assert stored().threshold is None


def test_what_holds_is_shown_and_cleared(calibrate, tmp_path):
    made = Calibrated(
        value=0.512, low=0.48, high=0.55, made_at=START, method="FPIR 0.01", data="staff.csv"
    )
    file = calibration_file(Settings(data_dir=tmp_path / "data"), embedders.find("fused"))
    file.change(lambda old: type(old)(threshold=made, offsets={"till": made}))
    answer = json.loads(calibrate("show", "--json"))
    assert answer["usual"] == {"value": 0.512, "origin": "calibrated 2026-01-05"}
    assert answer["calibrated"][""]["data"] == "staff.csv"
    assert "till" in answer["cameras"]
    assert "staff.csv" in calibrate("show")
    assert "is forgotten" in calibrate("clear")
    assert json.loads(calibrate("show", "--json"))["usual"] == {"value": 0.48, "origin": "embedder"}
    assert "Nothing was calibrated" in calibrate("clear")


@pytest.mark.parametrize("given", [(), ("--cameras", "--what-if", 0.5)])
def test_one_way_to_calibrate_is_asked_for(calibrate, given):
    with pytest.raises(ConfigurationError, match="expected one of --pairs, --gallery, --cameras"):
        calibrate(*given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--gallery", "a.csv", "--margin", 0.1), "--margin belongs to --what-if, not"),
        (("--pairs", "a.csv", "--votes", 3), "--votes belongs to --what-if, not to --pairs"),
        (("--cameras", "--list", 3), "--list belongs to --what-if, not to --cameras"),
        (("--pairs", "a.csv", "--run", "r"), "--run belongs to --cameras and --what-if, not"),
        (("--pairs", "a.csv", "--fpir", 0.1), "--fpir belongs to --gallery, not to --pairs"),
        (("--pairs", "a.csv", "--enroll", 2), "--enroll belongs to --gallery, not to --pairs"),
        (("--gallery", "a.csv", "--beta", 2), "--beta belongs to --pairs, not to --gallery"),
        (("--cameras", "--set", "lfw"), "--set belongs to --pairs and --gallery, not to --cam"),
        (("--what-if", 0.5, "--root", "."), "--root belongs to --pairs and --gallery, not to"),
        (("--cameras", "--camera", "till"), "--camera belongs to --pairs, --gallery and --what"),
        (("--what-if", 0.5, "--config", "c"), "--config belongs to --pairs, --gallery and --cam"),
    ],
)
def test_an_option_of_another_way_is_refused_with_whose_it_is(calibrate, given, said):
    with pytest.raises(ConfigurationError, match=said):
        calibrate(*given)


@pytest.mark.parametrize("given", [("--dry-run", "clear"), ("--camera", "till", "show")])
def test_an_option_before_a_sub_command_is_refused_and_not_ignored(given):
    said = f"{given[0]} stands before {given[-1]} and would not count"
    with pytest.raises(ConfigurationError, match=said):
        CliRunner().invoke(app, ["calibrate", *given], catch_exceptions=False)


def scored(track: int, second: int, similarity: float, *, camera="door", who="ada") -> FaceScored:
    return FaceScored(
        **ENVELOPE,
        camera_id=camera,
        occurred_at=START + timedelta(seconds=second),
        track_id=track,
        face_index=second,
        quality=0.9,
        embedder=ColourEmbedder().name,
        candidate_ids=(who, "somebody"),
        similarities=(similarity, similarity - 0.3),
    )


def named(track: int, second: int, similarity: float, *, camera="door", who="ada"):
    return FaceRecognized(
        **ENVELOPE,
        camera_id=camera,
        occurred_at=START + timedelta(seconds=second),
        track_id=track,
        identity_id=who,
        decision="named",
        similarity=similarity,
        runner_up_similarity=similarity - 0.3,
        threshold=ColourEmbedder().threshold,
        votes=3,
        quality=0.9,
        gate="",
        is_new=False,
        embedder=ColourEmbedder().name,
    )


@pytest.fixture
def run(tmp_path) -> RunFolder:
    """A run with two tracks of Ada, of whom one is less like her."""
    folder = RunFolder.create(tmp_path / "run")
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})
    folder.write_summary({"settings": settings.model_dump(mode="json")})
    least = ColourEmbedder().threshold
    with EventLog(folder.events) as log:
        log.append([scored(1, second, least + 0.01) for second in range(3)])
        log.append([scored(2, second, 0.99) for second in range(3)])
        log.append([named(1, 2, least + 0.01), named(2, 2, 0.99)])
    return folder


def test_what_if_shows_by_camera_and_track_what_would_be_lost(calibrate, run):
    shown = calibrate("--what-if", ColourEmbedder().threshold + 0.02, "--run", run.path)
    assert "door:1" in shown
    assert "door:2" not in shown
    assert "lost" in shown
    assert "Nothing was changed" in shown


def test_what_if_answers_programs_too(calibrate, run):
    threshold = ColourEmbedder().threshold
    answer = json.loads(calibrate("--what-if", threshold + 0.02, "--run", run.path, "--json"))
    assert answer["cameras"] == {"door": {"with_faces": 2, "now": 2, "then": 1}}
    assert [each["change"] for each in answer["changed"]] == ["lost"]
    same = json.loads(calibrate("--what-if", threshold, "--run", run.path, "--json"))
    assert (same["changed"], same["left_out"]) == ([], 0)


def test_drift_is_shown_by_camera_and_by_day(calibrate, run):
    levels = json.loads(calibrate("drift", "--run", run.path, "--json"))
    least = ColourEmbedder().threshold
    assert levels["door"]["mean"] == pytest.approx((least + 0.01 + 0.99) / 2)
    assert levels["door"]["baseline"] is None
    assert "door" in calibrate("drift", "--run", run.path)
    (day,) = json.loads(calibrate("drift", "--by-day", "--run", run.path, "--json"))
    assert (day["day"], day["matches"]) == ("2026-01-05", 2)


def test_without_runs_the_log_of_the_service_is_asked(calibrate, run, tmp_path, monkeypatch):
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    service = live_run_path(Settings(data_dir=tmp_path / "data"))
    service.parent.mkdir(parents=True)
    run.path.rename(service)
    monkeypatch.chdir(tmp_path)
    assert "door" in json.loads(calibrate("drift", "--json"))
    assert "door" in json.loads(calibrate("--what-if", 0.5, "--json"))["cameras"]
    assert "door" in json.loads(calibrate("--cameras", "--json"))


def test_what_if_at_a_camera_that_showed_no_face_is_refused(calibrate, run):
    with pytest.raises(NotFoundError, match=r"camera till showed no face in .*: door"):
        calibrate("--what-if", 0.5, "--camera", "till", "--run", run.path)


def test_cameras_that_saw_few_people_get_no_offset(calibrate, run, tmp_path, monkeypatch):
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    assert "saw too few people" in calibrate("--cameras", "--run", run.path)
    answer = json.loads(calibrate("--cameras", "--run", run.path, "--json"))
    assert answer == {"door": {"offset": None, "faces": 6, "people": 1}}


def test_one_camera_can_be_cleared(calibrate, tmp_path):
    made = Calibrated(value=0.5, low=0.4, high=0.6, made_at=START, method="FPIR 0.01", data="a.csv")
    file = calibration_file(Settings(data_dir=tmp_path / "data"), embedders.find("fused"))
    both = {"till": made, "door": made}
    file.change(lambda old: type(old)(threshold=made, offsets=both, cameras=both))
    assert "of camera till is forgotten" in calibrate("clear", "--camera", "till")
    assert file.read() == type(file.read())(
        threshold=made, offsets={"door": made}, cameras={"door": made}
    )
    assert "Nothing was calibrated" in calibrate("clear", "--camera", "till")


def test_a_camera_that_differs_gets_its_offset_stored(calibrate, tmp_path, monkeypatch):
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    folder = RunFolder.create(tmp_path / "run")
    with EventLog(folder.events) as log:
        for camera, likeness in (("door", 0.9), ("hall", 0.9), ("till", 0.99)):
            for track in range(20):
                who = f"p{track}"
                shown = {"camera": camera, "who": who}
                log.append([scored(track, s, likeness, **shown) for s in range(8)])
                log.append([named(track, 7, likeness, **shown)])
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})
    file = calibration_file(settings, ColourEmbedder())
    own = Calibrated(value=0.5, low=0.4, high=0.6, made_at=START, method="FPIR 0.01", data="a.csv")
    file.change(lambda stored: stored.with_threshold(own, "door"))
    shown = calibrate("--cameras", "--run", folder.path)
    assert "At camera door a threshold chosen on its own pictures goes first" in shown
    assert "At camera till" not in shown
    offsets = file.read().offsets
    assert list(offsets) == ["door", "hall"]
    assert offsets["door"].value == pytest.approx(-0.09)
    assert offsets["door"].figures == {"faces": 160, "people": 20}
