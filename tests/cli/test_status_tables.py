import io

import pytest

from genesis_ray.cli import status_tables
from genesis_ray.cli.console import PlainConsole
from genesis_ray.domain.recognition.drift import MatchLevel
from genesis_ray.figures import Figures, GalleryFigures, GroupPlace
from genesis_ray.live.remote import ClusterNode, SystemStatus
from genesis_ray.running.live_state import LiveState
from genesis_ray.running.result import CameraProgress
from genesis_ray.store.galleries.recall import Recall

DOOR = CameraProgress(camera_id="door", frames=1200, state="online", dropped={"busy": 3})
YARD = CameraProgress(camera_id="yard")
PLACED = GroupPlace(name="cameras-0", node="0123456789", cameras=("door",))
HOMELESS = GroupPlace(name="cameras-1", node=None, cameras=("yard",))


@pytest.fixture
def shown(monkeypatch):
    """What is printed of a system."""

    def show(figures: Figures, *, seen: dict | None = None, **state: object) -> str:
        printed = io.StringIO()
        monkeypatch.setattr(status_tables, "stdout", PlainConsole(file=printed, width=120))
        node = ClusterNode(
            node_id="0123456789",
            address="10.0.0.7",
            is_alive=True,
            resources={"CPU": 16.0, "memory": 32e9},
            labels={},
        )
        status_tables.show(
            SystemStatus(
                state=LiveState(figures=figures, **state),
                nodes=[node],
                replicas={"detector": 2, "embedder": 1},
                fps={"door": 4.9},
                **(seen or {}),
            )
        )
        return printed.getvalue()

    return show


def test_each_camera_is_shown_with_its_rate_and_place(shown):
    lines = shown(Figures(cameras=(DOOR,), groups=(PLACED,))).splitlines()
    (door,) = [line for line in lines if "door" in line]
    for part in ("online", "4.9", "1,200", "busy 3", "cameras-0", "01234567"):
        assert part in door
    (node,) = [line for line in lines if "10.0.0.7" in line]
    assert all(part in node for part in ("alive", "16", "32 GB", "cameras-0"))
    assert "Replicas: detector 2, embedder 1" in lines
    assert lines[-1] == "watching 1 cameras, 4.9 frames/s"


def test_a_group_that_no_node_has_room_for_is_shown_and_named(shown):
    text = shown(Figures(cameras=(DOOR, YARD), groups=(PLACED, HOMELESS)), missing=("a node",))
    (line,) = [line for line in text.splitlines() if "waiting for room" in line]
    assert "cameras-1" in line
    assert "missing: a node" in text
    assert "watching" not in text


def test_why_a_camera_gives_no_frames_is_shown_and_what_to_do_about_it(shown):
    hall = CameraProgress(camera_id="hall", state="connecting", reason="unauthorised")
    text = shown(Figures(cameras=(DOOR, hall), groups=(PLACED,)))
    (row,) = [line for line in text.splitlines() if "hall" in line and "│" in line]
    assert "connecting: unauthorised" in row
    remedy = "correct the user and password in its address"
    assert f"camera hall is connecting: unauthorised; {remedy}\n" in text
    assert text.splitlines()[-1] == "watching 1 of 2 cameras, 4.9 frames/s"


def test_a_camera_that_has_ended_is_not_said_to_be_ill(shown):
    hall = CameraProgress(camera_id="hall", state="connecting", reason="refused", is_done=True)
    text = shown(Figures(cameras=(DOOR, hall)))
    assert "refused" not in text
    assert "watching 1 cameras" in text


@pytest.mark.parametrize(
    ("recall", "told"),
    [
        (None, "Gallery: 120,000 faces\n"),
        (Recall(), "by sketches; no search was done again exactly yet"),
        (Recall(1200, 1197, 6000, 5900), "99.8% of 1,200 searches done again exactly"),
    ],
    ids=["exact", "not sampled yet", "sampled"],
)
def test_how_the_gallery_is_searched_is_told(shown, recall, told):
    assert told in shown(Figures(gallery=GalleryFigures(faces=120_000, recall=recall)))


def test_a_camera_whose_matches_drift_is_named(shown):
    levels = {"door": MatchLevel(0.71, 0.8, 10_000, True), "yard": MatchLevel(0.8, 0.8, 9, False)}
    lines = [
        line for line in shown(Figures(match_levels=levels)).splitlines() if "drifting" in line
    ]
    assert len(lines) == 1
    assert "camera door, matches are 0.710 alike, were 0.800" in lines[0]


def test_latency_dead_letters_and_failures_are_told(shown):
    figures = Figures(latency_s={0.95: 0.2511}, set_aside={("frame", "detect"): 2})
    text = shown(figures, failure="the disk is full")
    assert "p95 251 ms" in text
    assert "2 dead letters" in text
    assert "failed: the disk is full" in text


def test_false_merges_and_refused_names_are_told(shown):
    figures = Figures(events={"FalseMergeFound": 2}, rejections={"too-soon": 3, "too-late": 0})
    text = shown(figures)
    assert "2 false merges: one identity in two places at once" in text
    assert "Names refused by the gate: 3 too-soon" in text
    assert "false merge" not in shown(Figures())


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ("detector", "the detector is busy 12% of the time; give it more replicas"),
        ("detector-starved", "busy only 12% of the time, so it is starved"),
        ("decoding", "faster than they can be decoded"),
    ],
)
def test_what_is_in_the_way_of_frames_that_are_dropped_is_told_with_the_remedy(shown, found, says):
    text = shown(Figures(cameras=(DOOR,)), seen={"bottleneck": found, "detector_busy": 0.12})
    assert says in " ".join(text.split())
    assert "frames are dropped" not in shown(Figures(cameras=(DOOR,)))
