import json
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli.doctor import doctor
from genesis_ray.machine import Finding

WELL = Finding("memory", "ok", "24 GB free")
SLOW = Finding("processor", "warning", "1 core", "give it two cores")
BROKEN = Finding("disk [C:]", "problem", "full", "free some [space]")


@pytest.fixture
def genesis(monkeypatch):
    """Run the command on a machine with these findings."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(doctor)

    def genesis(*arguments: str, findings: list[Finding]):
        monkeypatch.setattr("genesis_ray.doctor.examine", lambda *_: findings)
        return CliRunner().invoke(app, list(arguments))

    return genesis


def test_a_table_shows_what_was_found_and_the_remedies(genesis):
    shown = genesis(findings=[WELL, SLOW, BROKEN]).stdout
    for text in ("24 GB free", "→ give it two cores", "disk [C:]", "→ free some [space]"):
        assert text in shown
    assert shown.rstrip().endswith("1 problem, 1 warning.")


def test_nothing_to_mend_is_told(genesis):
    assert genesis(findings=[WELL]).stdout.rstrip().endswith("All is well.")


@pytest.mark.parametrize(
    ("findings", "code"), [([WELL], 0), ([WELL, SLOW], 0), ([WELL, SLOW, BROKEN], 1)]
)
@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_only_a_problem_makes_it_fail(genesis, findings, code, arguments):
    assert genesis(*arguments, findings=findings).exit_code == code


def test_json_is_all_that_a_program_gets(genesis):
    assert json.loads(genesis("--json", findings=[WELL, BROKEN]).stdout) == {
        "problems": 1,
        "findings": [
            {"name": "memory", "level": "ok", "message": "24 GB free", "remedy": ""},
            {
                "name": "disk [C:]",
                "level": "problem",
                "message": "full",
                "remedy": "free some [space]",
            },
        ],
    }


def test_this_machine_can_be_examined_without_ray_and_without_torch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path / "models"))
    code = (
        "import sys, typer; from genesis_ray.cli.doctor import doctor\n"
        "assert 'genesis_ray.doctor' not in sys.modules and 'numpy' not in sys.modules\n"
        "app = typer.Typer(); app.command()(doctor)\n"
        "try: app(['--json'])\n"
        "finally: assert not {'ray', 'torch'} & set(sys.modules), 'too much imported'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert done.returncode == bool(answer["problems"]), done.stderr
    assert "model yolov8n" in {finding["name"] for finding in answer["findings"]}


def test_cameras_alone_need_a_configuration(genesis):
    done = genesis("--cameras", findings=[WELL])
    assert "--config" in str(done.exception)
