import pytest

from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.evaluation.pairs_file import Pair, read_pairs

HEAD = "img1,img2,same,set\n"


@pytest.fixture
def write(tmp_path):
    def writer(text, encoding="utf-8"):
        path = tmp_path / "pairs.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return writer


def test_pairs_are_read_in_order(write):
    path = write(HEAD + "a/1.jpg,a/2.jpg,1,x\na/1.jpg,b/1.jpg,0,y\n")
    assert read_pairs(path) == [
        Pair("a/1.jpg", "a/2.jpg", True, "x"),
        Pair("a/1.jpg", "b/1.jpg", False, "y"),
    ]


def test_columns_may_come_in_any_order_and_with_others(write):
    path = write("note,same,set,img2,img1\nhello,0,x,2.jpg,1.jpg\n", encoding="utf-8-sig")
    assert read_pairs(path) == [Pair("1.jpg", "2.jpg", False, "x")]


def test_only_the_wanted_sets_are_read(write):
    path = write(HEAD + "1,2,1,x\n1,3,0,y\n1,4,0,z\n")
    assert [pair.set_name for pair in read_pairs(path, sets=["z", "x"])] == ["x", "z"]


def test_an_unknown_set_is_named_with_those_there_are(write):
    with pytest.raises(ConfigurationError, match="no set nosuch; it has x, y"):
        read_pairs(write(HEAD + "1,2,1,x\n1,3,0,y\n"), sets=["x", "nosuch"])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"gone\.csv: No such file"):
        read_pairs(tmp_path / "gone.csv")


def test_missing_columns_are_named(write):
    with pytest.raises(StoreError, match="there is no same, set"):
        read_pairs(write("img1,img2,label\n1,2,1\n"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,2,yes,x", "line 3: expected 1 or 0 for same, got 'yes'"),
        ("1,2", "line 3: expected img1, img2 and set"),
        (",2,1,x", "line 3: expected img1, img2 and set"),
    ],
)
def test_a_malformed_row_is_named(write, row, said):
    with pytest.raises(StoreError, match=said):
        read_pairs(write(HEAD + "1,2,1,x\n" + row + "\n"))


@pytest.mark.parametrize("text", ["", HEAD])
def test_a_file_without_pairs_is_refused(write, text):
    with pytest.raises(StoreError, match=r"columns|no pairs"):
        read_pairs(write(text))


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    with pytest.raises(StoreError, match=r"pairs\.csv"):
        read_pairs(path)
