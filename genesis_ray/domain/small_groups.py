"""Which figures of a report tell of so few people that they are withheld."""

from collections import defaultdict
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
    Others are withheld with it until that holds (complementary suppression), those of the fewest
    people first, empty ones last.

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
    while True:
        more = [
            cell
            for cells in groups
            if (cell := _one_more(cells, people, withheld, least)) is not None
        ]
        if not more:
            return withheld
        for cell in more:
            withheld[cell] = True


def _by_group(margin: Sequence[Hashable]) -> list[list[int]]:
    cells = defaultdict(list)
    for cell, group in enumerate(margin):
        cells[group].append(cell)
    return list(cells.values())


def _one_more(
    cells: Sequence[int], people: Sequence[int], withheld: Sequence[bool], least: int
) -> int | None:
    """Return the cell to withhold too, or None: they are safe, or there is no other."""
    hidden = [cell for cell in cells if withheld[cell]]
    shown = [cell for cell in cells if not withheld[cell]]
    together = sum(people[cell] for cell in hidden)
    if not hidden or not shown or (len(hidden) > 1 and together >= least):
        return None
    return min(shown, key=lambda cell: (people[cell] == 0, people[cell], cell))
