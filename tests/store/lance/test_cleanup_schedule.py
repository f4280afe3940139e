import pytest

from genesis_ray.store.lance.cleanup_schedule import CleanupSchedule


def after(commits: int, *, changed: int) -> CleanupSchedule:
    schedule = CleanupSchedule(0)
    for _ in range(commits):
        schedule.note(changed)
    return schedule


@pytest.mark.parametrize(("commits", "is_due"), [(63, False), (64, True)])
def test_a_small_table_is_cleaned_up_after_some_commits(commits, is_due):
    assert after(commits, changed=1).is_due(1000) == is_due


@pytest.mark.parametrize(("commits", "is_due"), [(64, False), (1023, False), (1024, True)])
def test_in_a_large_one_many_commits_of_little_wait(commits, is_due):
    assert after(commits, changed=1).is_due(1_000_000) == is_due


def test_a_large_one_in_which_much_changed_does_not_wait():
    assert after(64, changed=64).is_due(1_000_000)


def test_what_earlier_writers_left_counts():
    assert CleanupSchedule(64).is_due(0)


def test_after_a_cleanup_it_begins_anew_and_is_recent():
    schedule = after(64, changed=1)
    assert not schedule.is_recent
    schedule.done()
    assert schedule.is_recent
    assert not schedule.is_due(0)
