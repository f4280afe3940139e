import os
from pathlib import Path

import pytest

from genesis_ray.store.folder_tree import (
    files_and_shut_folders_in,
    files_in,
    links_in,
    own_files_in,
    remove_folder,
)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with a file, and another behind a link."""
    for name in ("here/near", "there/inner/far"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "here" / "link").symlink_to("../there")
    return tmp_path / "here"


def names(folder: Path, paths: list[Path]) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in paths)


def test_files_behind_links_are_seen_under_the_name_of_the_link(folder):
    assert names(folder, files_in(folder)) == ["link/inner/far", "near"]


def test_a_folder_that_two_links_lead_to_is_seen_in_both_places(folder):
    (folder / "another").symlink_to("../there")
    assert names(folder, files_in(folder)) == ["another/inner/far", "link/inner/far", "near"]


def test_links_that_go_round_are_gone_round_once(folder):
    (folder / "link" / "inner" / "up").symlink_to(folder)
    (folder / "itself").symlink_to("itself")
    (folder / "back").symlink_to(".")
    assert names(folder, files_in(folder)) == ["link/inner/far", "near"]


def test_what_a_link_of_a_file_that_went_led_to_is_no_file(folder):
    (folder / "gone").symlink_to("nowhere")
    assert names(folder, files_and_shut_folders_in(folder)) == ["link/inner/far", "near"]


def test_in_a_folder_that_is_not_there_is_nothing(folder):
    assert files_and_shut_folders_in(folder / "nowhere") == []


def test_a_folder_that_cannot_be_looked_into_is_told(folder, monkeypatch):
    scanned = os.scandir

    def scan(path):
        if str(path).endswith("inner"):  # who tests may be one who may look anywhere
            raise PermissionError(13, "Permission denied", path)
        return scanned(path)

    monkeypatch.setattr(os, "scandir", scan)
    assert names(folder, files_and_shut_folders_in(folder)) == ["link/inner", "near"]


def test_a_folder_on_another_disk_is_emptied_and_stays(folder):
    there = folder.parent / "there"
    remove_folder(folder / "link")
    assert [*there.iterdir()] == []
    assert (folder / "link").is_symlink()


def test_a_folder_goes_with_all_that_is_in_it(folder):
    (folder / "link").unlink()
    (folder / "file").symlink_to("near")
    (folder / "empty").mkdir()
    remove_folder(folder)
    assert not folder.exists()


def test_what_a_link_in_it_leads_to_is_not_removed_with_a_folder(folder):
    assert names(folder, own_files_in(folder)) == ["near"]
    remove_folder(folder)
    assert links_in(folder) == [folder / "link"]
    assert names(folder, files_in(folder)) == ["link/inner/far"]
