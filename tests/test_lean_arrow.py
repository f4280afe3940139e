import subprocess
import sys

import pytest

BEGINNING = """
import sys
import genesis_ray.lean_arrow
import pyarrow as pa
values = pa.array([1, 2]), pa.scalar(3), pa.schema([("a", pa.int64())]).empty_table()
assert "pandas" not in sys.modules
"""


def told(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEGINNING + code],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_data_frames_are_made_as_soon_as_somebody_asks_for_one():
    assert told("print(pa.table({'a': [1, 2]}).to_pandas()['a'].sum())") == "3"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print(pa.array(pandas.Series([1.0, float('nan')])).null_count)", "1"),
        ("print(pa.types.is_dictionary(pa.array(pandas.Categorical(['x'])).type))", "True"),
    ],
)
def test_values_of_pandas_are_known_as_such_once_it_is_imported(code, expected):
    assert told(f"import pandas\n{code}") == expected


def test_pandas_that_is_there_already_stays():
    code = "import pandas, genesis_ray.lean_arrow; print(len(pandas.Series([1])))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


QUESTION = """
from datetime import UTC, datetime
from pathlib import Path
from genesis_ray.analytics.catalogue import QUESTIONS
from genesis_ray.running.questions.history import present_tables
from genesis_ray.settings import Settings
tables = present_tables(Path(sys.argv[1]), Settings(), "default")
since, until = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)
for name in ("footfall", "returning"):
    QUESTIONS[name].ask(tables, since=since, until=until, time_zone="UTC")
QUESTIONS["metrics"].ask(tables, since=since, until=until)
print("pandas" in sys.modules)
"""


def test_questions_are_answered_without_pandas(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + QUESTION, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
