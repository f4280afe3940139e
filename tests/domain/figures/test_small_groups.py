import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.figures.small_groups import withheld_cells
from genesis_ray.errors import ConfigurationError


def in_one_total(*people: int, least: int = 5) -> list[bool]:
    return withheld_cells(people, [[0] * len(people)], least=least)


def test_cells_of_few_people_are_withheld_and_those_of_nobody_or_enough_are_not():
    assert in_one_total(4, 0, 3, 5, 9) == [True, False, True, False, False]


def test_one_withheld_alone_takes_the_smallest_other_with_it():
    assert in_one_total(9, 2, 7, 0) == [False, True, True, False]


def test_those_withheld_stand_for_enough_people_together():
    assert in_one_total(1, 1, 8, 6) == [True, True, False, True]


def test_where_nothing_else_is_left_empty_cells_go_too():
    assert in_one_total(2, 0, 0) == [True, True, True]


def test_cells_that_have_no_total_are_each_by_themselves():
    assert withheld_cells([2, 9], [], least=5) == [True, False]


def test_a_matrix_is_safe_along_rows_and_columns():
    people = [1, 9, 8, 7, 6, 9, 9, 9, 9]
    rows, columns = [0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2] * 3
    hidden = withheld_cells(people, [rows, columns], least=5)
    for margin in (rows, columns):
        for group in range(3):
            assert sum(h for h, g in zip(hidden, margin, strict=True) if g == group) != 1


def test_a_least_group_of_one_withholds_nothing():
    assert not any(in_one_total(1, 2, 0, least=1))
    with pytest.raises(ConfigurationError, match="1 person or more"):
        in_one_total(1, least=0)


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(0, 3)), max_size=20),
    st.integers(2, 8),
)
def test_no_total_gives_a_withheld_cell_away(cells, least):
    people = [cell[0] for cell in cells]
    margins = [[cell[1] for cell in cells], [cell[2] for cell in cells]]
    withheld = withheld_cells(people, margins, least=least)
    for number, hidden in zip(people, withheld, strict=True):
        assert hidden or number == 0 or number >= least
    for margin in margins:
        for group in set(margin):
            own = [i for i, each in enumerate(margin) if each == group]
            hidden = [i for i in own if withheld[i]]
            if hidden and len(hidden) < len(own):
                assert len(hidden) > 1
                assert sum(people[i] for i in hidden) >= least
