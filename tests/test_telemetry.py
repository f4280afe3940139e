import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from genesis_ray.domain.alerting.delivery import DeliveryFigures
from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.places.footfall import Count
from genesis_ray.domain.recognition.drift import MatchLevel
from genesis_ray.figures import Figures, GalleryFigures, GroupPlace
from genesis_ray.metric_families import FAMILIES
from genesis_ray.pipeline.counting import SiteCounts, ZoneNow
from genesis_ray.running.result import CameraProgress
from genesis_ray.store.galleries.recall import Recall
from genesis_ray.telemetry import render
from genesis_ray.vision.memory_guard import MemoryState

FIGURES = Figures(
    cameras=(
        CameraProgress(
            camera_id="door",
            frames=40,
            dropped={"busy": 2},
            state="stalled",
            reason="no_frames",
            clock_offset_s=-0.25,
        ),
        CameraProgress(camera_id='a "b"', frames=7, is_done=True),
    ),
    events={"TrackObserved": 4, "VisitStarted": 1, "FalseMergeFound": 2},
    rejections={"too-soon": 3},
    system={("journal", "restarted"): 2},
    groups=(GroupPlace(name="cameras-0", node="n1", cameras=("door",), waiting=12),),
    site=SiteCounts(
        {("door", "entrance", "in"): Count(5, 4), ("door", "entrance", "out"): Count(3, 3)},
        {("door", "till"): ZoneNow(2, 0.5), ("door", "hall"): ZoneNow(0, None)},
    ),
    latency_s={0.5: 0.1, 0.95: 0.2},
    full_disks={"journal": "the disk is full; free some space"},
    late=3,
    match_levels={
        "door": MatchLevel(0.71, 0.8, 10_000, True),
        "till": MatchLevel(0.8, None, 9, False),
    },
    stage_s={"detect": 1.5, "embed": 0.25},
    gallery=GalleryFigures(faces=500, recall=Recall(8, 7, 40, 38)),
    deliveries={
        "mail": DeliveryFigures(),
        "webhook": DeliveryFigures(
            delivered=5, tried_again=3, set_aside=1, waiting=2, waits_since=datetime.now(UTC)
        ),
    },
    replicas={"detector": 2, "embedder": 1},
    memory={
        ("detector", "a"): MemoryState(),
        ("detector", "b"): MemoryState(4, 1, True, "CUDA out of memory"),
        ("embedder", "a"): MemoryState(2, 8, False, "CUDA out of memory"),
    },
)


LABELS = ("found", "missed")
KEEPERS = ("journal", "resolver")


def samples(figures: Figures = FIGURES) -> dict[tuple[str, tuple[str, ...]], float]:
    text = render(figures, is_ready=True).decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_family_has_a_sample_when_there_is_something_to_tell():
    assert {name for name, _ in samples()} == {family.name for family in FAMILIES}


def test_names_say_what_and_in_which_unit():
    for family in FAMILIES:
        assert re.fullmatch(r"genesis_[a-z]+(_[a-z]+)*", family.name)
        assert family.name.endswith("_total") == (family.kind == "counter")
        assert family.help.endswith(".")


def test_frames_and_drops_are_told_for_each_camera():
    told = samples()
    assert told["genesis_frames_processed_total", ("door",)] == 40
    assert told["genesis_frames_dropped_total", ("door", "busy")] == 2


def test_what_a_streams_clock_gained_is_told_while_it_is_watched():
    told = samples()
    assert told["genesis_camera_clock_offset_seconds", ("door",)] == -0.25
    assert ("genesis_camera_clock_offset_seconds", ('a "b"',)) not in told


@pytest.mark.parametrize(
    ("frames", "state", "is_done", "is_active"),
    [
        (0, None, False, 0),
        (7, None, False, 1),
        (7, "online", False, 1),
        (7, "black", False, 1),
        (7, "stalled", False, 0),
        (7, "connecting", False, 0),
        (7, "online", True, 0),
    ],
)
def test_camera_is_active_while_it_gives_frames(frames, state, is_done, is_active):
    camera = CameraProgress(camera_id="door", frames=frames, state=state, is_done=is_done)
    told = samples(replace(FIGURES, cameras=(camera,)))
    assert told["genesis_camera_active", ("door",)] == is_active


def test_a_camera_that_was_given_up_is_in_no_state():
    camera = CameraProgress(camera_id="door", frames=7, state="online", is_done=True, problem="x")
    told = samples(replace(FIGURES, cameras=(camera,)))
    assert "genesis_camera_state" not in {name for name, _ in told}


def test_how_alike_matches_are_is_told_for_each_camera():
    told = samples()
    assert told["genesis_match_similarity_mean", ("door",)] == 0.71
    assert told["genesis_match_similarity_drifting", ("door",)] == 1
    assert told["genesis_match_similarity_drifting", ("till",)] == 0


def test_model_seconds_are_told_by_stage():
    told = samples()
    assert told["genesis_stage_seconds_total", ("detect",)] == 1.5
    assert told["genesis_stage_seconds_total", ("embed",)] == 0.25


def test_replicas_whose_gpu_is_too_small_are_told():
    told = samples()
    assert told["genesis_detector_out_of_memory_total", ("a",)] == 0
    assert told["genesis_detector_out_of_memory_total", ("b",)] == 4
    assert told["genesis_detector_on_processor", ("a",)] == 0
    assert told["genesis_detector_on_processor", ("b",)] == 1
    assert told["genesis_embedder_out_of_memory_total", ("a",)] == 2
    assert told["genesis_embedder_on_processor", ("a",)] == 0


