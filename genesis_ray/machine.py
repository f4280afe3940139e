"""What this machine has for a run: each check looks at one thing and changes nothing."""

import importlib.metadata
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genesis_ray.processors import usable_cores

Level = Literal["ok", "warning", "problem"]

_GB = 10**9

_RUN_BYTES = 3 * _GB
"""All processes of a live run with one camera, as measured."""

_OBJECT_STORE_BYTES = 256 * 1024**2
"""What a run asks Ray for (`serving.cluster`)."""

_ROOM_BYTES = 2 * _GB
"""A day's events of a few cameras and Ray's logs are far less; annotated video is more."""

_FEWEST_FILES = 4096
"""Open at once; below this Ray itself warns of failing connections."""

_SOCKET_NAME = "/ray/session_2026-01-05_09-00-00_000000_1000000/sockets/plasma_store"
"""Under its folder for temporary files Ray makes sockets of names as long as this."""

_LONGEST_SOCKET_PATH = 103 if sys.platform == "darwin" else 107

_PORTS = {8000: "the API of `serve run`", 8265: "Ray's dashboard"}

_OPENCV_BUILDS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        level: A problem keeps a run from working, a warning makes it slow or fragile.
        remedy: What to do about it, in one line; "" where all is well.
    """

    name: str
    level: Level
    message: str
    remedy: str = ""


def cpu() -> Finding:
    """Name the processor and count the cores that this process may use."""
    with suppress(OSError):
        cpuinfo = Path("/proc/cpuinfo").read_text()
        if named := re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE):
            return _cores(named[1])
    return _cores(platform.processor() or platform.machine())


def _cores(name: str) -> Finding:
    count = usable_cores()
    message = f"{name}, {count} core{'s' * (count != 1)}"
    if count >= 2:
        return Finding("processor", "ok", message)
    return Finding("processor", "warning", message, "give it two cores: one decodes, one detects")


def memory() -> Finding:
    """Compare the memory that is free with what a live run takes."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free = total
    with suppress(OSError):
        meminfo = Path("/proc/meminfo").read_text()
        if available := re.search(r"^MemAvailable:\s*(\d+) kB$", meminfo, re.MULTILINE):
            free = int(available[1]) * 1024
    with suppress(OSError, ValueError):  # no limit reads "max"
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    free = min(free, total)
    message = f"{free / _GB:.1f} of {total / _GB:.1f} GB free"
    if free >= _RUN_BYTES:
        return Finding("memory", "ok", message)
    remedy = f"close programs: a run takes up to {_RUN_BYTES / _GB:.0f} GB, with --local less"
    return Finding("memory", "warning", message, remedy)


def gpu() -> Finding:
    """Ask NVIDIA's driver for its GPUs, and whether torch can use them."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return Finding("GPU", "ok", "no NVIDIA GPU; models run on the processor")
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        asked = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603  the path is found, not given
    except (OSError, subprocess.SubprocessError) as error:
        remedy = "mend the driver until `nvidia-smi` answers; without it the processor is used"
        return Finding("GPU", "warning", f"nvidia-smi fails: {error}", remedy)
    message = "; ".join(asked.stdout.strip().splitlines()) or "the driver finds no GPU"
    if "+cpu" in (_installed("torch") or ""):
        remedy = "install the pinned torch (`make setup`), which can use it"
        return Finding("GPU", "warning", f"{message}; torch is built without CUDA", remedy)
    return Finding("GPU", "ok", message)


def shared_memory() -> Finding:
    """Compare /dev/shm with the object store that a run asks Ray for."""
    try:
        free = shutil.disk_usage("/dev/shm").free  # noqa: S108  it is Ray that uses it
    except OSError:
        return Finding("shared memory", "ok", "no /dev/shm here; Ray uses files")
    message = f"{free / _GB:.2g} GB free in /dev/shm"
    if free >= _OBJECT_STORE_BYTES:
        return Finding("shared memory", "ok", message)
    remedy = "start the container with --shm-size=1g; else frames go through slow files"
    return Finding("shared memory", "warning", message, remedy)


def open_files() -> Finding:
    """Look at how many files may be open; Ray raises the soft limit to the hard one itself."""
    try:
        import resource
    except ImportError:
        return Finding("open files", "ok", "no limit on this system")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        return Finding("open files", "ok", "no limit")
    if hard >= _FEWEST_FILES:
        return Finding("open files", "ok", f"up to {hard:,} at once")
    remedy = f"raise the limit: `ulimit -n {2 * _FEWEST_FILES}`, as root or in limits.conf"
    return Finding("open files", "warning", f"at most {hard:,} at once", remedy)


def threads() -> Finding:
    """Look for a limit on the threads of numerical libraries that is lower than the cores."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    cores = usable_cores()
    if limit.isdecimal() and 0 < int(limit) < cores:
        message = f"OMP_NUM_THREADS={limit} on {cores} cores"
        return Finding("threads", "warning", message, "unset OMP_NUM_THREADS to use all cores")
    return Finding("threads", "ok", f"models may use all {cores} cores")


