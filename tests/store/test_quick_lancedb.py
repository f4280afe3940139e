import importlib.util
import sys
from types import ModuleType

import pydantic
import pytest

from genesis_ray.store import quick_lancedb

VALIDATE_CALL = pydantic.validate_call


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Import a stand-in for LanceDB with this source, as the module imports the real one."""

    def imported(source: str) -> ModuleType:
        (tmp_path / "lancedb.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "lancedb")
        spec = importlib.util.spec_from_file_location("again", quick_lancedb.__file__)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.lancedb

    return imported


@pytest.mark.parametrize("decorator", ["validate_call", "validate_call(validate_return=True)"])
def test_no_validator_is_built_while_it_is_imported(imported, decorator):
    source = f"from pydantic import validate_call\n@{decorator}\ndef same(n: int): return n\n"
    assert imported(source).same("no number") == "no number"


def test_afterwards_calls_are_checked_as_ever(imported):
    imported("")
    assert pydantic.validate_call is VALIDATE_CALL


def test_calls_are_checked_as_ever_where_it_cannot_be_imported(imported):
    with pytest.raises(ImportError):
        imported("raise ImportError")
    assert pydantic.validate_call is VALIDATE_CALL
