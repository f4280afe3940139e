import os
from datetime import UTC, datetime

import pytest

from genesis_ray.domain.recognition.tags import TagEntry
from genesis_ray.errors import StoreError
from genesis_ray.store.tenant.tags import Tags

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def entry(number: int) -> TagEntry:
    return TagEntry(
        entry_id=str(number), identity_id="ada", tag="vip", is_set=number % 2 == 0, at=NOON, by="e"
    )


def test_entries_are_there_after_opening_again_in_their_order(tmp_path):
    with Tags(tmp_path, writer=True) as tags:
        for number in range(3):
            tags.append(entry(number))
            assert Tags(tmp_path).entries()[-1] == entry(number)
    assert Tags(tmp_path).entries() == [entry(0), entry(1), entry(2)]


def test_where_nobody_was_tagged_there_is_no_entry_and_none_is_made(tmp_path):
    assert Tags(tmp_path).entries() == []
    assert list(tmp_path.iterdir()) == []


def test_a_second_writer_is_told_of_the_first(tmp_path):
    with (
        Tags(tmp_path, writer=True),
        pytest.raises(StoreError, match=f"being written to by process {os.getpid()}"),
    ):
        Tags(tmp_path, writer=True)
