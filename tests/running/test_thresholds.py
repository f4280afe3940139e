from genesis_ray.running.thresholds import threshold_book
from genesis_ray.settings import IdentitySettings
from genesis_ray.testing import ColourEmbedder

EMBEDDER = ColourEmbedder()


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
