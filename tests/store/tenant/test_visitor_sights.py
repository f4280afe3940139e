from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.tenant.visitor_sights import VisitorSights

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    return NOON + timedelta(days=number)


def test_the_last_sight_of_each_is_found_again(tmp_path):
    with VisitorSights(tmp_path, writer=True) as sights:
        sights.note("ann", at=day(1))
        sights.flush()
        sights.note("ann", at=day(3))
        sights.note("ben", at=day(2))
        assert sights.last() == {"ann": day(3), "ben": day(2)}
    assert VisitorSights(tmp_path).last() == {"ann": day(3), "ben": day(2)}


def test_a_data_folder_from_before_has_none(tmp_path):
    assert VisitorSights(tmp_path / "none").last() == {}
    assert not (tmp_path / "none").exists()


def test_what_was_pending_in_a_killed_process_is_noted_once(tmp_path):
    killed = VisitorSights(tmp_path, writer=True)
    killed.note("ann", at=day(1))
    pending = killed.pending()
    killed.flush()
    killed._table._release()  # as the kernel does for a process that dies
    with VisitorSights(tmp_path, writer=True) as sights:
        sights.recover(pending)
        assert sights.last() == {"ann": day(1)}
        assert len(sights.pending()) == 0


def test_a_sight_that_is_told_again_is_noted_once(tmp_path):
    with VisitorSights(tmp_path, writer=True) as sights:
        sights.note("ann", at=day(1))
        sights.note("ann", at=day(1))
        assert len(sights.pending()) == 1


def test_of_who_stays_the_last_sight_is_kept_and_of_who_is_gone_none(tmp_path):
    with VisitorSights(tmp_path, writer=True) as sights:
        for number in (1, 2, 3):
            sights.note("ann", at=day(number))
            sights.note("ben", at=day(number))
        sights.flush()
        sights.tidy(frozenset({"ben"}))
    again = VisitorSights(tmp_path)
    assert again.last() == {"ann": day(3)}
    assert len(again._table.rows()) == 1


def test_a_reader_notes_nothing(tmp_path):
    VisitorSights(tmp_path, writer=True).close()
    with pytest.raises(StoreError, match="open for reading"):
        VisitorSights(tmp_path).note("ann", at=NOON)
