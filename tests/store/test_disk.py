import os

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.disk import make_folder, write_file, writing_file, writing_to


def test_a_file_is_replaced_as_a_whole(tmp_path):
    write_file(tmp_path / "a", b"old and longer")
    write_file(tmp_path / "a", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_a_death_at_any_step_leaves_the_old_file_or_the_new(tmp_path, mortality):
    path = tmp_path / "a"
    step, alive, seen = 0, False, set()
    while not alive:
        write_file(path, b"old")
        alive = not mortality.dies_at(step, lambda: write_file(path, b"new"))
        seen.add(path.read_bytes())
        step += 1
    assert seen == {b"old", b"new"}


def test_a_death_while_a_file_is_written_in_pieces_leaves_the_old_one_or_the_new(
    tmp_path, mortality
):
    path = tmp_path / "a"

    def write() -> None:
        with writing_file(path) as file:
            file.write(b"n")
            file.write(b"ew")

    step, alive, seen = 0, False, set()
    while not alive:
        write_file(path, b"old")
        alive = not mortality.dies_at(step, write)
        seen.add(path.read_bytes())
        step += 1
    assert seen == {b"old", b"new"}


def test_a_disk_that_is_full_in_the_middle_of_a_file_leaves_the_old_one(small_disk):
    path = small_disk.path / "a"
    write_file(path, b"old")

    def write() -> None:
        with writing_to(path.parent), writing_file(path) as file:
            for _ in range(64):
                file.write(os.urandom(32 << 10))

    with pytest.raises(StoreError, match=f"{small_disk.path} is full"):
        write()
    assert [each.read_bytes() for each in small_disk.path.iterdir()] == [b"old"]


def test_a_full_disk_is_named_and_nothing_is_left_half_written(small_disk):
    path = small_disk.path / "a"
    write_file(path, b"old")
    with pytest.raises(StoreError, match=f"{small_disk.path} is full; free some space"):
        write_file(path, os.urandom(2 << 20))
    assert [each.read_bytes() for each in small_disk.path.iterdir()] == [b"old"]


def test_a_folder_that_is_a_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(StoreError, match=f"cannot write to {tmp_path}/a: Not a directory"):
        write_file(tmp_path / "a" / "b", b"")


def test_folders_are_made_with_those_they_lie_in(tmp_path):
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
