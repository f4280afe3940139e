import json
from pathlib import Path

import pytest

from genesis_ray.api.openapi import document

WRITTEN = Path(__file__).parents[2] / "docs" / "openapi.json"


@pytest.mark.parametrize("part", ["paths", "components"])
def test_api_is_the_one_that_is_written_down(part):
    remedy = "if the change is meant: python -m genesis_ray.api.openapi docs/openapi.json"
    assert json.loads(json.dumps(document()[part])) == json.loads(WRITTEN.read_text())[part], remedy


def test_every_operation_says_what_it_does():
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path}"
