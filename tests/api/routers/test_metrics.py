from dataclasses import replace
from datetime import datetime

from genesis_ray.analytics.metrics import METRICS, last_metrics
from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.running.live_state import LiveState
from genesis_ray.store.events.reader import RunTables
from tests.api.system import System, at, crossed, observed, recognized


def test_people_zones_and_faces_are_counted_at_the_moment_of_the_video(system: System):
    system.log.append(
        [
            observed(2, track_id=1),  # gone by the tenth second
            crossed(2, "enter", track_id=1),
            *(observed(second, track_id=2) for second in (8, 9, 10)),
            crossed(8, "enter", track_id=2),
            observed(9.5, track_id=3),
            observed(9.5, track_id=1, camera_id="street"),
            crossed(6, "enter", track_id=4),
            crossed(9, "exit", track_id=4),
            recognized(5, track_id=1, is_new=True),
            recognized(9, track_id=2),
        ]
    )
    current = system.get("/v1/metrics/current")
    assert current["captured_at"] == "2026-01-05T12:00:10Z"
    assert (current["people_in_view"], current["people_total"]) == (3, 4)
    assert current["people_by_zone"] == {"entrance": 2}
    assert (current["new_faces"], current["recognized_faces"]) == (1, 1)
    assert current["frames"] == 50
    assert current["dropped"] == {"busy": 2}
    assert current["frames_per_second"] == 9.96
    assert [camera["people_in_view"] for camera in current["cameras"]] == [2, 1]
    assert [camera["people_total"] for camera in current["cameras"]] == [3, 1]
    assert (current["queue_len"], current["avg_wait_sec"], current["waited"]) == (2, 3.0, 1)
    assert [camera["queue_len"] for camera in current["cameras"]] == [2, 0]
    other = system.get("/v1/metrics/current", queue_zone_id=["till", "exit"])
    assert (other["queue_len"], other["avg_wait_sec"]) == (0, None)


def test_they_are_those_that_a_question_about_that_minute_tells(system: System):
    system.log.append([
        *(observed(second, track_id=second) for second in (-51, -50, 3)),
        *(crossed(second, "enter", track_id=second) for second in (-70, 1, 2)),
        crossed(-50, "exit", track_id=-70), crossed(8, "exit", track_id=1),
        recognized(-49, track_id=-50), recognized(3, track_id=3, is_new=True),
    ])  # fmt: skip
    told = system.get("/v1/metrics/current")
    (asked,) = last_metrics(
        RunTables(system.data / "run" / "events", "default"),
        since=at(-3600), until=datetime.fromisoformat(told["captured_at"]),
        queue_zone_ids=["entrance"],
    ).to_pylist()  # fmt: skip
    asked["people_by_zone"] = dict(asked["people_by_zone"])
    assert {name: told[name] for name in METRICS} == {name: asked[name] for name in METRICS}
    assert (told["people_total"], told["queue_len"], told["avg_wait_sec"]) == (2, 1, 13.5)


def test_one_camera_can_be_asked_for(system: System):
    system.log.append([observed(9), observed(9, camera_id="street")])
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
    system.log.append([observed(9)])
    ended = replace(system.feed.now.figures, logged_until=DONE)
    system.feed.now = replace(system.feed.now, figures=ended)
    current = system.get("/v1/metrics/current", queue_zone_id="entrance")
    assert (current["people_in_view"], current["people_total"], current["queue_len"]) == (0, 0, 0)
