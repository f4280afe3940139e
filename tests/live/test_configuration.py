from pathlib import Path

import pytest

from genesis_ray.errors import ConfigurationError
from genesis_ray.live.configuration import Configuration
from genesis_ray.settings import Settings
from genesis_ray.store.runs.state_log import new_key

KEY = new_key()


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "configuration"


def settings(*names: str) -> Settings:
    cameras = [{"camera_id": name, "source": "synthetic:"} for name in names]
    return Settings(data_dir="data", cameras=cameras)


def kept_in(folder: Path, *, key: bytes = KEY) -> Configuration:
    """What a process that is started goes on with, told of a camera that nobody asked for since."""
    return Configuration(settings("at-first"), folder, key)


def names(configuration: Configuration) -> list[str]:
    return [camera.camera_id for camera in configuration.current.cameras]


def way_back(configuration: Configuration) -> list[list[str]]:
    """Go back as far as it goes, and return the cameras of each step."""
    steps = []
    while True:
        try:
            configuration.go_back()
        except ConfigurationError:
            return steps
        steps.append(names(configuration))


def test_a_system_begins_with_what_it_is_given_and_has_nothing_to_go_back_to(folder):
    own = kept_in(folder)
    assert names(own) == ["at-first"]
    assert not own.is_resumed
    with pytest.raises(ConfigurationError, match="no earlier configuration"):
        own.earlier()
    with pytest.raises(ConfigurationError, match="no earlier configuration"):
        own.go_back()
    assert names(own) == ["at-first"]


def test_it_goes_back_step_by_step_to_what_it_began_with(folder):
    own = kept_in(folder)
    own.adopt(settings("door"))
    own.adopt(settings("door", "till"))
    assert own.earlier() == settings("door")
    assert names(own) == ["door", "till"]  # to ask changes nothing
    assert way_back(own) == [["door"], ["at-first"]]


def test_what_was_gone_back_from_is_no_step(folder):
    own = kept_in(folder)
    own.adopt(settings("door"))
    own.go_back()
    own.adopt(settings("till"))
    assert way_back(own) == [["at-first"]]


def test_the_same_settings_again_are_no_step(folder):
    own = kept_in(folder)
    own.adopt(settings("door"))
    own.adopt(settings("door"))
    assert way_back(own) == [["at-first"]]


def test_twenty_steps_are_remembered(folder):
    own = kept_in(folder)
    for number in range(25):
        own.adopt(settings(f"camera-{number}"))
    assert way_back(own) == [[f"camera-{number}"] for number in range(23, 3, -1)]


def test_who_comes_after_a_process_that_was_killed_has_its_settings_and_its_steps(folder):
    killed = kept_in(folder)
    killed.adopt(settings("door"))
    killed.adopt(settings("till"))
    killed.go_back()
    killed.adopt(settings("hall"))
    after = kept_in(folder)
    assert after.is_resumed
    assert names(after) == ["hall"]
    assert way_back(after) == [["door"], ["at-first"]]
    assert names(kept_in(folder)) == ["at-first"]


def test_so_has_who_comes_after_one_that_was_killed_again(folder):
    kept_in(folder).adopt(settings("door"))
    kept_in(folder)
    assert way_back(kept_in(folder)) == [["at-first"]]


def test_a_system_that_has_come_to_its_end_leaves_nothing(folder):
    own = kept_in(folder)
    own.adopt(settings("door"))
    own.clear()
    assert not kept_in(folder).is_resumed


def test_after_a_loss_of_power_the_key_is_another_and_what_is_given_counts(folder):
    kept_in(folder).adopt(settings("door"))
    after = kept_in(folder, key=new_key())
    assert names(after) == ["at-first"]
    assert not after.is_resumed
