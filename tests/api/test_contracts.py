from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from genesis_ray.api.contracts import CONTRACTS, schema_of, text_of
from tests.api.routers.test_visits import RANGE, visit
from tests.api.system import System

WRITTEN = Path(__file__).parents[2] / "docs" / "contracts"


@pytest.mark.parametrize("name", CONTRACTS)
def test_contract_is_the_one_that_is_written_down(name):
    remedy = "if the change is meant: python -m genesis_ray.api.contracts docs/contracts"
    assert (WRITTEN / f"{name}.json").read_text() == text_of(name), remedy


def test_every_contract_that_is_written_down_is_held():
    assert {path.stem for path in WRITTEN.glob("*.json")} == CONTRACTS.keys()


def test_visits_that_are_over_and_that_go_on_are_what_their_contract_says(system: System):
    system.log.append([*visit(1, 0, 40, ("entrance",)), *visit(2, 5, None)])
    validator = Draft202012Validator(schema_of("VisitRecord.v1"))
    shown = system.get("/v1/visits", **RANGE)["visits"]
    assert len(shown) == 2
    for record in shown:
        validator.validate(record)
    assert not validator.is_valid({**shown[0], "visit_id": 1})
    assert not validator.is_valid({**shown[0], "name": "Ada"})
