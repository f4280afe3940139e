from dataclasses import replace

from tests.api.system import System


def test_process_that_answers_is_healthy_whatever_the_cameras_do(system: System):
    system.feed.now = replace(system.feed.now, failure="camera door: no such file")
    assert system.get("/health")["status"] == "ok"


def test_system_whose_parts_are_up_is_ready(system: System):
    assert system.get("/ready") == {"ready": True, "missing": []}


def test_system_that_waits_says_for_what(system: System):
    system.feed.now = replace(system.feed.now, missing=("no replica of the detector is up",))
    answer = system.client.get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "missing": ["no replica of the detector is up"]}


def test_system_that_failed_is_not_ready_and_says_why(system: System):
    system.feed.now = replace(system.feed.now, failure="camera door: no such file")
    answer = system.client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["camera door: no such file"]


def test_metrics_are_prometheus_text(system: System):
    answer = system.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'genesis_frames_processed_total{camera_id="door"} 40.0' in answer.text
    assert "genesis_ready 1.0" in answer.text


def test_metrics_tell_of_a_system_that_is_not_ready(system: System):
    system.feed.now = replace(system.feed.now, missing=("sources are being opened",))
    assert "genesis_ready 0.0" in system.client.get("/metrics").text
