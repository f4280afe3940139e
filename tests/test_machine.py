import os
import resource
import shutil
import socket
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from genesis_ray import machine


@pytest.fixture(autouse=True)
def _a_plain_machine(monkeypatch):
    for name in list(os.environ):
        if name.startswith("RAY_") or name in ("OMP_NUM_THREADS", "TMPDIR"):
            monkeypatch.delenv(name)


def level_and_message(finding: machine.Finding) -> tuple[str, str]:
    return finding.level, finding.message


def test_the_machine_is_described():
    assert machine.cpu().message.endswith(("core", "cores"))
    assert "GB free" in machine.memory().message


def test_one_core_is_few(monkeypatch):
    monkeypatch.setattr(machine, "usable_cores", lambda: 1)
    assert machine.cpu().level == "warning"


def test_little_memory_is_told(monkeypatch):
    monkeypatch.setattr(machine, "_RUN_BYTES", 10**15)
    assert machine.memory().level == "warning"


def test_little_shared_memory_is_told(monkeypatch):
    monkeypatch.setattr(machine, "_OBJECT_STORE_BYTES", 10**15)
    assert "--shm-size" in machine.shared_memory().remedy


@pytest.mark.parametrize(
    ("hard", "level"), [(1024, "warning"), (65536, "ok"), (resource.RLIM_INFINITY, "ok")]
)
def test_a_low_limit_of_open_files_is_told(monkeypatch, hard, level):
    monkeypatch.setattr(resource, "getrlimit", lambda *_: (256, hard))
    assert machine.open_files().level == level


