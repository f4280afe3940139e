import re
from pathlib import Path

import genesis_ray

PACKAGE = Path(genesis_ray.__file__).parent
RUNNING_COUNT = re.compile(r"count\([^)]*\)\s*FILTER\s*\([^)]*\)\s*OVER\b", re.IGNORECASE)


def test_no_running_count_takes_quadratic_time():
    """DuckDB counts a window with FILTER anew for each row, and one of `count_if` as it goes."""
    found = [path.name for path in PACKAGE.rglob("*.py") if RUNNING_COUNT.search(path.read_text())]
    assert found == []
