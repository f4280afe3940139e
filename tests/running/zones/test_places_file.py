import stat
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray import settings_file
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.running.zones.places_file import Drawn, draw, drawn_of

SQUARE = ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4), (0.1, 0.4))
MOVED = ((0.5, 0.5), (0.9, 0.5), (0.9, 0.9))
TILL = Drawn("zone", "till", SQUARE)
DOOR = Drawn("line", "door", ((0.2, 0.5), (0.8, 0.5)))

COMMENTED = """\
# the shop's cameras
detector: {confidence: 0.4}  # surer than by default

cameras:
  - camera_id: shop      # upstairs
    source: 'synthetic:?people=2'
    # what counts
    zones:
      - zone_id: queue   # by the till
        outline: [[0.45, 0.55], [0.78, 0.55],
                  [0.85, 0.98], [0.4, 0.98]]   # four corners
        loiter_s: 300
      # the sofa is for waiting
      - outline:
          - [0.1, 0.1]
          - [0.3, 0.1]   # right
          - [0.2, 0.3]
        zone_id: sofa

    role: tracking

  - {camera_id: door, source: 'synthetic:', zones: [{zone_id: mat, outline: [[0,0],[1,0],[1,1]]},]}
  - source: "synthetic:"
    camera_id: yard
    zones: []   # none yet
# the end
"""


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "cameras.yaml"
    path.write_text(COMMENTED)
    return path


def places(config: Path, camera: int = 0) -> dict[str, tuple[tuple[float, float], ...]]:
    own = drawn_of(settings_file.load(config).cameras[camera])
    return {place.place_id: place.corners for place in own}


def changed_lines(config: Path) -> tuple[list[str], list[str]]:
    """Lines that are gone, and lines that are new."""
    before, after = COMMENTED.splitlines(), config.read_text().splitlines()
    return [x for x in before if x not in after], [x for x in after if x not in before]


def test_a_new_zone_stands_behind_the_others_and_nothing_else_changes(config):
    draw(config, "shop", [TILL])
    gone, new = changed_lines(config)
    assert gone == []
    assert new == [
        "      - zone_id: till",
        "        outline: [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]",
    ]
    assert list(places(config)) == ["queue", "sofa", "till"]


def test_the_first_line_makes_the_list(config):
    draw(config, "shop", [DOOR])
    gone, new = changed_lines(config)
    assert gone == []
    assert new == [
        "    lines:",
        "      - line_id: door",
        "        start: [0.2, 0.5]",
        "        end: [0.8, 0.5]",
    ]
    assert places(config)["door"] == DOOR.corners


@pytest.mark.parametrize("camera", ["door", "yard"])
def test_places_are_added_however_the_camera_is_written(config, camera):
    draw(config, camera, [TILL, DOOR, Drawn("mask", "sky", MOVED)])
    number = ["shop", "door", "yard"].index(camera)
    assert places(config, number) | {"till": SQUARE, "door": DOOR.corners, "sky": MOVED} == places(
        config, number
    )
    assert "# none yet" in config.read_text()
    assert config.read_text().endswith("# the end\n")


@pytest.mark.parametrize(("camera", "zone"), [("shop", "queue"), ("shop", "sofa"), ("door", "mat")])
def test_a_zone_that_is_drawn_anew_keeps_its_settings(config, camera, zone):
    after = draw(config, camera, [Drawn("zone", zone, MOVED)])
    cameras = {each.camera_id: each for each in after.cameras}
    moved = {each.zone_id: each for each in cameras[camera].zones}
    assert moved[zone].outline == MOVED
    if zone == "queue":
        assert moved[zone].loiter_s == 300
    assert "# by the till" in config.read_text()


@pytest.mark.parametrize(
    ("camera", "zones"),
    [("shop", ["queue", "sofa"]), ("shop", ["sofa", "queue"]), ("door", ["mat"])],
)
def test_zones_are_removed_one_after_the_other_until_none_is_left(config, camera, zones):
    for zone in zones:
        assert zone in str(settings_file.load(config).cameras)
        draw(config, camera, [], gone=[("zone", zone)])
        assert f"'{zone}'" not in str(settings_file.load(config).cameras)
    draw(config, camera, [TILL])
    assert settings_file.load(config).detector.confidence == 0.4
    assert "# the sofa is for waiting" in config.read_text()


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n# end", "\r\n"])
def test_the_end_of_the_file_may_be_as_it_is(config, end):
    text = "cameras:\n  - camera_id: a\n    source: 'synthetic:'"
    if "\r" in end:
        text = text.replace("\n", "\r\n")
    config.write_bytes((text + end).encode())
    draw(config, "a", [TILL])
    draw(config, "a", [DOOR])
    assert places(config) == {"till": SQUARE, "door": DOOR.corners}
    assert config.read_bytes().startswith(text.encode())
    if "\r" in end:
        assert b"\n" not in config.read_bytes().replace(b"\r\n", b"")


