import json
import random
from uuid import UUID, uuid4

import numpy as np
import pyarrow as pa
import pytest

from genesis_ray.store.keys.traces import Tracer, numbers_in, texts_in
from genesis_ray.store.tenant.identity_schemas import gallery_schema
from tests.store.some_keys import unit

TRACER = Tracer(b"k" * 32)
ADA = str(uuid4())
NOISE = random.Random(1).randbytes(200_000)


def found(content, traces, **how):
    return {trace.what for trace in TRACER.found(content, traces, **how)}


@pytest.mark.parametrize(
    "form", [ADA.encode(), UUID(ADA).hex.encode(), UUID(ADA).bytes], ids=["text", "hex", "bytes"]
)
@pytest.mark.parametrize("place", [0, 1, 7, 8, 99_999, 200_000])
def test_an_id_is_found_in_each_of_its_forms_wherever_it_is(form, place):
    traces = TRACER.of_id("identity", ADA)
    assert found(NOISE[:place] + form + NOISE[place:], traces) == {"identity"}
    assert found(NOISE, traces) == set()


def test_an_id_that_is_cut_short_is_not_it():
    traces = TRACER.of_id("identity", ADA)
    assert found(NOISE + ADA.encode()[:-1], traces) == set()


def test_names_are_found_among_any_bytes_unless_they_are_there_by_chance():
    assert found(NOISE + "Zoë L".encode() + NOISE, TRACER.of_name("Zoë L")) == {"name"}
    assert found(json.dumps({"by": "Zoë L"}).encode(), TRACER.of_name("Zoë L")) == {"name"}
    assert found(b"xxAdaxx", TRACER.of_name("Ada")) == set()
    assert found(b"\0Ada\0", TRACER.of_name("Ada"), in_words=True) == {"name"}


def test_among_texts_a_part_of_a_word_is_nobodys_name():
    names = [*TRACER.of_name("Ada"), *TRACER.of_name("Grace")]
    assert found(b"\0Adam\0Gracey\0", names, in_words=True) == set()
    assert found(b"\0Ada Byron\0", names, in_words=True) == {"name"}


def test_a_piece_of_a_template_is_enough():
    (template,) = unit(3, 1, 640)
    traces = TRACER.of_template(template)
    assert found(NOISE + template.tobytes(), traces) == {"template"}
    assert found(NOISE + template.tobytes()[-20:], traces) == {"template"}
    assert found(NOISE + unit(4, 1, 640).tobytes(), traces) == set()


def test_landmarks_are_found_as_a_whole():
    landmarks = np.random.default_rng(1).random((5, 2)).astype(np.float32)
    trace = TRACER.of_landmarks(landmarks.tolist())
    assert found(NOISE + landmarks.tobytes() + NOISE, [trace]) == {"set of landmarks"}
    assert found(NOISE + landmarks[:4].tobytes() + NOISE, [trace]) == set()
    kept = pa.table(
        {"landmarks": [None, landmarks.tolist()]},
        schema=pa.schema([gallery_schema(2).field("landmarks")]),
    )
    assert any(found(numbers, [trace]) for numbers in numbers_in(kept))


def test_a_trace_of_another_key_finds_nothing():
    traces = Tracer(b"j" * 32).of_id("identity", ADA)
    assert found(ADA.encode(), traces) == set()


def test_a_trace_has_nothing_of_what_left_it():
    traces = [*TRACER.of_id("identity", ADA), *TRACER.of_name("Ada Lovelace")]
    assert not any(part in str(traces) for part in (ADA[:8], "Ada", "Love"))


def test_texts_and_embeddings_of_a_table_are_found_however_deep_they_are():
    template = unit(3, 2, 16)
    rows = pa.table(
        {
            "name": ["Ada", None],
            "ids": [["a", "b"], None],
            "tracks": pa.array([[{"who": "c", "n": 1}], []]),
            "event_id": pa.array([b"0123456789abcdef"] * 2, pa.binary(16)),
            "embedding": pa.FixedSizeListArray.from_arrays(
                pa.array(template.ravel(), pa.float32()), 16
            ),
        }
    )
    assert texts_in(rows).split(b"\0")[1:-1] == [b"Ada", b"a", b"b", b"c"]
    ids, numbers = numbers_in(rows)
    assert ids == b"0123456789abcdef" * 2
    assert numbers == template.tobytes()
    assert list(numbers_in(rows.slice(1)))[1] == template[1].tobytes()
    assert found(numbers, TRACER.of_template(template[1])) == {"template"}


def test_of_many_texts_those_are_told_that_left_a_trace_as_a_whole_and_of_that_kind():
    traces = [*TRACER.of_id("identity", ADA), *TRACER.of_name("Ada Lovelace")]
    texts = ["Ada Lovelace", str(uuid4()), ADA, f"{ADA} and others"]
    assert TRACER.those_with("identity", texts, traces) == [ADA]
    assert TRACER.those_with("name", texts, traces) == ["Ada Lovelace"]
