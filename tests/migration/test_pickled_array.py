import os
import pickle

import numpy as np
import pytest

from genesis_ray.errors import SourceError
from genesis_ray.migration.pickled_array import read_vector

VECTOR = np.linspace(-1, 1, 512)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_pickled_vector_is_read_whatever_the_protocol(protocol, kind):
    vector = VECTOR.astype(kind)
    assert read_vector(pickle.dumps(vector, protocol)) == pytest.approx(vector, abs=1e-6)


def test_a_pickled_list_of_numbers_is_a_vector_too():
    assert read_vector(pickle.dumps([0.5, 0.25])).tolist() == [0.5, 0.25]


class Attack:
    def __init__(self, marker) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def test_a_pickle_that_calls_a_function_is_refused_and_calls_nothing(tmp_path):
    content = pickle.dumps(Attack(tmp_path / "made"))
    with pytest.raises(SourceError, match=r"asks for posix\.mkdir"):
        read_vector(content)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"no pickle", pickle.dumps(VECTOR)[:-9], pickle.dumps("text"), pickle.dumps([])],
)
def test_what_is_no_vector_is_refused(content):
    with pytest.raises(SourceError, match="expected a pickled vector"):
        read_vector(content)


def test_numbers_that_are_none_are_refused():
    with pytest.raises(SourceError, match="finite"):
        read_vector(pickle.dumps(np.array([np.nan, 1.0])))
