from typing import get_args

import pyarrow as pa
import pytest

from genesis_ray.api.event_models import EventRow, Kind, to_models
from genesis_ray.store.schemas import EVENT_SCHEMAS

MODELS = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in get_args(get_args(EventRow)[0])
}


def test_every_event_table_is_a_kind():
    assert set(get_args(Kind)) == set(MODELS) == set(EVENT_SCHEMAS)


@pytest.mark.parametrize("kind", MODELS)
def test_row_has_the_columns_of_its_table(kind):
    assert [*MODELS[kind].model_fields][:5] == EVENT_SCHEMAS[kind].names[:5]
    assert set(MODELS[kind].model_fields) == {*EVENT_SCHEMAS[kind].names, "kind"}


def test_number_of_32_bits_is_told_as_it_was_meant():
    score = {
        "event_id": b"0123456789abcdef",
        "tenant_id": "t",
        "site_id": "s",
        "camera_id": "c",
        "occurred_at": 0,
        "track_id": 1,
        "face_index": 0,
        "quality": 0.9,
        "embedder": "fused",
        "candidate_ids": ["a", "b"],
        "similarities": [0.9, 0.1],
        "verdict": "voted",
        "weight": 1.0,
    }
    table = pa.Table.from_pylist([score], schema=EVENT_SCHEMAS["face_scores"])
    shown = to_models("face_scores", table)[0].model_dump(mode="json")
    assert (shown["quality"], shown["similarities"]) == (0.9, [0.9, 0.1])
    assert shown["event_id"] == "30313233-3435-3637-3839-616263646566"
    assert shown["occurred_at"] == "1970-01-01T00:00:00Z"
