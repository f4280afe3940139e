import os

import pytest

from genesis_ray.errors import SourceError
from tests.genesis_installation import Genesis, metrics_at, source_of

MINUTE = "2026-02-15T10:30:00Z"


@pytest.fixture
def genesis(tmp_path) -> Genesis:
    return Genesis(tmp_path / "genesis")


def test_samples_are_those_of_files_and_of_the_database(genesis):
    genesis.write_metrics([metrics_at(MINUTE), "cut off"])
    genesis.insert("metrics", {"time": MINUTE, "camera_id": "cam_1"})
    first, unreadable, last = source_of(genesis).samples()
    assert (first.camera_id, unreadable.row, last.camera_id) == (
        "cam_0",
        "metrics.jsonl line 2",
        "cam_1",
    )


def test_metrics_that_are_no_text_are_refused_before_anything_is_brought_in(genesis):
    path = genesis.write_metrics([metrics_at(MINUTE)] * 5_000)
    with path.open("ab") as file:
        file.write(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match=r"metrics\.jsonl is no text in UTF-8"):
        source_of(genesis)


def test_a_folder_of_photos_whose_name_is_no_text_is_named(genesis):
    (genesis.faces / os.fsdecode(b"person_\xff")).mkdir(parents=True)
    with pytest.raises(SourceError, match=r"a folder 'person_\\udcff', which is no name"):
        source_of(genesis)


def test_a_change_of_any_file_is_noticed(genesis):
    genesis.add_session("s1", "p")
    photo = genesis.faces / "person_001" / "photo.png"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"one")
    source = source_of(genesis)
    assert source.is_unchanged()
    photo.write_bytes(b"two")
    assert not source.is_unchanged()
