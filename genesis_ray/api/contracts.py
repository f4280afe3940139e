"""What records are, for who takes them: `python -m genesis_ray.api.contracts docs/contracts`.

Each is a JSON Schema in a file of its own. A version never changes what it has: what needs another
form is another version.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from genesis_ray.api.routers.visits import VisitRecord

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

CONTRACTS: dict[str, type[BaseModel]] = {"VisitRecord.v1": VisitRecord}


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a record, as it leaves the API."""
    schema = CONTRACTS[name].model_json_schema(mode="serialization")
    return {"$schema": _DIALECT, **schema, "title": name}


def text_of(name: str) -> str:
    """Return the content of its file."""
    return json.dumps(schema_of(name), indent=2) + "\n"


if __name__ == "__main__":
    for each in CONTRACTS:
        (Path(sys.argv[1]) / f"{each}.json").write_text(text_of(each))