def python() -> Finding:
    """Compare the interpreter with the versions that the project supports."""
    message = f"{platform.python_version()}, {sys.executable}"
    if (3, 11) <= sys.version_info < (3, 13):
        return Finding("Python", "ok", message)
    remedy = "remove .venv and `make setup PYTHON=python3.11`"
    return Finding("Python", "problem", message, remedy)


def libraries() -> list[Finding]:
    """Compare what is installed with the pinned versions of what the project needs itself."""
    try:
        required = importlib.metadata.requires("genesis-ray") or []
    except importlib.metadata.PackageNotFoundError:
        return [Finding("libraries", "problem", "genesis-ray is not installed", "`make setup`")]
    pins = [pin.groups() for line in required if (pin := re.match(_PIN, line))]
    findings = []
    for name, pinned in pins:
        installed = _installed(name)
        if installed is None:
            findings.append(Finding(name, "problem", f"{pinned} is not installed", "`make setup`"))
        elif installed.partition("+")[0] != pinned:
            message = f"{installed} is installed, {pinned} is what was tested"
            findings.append(Finding(name, "warning", message, "`make setup`"))
    if findings:
        return findings
    return [Finding("libraries", "ok", f"all {len(pins)} as pinned, Ray {_installed('ray')}")]


_PIN = r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;,]+)$"
"""A requirement of one version, on every platform."""


def _installed(name: str) -> str | None:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(name)
    return None


def opencv() -> Finding:
    """Look for several builds of OpenCV: they overwrite each other's files."""
    builds = [f"{name} {version}" for name in _OPENCV_BUILDS if (version := _installed(name))]
    if len(builds) == 1:
        return Finding("OpenCV", "ok", builds[0])
    if not builds:
        return Finding("OpenCV", "problem", "not installed", "`make setup`")
    remedy = "uninstall all of them, then `make setup`"
    return Finding("OpenCV", "problem", f"{' and '.join(builds)} in one place", remedy)


def ray_start() -> Finding:
    """Look for what makes each of Ray's processes start slowly."""
    if _installed("rfc3987-syntax"):
        message = "rfc3987-syntax, which Jupyter brings, delays each process by over a second"
        return Finding("Ray's start", "warning", message, "`pip uninstall rfc3987-syntax`")
    return Finding("Ray's start", "ok", "nothing known to slow it down is installed")


def cluster() -> Finding:
    """See whether the cluster that RAY_ADDRESS names can be reached."""
    address = os.environ.get("RAY_ADDRESS", "")
    if address in ("", "local"):
        return Finding("Ray cluster", "ok", "none named; a run starts Ray on this machine")
    if address == "auto":
        return Finding("Ray cluster", "ok", "RAY_ADDRESS=auto: the one that runs on this machine")
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdecimal():
        remedy = "set it to HOST:PORT, or unset it to run on this machine"
        return Finding("Ray cluster", "problem", f"RAY_ADDRESS={address} is no address", remedy)
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=2).close()
    except (OSError, OverflowError) as error:
        remedy = "start the cluster, or unset RAY_ADDRESS to run on this machine"
        message = f"nothing answers at RAY_ADDRESS={address}: {error}"
        return Finding("Ray cluster", "problem", message, remedy)
    return Finding("Ray cluster", "ok", f"RAY_ADDRESS={address} answers")


def ray_folder() -> Finding:
    """Look at the folder of Ray's sockets and logs: its room, and the length of its path."""
    # As Ray finds it, which is not as Python's tempfile does.
    linux = os.environ.get("TMPDIR") if sys.platform == "linux" else None
    path = os.environ.get("RAY_TMPDIR") or linux or "/tmp"  # noqa: S108
    if len(os.fsencode(path)) + len(_SOCKET_NAME) > _LONGEST_SOCKET_PATH:
        message = f"{path} is too long: the names of sockets in it would be cut off"
        return Finding("Ray's folder", "problem", message, "export RAY_TMPDIR=/tmp")
    return folder("Ray's folder", Path(path))


def ports() -> list[Finding]:
    """See whether the ports that `serve run` uses are free."""
    return [_port(number, use) for number, use in _PORTS.items()]


def _port(number: int, use: str) -> Finding:
    name = f"port {number}"
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            remedy = f"stop what listens there, if it is no system of yours: {use} wants it"
            return Finding(name, "warning", f"taken ({error.strerror})", remedy)
    return Finding(name, "ok", f"free for {use}")


def folder(name: str, path: Path) -> Finding:
    """See whether `path` is there or can be made, can be written to, and has room."""
    path = path.expanduser().absolute()
    nearest = next(place for place in (path, *path.parents) if place.exists())
    if not nearest.is_dir():
        return Finding(name, "problem", f"{nearest} is a file", "move it, or choose another folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        message = f"{path}: {nearest} may not be written to"
        return Finding(name, "problem", message, "change its permissions, or choose another folder")
    free = shutil.disk_usage(nearest).free
    message = f"{path}, {free / _GB:.1f} GB free"
    if free >= _ROOM_BYTES:
        return Finding(name, "ok", message)
    level: Level = "warning" if free >= _ROOM_BYTES // 10 else "problem"
    return Finding(name, level, message, "free some space, or choose a folder on another disk")
