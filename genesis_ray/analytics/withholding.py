"""Withholding figures of few people in the answer to a question."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.domain.figures.small_groups import withheld_cells


def withhold(
    answer: pa.Table,
    *,
    least_group: int,
    margins: Sequence[Sequence[str]],
    columns: Sequence[str],
) -> pa.Table:
    """Return an answer with nulls where `people`, a column of it, are too few.

    Args:
        answer: A row a cell.
        least_group: People that a cell must tell of; 1 shows everything.
        margins: The columns by which cells add up to a total; an empty one: all of them do.
        columns: Those that are null in a row that is withheld.

    The column that is added, suppressed, says which rows are.
    """
    people = numbers_of(answer, "people")
    keys = [
        list(zip(*(answer[name].to_pylist() for name in margin), strict=True)) or [()] * len(people)
        for margin in margins
    ]
    return hide(answer, withheld_cells(people, keys, least=least_group), columns)


def hide(answer: pa.Table, withheld: Sequence[bool], columns: Sequence[str]) -> pa.Table:
    """Return an answer with nulls in `columns` of some rows, and a column suppressed."""
    mask = pa.array(withheld, pa.bool_())
    for name in columns:
        place, kept = answer.column_names.index(name), answer[name]
        shown = pc.if_else(mask, pa.scalar(None, kept.type), kept)
        answer = answer.set_column(place, name, shown)
    return answer.append_column("suppressed", mask)


def numbers_of(answer: pa.Table, column: str) -> list[int]:
    """Return a column of whole numbers, without nulls."""
    numbers: list[int] = pc.cast(answer[column], pa.int64()).to_numpy().tolist()
    return numbers
