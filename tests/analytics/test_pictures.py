"""Heat map and timeline."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

from genesis_ray.analytics.pictures import heat_map, save, timeline
from genesis_ray.domain.events import Event, FaceRecognized, TrackObserved, ZoneCrossed
from genesis_ray.errors import StoreError
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables
from genesis_ray.store.tenant.identity_schemas import PEOPLE_SCHEMA

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)


def envelope(camera_id: str, at: datetime) -> dict:
    return {"tenant_id": "default", "site_id": "site", "camera_id": camera_id, "occurred_at": at}


def stay(camera_id: str, track_id: int, begin: int, end: int, start: datetime = START):
    """A track seen once a second, its feet in the lower right."""
    return [
        TrackObserved(
            **envelope(camera_id, start + timedelta(seconds=second)),
            track_id=track_id,
            frame_index=second * 10,
            x1=0.7,
            y1=0.4,
            x2=0.8,
            y2=0.8,
            confidence=0.9,
        )
        for second in range(begin, end + 1)
    ]


def named(camera_id: str, track_id: int, identity_id: str, decision: str = "named"):
    return FaceRecognized(
        **envelope(camera_id, START),
        track_id=track_id,
        identity_id=identity_id,
        decision=decision,
        similarity=0.7,
        runner_up_similarity=None,
        threshold=0.4,
        votes=3,
        quality=0.8,
        gate="",
        is_new=False,
        embedder="fused",
    )


def entered(camera_id: str, track_id: int, zone_id: str, second: int) -> ZoneCrossed:
    return ZoneCrossed(
        **envelope(camera_id, START + timedelta(seconds=second)),
        zone_id=zone_id,
        track_id=track_id,
        direction="enter",
    )


def draw(events: list[Event], people: dict[str, str] | None = None) -> Figure:
    tables = {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()}
    tables |= to_tables(events)
    rows = [
        {"identity_id": key, "name": name, "kind": "enrolled", "enrolled_at": START}
        for key, name in (people or {}).items()
    ]
    return timeline(
        tables["track_observations"],
        face_recognitions=tables["face_recognitions"],
        zone_crossings=tables["zone_crossings"],
        people=pa.Table.from_pylist(rows, PEOPLE_SCHEMA),
    )


def row_names(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def pixels(figure: Figure) -> np.ndarray:
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_COLOR)


def test_who_has_a_name_comes_first_then_tracks_by_time() -> None:
    events = [
        *stay("door", 1, 0, 5),
        *stay("door", 2, 3, 9),
        *stay("street", 1, 1, 9),
        *stay("street", 2, 20, 30),
        named("door", 2, "id-a"),
        named("street", 2, "id-a"),
        named("door", 1, "id-b", decision="review"),
    ]
    assert row_names(draw(events, {"id-a": "Zoë"})) == ["Zoë", "door #1", "street #1"]


def test_who_is_not_among_the_people_is_shown_by_identity() -> None:
    assert row_names(draw([*stay("door", 1, 0, 5), named("door", 1, "id-a")])) == ["id-a"]


def test_a_person_has_a_bar_for_each_stay() -> None:
    events = [*stay("door", 1, 0, 5), *stay("street", 4, 8, 20)]
    events += [named("door", 1, "id-a"), named("street", 4, "id-a")]
    bars = draw(events).axes[0].patches
    assert [round(bar.get_width() * 86_400) for bar in bars] == [5, 12]
    assert len({bar.get_facecolor() for bar in bars}) == 2
    assert {bar.get_y() for bar in bars} == {bars[0].get_y()}


def test_stays_at_the_same_time_do_not_cover_each_other() -> None:
    events = [*stay("door", 1, 0, 9), *stay("street", 4, 5, 20)]
    events += [named("door", 1, "id-a"), named("street", 4, "id-a")]
    upper, lower = sorted(draw(events).axes[0].patches, key=lambda bar: bar.get_y())
    assert upper.get_y() + upper.get_height() <= lower.get_y() + 1e-9


def test_entries_into_zones_are_marked_on_the_bar() -> None:
    events = [*stay("door", 1, 0, 9), entered("door", 1, "mat", 4), entered("door", 99, "mat", 5)]
    figure = draw(events)
    (mark,) = figure.axes[0].get_lines()
    assert len(mark.get_xdata()) == 1
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["door", "enters mat"]


def test_too_many_rows_lose_the_shortest_nameless_and_say_so() -> None:
    events = [event for n in range(60) for event in stay("door", n, n, n + 1 + n // 10)]
    events.append(named("door", 0, "id-a"))
    figure = draw(events, {"id-a": "Zoë"})
    assert len(row_names(figure)) == 40
    assert row_names(figure)[0] == "Zoë"
    assert "door #59" in row_names(figure)
    assert "door #1" not in row_names(figure)
    assert "20 shorter tracks" in figure.axes[0].get_title(loc="left")


@pytest.mark.parametrize(
    ("start", "caption"), [(START, "UTC"), (UNDATED, "minutes:seconds since the start")]
)
def test_the_axis_tells_what_it_counts(start: datetime, caption: str) -> None:
    figure = draw(stay("door", 1, 0, 75, start))
    assert figure.axes[0].get_xlabel() == caption
    figure.canvas.draw()
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ("1:00" in ticks) == (start == UNDATED)


@pytest.mark.parametrize("people", [0, 2, 30])
def test_a_timeline_of_any_length_can_be_drawn(people: int) -> None:
    events = [event for n in range(people) for event in stay("door", n, n, n + 10)]
    height, width = pixels(draw(events)).shape[:2]
    assert height < 1.5 * width


def test_heat_is_where_the_feet_were() -> None:
    plain = np.full((90, 160, 3), 100, np.uint8)
    table = to_tables(stay("door", 1, 0, 20))["track_observations"]
    with_heat = heat_map(table, camera_id="door", background=plain)
    without = heat_map(table, camera_id="street", background=plain)
    glow, cold = (figure.axes[0].get_images()[-1].get_array() for figure in (with_heat, without))
    assert np.unravel_index(glow.argmax(), glow.shape) == (28, 48)  # of 36 x 64
    assert cold.max() == 0
    assert "20 person-seconds" in with_heat.axes[0].get_xlabel()


@pytest.mark.parametrize("background", [None, np.full((120, 160, 3), 100, np.uint8)])
def test_a_heat_map_can_be_saved(tmp_path: Path, background) -> None:
    table = to_tables(stay("door", 1, 0, 20))["track_observations"]
    save(heat_map(table, camera_id="door", background=background), tmp_path / "heat.png")
    assert cv2.imread(str(tmp_path / "heat.png")) is not None
    assert [path.name for path in tmp_path.iterdir()] == ["heat.png"]


def test_what_cannot_be_saved_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"heat\.png: the picture cannot be written"):
        save(Figure(), tmp_path / "no" / "heat.png")
    (tmp_path / "heat.png").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        save(Figure(), tmp_path / "heat.png")
    assert [path.name for path in tmp_path.iterdir()] == ["heat.png"]
