import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli.plan import plan
from genesis_ray.domain.load.capacity import Node
from genesis_ray.domain.load.costs import Costs, LiveCosts
from genesis_ray.errors import ConfigurationError, SourceError
from genesis_ray.running.planning.film import make_film
from genesis_ray.running.planning.measuring import Measured

COSTS = Costs(
    decode_s=0.002,
    prepare_s=0.002,
    detect_s=0.025,
    track_s=0.0,
    person_s=0.001,
    face_s=0.06,
    write_s=0.0002,
    live=LiveCosts(idle_cores=0, frame_s=0, request_s=0),
)
MEASURED = Measured(
    costs=COSTS,
    width=1280,
    height=720,
    source_fps=25,
    detector_fps=70,
    on_device=False,
    people=2,
    looks_a_s=0.5,
    frames=64,
    others=0.1,
)


@pytest.fixture
def genesis(monkeypatch):
    """Run the command on a machine with two cores, where it measures what is given."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(plan)
    node = Node(cores=2, memory=24e9)
    monkeypatch.setattr("genesis_ray.running.planning.this_node.this_node", lambda: node)
    monkeypatch.setattr("genesis_ray.cli.prepare.prepare_models", lambda *_: None)
    monkeypatch.setattr("genesis_ray.running.planning.film.make_film", lambda *_, **__: None)

    def genesis(*arguments: str, measured: Measured = MEASURED, asked: list | None = None):
        def measure(settings, video, folder, **more):
            if asked is not None:
                asked.append((settings, video))
            return measured

        monkeypatch.setattr("genesis_ray.running.planning.measuring.measure", measure)
        return CliRunner().invoke(app, list(arguments))

    return genesis


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_answer_is_a_sentence_first(genesis):
    shown = words(genesis("--cameras", "8", "--fps", "5").stdout)
    # 0.05 to decode, 0.146 for five frames and 0.03 for faces of the 1.8 cores to be used.
    assert shown.startswith(
        "This machine can watch 7 cameras of 1280x720 at 5 frames/s; short first is the processor, "
        "55% of it for finding people."
    )
    assert "Of machines like it, 8 cameras take 2, 100 cameras take 15, 1,000 cameras take 143."


def test_what_it_rests_on_is_shown(genesis):
    shown = words(genesis("--cameras", "8", "--fps", "5").stdout)
    for text in ("25.00 frame; alone 70 frames/s 1.00", "2 cores 90%", "1,000 143", "64 frames"):
        assert text in shown


def test_cameras_that_fit_take_no_more_machines(genesis):
    shown = words(genesis("--cameras", "3", "--fps", "5").stdout)
    assert "Of machines like it, 100 cameras take 15" in shown


def test_the_rate_is_told_that_the_number_of_cameras_allows(genesis):
    shown = genesis(
        "--cameras", "8", "--fps", "10", measured=replace(MEASURED, looks_a_s=0.0)
    ).stdout
    # 1.8 cores less 0.4 to decode, for 8 cameras whose frames take 0.0292 each.
    assert "Of 8 cameras it can look at 6 frames/s each." in words(shown)


def test_a_machine_that_cannot_watch_one_camera_says_so(genesis):
    slow = replace(MEASURED, costs=replace(COSTS, decode_s=1.0))
    shown = words(genesis("--cameras", "1", "--fps", "5", measured=slow).stdout)
    assert shown.startswith("This machine cannot watch even one camera of 1280x720 at 5 frames/s")
    assert "however few frames are looked at" in shown
    assert "none will do" in shown


def test_a_device_of_its_own_is_planned_with(genesis):
    device = replace(MEASURED, on_device=True, costs=replace(COSTS, detect_s=0.001, device_s=0.05))
    shown = words(genesis("--cameras", "2", "--fps", "5", measured=device).stdout)
    assert "short first is the detector's GPU" in shown
    assert "one GPU 50%" in shown


@pytest.mark.parametrize(("others", "told"), [(None, False), (0.1, False), (1.2, True)])
def test_a_machine_that_others_keep_busy_is_told_of(genesis, others, told):
    shown = genesis("--cameras", "1", "--fps", "5", measured=replace(MEASURED, others=others))
    assert ("Others used 1.2 cores" in shown.stdout) == told


def test_that_a_film_of_our_own_was_measured_is_told(genesis, tmp_path):
    video = tmp_path / "video.mp4"
    make_film(video, width=64, height=64, fps=10)
    options = ["--cameras", "1", "--fps", "5"]
    assert "give a --video" in genesis(*options).stdout
    assert "give a --video" not in genesis(*options, "--video", str(video)).stdout


def test_faces_and_people_can_be_said(genesis):
    more = ["--faces-per-frame", "0.5", "--people", "10", "--face-cameras", "0.5"]
    shown = genesis("--cameras", "8", "--fps", "5", "--json", *more).stdout
    load = json.loads(shown)["plan"]["load"]
    assert (load["looks_a_s"], load["people"], load["with_faces"]) == (2.5, 10, 0.5)


def test_json_is_all_that_a_program_gets(genesis):
    answer = json.loads(genesis("--cameras", "8", "--fps", "5", "--json").stdout)
    assert answer["plan"]["fits"] == 7
    assert answer["plan"]["short"] == "processor"
    assert answer["plan"]["nodes"] == {"8": 2, "100": 15, "1000": 143}
    assert answer["measured"]["costs"]["detect_s"] == 0.025


def test_cameras_and_rate_are_those_of_the_configuration(genesis, tmp_path):
    config = tmp_path / "cameras.yaml"
    config.write_text(
        "process_fps: 3\ndetector: {stack_frames: 4}\n"
        "cameras:\n- {camera_id: a, source: a.mp4}\n- {camera_id: b, source: b.mp4}\n"
    )
    asked: list = []
    shown = genesis("--config", str(config), "--json", asked=asked).stdout
    load = json.loads(shown)["plan"]["load"]
    assert (load["cameras"], load["fps"], load["stack_frames"]) == (2, 3, 4)
    assert asked[0][0].process_fps == 3


def test_a_rate_above_the_usual_is_one_that_the_cameras_send(genesis):
    measured = replace(MEASURED, source_fps=30)
    load = json.loads(genesis("--cameras", "1", "--fps", "30", "--json", measured=measured).stdout)[
        "plan"
    ]["load"]
    assert (load["fps"], load["source_fps"]) == (30, 30)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "how many cameras"),
        (["--cameras", "1", "--fps", "0"], "more than 0 and at most 60"),
        (["--cameras", "1", "--fps", "61"], "more than 0 and at most 60"),
        (["--cameras", "1", "--fps", "nan"], "more than 0 and at most 60"),
        (["--cameras", "1", "--resolution", "hd"], "like 1280x720"),
        (["--cameras", "1", "--resolution", "1280x0"], "sides from 64"),
        (["--cameras", "1", "--resolution", "99999x720"], "to 7680"),
        (["--cameras", "1", "--resolution", "640x480", "--video", "x.mp4"], "leave it out"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_measured(genesis, arguments, told):
    asked: list = []
    refused = genesis(*arguments, asked=asked)
    assert isinstance(refused.exception, ConfigurationError)
    assert told in str(refused.exception)
    assert not asked


@pytest.mark.parametrize(
    "option", ["--cameras=0", "--people=-1", "--headroom=1", "--face-cameras=2", "--seconds=0"]
)
def test_an_option_out_of_its_range_is_told_by_name(genesis, option):
    refused = genesis(option)
    assert refused.exit_code == 2
    assert option.partition("=")[0] in re.sub(r"\x1b\[[0-9;]*m", "", refused.stderr)


def test_a_video_that_is_not_there_is_told(genesis, tmp_path):
    refused = genesis("--cameras", "1", "--video", str(tmp_path / "gone.mp4"))
    assert isinstance(refused.exception, SourceError)
    assert "no such file" in str(refused.exception)


def test_more_frames_than_a_video_has_are_refused(genesis, tmp_path):
    video = tmp_path / "film.mp4"
    make_film(video, width=64, height=64, fps=10)
    refused = genesis("--cameras", "1", "--fps", "20", "--video", str(video))
    assert isinstance(refused.exception, ConfigurationError)
    assert "has 10 frames a second" in str(refused.exception)


def test_this_machine_is_planned_for_without_ray_and_without_torch(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("detector: {model: synthetic}\nfaces: {embedder: synthetic}\n")
    code = (
        "import sys, typer; from genesis_ray.cli.plan import plan\n"
        "assert not {'numpy', 'cv2'} & set(sys.modules)\n"
        "app = typer.Typer(); app.command()(plan)\n"
        "options = '--cameras 2 --fps 5 --resolution 320x240 --seconds 0.1 --json'.split()\n"
        f"try: app([*options, '--config', {str(config)!r}])\n"
        "finally: assert not {'ray', 'torch'} & set(sys.modules), 'too much imported'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plan"]["fits"] > 0
