import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.store.events.rows_text import csv_header, csv_lines, json_lines

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TIME = pa.timestamp("us", tz="UTC")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def read_csv(rows: pa.Table) -> list[list[str]]:
    text = "\n".join([csv_header(rows.schema), *csv_lines(rows)])
    return list(csv.reader(io.StringIO(text, newline="")))


def read_json(rows: pa.Table) -> list[dict[str, object]]:
    return [json.loads(line) for line in json_lines(rows)]


@given(st.lists(st.none() | TEXT, max_size=5))
def test_text_comes_back_from_json_whatever_it_is(values):
    rows = pa.table({'a "name"': pa.array(values, pa.string())})
    assert read_json(rows) == [{'a "name"': value} for value in values]
    assert all("\n" not in line for line in json_lines(rows))


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_text_comes_back_from_csv_but_for_the_guard(values):
    rows = pa.table({"n": list(range(len(values))), "text, too": pa.array(values, pa.string())})
    guarded = [f"'{value}" if value[:1] and value[0] in "=+-@\t\r" else value for value in values]
    expected = [[str(number), value] for number, value in enumerate(guarded)]
    assert read_csv(rows) == [["n", "text, too"], *expected]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=A1&","'])
def test_text_that_a_spreadsheet_would_run_gets_a_quote_in_front(text):
    assert read_csv(pa.table({"name": [text]}))[1] == [f"'{text}"]
    assert read_json(pa.table({"name": [text]})) == [{"name": text}]


def test_numbers_below_zero_stay_numbers():
    assert csv_lines(pa.table({"n": [-1], "x": [-0.5]})) == ["-1,-0.5"]


def test_what_is_not_there_is_nothing_in_csv_and_null_in_json():
    rows = pa.table({"a": pa.array([None], pa.int64()), "b": pa.array([None], TIME)})
    assert csv_lines(rows) == [","]
    assert json_lines(rows) == ['{"a": null, "b": null}']


def test_times_have_their_offset_and_no_more_digits_than_they_need():
    rows = pa.table({"at": pa.array([NOON, NOON + timedelta(microseconds=1500)], TIME)})
    assert csv_lines(rows) == ["2026-01-05T12:00:00+00:00", "2026-01-05T12:00:00.001500+00:00"]
    assert [row["at"] for row in read_json(rows)] == csv_lines(rows)


def test_lists_and_maps_are_json_in_both():
    rows = pa.table(
        {
            "zones": pa.array([["a, b", "c"]], pa.list_(pa.string())),
            "people": pa.array([[("till", 2)]], pa.map_(pa.string(), pa.int64())),
        }
    )
    assert read_csv(rows)[1] == ['["a, b", "c"]', '{"till": 2}']
    assert read_json(rows) == [{"zones": ["a, b", "c"], "people": {"till": 2}}]


def test_what_is_no_number_is_null():
    rows = pa.table({"x": [float("nan"), float("inf"), 0.1, 1e20]})
    assert [row["x"] for row in read_json(rows)] == [None, None, 0.1, 1e20]


def test_truth_is_jsons():
    assert json_lines(pa.table({"is_new": [True, None]})) == [
        '{"is_new": true}',
        '{"is_new": null}',
    ]
