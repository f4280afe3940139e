from datetime import UTC, datetime

import pytest

from genesis_ray.domain.recognition.calibration import Calibrated, Calibration
from genesis_ray.running.thresholds import threshold_book
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.testing import ColourEmbedder

EMBEDDER = ColourEmbedder()


def calibrated(value: float, day: int = 28) -> Calibrated:
    made_at = datetime(2026, 11, day, 9, tzinfo=UTC)
    return Calibrated(
        value=value, low=value, high=value, made_at=made_at, method="FPIR 0.01", data="a.csv"
    )


CALIBRATION = Calibration(threshold=calibrated(0.7), offsets={"till": calibrated(0.02, 29)})


def test_where_nothing_is_set_the_embedders_own_counts():
    book = threshold_book(IdentitySettings(), EMBEDDER)
    assert book.usual == (EMBEDDER.threshold, "embedder")
    assert book.at("door") == book.usual


def test_what_is_set_counts_and_for_a_camera_what_is_set_for_it():
    book = threshold_book(
        IdentitySettings(threshold=0.61, camera_thresholds={"till": 0.66}), EMBEDDER
    )
    assert book.at("door") == (0.61, "settings")
    assert book.at("till") == (0.66, "settings")


def test_what_was_calibrated_goes_before_the_embedders_own():
    book = threshold_book(IdentitySettings(), EMBEDDER, CALIBRATION)
    assert book.at("door") == (0.7, "calibrated 2026-11-28")
    assert book.at("till") == (pytest.approx(0.72), "calibrated 2026-11-29")


def test_a_camera_that_was_calibrated_alone_adds_to_the_embedders_own():
    offsets_only = Calibration(offsets=CALIBRATION.offsets)
    book = threshold_book(IdentitySettings(), EMBEDDER, offsets_only)
    assert book.at("till").value == pytest.approx(EMBEDDER.threshold + 0.02)


def test_what_was_chosen_on_a_cameras_own_photos_goes_before_its_offset_and_the_usual():
    own = Calibration(
        threshold=CALIBRATION.threshold,
        offsets=CALIBRATION.offsets,
        cameras={"till": calibrated(0.55, 30)},
    )
    book = threshold_book(IdentitySettings(), EMBEDDER, own)
    assert book.at("till") == (0.55, "calibrated 2026-11-30")
    assert book.at("door") == (0.7, "calibrated 2026-11-28")
    everywhere = threshold_book(IdentitySettings(threshold=0.61), EMBEDDER, own)
    assert everywhere.at("till") == (0.61, "settings")


def test_what_is_set_goes_before_what_was_calibrated():
    usual = threshold_book(IdentitySettings(threshold=0.61), EMBEDDER, CALIBRATION)
    assert usual.at("till") == (0.61, "settings")
    camera = threshold_book(
        IdentitySettings(camera_thresholds={"till": 0.9}), EMBEDDER, CALIBRATION
    )
    assert camera.at("till") == (0.9, "settings")
    assert camera.at("door") == (0.7, "calibrated 2026-11-28")
