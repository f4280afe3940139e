from genesis_ray.domain.figures.comparison import count_change, value_change


def test_counts_of_many_are_compared_in_percent():
    change = count_change(1500, 1000)
    assert (change.difference, change.share, change.is_within_chance) == (500, 0.5, False)


def test_counts_of_few_are_not():
    assert count_change(29, 19).share is None
    assert count_change(30, 20).share == 0.5


def test_what_chance_alone_makes_is_told():
    assert count_change(110, 100).is_within_chance
    assert not count_change(140, 100).is_within_chance


def test_a_median_of_few_is_not_compared():
    assert value_change(10, 5, of=100, of_before=19) is None
    assert value_change(10, 5, of=19, of_before=100) is None


def test_a_median_from_nothing_has_no_share():
    change = value_change(10, 0, of=20, of_before=20)
    assert (change.difference, change.share) == (10, None)
