from contextlib import closing

import pytest

from genesis_ray.errors import ConfigurationError
from genesis_ray.running.planning.film import make_film
from genesis_ray.vision.decode import VideoFile


def test_a_film_has_the_size_and_the_rate_that_were_asked_for(tmp_path):
    path = tmp_path / "film.mp4"
    make_film(path, width=320, height=180, fps=10)
    with closing(VideoFile(path)) as film:
        assert (film.width, film.height, round(film.fps)) == (320, 180, 10)
        pictures = [make_pixels().mean() for _, make_pixels in film.frames()]
    assert len(pictures) == 60
    assert film.problem is None
    assert max(pictures) - min(pictures) > 10  # two photographs


def test_a_film_that_cannot_be_leaves_nothing(tmp_path):
    with pytest.raises(ConfigurationError):
        make_film(tmp_path / "film.mp4", width=0, height=180, fps=10)
    assert list(tmp_path.iterdir()) == []
