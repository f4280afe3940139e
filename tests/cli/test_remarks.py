import pyarrow as pa

from genesis_ray.cli.remarks import remark_on
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings

NOTHING = pa.table({"line_id": pa.array([], pa.string())})
PLAIN = CameraSettings(camera_id="door", source="door.mp4")
LINE = CameraSettings(
    camera_id="door",
    source="door.mp4",
    lines=({"line_id": "sill", "start": (0.5, 0.1), "end": (0.5, 0.9)},),
)


def test_counts_of_lines_that_nobody_drew_say_how_to_draw_one():
    said = remark_on("footfall", NOTHING, Settings(cameras=(PLAIN,)))
    assert "No line is in the settings" in said
    assert "--kind line" in said
    assert "--kind zone" in remark_on("dwell", NOTHING, Settings(cameras=(PLAIN,)))


def test_counts_of_lines_that_nobody_went_over_name_them():
    said = remark_on("line-people", NOTHING, Settings(cameras=(LINE,)))
    assert said == "Nobody went over line sill in this time."


def test_no_visits_say_of_whom_there_would_be_some():
    assert "genesis people enroll" in remark_on("visits", NOTHING, Settings())


def test_figures_that_are_withheld_are_told_to_be():
    answer = pa.table({"visits": pa.array([None], pa.int64()), "suppressed": [True]})
    assert "fewer than 5 people" in remark_on("journeys", answer, Settings())


def test_an_answer_that_is_whole_has_no_remark():
    answer = pa.table({"visits": [7], "suppressed": [False]})
    assert remark_on("journeys", answer, Settings()) is None
    assert remark_on("anomalies", NOTHING, Settings()) is None
