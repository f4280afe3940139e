import subprocess
import sys

import pytest
from ray.exceptions import ActorUnavailableError

from genesis_ray.errors import StoreError
from genesis_ray.live import mortal
from genesis_ray.live.mortal import dying_of_errors

FAULTY = """
from genesis_ray.live.mortal import dying_of_errors
with dying_of_errors("journal"):
    {}["a key that nobody thought of"]
"""


def test_an_error_ends_the_process_and_is_in_its_log():
    ended = subprocess.run(
        [sys.executable, "-c", FAULTY], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "journal fails on what it was told" in ended.stderr
    assert "KeyError: 'a key that nobody thought of'" in ended.stderr


@pytest.mark.parametrize(
    "error",
    [
        StoreError("the disk is full"),
        ActorUnavailableError("gone", bytes(16)),
        ExceptionGroup("of steps", [ExceptionGroup("of one", [StoreError("the disk is full")])]),
    ],
)
def test_what_is_no_items_fault_is_raised_on(error):
    with pytest.raises(type(error)), dying_of_errors("journal"):
        raise error


def test_nor_is_what_is_said_to_be():
    with pytest.raises(OSError, match="full"), dying_of_errors("cameras-0", but=(OSError,)):
        raise OSError("full")


@pytest.mark.parametrize("error", [ValueError(), ExceptionGroup("", [ValueError(), StoreError()])])
def test_one_error_of_several_steps_is_enough(monkeypatch, error):
    codes = []
    monkeypatch.setattr(mortal.os, "_exit", codes.append)
    with dying_of_errors("cameras-0"):
        raise error
    assert codes == [1]
