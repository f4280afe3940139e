import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from genesis_ray.errors import ConfigurationError
from genesis_ray.settings import Settings
from genesis_ray.settings_file import load


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("GENESIS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read a configuration of this text."""
    monkeypatch.chdir(tmp_path)

    def read(text: str | bytes) -> Settings:
        Path("c.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(Path("c.yaml"))

    return read


@pytest.fixture
def refusal(read):
    """Return what is said of a configuration that is wrong."""

    def refusal(text: str | bytes) -> str:
        with pytest.raises(ConfigurationError) as error:
            read(text)
        return str(error.value)

    return refusal


CAMERA = "cameras:\n  - camera_id: door\n    source: door.mp4\n"


def test_without_a_file_the_defaults_hold():
    assert load(None) == Settings()


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_leaves_the_defaults(read, text):
    assert read(text) == Settings()


def test_a_file_is_read_into_settings(read):
    settings = read(
        CAMERA
        + "    start: 2026-01-05T10:00:00+01:00\n"
        + "    zones:\n      - {zone_id: till, outline: [[0, 0], [1, 0], [0.5, 1]]}\n"
        + "identity: {visitors: true}\n"
    )
    (door,) = settings.cameras
    assert (door.camera_id, door.source) == ("door", "door.mp4")
    assert door.start == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert door.zones[0].outline == ((0, 0), (1, 0), (0.5, 1))
    assert settings.identity.visitors


def test_values_can_be_shared_by_an_anchor(read):
    text = "cameras:\n  - &door {camera_id: door, source: a.mp4}\n  - {<<: *door, camera_id: till}"
    assert [camera.source for camera in read(text).cameras] == ["a.mp4", "a.mp4"]


def test_the_environment_wins_over_the_file(read, monkeypatch):
    monkeypatch.setenv("GENESIS_DETECTOR__CONFIDENCE", "0.9")
    detector = read("detector: {confidence: 0.5, iou: 0.3}").detector
    assert (detector.confidence, detector.iou) == (0.9, 0.3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("annotate: true\nprocessed_fps: 5\n", "c.yaml:2: unknown setting 'processed_fps'"),
        ("detector:\n  iou: 0.5\n  colour: 1\n", "c.yaml:3: unknown setting 'detector.colour'"),
        (CAMERA + "    zone: []\n", "c.yaml:4: unknown setting 'cameras.0.zone'"),
        ("1: 2\n", "c.yaml:1: unknown setting '1'"),
        ("_env_file: x\n", "c.yaml:1: unknown setting '_env_file'"),
        ("<<: {processed_fps: 5}\n", "c.yaml: unknown setting 'processed_fps'"),
    ],
)
def test_an_unknown_setting_is_told_with_its_line(refusal, text, said):
    assert refusal(text) == said + "; remove it or correct its spelling"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nprocess_fps: fast\n", "c.yaml:2: process_fps: Input should be a valid number"),
        ("identity:\n  threshold: 2\n", "c.yaml:2: identity.threshold: Input should be less"),
        (CAMERA + "    start: 2026-01-05\n", "c.yaml:4: cameras.0.start: Input should have timez"),
        ("cameras:\n  - camera_id: door\n", "c.yaml:2: cameras.0.source: Field required"),
        ("cameras: 5\n", "c.yaml:1: cameras: Input should be a valid tuple, got 5"),
        ("detector:\n", "c.yaml:1: detector: expected settings, indented below it, got None"),
        ("faces:\n  finder: eyes\n", "c.yaml:2: faces.finder: Input should be 'yunet'"),
        (
            CAMERA + "    zones:\n      - zone_id: z\n        outline:\n        - [0, 0]\n"
            "        - [0, 3]\n        - [1, 1]\n",
            "c.yaml:8: camera door: zone z: (0, 3) lies outside the picture; these look",
        ),
        ("tenant_id: ../x\n", "c.yaml:1: tenant_id: tenant id '../x' cannot"),
        ("visit_gap_s: .inf\n", "c.yaml:1: visit_gap_s: Input should be a finite number"),
    ],
)
def test_a_wrong_value_is_told_with_its_line_and_what_was_expected(refusal, text, said):
    assert refusal(text).startswith(said)


