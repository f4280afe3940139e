import os
from datetime import UTC, datetime

import pytest

from genesis_ray.domain.recognition.consent import ConsentEntry
from genesis_ray.errors import StoreError
from genesis_ray.store.tenant.consent import ConsentRegister

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def entry(number: int) -> ConsentEntry:
    return ConsentEntry(
        entry_id=str(number), identity_id="ada", member_ids=("ada", f"b{number}"),
        said=("given", "withdrawn")[number % 2], at=NOON, noted_at=NOON, by="eve",
        why="it's a \"form\"",
    )  # fmt: skip


def test_entries_are_there_after_opening_again_in_their_order(tmp_path):
    made = [entry(number) for number in range(3)]
    with ConsentRegister(tmp_path, writer=True) as register:
        for each in made:
            register.append(each)
            assert ConsentRegister(tmp_path).entries()[-1] == each
    assert ConsentRegister(tmp_path).entries() == made


def test_where_nobody_said_anything_there_is_no_entry_and_none_is_made(tmp_path):
    assert ConsentRegister(tmp_path).entries() == []
    assert list(tmp_path.iterdir()) == []


def test_a_reader_notes_nothing(tmp_path):
    with pytest.raises(StoreError, match="open for reading"):
        ConsentRegister(tmp_path).append(entry(0))


def test_a_second_writer_is_told_of_the_first(tmp_path):
    with (
        ConsentRegister(tmp_path, writer=True),
        pytest.raises(StoreError, match=f"being written to by process {os.getpid()}"),
    ):
        ConsentRegister(tmp_path, writer=True)
