from typing import NamedTuple

import pytest

from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.evaluation.labels_file import read_labels


class Age(NamedTuple):
    years: int
    set_name: str


def age(row):
    return Age(int(row["age"]), row["set"])


@pytest.fixture
def read(tmp_path):
    def reader(text, **options):
        path = tmp_path / "ages.csv"
        path.write_text(text)
        return read_labels(path, ("age", "set"), age, kind="ages", **options)

    return reader


def test_rows_become_labels_whatever_other_columns_there_are(read):
    assert read("set,note,age\nx,hello,3\ny,,5\n") == [Age(3, "x"), Age(5, "y")]


def test_what_a_row_lacks_is_empty(read):
    assert read("age,set\n3\n") == [Age(3, "")]


def test_only_the_wanted_sets_are_read(read):
    assert read("age,set\n3,x\n5,y\n", sets=["y"]) == [Age(5, "y")]


def test_a_row_that_makes_no_sense_is_named_by_its_line(read):
    with pytest.raises(StoreError, match=r"ages\.csv, line 3: invalid literal"):
        read("age,set\n3,x\nold,x\n")


def test_a_row_of_a_set_that_is_not_wanted_has_to_make_sense_too(read):
    with pytest.raises(StoreError, match="line 3"):
        read("age,set\n3,x\nold,y\n", sets=["x"])


def test_labels_are_called_by_their_kind(read):
    with pytest.raises(StoreError, match="has no ages; each is a line age,set"):
        read("age,set\n")


def test_an_unknown_set_is_named_with_those_there_are(read):
    with pytest.raises(ConfigurationError, match="no set z; it has x, y"):
        read("age,set\n3,x\n5,y\n", sets=["z"])
