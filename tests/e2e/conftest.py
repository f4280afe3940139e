import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Genesis = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def genesis() -> Genesis:
    """Runs the command as a user would; fails the test if it fails unless told otherwise."""

    def run(*args: object, expect: int = 0, timeout: float = 300) -> subprocess.CompletedProcess:
        command = [str(Path(sys.executable).with_name("genesis")), *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
        assert done.returncode == expect, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "leaked" not in done.stderr, done.stderr  # what libraries say of a bad exit
        return done

    return run
