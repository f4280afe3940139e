import json

import pytest

from genesis_ray.cli.evaluate_faces import faces
from genesis_ray.errors import ConfigurationError, GenesisError, SourceError, StoreError

COMMAND = faces
HEAD = "img1,img2,same,set\n"


def pairs_file(folder, *rows):
    path = folder / "pairs.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


TWO_SETS = (
    "z1.png,z2.jpg,1,men",
    "z1.png,a1.png,0,men",
    "a1.png,a2.jpg,1,again",
    "a2.jpg,z2.jpg,0,again",
    "a1.png,nobody.png,0,again",
)


@pytest.mark.models
def test_json_alone_is_on_stdout(evaluate, pictures):
    done = evaluate("--pairs", pairs_file(pictures, *TWO_SETS), "--root", pictures, "--json")
    score = json.loads(done.stdout)
    assert done.exit_code == 0
    assert score.pop("threshold") == pytest.approx(0.5, abs=0.25)
    assert score == {
        "accuracy": 0.8,
        "tar_at_far": {"0.01": 1.0, "0.001": 1.0},
        "pairs": 5,
        "undetected": 1,
        "sets": {
            "men": {"accuracy": 1.0, "pairs": 2, "undetected": 0},
            "again": {"accuracy": pytest.approx(2 / 3), "pairs": 3, "undetected": 1},
        },
    }


@pytest.mark.models
def test_only_the_named_sets_count(evaluate, pictures):
    pairs = pairs_file(pictures, *TWO_SETS)
    done = evaluate("--pairs", pairs, "--set", "men", "--embedder", "sface", "--json")
    assert list(json.loads(done.stdout)["sets"]) == ["men"]


@pytest.mark.models
def test_a_kind_of_pair_that_is_missing_makes_null(evaluate, pictures):
    done = evaluate("--pairs", pairs_file(pictures, "z1.png,z2.jpg,1,men"), "--json")
    assert json.loads(done.stdout)["tar_at_far"] == {"0.01": None, "0.001": None}


@pytest.mark.models
def test_without_json_a_table_is_shown(evaluate, pictures):
    done = evaluate("--pairs", pairs_file(pictures, *TWO_SETS), "--detector", "scrfd")
    assert "undetected" in done.stdout
    assert "0.8000" in done.stdout


def test_a_missing_picture_is_named_before_anything_is_loaded(evaluate, pictures):
    pairs = pairs_file(pictures, "z1.png,z2.jpg,1,men", "z1.png,gone.png,0,men")
    with pytest.raises(SourceError, match=r"gone\.png: no such picture, as 1 of 3 are missing"):
        evaluate("--pairs", pairs)


@pytest.mark.models
def test_a_file_that_is_no_picture_is_named(evaluate, pictures):
    (pictures / "text.jpg").write_text("no picture")
    with pytest.raises(SourceError, match=r"text\.jpg: expected a picture"):
        evaluate("--pairs", pairs_file(pictures, "z1.png,text.jpg,1,men"))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        (["--set", "nosuch"], ConfigurationError, "no set nosuch; it has men"),
        (["--embedder", "vgg"], ConfigurationError, "no face embedder 'vgg'"),
        (["--detector", "haar"], ConfigurationError, "no face detector 'haar'"),
    ],
)
def test_a_wrong_option_is_named_with_what_there_is(evaluate, pictures, options, error, said):
    pairs = pairs_file(pictures, "z1.png,z2.jpg,1,men")
    with pytest.raises(error, match=said):
        evaluate("--pairs", pairs, *options)


def test_a_missing_pairs_file_is_named(evaluate, tmp_path):
    with pytest.raises(StoreError, match=r"gone\.csv"):
        evaluate("--pairs", tmp_path / "gone.csv")


def test_wrong_columns_are_named(evaluate, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("left,right\n1,2\n")
    with pytest.raises(GenesisError, match="there is no img1, img2, same, set"):
        evaluate("--pairs", path)


@pytest.mark.models
@pytest.mark.data
def test_lfw_pairs_are_told_apart(evaluate, shared_data, tmp_path):
    faces_folder = shared_data / "faces"
    lines = (faces_folder / "pairs.csv").read_text().splitlines()
    of_fold = [line for line in lines if line.endswith("lfw_fold2")]
    pairs = pairs_file(tmp_path, *of_fold[:15], *of_fold[-15:])
    done = evaluate("--pairs", pairs, "--root", faces_folder, "--json")
    score = json.loads(done.stdout)
    assert (score["pairs"], score["undetected"]) == (30, 0)
    assert score["accuracy"] >= 0.9
