import os

import duckdb
import pytest

from genesis_ray.analytics.spare import MOST_RESTING, Spares, spares

CONFIG = {"threads": 1}


def made_ahead(of: Spares) -> bool:
    return of._ahead is not None


def test_a_process_that_asks_once_gets_none_made_ahead():
    own = Spares()
    with own.take(CONFIG):
        pass
    own.make_ahead(CONFIG)
    assert not made_ahead(own)


def test_who_asks_again_gets_a_database_of_their_own():
    own = Spares()
    for _ in range(3):
        with own.take(CONFIG) as connection:
            assert connection.sql("SHOW TABLES").fetchall() == []
            connection.execute("CREATE TABLE kept AS SELECT 1")
        own.make_ahead(CONFIG)
    assert made_ahead(own)


def test_one_of_another_configuration_is_not_given_out():
    own = Spares()
    for threads in (1, 2, 1):
        with own.take({"threads": threads}) as connection:
            (found,) = connection.sql("SELECT current_setting('threads')").fetchall()
        assert found == (threads,)
        own.make_ahead({"threads": threads})


def test_a_database_is_closed_after_the_next_one_is_made():
    own = Spares()
    taken = [own.take(CONFIG) for _ in range(2)]
    own.make_ahead(CONFIG)
    for each in taken:
        own.close(each)
    with own.take(CONFIG) as connection:
        assert connection not in taken
    own._maker.shutdown()
    for each in taken:
        with pytest.raises(duckdb.ConnectionException):
            each.sql("SELECT 1")


def test_a_database_is_closed_at_once_when_nothing_is_started_any_more():
    own = Spares()
    taken = own.take(CONFIG)
    own._maker.shutdown()
    own.close(taken)
    with pytest.raises(duckdb.ConnectionException):
        taken.sql("SELECT 1")


def test_a_database_that_rests_is_given_to_one_who_reaches_the_same():
    own = Spares()
    rested = own.take(CONFIG)
    own.rest("these files", rested)
    assert own.wake("other files") is None
    assert own.wake("these files") is rested
    assert own.wake("these files") is None


def test_of_two_that_reach_the_same_one_rests():
    own = Spares()
    first, second = own.take(CONFIG), own.take(CONFIG)
    own.rest("these files", first)
    own.rest("these files", second)
    assert own.wake("these files") is second
    own._maker.shutdown()
    with pytest.raises(duckdb.ConnectionException):
        first.sql("SELECT 1")


def test_what_rests_longest_is_closed_where_many_rest():
    own = Spares()
    oldest, *others = [own.take(CONFIG) for _ in range(MOST_RESTING + 1)]
    for number, each in enumerate([oldest, *others]):
        own.rest(number, each)
    assert own.wake(0) is None
    assert own.wake(1) is not None
    own._maker.shutdown()
    with pytest.raises(duckdb.ConnectionException):
        oldest.sql("SELECT 1")


def test_a_fork_does_not_use_what_its_parent_made_ahead():
    parents = spares()
    child = os.fork()
    if not child:
        os._exit(0 if spares() is not parents else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
