import csv
import json

import pytest

from genesis_ray.cli.evaluate_identification import identification
from genesis_ray.errors import ConfigurationError, GenesisError, SourceError, StoreError

COMMAND = identification
HEAD = "file,identity,set\n"


def gallery_file(folder, *rows):
    path = folder / "identities.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


ONE_SET = (
    "z1.png,zidane,men",
    "z2.jpg,zidane,men",
    "z3.png,zidane,men",
    "a1.png,ancelotti,men",
    "both.jpg,ancelotti|zidane,men",
    "nobody.png,nobody,men",
)


@pytest.mark.models
def test_json_alone_is_on_stdout(evaluate, pictures):
    done = evaluate("--gallery", gallery_file(pictures, *ONE_SET), "--root", pictures, "--json")
    score = json.loads(done.stdout)
    assert done.exit_code == 0
    assert list(score["fnir_at_fpir"]) == ["0.003", "0.01", "0.1"]
    assert score["fnir_at_fpir"]["0.01"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert score["rank1"] == 1.0
    assert (score["gallery"], score["mated"], score["non_mated"]) == (1, 2, 2)
    assert (score["undetected"], score["left_out"]) == (1, 1)
    assert score["false_alarms_per_day"] == 0.0


@pytest.mark.models
def test_more_may_be_enrolled_and_strangers_may_be_counted_otherwise(evaluate, pictures):
    rows = [*ONE_SET[:3], "z1.png,sneaked in,other", "a1.png,ancelotti,men"]
    options = ("--enroll", 2, "--strangers-per-day", 50, "--embedder", "sface", "--set", "men")
    score = json.loads(
        evaluate("--gallery", gallery_file(pictures, *rows), *options, "--json").stdout
    )
    assert (score["gallery"], score["mated"], score["non_mated"]) == (1, 1, 1)
    assert score["strangers_per_day"] == 50
    assert score["default_threshold"] == 0.45


@pytest.mark.models
def test_false_alarms_a_day_are_those_at_the_embedders_threshold(evaluate, pictures):
    rows = [*ONE_SET[:2], "z3.png,his twin,men", "a1.png,ancelotti,men"]
    done = evaluate("--gallery", gallery_file(pictures, *rows), "--json")
    score = json.loads(done.stdout)
    assert score["fpir_at_default"]["value"] == 0.5
    assert score["false_alarms_per_day"] == 500


@pytest.mark.models
def test_without_json_a_table_with_the_interval_is_shown(evaluate, pictures):
    done = evaluate("--gallery", gallery_file(pictures, *ONE_SET))
    assert "95 % interval" in done.stdout
    assert "0.0% to 0.0%" in done.stdout
    assert "false alarms a day, of 1,000 strangers: 0.0" in done.stdout


def test_a_missing_picture_is_named_before_anything_is_loaded(evaluate, pictures):
    gallery = gallery_file(pictures, *ONE_SET, "gone.png,ancelotti,men")
    with pytest.raises(SourceError, match=r"gone\.png: no such picture.*with --root"):
        evaluate("--gallery", gallery)


def test_a_text_file_named_as_a_picture_is_named_before_anything_is_loaded(evaluate, pictures):
    (pictures / "text.jpg").write_text("no picture")
    with pytest.raises(SourceError, match=r"text\.jpg: expected a picture.*give a JPEG"):
        evaluate("--gallery", gallery_file(pictures, *ONE_SET, "text.jpg,zidane,men"))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        (["--set", "nosuch"], ConfigurationError, "no set nosuch; it has men"),
        (["--embedder", "vgg"], ConfigurationError, "no face embedder 'vgg'"),
        (["--detector", "haar"], ConfigurationError, "no face detector 'haar'"),
        (["--enroll", 3], ConfigurationError, "nobody has 4 pictures"),
    ],
)
def test_a_wrong_option_is_named_with_what_there_is(evaluate, pictures, options, error, said):
    with pytest.raises(error, match=said):
        evaluate("--gallery", gallery_file(pictures, *ONE_SET), *options)


def test_enrolling_no_picture_is_refused(evaluate, pictures):
    done = evaluate("--gallery", gallery_file(pictures, *ONE_SET), "--enroll", 0)
    assert done.exit_code == 2
    assert "--enroll" in done.stderr


def test_no_strangers_are_named_as_the_reason(evaluate, pictures):
    with pytest.raises(ConfigurationError, match="no strangers"):
        evaluate("--gallery", gallery_file(pictures, *ONE_SET[:3]))


def test_pictures_of_several_people_are_no_pictures_of_one(evaluate, pictures):
    with pytest.raises(ConfigurationError, match="nobody has 2 pictures"):
        evaluate("--gallery", gallery_file(pictures, ONE_SET[0], *ONE_SET[3:]))


def test_a_missing_gallery_file_is_named(evaluate, tmp_path):
    with pytest.raises(StoreError, match=r"gone\.csv"):
        evaluate("--gallery", tmp_path / "gone.csv")


def test_wrong_columns_are_named(evaluate, tmp_path):
    path = tmp_path / "identities.csv"
    path.write_text("picture,name\n")
    with pytest.raises(GenesisError, match="there is no file, identity, set"):
        evaluate("--gallery", path)


@pytest.mark.models
@pytest.mark.data
def test_people_of_lfw_are_found_among_strangers(evaluate, shared_data, tmp_path):
    faces = shared_data / "faces"
    with (faces / "identities.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] == "lfw"]
    of_person = {}
    for row in rows:
        of_person.setdefault(row["identity"], []).append(row["file"])
    known = [name for name, files in of_person.items() if len(files) == 3][:8]
    strangers = [name for name, files in of_person.items() if len(files) == 1][:24]
    chosen = [f"{file},{name},lfw" for name in (*known, *strangers) for file in of_person[name]]
    done = evaluate("--gallery", gallery_file(tmp_path, *chosen), "--root", faces, "--json")
    score = json.loads(done.stdout)
    assert (score["gallery"], score["mated"], score["non_mated"]) == (8, 16, 24)
    assert score["undetected"] == 0
    assert score["rank1"] >= 0.9
    assert score["fnir_at_fpir"]["0.1"]["value"] <= 0.1