def test_how_well_the_gallery_is_searched_is_told():
    told = samples()
    assert (told["genesis_gallery_faces", ()], told["genesis_gallery_sketched", ()]) == (500, 1)
    searches, identities = (
        {label: told[f"genesis_gallery_{what}_sampled_total", (label,)] for label in LABELS}
        for what in ("searches", "identities")
    )
    assert searches == {"found": 7, "missed": 1}
    assert identities == {"found": 38, "missed": 2}
    exact = replace(FIGURES, gallery=GalleryFigures(faces=5, recall=None))
    assert samples(exact)["genesis_gallery_sketched", ()] == 0


def test_the_state_of_a_stream_is_told():
    states = [labels for name, labels in samples() if name == "genesis_camera_state"]
    assert states == [("door", "no_frames", "stalled")]  # by their names


def test_states_of_the_system_are_counted():
    assert samples()["genesis_system_states_total", ("journal", "restarted")] == 2


def test_whose_disk_is_full_is_told():
    waits = {keeper: samples()["genesis_keeper_waits_for_room", (keeper,)] for keeper in KEEPERS}
    assert waits == {"journal": 1, "resolver": 0}


def test_latency_is_told_by_quantile():
    assert samples()["genesis_report_latency_seconds", ("0.95",)] == 0.2


def test_events_are_told_by_class():
    told = samples()
    assert told["genesis_events_total", ("VisitStarted",)] == 1
    assert told["genesis_events_late_total", ()] == 3


def test_what_was_set_aside_is_told_by_unit_and_stage_and_from_the_start_as_none():
    name = "genesis_dead_letters_total"
    one = replace(FIGURES, set_aside={("frame", "detect"): 2, ("frame", "new"): 1})
    assert samples(one)[name, ("detect", "frame")] == 2
    assert samples(one)[name, ("new", "frame")] == 1
    assert {key: count for key, count in samples(Figures()).items() if key[0] == name} == {
        (name, ("detect", "frame")): 0,
        (name, ("embed", "frame")): 0,
        (name, ("resolver", "frame")): 0,
        (name, ("journal", "frame")): 0,
        (name, ("decode", "recording")): 0,
        (name, ("watch", "recording")): 0,
    }


def test_deliveries_are_told_by_the_kind_of_channel_and_how_long_the_oldest_waits():
    since = datetime.now(UTC) - timedelta(minutes=5)
    own = DeliveryFigures(tried_again=3, waiting=2, waits_since=since)
    told = samples(replace(FIGURES, deliveries={"mail": own, "webhook": DeliveryFigures()}))
    assert told["genesis_alert_deliveries_total", ("mail", "tried_again")] == 3
    assert told["genesis_alert_deliveries_total", ("webhook", "set_aside")] == 0
    assert told["genesis_alert_deliveries_waiting", ("mail",)] == 2
    assert 300 <= told["genesis_alert_delivery_oldest_waiting_seconds", ("mail",)] < 400
    assert told["genesis_alert_delivery_oldest_waiting_seconds", ("webhook",)] == 0


def test_how_busy_detectors_are_can_be_told_from_what_is_told_as_status_does():
    before = replace(FIGURES, stage_s={"detect": 100.0}, replicas={"detector": 4})
    after = replace(before, stage_s={"detect": 110.0})
    stage, replicas = (
        ("genesis_stage_seconds_total", ("detect",)),
        ("genesis_replicas", ("detector",)),
    )
    rate = (samples(after)[stage] - samples(before)[stage]) / 10
    assert rate / samples(after)[replicas] == 0.25


@pytest.mark.parametrize("page", ["alert-delivery", "cluster", "faults"])
def test_alerts_that_are_shown_ask_for_what_is_told(page):
    text = (Path(__file__).parent.parent / "docs" / f"{page}.md").read_text()
    rules = "".join(re.findall(r"- alert: .*\n((?:      .*\n)+)", text))
    known = {family.name: family.labels for family in FAMILIES}
    asked = re.findall(r"(genesis_\w+)(?:{(\w+))?", rules)
    assert asked
    for name, label in asked:
        assert not label or label in known[name]


def test_system_that_has_counted_nothing_still_declares_every_family():
    text = render(Figures(), is_ready=False).decode()
    for family in FAMILIES:
        assert f"# TYPE {family.name} {family.kind}" in text


def test_there_is_no_moment_before_the_first_frame_and_after_the_last():
    assert Figures().moment is None
    assert Figures(logged_until=DONE).moment is None


def test_names_that_were_refused_are_told_by_reason_those_that_were_not_as_none():
    told = samples()
    assert told["genesis_gate_rejections_total", ("too-soon",)] == 3
    assert told["genesis_gate_rejections_total", ("not-connected",)] == 0
    assert told["genesis_false_merges_total", ()] == 2
    assert samples(Figures())["genesis_false_merges_total", ()] == 0


def test_who_went_over_lines_and_is_in_zones_is_told_by_place():
    told = samples()
    assert told["genesis_line_passages_total", ("door", "in", "entrance")] == 5
    assert told["genesis_line_people_total", ("door", "in", "entrance")] == 4
    assert told["genesis_zone_people", ("door", "till")] == 2
    assert told["genesis_zone_people_per_square_metre", ("door", "till")] == 0.5
    assert ("genesis_zone_people_per_square_metre", ("door", "hall")) not in told
