from datetime import UTC, datetime

import numpy as np
import pytest

from genesis_ray.domain.recognition.consent import MatchingByConsent
from genesis_ray.domain.recognition.identity import Candidate, Face
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED
from genesis_ray.pipeline.candidates import CANDIDATES_KEPT, Candidates, Ranking
from genesis_ray.pipeline.upkeep import NO_UPKEEP

FACE = Face(
    camera_id="door",
    track_id=1,
    face_index=0,
    captured_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    quality=0.9,
    embedding=np.ones(1, np.float32),
)
FLOOR = 0.4


class Crowd:
    """A gallery of many people, each with a similarity to every face."""

    def __init__(self, similarities) -> None:
        self._everybody = [
            Candidate(f"p{number}", float(similarity))
            for number, similarity in enumerate(similarities)
        ]
        self.looked_at = 0

    def nearest(self, embedding, *, limit):  # noqa: ARG002
        self.looked_at = max(self.looked_at, limit)
        return self._everybody[:limit]

    def expect(self, embeddings, *, limit):
        """Look for each face when it is asked for."""

    def enroll(self, *_, **__):
        raise AssertionError


def ranked(crowd: Crowd, *agreed: int) -> Ranking:
    decisions = MatchingByConsent(NOTHING_DECIDED, frozenset(f"p{number}" for number in agreed))
    return Candidates(crowd, decisions, NO_UPKEEP).ranked(FACE.embedding, FACE, floor=FLOOR)


def test_where_few_gave_consent_a_large_gallery_is_not_ranked_to_its_end():
    crowd = Crowd(np.linspace(0.9, -0.9, 100_000))
    crowd_of_strangers = Crowd(np.linspace(0.39, -0.9, 100_000))
    assert ranked(crowd_of_strangers, 3, 90_000).candidates == [
        crowd_of_strangers.nearest(0, limit=4)[3]
    ]
    assert crowd_of_strangers.looked_at < 100
    assert ranked(crowd, 90_000).candidates == []
    assert crowd.looked_at < 100_000


@pytest.mark.parametrize("place", [4, 200, 3_000])
def test_everybody_who_is_near_enough_to_have_a_say_is_looked_at(place):
    similarities = np.concatenate([np.linspace(0.9, 0.41, 4_000), np.linspace(0.4, -0.9, 4_000)])
    found, barred, rejected, withheld = ranked(Crowd(similarities), place)
    assert [each.identity_id for each in found] == [f"p{place}"]
    assert (barred, rejected, withheld) == (pytest.approx(0.9), None, pytest.approx(0.9))


def test_of_a_crowd_that_all_may_be_named_the_nearest_few_are_looked_at():
    crowd = Crowd(np.linspace(0.9, -0.9, 1_000))
    found, barred, *_ = ranked(crowd, *range(1_000))
    assert len(found) == crowd.looked_at == CANDIDATES_KEPT
    assert barred is None
