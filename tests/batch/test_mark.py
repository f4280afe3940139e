import signal
import subprocess
import sys
from pathlib import Path

import pytest

from genesis_ray.batch.mark import DiedOfItError, marked, remove_marks

KILLED = """
import os, signal, sys
from pathlib import Path
from genesis_ray.batch.mark import marked
with marked(Path(sys.argv[1]), "door"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def die_of(work: Path) -> None:
    """Watch a segment in a process that is killed."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(work)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_who_is_handed_a_segment_that_killed_its_watcher_is_told_once(tmp_path):
    die_of(tmp_path)
    with pytest.raises(DiedOfItError, match="process"), marked(tmp_path, "door"):
        pytest.fail("watched what kills")
    with marked(tmp_path, "door"):
        pass


def test_a_segment_whose_watching_raises_killed_nobody(tmp_path):
    for _ in range(2):
        with pytest.raises(RuntimeError, match="poison"), marked(tmp_path, "door"):
            raise RuntimeError("poison")


def test_a_segment_does_not_answer_for_another(tmp_path):
    die_of(tmp_path)
    with marked(tmp_path, "till"):
        pass


def test_marks_of_an_earlier_run_are_forgotten_and_what_is_done_is_kept(tmp_path):
    die_of(tmp_path)
    (tmp_path / "till.jsonl").touch()
    remove_marks(tmp_path)
    with marked(tmp_path, "door"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["till.jsonl"]