@pytest.mark.parametrize(
    ("limit", "level"), [("1", "warning"), ("64", "ok"), ("", "ok"), ("x", "ok")]
)
def test_a_limit_of_threads_below_the_cores_is_told(monkeypatch, limit, level):
    monkeypatch.setattr(machine, "usable_cores", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", limit)
    assert machine.threads().level == level


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Put a driver's program into the path that prints or fails as told."""

    def nvidia_smi(script: str) -> None:
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    return nvidia_smi


def test_the_gpus_of_the_driver_are_named(nvidia_smi):
    nvidia_smi("echo 'NVIDIA L4, 23034 MiB, 550.54'; echo 'NVIDIA T4, 15360 MiB, 550.54'")
    finding = machine.gpu()
    assert finding.message.startswith("NVIDIA L4, 23034 MiB, 550.54; NVIDIA T4, 15360 MiB, 550.54")


def test_a_driver_that_does_not_answer_is_told(nvidia_smi):
    nvidia_smi("echo 'no devices' >&2; exit 9")
    assert machine.gpu().level == "warning"


def test_a_gpu_that_torch_cannot_use_is_told(nvidia_smi, monkeypatch):
    nvidia_smi("echo 'NVIDIA L4, 23034 MiB, 550.54'")
    monkeypatch.setattr(machine, "_installed", lambda *_: "2.15.0+cpu")
    assert "built without CUDA" in machine.gpu().message


def test_without_a_driver_there_is_no_gpu(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert level_and_message(machine.gpu()) == (
        "ok",
        "no NVIDIA GPU; models run on the processor",
    )


Version = namedtuple("Version", ["major", "minor"])


@pytest.mark.parametrize(
    ("version", "level"), [((3, 10), "problem"), ((3, 11), "ok"), ((3, 13), "problem")]
)
def test_another_python_is_told(monkeypatch, version, level):
    monkeypatch.setattr(sys, "version_info", Version(*version))
    assert machine.python().level == level


def require(monkeypatch, *requirements: str) -> None:
    monkeypatch.setattr("importlib.metadata.requires", lambda *_: list(requirements))


def test_the_pinned_versions_are_installed():
    (finding,) = machine.libraries()
    assert finding.level == "ok"


def test_a_library_that_is_missing_or_another_version_is_told(monkeypatch):
    require(monkeypatch, "no-such-library==1.0", "pytest==0.1", "hypothesis[cli]>=6")
    missing, other = machine.libraries()
    assert (missing.name, *level_and_message(missing)) == (
        "no-such-library",
        "problem",
        "1.0 is not installed",
    )
    assert (other.name, other.level) == ("pytest", "warning")
    assert other.message.endswith("is installed, 0.1 is what was tested")


def test_a_local_build_of_the_pinned_version_is_that_version(monkeypatch):
    require(monkeypatch, "torch==2.15.0")
    monkeypatch.setattr(machine, "_installed", lambda *_: "2.15.0+cu130")
    assert machine.libraries()[0].level == "ok"


def test_two_builds_of_opencv_are_one_too_many(tmp_path, monkeypatch):
    assert machine.opencv().level == "ok"
    monkeypatch.syspath_prepend(site_with(tmp_path, "opencv-python"))
    finding = machine.opencv()
    assert finding.level == "problem"
    assert finding.message.startswith("opencv-python 4.9 and opencv-python-headless")


def test_what_delays_each_of_rays_processes_is_named(tmp_path, monkeypatch):
    assert machine.ray_start().level == "ok"
    monkeypatch.syspath_prepend(site_with(tmp_path, "rfc3987-syntax"))
    finding = machine.ray_start()
    assert finding.level == "warning"
    assert "pip uninstall rfc3987-syntax" in finding.remedy


def site_with(folder: Path, package: str) -> Path:
    """A folder of installed packages, where this one is in version 4.9."""
    other = folder / "site" / f"{package.replace('-', '_')}-4.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 4.9\n")
    return folder / "site"


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_cluster_that_listens_can_be_reached(monkeypatch, listener, scheme):
    monkeypatch.setenv("RAY_ADDRESS", f"{scheme}127.0.0.1:{listener}")
    assert machine.cluster().level == "ok"


def test_a_cluster_that_does_not_listen_is_told(monkeypatch, listener):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # and nobody listens
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{unheard.getsockname()[1]}")
        assert machine.cluster().level == "problem"


@pytest.mark.parametrize("address", ["head", "head:ray", ":6379", "ray://head", "head:99999"])
def test_an_address_that_is_none_is_told(monkeypatch, address):
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert machine.cluster().level == "problem"


@pytest.mark.parametrize("address", ["", "auto", "local"])
def test_a_cluster_of_this_machine_needs_no_address(monkeypatch, address):
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert machine.cluster().level == "ok"


def test_a_path_that_is_too_long_for_sockets_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / ("x" * 60)))
    assert machine.ray_folder().remedy == "export RAY_TMPDIR=/tmp"
    monkeypatch.setenv("RAY_TMPDIR", "/tmp")
    assert machine.ray_folder().message.startswith("/tmp, ")


def test_a_port_that_is_taken_is_told_with_what_wants_it(monkeypatch, listener):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        spare = free.getsockname()[1]
    monkeypatch.setattr(machine, "_PORTS", {listener: "the API", spare: "the dashboard"})
    taken, left = machine.ports()
    assert (taken.level, left.level) == ("warning", "ok")
    assert "the API wants it" in taken.remedy


def test_a_folder_that_can_be_made_is_well(tmp_path):
    finding = machine.folder("data folder", tmp_path / "a" / "b")
    assert finding.message.startswith(f"{tmp_path}/a/b, ")
    assert not (tmp_path / "a").exists()


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "a").touch()
    assert level_and_message(machine.folder("data folder", tmp_path / "a" / "b")) == (
        "problem",
        f"{tmp_path}/a is a file",
    )


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)  # as root, everything may be
    finding = machine.folder("data folder", tmp_path / "a")
    assert finding.level == "problem"
    assert f"{tmp_path} may not be written to" in finding.message


@pytest.mark.parametrize(
    ("free_gb", "level"), [(60, "ok"), (1, "warning"), (0.1, "problem"), (0, "problem")]
)
def test_little_room_is_told(monkeypatch, free_gb, level):
    usage = namedtuple("usage", ["total", "used", "free"])(1, 1, free_gb * 1e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda *_: usage)
    assert machine.folder("data folder", Path("x")).level == level
