import pytest

from genesis_ray.api.counts import CameraCounts, total


def counts(camera_id: str, **own: object) -> CameraCounts:
    nothing = {
        "people_in_view": 0, "people_total": 0, "queue_len": None, "avg_wait_sec": None,
        "waited": 0, "people_by_zone": {}, "new_faces": 0, "recognized_faces": 0,
        "frames_per_second": 0, "frames": 0, "dropped": {},
    }  # fmt: skip
    return CameraCounts(camera_id=camera_id, **nothing | own)


def test_of_several_cameras_each_wait_counts_once():
    door = counts("door", queue_len=2, avg_wait_sec=10.0, waited=3)
    both = total([door, counts("street", queue_len=1, avg_wait_sec=30.0, waited=1), counts("hall")])
    assert (both.queue_len, both.waited) == (3, 4)
    assert both.avg_wait_sec == pytest.approx(15)


def test_where_nobody_waits_there_is_no_mean_and_without_queues_no_length():
    assert total([counts("door", queue_len=0)]).avg_wait_sec is None
    assert total([counts("door", queue_len=0), counts("street")]).queue_len == 0
    assert total([counts("door")]).queue_len is None
    assert total([]).queue_len is None
