import os

import pytest

from genesis_ray.running.planning.this_node import this_node


@pytest.fixture
def folders(tmp_path):
    """A machine's /proc and a container's control group, with these files."""
    proc, cgroup = tmp_path / "proc", tmp_path / "cgroup"
    proc.mkdir()
    cgroup.mkdir()
    (proc / "meminfo").write_text("MemTotal: 32000000 kB\nMemAvailable:   16000000 kB\n")

    def folders(**files: str) -> dict:
        for name, text in files.items():
            (cgroup / name.replace("_", ".")).write_text(text)
        return {"proc": proc, "cgroup": cgroup}

    return folders


def test_a_machine_without_limits_has_its_cores_and_its_free_memory(folders):
    node = this_node(**folders(cpu_max="max 100000\n", memory_max="max\n", memory_current="5\n"))
    assert node.cores == len(os.sched_getaffinity(0))
    assert node.memory == 16_000_000 * 1024
    assert not node.has_device


def test_a_container_has_what_it_is_given(folders):
    node = this_node(
        **folders(
            cpu_max="50000 100000\n", memory_max="4000000000\n", memory_current="1000000000\n"
        )
    )
    assert (node.cores, node.memory) == (0.5, 3_000_000_000)


def test_a_container_that_is_full_has_no_memory_to_speak_of(folders):
    assert this_node(**folders(memory_max="1000\n", memory_current="2000\n")).memory == 1


def test_this_machine_can_be_looked_at():
    node = this_node()
    assert node.cores >= 0.1
    assert node.memory > 1e6
