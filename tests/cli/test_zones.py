import cv2
import pytest
from typer.testing import CliRunner

from genesis_ray.cli.zones import app
from genesis_ray.errors import ConfigurationError, NotFoundError, SourceError

CONFIG = """\
cameras:
  - camera_id: hall   # downstairs
    source: 'synthetic:?people=2&seconds=2&width=320&height=240'
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "cameras.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def zones(config):
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--config", str(config)])
        if result.exception:
            raise result.exception
        return result.stdout

    return run


def test_a_zone_is_added_shown_in_the_list_and_removed(zones, config):
    shown = zones("add", "till", "0.1,0.5", "0.5,0.5", "0.5,1", "0.1,1")
    assert "0.1,0.5  0.5,0.5  0.5,1  0.1,1" in shown
    assert "zone_id: till" in config.read_text()
    assert "There are no zones" in zones("remove", "till")
    assert config.read_text().startswith(CONFIG)


def test_what_is_removed_is_told_by_its_name_where_one_is_called_so(zones):
    zones("add", "door", "0.5,0.1", "0.5,0.9", "--kind", "line")
    assert "There are no zones" in zones("remove", "door")
    zones("add", "door", "0.5,0.1", "0.5,0.9", "--kind", "line")
    zones("add", "door", "0.1,0.5", "0.5,0.5", "0.5,1", "0.1,1")
    with pytest.raises(NotFoundError, match="a zone and a line are called door; say which"):
        zones("remove", "door")
    assert "line" not in zones("remove", "door", "--kind", "line")


def test_lines_and_masks_are_added_by_their_kind(zones):
    zones("add", "door", "0.5,0.1", "0.5,0.9", "--kind", "line", "--camera", "hall")
    zones("add", "sky", "0,0", "1,0", "1,0.1", "--kind", "mask")
    listed = zones("check")
    assert "line" in listed
    assert "mask" in listed


def test_the_picture_has_the_places_and_a_grid(zones, tmp_path):
    picture = tmp_path / "hall.png"
    zones("show", "--output", str(picture))
    plain = cv2.imread(str(picture))
    assert plain.shape == (720, 960, 3)  # enlarged, for its letters to be read
    zones("add", "till", "0.1,0.5", "0.5,0.5", "0.5,1", "0.1,1")
    zones("show", "--output", str(picture))
    drawn = cv2.imread(str(picture))
    changed = (plain != drawn).any(axis=2)
    assert changed[540, 288]  # within the zone
    assert not changed[100, 800]


def test_another_moment_is_another_picture(zones, tmp_path):
    first, later = tmp_path / "first.png", tmp_path / "later.png"
    zones("show", "--output", str(first))
    zones("show", "--output", str(later), "--at", "1")
    assert first.read_bytes() != later.read_bytes()
    with pytest.raises(SourceError, match="camera hall is not 60 s long"):
        zones("show", "--output", str(later), "--at", "60")


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (["add", "till", "0.1", "0.2,0.3"], ConfigurationError, "expected a point as 0.45,0.98"),
        (["add", "x", "0,0", "1,1", "1,0", "0,1"], ConfigurationError, "crosses itself"),
        (["add", "x", "0,0", "1,1"], ConfigurationError, "corners"),
        (["add", "x", "0,0", "1,1", "--camera", "attic"], NotFoundError, "there are hall"),
        (["remove", "till"], NotFoundError, "has no place 'till'; there is none"),
        (["show", "--output", "hall.jpg"], ConfigurationError, "name a .png file"),
    ],
)
def test_what_cannot_be_is_refused_and_the_file_stays(zones, config, arguments, kind, message):
    with pytest.raises(kind, match=message):
        zones(*arguments)
    assert config.read_text() == CONFIG
