import pyarrow as pa

from genesis_ray.analytics.withholding import withhold


def test_figures_of_few_people_are_null_and_the_row_says_so():
    answer = pa.table({"bin": ["a", "b", "c"], "people": [9, 2, 6], "visits": [12, 3, 7]})
    shown = withhold(answer, least_group=5, margins=[[]], columns=["people", "visits"])
    assert shown.to_pydict() == {
        "bin": ["a", "b", "c"],
        "people": [9, None, None],
        "visits": [12, None, None],
        "suppressed": [False, True, True],
    }
    assert shown.schema.field("people").type == pa.int64()


def test_margins_are_by_the_values_of_columns():
    answer = pa.table({"day": [1, 1, 2], "people": [9, 2, 9]})
    shown = withhold(answer, least_group=5, margins=[["day"]], columns=["people"])
    assert shown["people"].to_pylist() == [None, None, 9]
