import pytest

from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.evaluation.identities_file import LabelledPicture, read_identities

HEAD = "file,identity,set\n"


@pytest.fixture
def write(tmp_path):
    def writer(text):
        path = tmp_path / "identities.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return writer


def test_pictures_are_read_in_order_with_all_who_are_in_them(write):
    path = write(HEAD + "1.jpg,Zoë,x\n2.jpg,Ada|Zoë,y\n")
    assert read_identities(path) == [
        LabelledPicture("1.jpg", ("Zoë",), "x"),
        LabelledPicture("2.jpg", ("Ada", "Zoë"), "y"),
    ]


def test_only_the_wanted_sets_are_read(write):
    path = write(HEAD + "1.jpg,a,x\n1.jpg,a,y\n2.jpg,b,x\n")
    assert [picture.file for picture in read_identities(path, sets=["x"])] == ["1.jpg", "2.jpg"]


def test_a_picture_that_is_there_twice_would_be_found_in_itself(write):
    with pytest.raises(StoreError, match=r"1\.jpg is there 2 times; keep one line"):
        read_identities(write(HEAD + "1.jpg,a,x\n1.jpg,a,y\n"))


def test_an_unknown_set_is_named_with_those_there_are(write):
    with pytest.raises(ConfigurationError, match="no set nosuch; it has x"):
        read_identities(write(HEAD + "1.jpg,a,x\n"), sets=["nosuch"])


def test_missing_columns_are_named(write):
    with pytest.raises(StoreError, match="there is no identity"):
        read_identities(write("file,name,set\n1.jpg,a,x\n"))


@pytest.mark.parametrize("row", ["1.jpg,,x", "1.jpg,a|,x", "1.jpg,a", ",a,x"])
def test_a_malformed_row_is_named(write, row):
    with pytest.raises(StoreError, match="line 3: expected file, identity and set"):
        read_identities(write(HEAD + "0.jpg,a,x\n" + row + "\n"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"gone\.csv: No such file.*the CSV file of the pictures"):
        read_identities(tmp_path / "gone.csv")


def test_a_file_without_pictures_is_refused(write):
    with pytest.raises(StoreError, match="has no pictures; each is a line file,identity,set"):
        read_identities(write(HEAD))