def test_a_wrong_value_is_shown(refusal):
    assert refusal("process_fps: fast\n").endswith("got 'fast'")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "cameras: {}",
        "cameras: [{}]",
        "cameras: {{camera_id: door, source: {}}}",
        "cameras: [{{camera_id: {}, source: x}}]",
        "cameras: [{{camera_id: door, node: {}, source: x}}]",
        "cameras: [{{camera_id: door, source: [{}, '']}}]",
    ],
)
def test_the_password_of_an_address_in_the_wrong_place_is_not(refusal, text):
    said = refusal(text.format("'rtsp://ann:a-long-secret-that-is-cut-off@door/1'"))
    assert "rtsp://***@door/1" in said
    assert "secret" not in said


def test_a_contradiction_is_told_where_it_stands(refusal):
    text = "detector:\n  min_replicas: 5\n  max_replicas: 2\n"
    assert refusal(text) == "c.yaml:1: detector: min_replicas 5 > max_replicas 2"


def test_a_contradiction_of_the_whole_is_told_of_the_file(refusal):
    told = refusal("appearance: {carry: true, model: osnet}\n")
    assert told.startswith("c.yaml: appearance.carry")


def test_a_name_that_stands_twice_is_told_with_both_lines(refusal):
    twice = CAMERA + CAMERA.removeprefix("cameras:\n")
    told = "each camera_id may stand once; repeated: door"
    assert refusal(twice).split("\n") == [f"c.yaml:2: {told}", f"c.yaml:4: {told}"]


def test_all_wrong_values_are_told_at_once(refusal):
    lines = refusal("settle_s: -1\nprocess_fps: fast\n").splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["c.yaml:2", "process_fps"],
        ["c.yaml:1", "settle_s"],
    ]


def test_all_zones_and_lines_that_cannot_work_are_told_at_once_with_their_lines(refusal):
    text = CAMERA + (
        "    zones:\n      - zone_id: till\n        outline: [[0, 0], [1, 1], [1, 0], [0, 1]]\n"
        "        schedule:\n          - {from: 9:00, to: 12:30}\n"
        "          - {from: 12:00, to: 13:00}\n"
        "    lines:\n      - {line_id: sill, start: [0, 1], end: [1, 1]}\n"
        "  - camera_id: hall\n    source: hall.mp4\n    masks: [{mask_id: tv, outline: [[0, 0]]}]\n"
    )
    assert [told.split("; ")[0] for told in refusal(text).splitlines()] == [
        "c.yaml:6: camera door: zone till: its outline crosses itself at (0.5, 0.5)",
        "c.yaml:9: camera door: zone till: its windows daily 09:00-12:30 and daily 12:00-13:00 "
        "overlap",
        "c.yaml:11: camera door: line sill: it is too near to the picture's edge to be crossed: on "
        "one side nobody can get further than its band of 0.02 away",
        "c.yaml:14: camera hall: mask tv: its outline has 1 distinct corner",
    ]


def test_a_source_of_the_wrong_kind_is_told_once(refusal):
    text = refusal("cameras:\n  - camera_id: door\n    source: 5\n")
    assert text.startswith("c.yaml:3: cameras.0.source: expected a video file")
    assert len(text.splitlines()) == 1


def test_a_setting_that_stands_twice_is_refused_and_not_the_last_one_taken(refusal):
    text = "process_fps: 5\nannotate: true\nprocess_fps: 7\n"
    assert refusal(text) == "c.yaml:3: process_fps stands in line 1 already; remove one of them"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("annotate: true\ncameras: [\n", "c.yaml:3: not valid YAML: expected the node content"),
        ("annotate: yes: no\n", "c.yaml:1: not valid YAML: mapping values are not allowed here"),
        ("start: 2026-13-45 00:00:00\n", "c.yaml: not valid YAML: month must be in 1..12"),
        ("x: !!python/object:os.system {}\n", "c.yaml:1: not valid YAML: could not determine"),
        ("a: \x07\n", "c.yaml: not valid YAML: unacceptable character"),
        ("- a\n- b\n", "c.yaml: expected a mapping of settings, got ['a', 'b']"),
        (b"\xff\xd8\xff\xe0JFIF", "c.yaml: not text; give --config a YAML file"),
    ],
)
def test_a_file_that_is_no_configuration_is_told_so(refusal, text, said):
    assert refusal(text).startswith(said)


def test_a_missing_file_is_named_with_the_remedy():
    with pytest.raises(
        ConfigurationError, match=r"nowhere\.yaml: No such file or directory; give --config"
    ):
        load(Path("nowhere.yaml"))


