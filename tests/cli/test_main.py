import os
import sys

import pytest

from genesis_ray.cli.main import main

NO_TEXT = os.fsdecode(b"Ren\xe9")


def refused(monkeypatch, capsys, *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["genesis", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    "arguments", [("people", "rename", "Ada", NO_TEXT), ("people", "show", f"--config={NO_TEXT}")]
)
def test_what_is_no_text_is_refused_before_anything_is_done(monkeypatch, capsys, arguments):
    assert r"expected text in UTF-8, got" in refused(monkeypatch, capsys, *arguments)


def test_a_file_may_be_called_as_it_is(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / NO_TEXT).write_text("tenant_id: shop")
    assert "UTF-8" not in refused(monkeypatch, capsys, "run", "--config", NO_TEXT)
