from genesis_ray.analytics.extent import extent, first_seen
from genesis_ray.analytics.metrics import current_metrics, metrics
from genesis_ray.domain.events import MetricsSampled
from tests.hand_made import OWN, at, camera_is, recognized, seen, stay, tables


def sample(second, people=None, camera_id="door", **figures):
    values = {
        "queue_len": None, "avg_wait_sec": None, "people_by_zone": (), "new_faces": None,
        "recognized_faces": None, **figures,
    }  # fmt: skip
    return MetricsSampled(
        **OWN, camera_id=camera_id, occurred_at=at(second), people_total=people, **values
    )


def series(events, until=180, since=0, **how):
    return metrics(tables(events), since=at(since), until=at(until), **how).to_pylist()


def people(events, **how):
    return [(row["people_total"], row["origin"]) for row in series(events, **how)]


def test_minutes_from_before_answer_together_with_what_is_computed_since():
    events = [sample(60, 7), sample(120, 5), seen(130), seen(131, 2)]
    assert people(events) == [(7, "imported"), (5, "imported"), (2, "computed")]


def test_a_minute_that_both_systems_counted_is_counted_once_by_this_one():
    assert people([sample(60, 7), seen(30)], until=60) == [(1, "computed")]
    assert people([sample(60, 7), recognized(30)], until=60) == [(0, "computed")]
    assert people([sample(60, 7), camera_is(30, "online")], until=60) == [(0, "computed")]
    assert people([sample(60, 7), *stay(0, 30)], until=60) == [(0, "computed")]


def test_a_row_that_was_written_twice_counts_once():
    assert people([sample(60, 7, new_faces=3)] * 2, until=60) == [(7, "imported")]
    (row,) = series([sample(60, 7, new_faces=3)] * 2, until=60)
    assert row["new_faces"] == 3


def test_all_figures_of_a_sample_are_told_and_those_it_lacks_are_null():
    whole = sample(
        60, 7, queue_len=4, avg_wait_sec=12.5, people_by_zone=(("till", 3),), new_faces=1,
        recognized_faces=2,
    )  # fmt: skip
    first, second = series([whole, sample(120)], until=120)
    assert (first["queue_len"], first["avg_wait_sec"]) == (4, 12.5)
    assert (first["new_faces"], first["recognized_faces"]) == (1, 2)
    assert first["people_by_zone"] == [("till", 3)]
    assert (second["people_total"], second["queue_len"], second["new_faces"]) == (None,) * 3
    assert (second["people_by_zone"], second["origin"]) == ([], "imported")


def test_longer_buckets_have_the_most_people_the_last_queue_and_all_faces():
    samples = [
        sample(60, 7, queue_len=4, avg_wait_sec=10.0, new_faces=1),
        sample(120, 9, queue_len=2, avg_wait_sec=30.0, new_faces=2),
        sample(180, 3, queue_len=1, new_faces=0, people_by_zone=(("till", 1),)),
    ]
    (row,) = series(samples, bucket_s=3600)
    assert (row["people_total"], row["queue_len"], row["avg_wait_sec"]) == (9, 1, 20.0)
    assert (row["new_faces"], row["people_by_zone"]) == (3, [("till", 1)])


def test_cameras_add_up_and_can_be_chosen():
    samples = [
        sample(60, 7, people_by_zone=(("till", 3),)),
        sample(60, 2, camera_id="yard", people_by_zone=(("till", 1), ("gate", 1))),
    ]
    (row,) = series(samples, until=60)
    assert (row["people_total"], row["people_by_zone"]) == (9, [("gate", 1), ("till", 4)])
    assert people(samples, until=60, camera_ids=["yard"]) == [(2, "imported")]


def test_a_range_may_be_split_at_a_minute():
    events = [sample(60, 7), sample(120, 5), seen(130)]
    assert people(events, until=60) + people(events, since=60) == people(events)


def test_the_default_range_reaches_back_to_the_first_sample_and_nobody_was_seen_then():
    rows = tables([sample(60, 7), sample(120, 5), seen(130)])
    assert extent(rows, until=at(1000)) == (at(60), at(130))
    assert first_seen(rows) == at(130)
    assert first_seen(tables([sample(60, 7)])) is None


def test_the_current_metrics_say_where_they_are_from():
    (row,) = current_metrics(tables([seen(30)]), at=at(60)).to_pylist()
    assert (row["people_total"], row["origin"]) == (1, "computed")