def test_a_folder_is_no_configuration(tmp_path):
    with pytest.raises(ConfigurationError, match="Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "process_fps: 5\n"])
def test_a_wrong_value_of_the_environment_is_told_with_its_variable(refusal, monkeypatch, text):
    monkeypatch.setenv("GENESIS_PROCESS_FPS", "fast")
    assert refusal(text).startswith(
        "environment variable GENESIS_PROCESS_FPS: process_fps: Input should be a valid number"
    )


def test_an_unknown_part_of_a_section_in_the_environment_is_told_with_its_variable(
    refusal, monkeypatch
):
    monkeypatch.setenv("GENESIS_DETECTOR__CERTAINTY", "0.9")
    assert refusal("detector: {iou: 0.3}").startswith(
        "environment variable GENESIS_DETECTOR__CERTAINTY: unknown setting 'detector.certainty'"
    )


def test_a_list_in_the_environment_that_is_no_json_is_told_so(refusal, monkeypatch):
    monkeypatch.setenv("GENESIS_CAMERAS", "door.mp4")
    assert 'field "cameras"' in refusal("")


def test_a_topology_of_cameras_that_are_not_there_is_refused_with_its_line(tmp_path):
    file = tmp_path / "c.yaml"
    way = "topology: {passages: [{between: [door, til], min_s: 8}]}"
    file.write_text(f"cameras: [{{camera_id: door, source: door.mp4}}]\n{way}\n")
    with pytest.raises(ConfigurationError) as error:
        load(file)
    assert str(error.value) == f"{file}:2: topology: no camera is called til; there are door"


def test_a_topology_without_cameras_waits_for_those_of_the_command_line(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("topology: {passages: [{between: [door, till], min_s: 8}]}")
    assert load(file).topology.cameras == {"door", "till"}


ALERTS = """
cameras:
  - {camera_id: door, source: door.mp4, zones: [{zone_id: till, outline: [[0, 0], [1, 0], [1, 1]]}]}
  - {camera_id: hall, source: hall.mp4}
alerts:
"""


def test_rules_of_alerts_are_read_with_their_defaults(read):
    rules = "  - {rule: queue, zone_id: till}\n  - {rule: crowd, over: 5}"
    (queue, crowd) = read(ALERTS + rules).alerts
    assert (queue.rule_id, queue.over, queue.for_s) == ("queue-till", 6, 180)
    assert queue.told_as == "warning"
    assert (crowd.rule_id, crowd.limit) == ("crowd", 5)
    assert (crowd.cool_down_s, crowd.escalate_s) == (300, None)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "{rule: queue, zone_id: tills}",
            "c.yaml:6: alerts.0, queue-tills: no zone is called tills; there are till",
        ),
        (
            "{rule: queue, camera_id: hall, zone_id: till}",
            "no zone of camera hall is called till; there is none",
        ),
        (
            "{rule: wait, zone_id: till, of: mean, service_zone_id: desk}",
            "no zone is called desk; there are till",
        ),
        (
            "{rule: camera-down, camera_id: yard}",
            "no camera is called yard; there are door, hall",
        ),
        ("{rule: crowds}", "c.yaml:6: alerts.0: expected a rule, one of 'queue', 'wait', 'crowd'"),
        ("{rule: crowds}", "'false-merge', got 'crowds'"),
        ("{zone_id: till}", "c.yaml:6: alerts.0: expected a rule"),
        ("{rule: queue, zone_id: till, limit: 5}", "unknown setting 'alerts.0.queue.limit'"),
        ("{rule: crowd}", "expected over, a number of people, or per_m2 with area_m2"),
        ("{rule: crowd, per_m2: 2}", "per_m2 and area_m2 belong together"),
        ("{rule: wait, zone_id: till, service_zone_id: till}", "which only of: mean asks for"),
        ("{rule: vip}\n  - {rule: vip}", "name of a rule in alerts may stand once; repeated: vip"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_its_line(refusal, rule, said):
    assert said in refusal(ALERTS + "  - " + rule)


def test_rules_alone_are_about_whatever_is_watched(read):
    assert len(read("alerts: [{rule: queue, camera_id: door, zone_id: till}]").alerts) == 1


def test_every_mistake_is_told_at_once(refusal):
    told = refusal(
        """
cameras:
  - camera_id: door
    source: door.mp4
    process_fps: fast
    zones:
      - {zone_id: bow, outline: [[0, 0], [1, 1], [1, 0], [0, 1]]}
      - {zone_id: not, outline: [[0, 0], [.nan, 1], [1, 0]]}
      - {zone_id: two, outline: [[0, 0], [1, 1]]}
      - {zone_id: two, outline: [[0, 0], [1, 0], [1, 1]]}
    lines:
      - {line_id: sill, start: [0.5, 0.5], end: [0.5, 0.5]}
alerts:
  - {rule: queue, zone_id: bow, over: -1}
  - {rule: loitering, zone_id: nosuch, name: long}
  - {rule: wait, zone_id: not, name: long}
topology:
  passages: [{between: [door, yard], min_s: 1}]
colour: blue
"""
    ).split("\n")
    expected = [
        "c.yaml:19: unknown setting 'colour'",
        "c.yaml:5: cameras.0.process_fps: ",
        "c.yaml:8: cameras.0.zones.1.outline.1.0: ",
        "c.yaml:14: alerts.0.queue.over: ",
        "c.yaml:7: camera door: zone bow: its outline crosses itself",
        "c.yaml:9: camera door: zone two: its outline has 2 distinct corners",
        "c.yaml:12: camera door: line sill: start and end are the same point",
        "c.yaml:15: each name of a rule in alerts may stand once; repeated: long",
        "c.yaml:16: each name of a rule in alerts may stand once; repeated: long",
        "c.yaml:9: each zone_id of camera door may stand once; repeated: two",
        "c.yaml:10: each zone_id of camera door may stand once; repeated: two",
        "c.yaml:17: topology: no camera is called yard",
        "c.yaml:15: alerts.1, long: no zone is called nosuch",
    ]
    assert len(told) == len(expected)
    assert all(any(line.startswith(each) for line in told) for each in expected)


def test_cameras_of_the_environment_are_not_held_against_those_of_the_file(refusal, monkeypatch):
    monkeypatch.setenv("GENESIS_CAMERAS", '[{"camera_id": "hall", "source": "hall.mp4"}]')
    told = refusal(CAMERA + "    zones: [{zone_id: two, outline: [[0, 0]]}]\nprocess_fps: fast\n")
    assert told.startswith("c.yaml:5: process_fps")
    assert "\n" not in told


@pytest.mark.parametrize(
    "rule",
    [
        "{rule: wait, zone_id: till, of: mean, window_s: 1.0e-9}",
        "{rule: wait, zone_id: till, over_s: 0}",
        "{rule: loitering, zone_id: till, over_s: 100000}",
        "{rule: queue, zone_id: till, over: 1000000000000000000000}",
        "{rule: queue, zone_id: till, for_s: 1.0e+12}",
        "{rule: crowd, over: 1000001}",
        "{rule: camera-down, escalate_s: 1.0e-7}",
        "{rule: camera-down, cool_down_s: 1.0e+9}",
        "{rule: anomaly, window: 10, warm_up: 11}",
        "{rule: anomaly, threshold: 0}",
    ],
)
def test_a_rule_that_would_never_or_always_tell_is_refused(refusal, rule):
    assert refusal(f"alerts:\n  - {rule}\n").startswith("c.yaml:2: alerts.0.")


def test_a_floor_is_four_points_or_a_matrix(read, refusal):
    point = "{picture: [%s, %s], floor: [%s, %s]}"
    corners = [(0, 0, 0, 0), (1, 0, 4, 0), (1, 1, 4, 9), (0, 1, 0, 9)]
    points = ", ".join(point % corner for corner in corners)
    (door,) = read(CAMERA + f"    floor: {{points: [{points}]}}\n").cameras
    assert door.floor.homography[0][0] == pytest.approx(4)
    assert door.floor.homography[1][1] == pytest.approx(9)
    for floor, said in [
        ("{}", "expected four points"),
        (f"{{points: [{point % corners[0]}]}}", "expected 4 pairs of points, got 1 and 1"),
        ("{matrix: [[1, 0, 0], [2, 0, 0], [0, 0, 1]]}", "a matrix that can be inverted"),
        ("{matrix: [[1, 0], [0, 1]]}", "cameras.0.floor.matrix"),
    ]:
        told = refusal(CAMERA + f"    floor: {floor}\n")
        assert told.startswith("c.yaml:4: cameras.0.floor")
        assert said in told
