import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
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


@pytest.fixture
def ray_folder() -> Iterator[str]:
    """A folder by which the processes of the test's own cluster are known."""
    with own_ray_folder() as folder:
        yield folder


@contextmanager
def own_ray_folder() -> Iterator[str]:
    """Have clusters that are started meanwhile in a folder, and end what is left of them."""
    # Not below pytest's folder: Ray's sockets lie in it, whose paths have to be short.
    folder = tempfile.mkdtemp(prefix="genesis-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        patch.setenv("HOME", folder)  # where the address of the cluster and its token are
        patch.delenv("RAY_ADDRESS", raising=False)
        yield folder
    for process in processes_of(folder):
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def processes_of(folder: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            told = [*process.cmdline(), *process.environ().values()]
            if any(folder in text for text in told):
                found.append(process)
        except psutil.Error:
            continue
    return found
