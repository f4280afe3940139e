import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from genesis_ray.store.lance import quick_lancedb

CLIENT = "lance_namespace_urllib3_client"

USES_IT = f"""
from abc import abstractmethod
from typing import Optional

from {CLIENT}.models import Answer
from {CLIENT}.models.answer import Answer as ByItsOwnModule
from overrides import EnforceOverrides, override

class Database(EnforceOverrides):
    @override
    def nothing_above_has_this(self) -> Optional[Answer]:
        return Answer(rows=3)
"""


@pytest.fixture
def imported(tmp_path, monkeypatch) -> Callable[[str], ModuleType]:
    """Import a stand-in for LanceDB with this source, as the module imports the real one.

    The client it may import is one of a single class.
    """
    package = tmp_path / CLIENT / "models"
    package.mkdir(parents=True)
    (tmp_path / CLIENT / "__init__.py").touch()
    (package / "__init__.py").write_text(f"from {CLIENT}.models.answer import Answer\n")
    (package / "answer.py").write_text(
        "class Answer:\n"
        "    KIND = 'rows'\n"
        "    def __init__(self, rows):\n"
        "        self.rows = rows\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] in (CLIENT, "overrides")]:
        monkeypatch.delitem(sys.modules, name)

    def imported(source: str) -> ModuleType:
        (tmp_path / "lancedb.py").write_text(source)
        monkeypatch.delitem(sys.modules, "lancedb", raising=False)
        spec = importlib.util.spec_from_file_location("again", quick_lancedb.__file__)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.lancedb

    yield imported
    for name in [name for name in sys.modules if name.partition(".")[0] in (CLIENT, "overrides")]:
        del sys.modules[name]


def test_the_client_is_not_imported_with_it(imported):
    imported(USES_IT)
    assert not [name for name in sys.modules if name.startswith(CLIENT)]


def test_what_is_made_of_its_classes_is_real(imported):
    lancedb = imported(USES_IT)
    answer = lancedb.Database().nothing_above_has_this()
    assert answer.rows == 3
    assert isinstance(answer, importlib.import_module(f"{CLIENT}.models").Answer)
    assert lancedb.ByItsOwnModule(rows=2).rows == 2
    assert lancedb.Answer.KIND == "rows"


def test_afterwards_both_are_imported_as_ever(imported):
    imported(USES_IT)
    assert importlib.import_module(f"{CLIENT}.models.answer").Answer.KIND == "rows"
    assert importlib.import_module("overrides").__file__


def test_both_are_imported_as_ever_where_it_cannot_be_imported(imported):
    with pytest.raises(ImportError, match="no such thing"):
        imported(USES_IT + "raise ImportError('no such thing')")
    assert importlib.import_module(f"{CLIENT}.models.answer").Answer.KIND == "rows"


def test_who_imported_the_client_before_keeps_it(imported):
    real = importlib.import_module(f"{CLIENT}.models")
    assert imported(USES_IT).Answer is real.Answer
    assert sys.modules[f"{CLIENT}.models"] is real


def test_tables_are_kept_without_the_client_and_before_one_is_opened_without_lancedb(tmp_path):
    script = """
import sys
from pathlib import Path

import pyarrow as pa

from genesis_ray.store.lance.lance_table import LanceTable

schema = pa.schema([("word", pa.string())])
assert "lancedb" not in sys.modules
table = LanceTable(Path(sys.argv[1]), "words", schema, writer=True)
table.add(pa.table({"word": ["a", "b"]}, schema=schema))
table.flush()
table.remove(["a"])
table.flush()
table.tidy()
assert table.rows()["word"].to_pylist() == ["b"]
assert "lancedb" in sys.modules
assert not any(name.startswith(sys.argv[2]) for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path), CLIENT], check=True)
