from dataclasses import replace

from genesis_ray.domain.ordering import DONE
from genesis_ray.running.live_state import LiveState
from tests.api.system import System, crossed, observed, recognized


def test_people_zones_and_faces_are_counted_at_the_moment_of_the_video(system: System):
    system.log.append(
        [
            observed(2, track_id=1),  # gone by the tenth second
            crossed(2, "enter", track_id=1),
            *(observed(second, track_id=2) for second in (8, 9, 10)),
            crossed(8, "enter", track_id=2),
            observed(9.5, track_id=3),
            observed(9.5, track_id=1, camera_id="street"),
            recognized(5, track_id=1, is_new=True),
            recognized(9, track_id=2),
        ]
    )
    current = system.get("/v1/metrics/current")
    assert current["captured_at"] == "2026-01-05T12:00:10Z"
    assert current["people_total"] == 3
    assert current["people_by_zone"] == {"entrance": 1}
    assert (current["new_faces"], current["recognized_faces"]) == (1, 1)
    assert current["frames"] == 50
    assert current["dropped"] == {"busy": 2}
    assert current["frames_per_second"] == 9.96
    assert [camera["people_total"] for camera in current["cameras"]] == [2, 1]


def test_one_camera_can_be_asked_for(system: System):
    system.log.append([observed(10), observed(10, camera_id="street")])
    current = system.get("/v1/metrics/current", camera_id="street")
    assert current["people_total"] == 1
    assert [camera["camera_id"] for camera in current["cameras"]] == ["street"]
    assert current["frames"] == 10


def test_camera_that_does_not_exist_is_not_found_and_the_others_are_named(system: System):
    answer = system.client.get("/v1/metrics/current?camera_id=cellar")
    assert answer.status_code == 404
    assert "door, street" in answer.json()["detail"]


def test_nobody_is_in_view_before_the_first_frame(system: System):
    system.feed.now, system.feed.rates = LiveState(), {}
    current = system.get("/v1/metrics/current")
    assert (current["people_total"], current["captured_at"]) == (0, None)


def test_nobody_is_in_view_once_all_sources_have_ended(system: System):
    system.log.append([observed(10)])
    ended = replace(system.feed.now.figures, logged_until=DONE)
    system.feed.now = replace(system.feed.now, figures=ended)
    assert system.get("/v1/metrics/current")["people_total"] == 0