def test_a_name_that_yaml_would_take_for_something_else_is_quoted(config):
    for name in ("1", "on", "2026-01-05", "1e3"):
        draw(config, "shop", [Drawn("zone", name, SQUARE)])
    assert {"1", "on", "2026-01-05", "1e3"} <= set(places(config))


def test_what_could_never_count_is_refused_with_its_line_and_the_file_stays(config):
    crossed = ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0))
    with pytest.raises(ConfigurationError, match=r"cameras.yaml:\d+: .*bad: its outline crosses"):
        draw(config, "shop", [TILL, Drawn("zone", "bad", crossed)])
    assert config.read_text() == COMMENTED
    assert [each.name for each in config.parent.iterdir()] == [config.name]


@pytest.mark.parametrize(
    "change",
    [
        lambda config: draw(config, "b", [TILL]),
        lambda config: draw(config, "b", [Drawn("zone", "mat", MOVED)]),
        lambda config: draw(config, "b", [], gone=[("zone", "mat")]),
    ],
)
@pytest.mark.parametrize(
    ("first", "shared"),
    [
        ("{camera_id: a, source: 'synthetic:', zones: &own [MAT]}", "zones: *own"),
        ("&own {camera_id: a, source: 'synthetic:', zones: [MAT]}", "<<: *own"),
    ],
)
def test_what_is_shared_by_anchors_is_left_to_the_operator(config, change, first, shared):
    mat = "{zone_id: mat, outline: [[0, 0], [1, 0], [1, 1]]}"
    text = (
        f"cameras:\n  - {first.replace('MAT', mat)}\n"
        f"  - {{{shared}, camera_id: b, source: 'synthetic:'}}\n"
    )
    config.write_text(text)
    with pytest.raises(ConfigurationError, match="change it by hand"):
        change(config)
    assert config.read_text() == text


def test_a_line_has_two_ends(config):
    with pytest.raises(ConfigurationError, match="line x: expected its two ends, got 3 points"):
        draw(config, "shop", [Drawn("line", "x", MOVED)])


def test_what_is_not_there_is_told_with_what_is(config):
    with pytest.raises(NotFoundError, match="camera shop has no zone 'x'; there is queue, sofa"):
        draw(config, "shop", [], gone=[("zone", "x")])
    with pytest.raises(NotFoundError, match="no camera attic"):
        draw(config, "attic", [TILL])


def test_who_may_read_the_file_stays(config):
    config.chmod(0o600)
    draw(config, "shop", [TILL])
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_a_link_stays_a_link(config, tmp_path):
    link = tmp_path / "link.yaml"
    link.symlink_to(config)
    draw(link, "shop", [TILL])
    assert link.is_symlink()
    assert "till" in places(config)


def test_a_change_of_somebody_else_is_not_overwritten(config, monkeypatch):
    def parse(text, path):
        config.write_text("cameras: []\n")
        return settings_file.Settings()

    monkeypatch.setattr(settings_file, "parse", parse)
    monkeypatch.setattr(
        settings_file, "load", lambda _: settings_file.Settings(**yaml.safe_load(COMMENTED))
    )
    with pytest.raises(ConfigurationError, match="was changed by somebody else"):
        draw(config, "shop", [TILL])
    assert config.read_text() == "cameras: []\n"


FRACTION = st.floats(0.01, 0.99).map(lambda each: round(each, 4))


@settings(max_examples=20, deadline=None)
@given(
    x=FRACTION, y=FRACTION,
    names=st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True),
                   min_size=1, max_size=3, unique=True),
)  # fmt: skip
def test_what_is_drawn_is_what_is_read(tmp_path_factory, x, y, names):
    config = tmp_path_factory.mktemp("drawn") / "cameras.yaml"
    config.write_text(COMMENTED)
    corners = ((x, y), (x + 0.005, y), (x, y + 0.005))
    rounded = tuple((round(a, 4), round(b, 4)) for a, b in corners)
    draw(config, "yard", [Drawn("zone", name, corners) for name in names])
    assert places(config, 2) == dict.fromkeys(names, rounded)
    for name in names:
        draw(config, "yard", [], gone=[("zone", name)])
    assert places(config, 2) == {}
