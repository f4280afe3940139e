from pathlib import Path

import pytest
from pydantic import ValidationError

from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.sections.zones import WindowSettings, ZoneSettings
from genesis_ray.settings_file import load

SQUARE = ((0, 0), (1, 0), (1, 1), (0, 1))


def test_a_time_of_day_is_read_with_quotes_and_as_the_number_that_yaml_makes_of_it_without():
    for opens, closes in (("09:00", "18:30"), ("9:00", 1110), (540, "18:30")):
        window = WindowSettings.model_validate({"from": opens, "to": closes})
        assert (window.opens, window.closes) == (540, 1110)


def test_a_day_ends_at_24():
    window = WindowSettings.model_validate({"from": "00:00", "to": "24:00"})
    assert window.window.minutes == 1440


@pytest.mark.parametrize("time", ["25:00", "24:01", "9", "9:60", "nine", 1441, -1, True, None, 9.5])
def test_what_is_no_time_of_day_is_refused_and_shown(time):
    with pytest.raises(ValidationError, match="expected a time of day from 00:00 to 24:00, got"):
        WindowSettings.model_validate({"from": "09:00", "to": time})


def test_what_yaml_made_a_number_of_is_shown_as_it_was_written():
    with pytest.raises(ValidationError, match="from 00:00 to 24:00, got 25:00"):
        WindowSettings.model_validate({"from": "09:00", "to": 1500})


def test_nothing_begins_when_the_day_is_over():
    with pytest.raises(ValidationError, match="less than 1440"):
        WindowSettings.model_validate({"from": "24:00", "to": "09:00"})


def test_a_window_is_called_as_people_write_it():
    nights = WindowSettings.model_validate({"days": ["fri", "sat"], "from": 1320, "to": "2:00"})
    assert nights.name == "fri,sat 22:00-02:00"
    assert WindowSettings.model_validate({"from": 0, "to": 60}).name == "daily 00:00-01:00"
    assert nights.window.days == {4, 5}


def test_a_window_without_days_is_refused():
    with pytest.raises(ValidationError, match="days"):
        WindowSettings.model_validate({"days": [], "from": "09:00", "to": "10:00"})


@pytest.mark.parametrize(
    "own", [{"loiter_s": 0}, {"settle_s": -1}, {"area_m2": 0}, {"anchor": "feet"}, {"color": "red"}]
)
def test_what_makes_no_sense_in_a_zone_is_refused(own):
    with pytest.raises(ValidationError):
        ZoneSettings(zone_id="till", outline=SQUARE, **own)


def test_a_camera_that_is_written_down_is_read_back_the_same():
    window = {"days": ["mon"], "from": "09:00", "to": "18:30"}
    zone = {"zone_id": "till", "outline": SQUARE, "schedule": [window], "loiter_s": 60}
    camera = CameraSettings(camera_id="door", source="door.mp4", zones=[zone])
    assert CameraSettings.model_validate(camera.model_dump()) == camera
    assert CameraSettings.model_validate_json(camera.model_dump_json()) == camera
    assert '"closes":"18:30"' in camera.model_dump_json()


def test_the_configuration_of_the_documentation_is_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "zones.md").read_text()
    (tmp_path / "c.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    (shop,) = load(tmp_path / "c.yaml").cameras
    (queue,), (door,), (mirror,) = shop.zones, shop.lines, shop.masks
    assert [window.name for window in queue.schedule] == [
        "mon,tue,wed,thu,fri 09:00-18:30", "fri,sat 22:00-02:00",
    ]  # fmt: skip
    assert (queue.loiter_s, door.band, mirror.mask_id) == (300, 0.02, "mirror")
