from genesis_ray.serving.reasons import own_reason_in, reason_in

TRACE = """
Traceback (most recent call last):
  File "replica.py", line 1867, in initialize
genesis_ray.errors.ModelError: yolov8n.pt is not the yolov8n it should be

The above exception was the direct cause of the following exception:

ray.exceptions.UserCodeException: UDF failed to process a data block.
Failed to apply UDF transform after 1/1 attempts
"""


def test_an_error_of_ours_is_told_without_its_trace():
    assert reason_in(TRACE) == "yolov8n.pt is not the yolov8n it should be"


def test_of_any_other_error_the_last_line_is_told():
    assert reason_in("Traceback\n  File x\nMemoryError: 3 GB\n") == "MemoryError: 3 GB"


def test_an_error_of_ours_is_found_among_those_of_a_group():
    trace = (
        "  | ray.exceptions.ActorDiedError\n  | genesis_ray.errors.GenesisError: it died\n  +---"
    )
    assert own_reason_in(trace) == "it died"
    assert own_reason_in("MemoryError: 3 GB") is None
