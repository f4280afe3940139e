import gc
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.testing
from hypothesis import settings

if TYPE_CHECKING:
    from genesis_ray.vision.osnet import Osnet

# What is imported and collected stays: to search it for garbage meanwhile took a fifth of the time.
gc.disable()

# How long an example takes says more of the machine than of the code.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")

# Threads that wait for each other would spin, on processors that others have work for: before torch
# is imported, and for the processes that tests start.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# To put the commands of `genesis` together takes longer than most of what they are tested with.
typer.testing._get_command = cache(typer.testing._get_command)

# Where tests were started in the background, Ctrl-C, which some send, would be ignored.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Keys that tests make are theirs, also in the processes that they start.
os.environ["GENESIS_TEMPLATES__KEY_STORE"] = f"file:{tempfile.mkdtemp(prefix='genesis-keys-')}"


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of each search for garbage, and search less often.

    It is most of all objects, stays to the end, and to go through it took a fifth of all time.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_unconfigure() -> None:
    """Let libraries tidy up at the end, which would complain of what is left."""
    gc.unfreeze()


_CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real footage and faces, which is not part of the project."""
    folder = Path(os.environ.get("GENESIS_TEST_DATA", _CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no footage in {folder}; set GENESIS_TEST_DATA to the folder that has it")
    return folder


@pytest.fixture
def osnet(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Osnet":
    """OSNet, and a folder of models that has its file beside all that there are."""
    from genesis_ray.vision import models
    from genesis_ray.vision.osnet import MODEL, Osnet

    if models.status(MODEL) == "missing":
        brought = shared_data.parent / "models" / models.find(MODEL).file
        if not brought.is_file():
            pytest.skip(f"no {brought.name} in {brought.parent}, nor brought by models add")
        folder = tmp_path / "models"
        folder.mkdir()
        for path in [*models.models_dir().glob("[!.]*"), brought]:
            (folder / path.name).symlink_to(path)
        monkeypatch.setenv("GENESIS_MODELS_DIR", str(folder))
    return Osnet()


@pytest.fixture(scope="session")
def loaded_models() -> dict[object, object]:
    """The models that `models_loaded_once` has loaded so far."""
    return {}


@pytest.fixture
def models_loaded_once(loaded_models, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loads a model gets the one that a test before has loaded, if it is the same."""
    from genesis_ray.vision import engines, models

    load = engines.load

    def load_once(*of: object, **options: object) -> object:
        key = (models.models_dir(), of, *sorted(options.items()))
        if key not in loaded_models:
            loaded_models[key] = load(*of, **options)
        return loaded_models[key]

    monkeypatch.setattr(engines, "load", load_once)


class SmallDisk:
    """A file system of one megabyte."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, *, leaving: int = 0) -> None:
        """Use up the room there is, but for so many bytes; others may be quicker."""
        status = os.statvfs(self.path)
        room = bytes(max(0, status.f_bavail * status.f_bsize - leaving))
        with suppress(OSError), (self.path / "ballast").open("ab", buffering=0) as ballast:
            ballast.write(room)

    def free(self) -> None:
        """Give back what `fill` used up."""
        (self.path / "ballast").unlink()

    def grow(self) -> None:
        """Make room."""
        subprocess.run(["mount", "-o", "remount,size=8m", self.path], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk that can be filled is a tmpfs, and only root may mount one here")
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", folder], check=True)


class RtspServer:
    """A camera, as far as its stream goes: a picture of a moving ball, for ever."""

    BALL = (
        "( videotestsrc is-live=true pattern=ball"
        " ! video/x-raw,format=I420,width=320,height=240,framerate=10/1"
        " ! jpegenc ! rtpjpegpay name=pay0 pt=26 )"
    )
    SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, whose packages bring GStreamer's bindings

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{self.port}/live"
        self._process: subprocess.Popen[str] | None = None

    def start(self, *arguments: str, pipeline: str = BALL) -> None:
        """Serve; with a user and a password to them alone, with `--certificate`, FILE over TLS."""
        script = Path(__file__).with_name("rtsp_server.py")
        self._process = subprocess.Popen(
            [self.SYSTEM_PYTHON, str(script), str(self.port), pipeline, *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def pause(self, seconds: float) -> None:
        """Send nothing for a while, and then all that was to be sent, as a network that stalls."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Be gone, as a camera that loses its power."""
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process = None


@pytest.fixture(scope="session")
def has_rtsp_server() -> bool:
    check = "import gi; gi.require_version('GstRtspServer', '1.0')"
    command = [RtspServer.SYSTEM_PYTHON, "-c", check]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture
def rtsp(has_rtsp_server) -> Iterator[RtspServer]:
    if not has_rtsp_server:
        pytest.skip(
            "no RTSP server; on Debian: apt install python3-gi gir1.2-gst-rtsp-server-1.0 "
            "gstreamer1.0-plugins-good"
        )
    server = RtspServer()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """A world with somebody to forget, made once; a test that changes it takes a copy."""
    from tests.running.somebody import world

    folder = tmp_path_factory.mktemp("somebody")
    world(folder)
    return folder
