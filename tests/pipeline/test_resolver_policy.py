from datetime import UTC, datetime

import pytest

from genesis_ray.domain.recognition.identity import FaceSight, MatchPolicy
from genesis_ray.domain.recognition.thresholds import Threshold, ThresholdBook
from genesis_ray.pipeline.resolver_policy import ResolverPolicy, is_usual
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.thresholds import resolver_policy, threshold_book
from genesis_ray.settings import Settings

BOOK = ThresholdBook(usual=Threshold(0.5, "embedder"), cameras={"till": Threshold(0.6, "settings")})
POLICY = ResolverPolicy(
    tenant_id="shop",
    site_id="york",
    embedder="fused",
    match=MatchPolicy(threshold=0.5, origin="embedder"),
    min_quality=0.3,
    visitor_faces=5,
    companion_threshold=0.05,
    mean_threshold=0.07,
)


def face(camera_id: str = "door", *companions: int) -> FaceSight:
    return FaceSight(
        camera_id=camera_id,
        track_id=1,
        face_index=0,
        captured_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        quality=0.9,
        companions=companions,
    )


@pytest.mark.parametrize(
    ("shown", "threshold", "origin"),
    [
        (face(), 0.5, "embedder"),
        (face("till"), 0.6, "settings"),
        (face("till", 2), 0.65, "settings, for companions"),
    ],
)
def test_more_is_asked_of_companions_and_still_more_of_their_mean(shown, threshold, origin):
    own = POLICY.for_face(shown, BOOK)
    assert (own.threshold, own.origin) == (pytest.approx(threshold), origin)
    mean = POLICY.for_mean(own)
    assert (mean.threshold, mean.origin) == (
        pytest.approx(threshold + 0.07),
        f"{origin}, for means",
    )
    assert (own.review, mean.margin) == (POLICY.match.review, POLICY.match.margin)


def test_what_is_stricter_than_its_camera_says_so_by_its_origin():
    own = POLICY.for_face(face("till", 2), BOOK)
    origins = [POLICY.usual_for(face("till"), BOOK).origin, own.origin, POLICY.for_mean(own).origin]
    assert [is_usual(each) for each in origins] == [True, False, False]


def test_how_much_more_is_in_the_settings():
    own = {"mean_threshold": 0.11, "average": 0.74}
    settings = Settings(identity=own, faces={"embedder": "synthetic"})
    embedder = embedder_traits(settings.faces)
    policy = resolver_policy(settings, embedder, threshold_book(settings.identity, embedder))
    assert (policy.mean_threshold, policy.match.average) == (0.11, 0.74)
    assert Settings().identity.mean_threshold == 0.07
