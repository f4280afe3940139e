"""Which figures of a report tell of so few people that they are withheld."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

from genesis_ray.errors import ConfigurationError

LEAST_GROUP = 5
"""People of whom a report tells together at least, where nothing else is set."""


def withheld_cells(
    people: Sequence[int], margins: Sequence[Sequence[Hashable]], *, least: int
) -> list[bool]:
    """Tell of each cell of a report whether it is withheld.

    A cell of some, but fewer than `least` people is (primary suppression). Where cells add up to a
    total that is known, what is withheld could be had by subtraction: so in each group of cells
    with a total none is withheld alone, and those that are stand for `least` people together.
    Others are withheld with it until that holds (complementary suppression): those first that
    leave the most other groups untouched, then those of the fewest people, empty ones last.

    Args:
        people: Of each cell.
        margins: For each direction in which the cells add up, the group of each cell.
        least: People that a group has to have; 1 withholds nothing.

    Raises:
        ConfigurationError: `least` is not at least 1.
    """
    if least < 1:
        raise ConfigurationError(f"the least group is of 1 person or more, got {least}")
    withheld = [0 < number < least for number in people]
    groups = [cells for margin in margins for cells in _by_group(margin)]
    while (cell := _one_more(groups, people, withheld, least)) is not None:
        withheld[cell] = True
    return withheld


def _by_group(margin: Sequence[Hashable]) -> list[list[int]]:
    cells = defaultdict(list)
    for cell, group in enumerate(margin):
        cells[group].append(cell)
    return list(cells.values())


def _one_more(
    groups: Sequence[Sequence[int]], people: Sequence[int], withheld: Sequence[bool], least: int
) -> int | None:
    """Return a cell that is to be withheld too, or None: all are safe, or have no others."""
    untouched = Counter(
        cell for cells in groups if not any(withheld[cell] for cell in cells) for cell in cells
    )
    for cells in groups:
        hidden = [cell for cell in cells if withheld[cell]]
        shown = [cell for cell in cells if not withheld[cell]]
        together = sum(people[cell] for cell in hidden)
        if hidden and shown and (len(hidden) == 1 or together < least):
            return min(shown, key=lambda cell: (untouched[cell], people[cell] == 0, people[cell]))
    return None
