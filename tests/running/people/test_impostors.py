from dataclasses import replace

import pytest

from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED
from genesis_ray.running.people.impostors import impostor_scores

ADA_AT_THE_DOOR = {"camera_id": "door", "track_id": 1, "identity_id": "ada"}


def score(*candidates: tuple[str, float], camera="door", track=1, quality=0.9) -> dict:
    ids, similarities = zip(*candidates, strict=True) if candidates else ((), ())
    return {
        "camera_id": camera,
        "track_id": track,
        "quality": quality,
        "candidate_ids": ids,
        "similarities": similarities,
    }


def scores_of(*rows: dict, names=(ADA_AT_THE_DOOR,), who=NOTHING_DECIDED) -> dict[str, list]:
    found = impostor_scores(rows, names, who, min_quality=0.2)
    return {name: each.similarity.tolist() for name, each in found.items()}


def test_the_nearest_other_than_whom_the_track_is_named_after_counts():
    rows = score(("ada", 0.8), ("bob", 0.3), ("cy", 0.2)), score(("bob", 0.5), ("ada", 0.4))
    assert scores_of(*rows) == {"door": [0.3, 0.5]}


def test_who_is_merged_with_them_is_no_other():
    merged = replace(NOTHING_DECIDED, aliases={"bob": "ada"})
    assert scores_of(score(("ada", 0.8), ("bob", 0.7), ("cy", 0.2)), who=merged) == {"door": [0.2]}


@pytest.mark.parametrize(
    "row",
    [
        score(("ada", 0.8), ("bob", 0.3), track=2),
        score(("ada", 0.8), ("bob", 0.3), camera="till"),
        score(("ada", 0.8), ("bob", 0.3), quality=0.1),
        score(("ada", 0.8)),
        score(),
    ],
    ids=["a nameless track", "another camera", "a poor face", "nobody else", "nobody"],
)
def test_what_tells_nothing_is_left_out(row):
    assert scores_of(row) == {}
