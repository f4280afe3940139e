import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genesis_ray.serving.own_cluster import own_address, stop_session


@pytest.fixture
def note(monkeypatch, tmp_path) -> Path:
    """Where the address of the cluster is noted."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = tmp_path / "genesis_ray" / "cluster"
    file.parent.mkdir()
    return file


def test_where_none_was_started_there_is_none(note):
    assert own_address() is None


def test_one_that_answers_is_known(note):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        note.write_text(address)
        assert own_address() == address


def test_one_that_is_gone_is_not_waited_for(note):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        note.write_text(f"127.0.0.1:{server.getsockname()[1]}")
        assert own_address() is None


def test_a_damaged_note_is_none(note):
    note.write_text("here and there")
    assert own_address() is None


def test_what_bears_a_name_of_the_cluster_is_stopped_and_nothing_else():
    wait = "import time; time.sleep(60)"
    one, client_server, other, other_server = (
        subprocess.Popen([sys.executable, "-c", wait, argument])
        for argument in (
            "--session-dir=/x/session_one/logs",
            "--node-id=a1",
            "--session-dir=/x/session_other/logs",
            "--node-id=b2",
        )
    )
    try:
        stop_session("session_one", "--node-id=a1")
        assert one.poll() is not None
        assert client_server.poll() is not None
        assert other.poll() is None
        assert other_server.poll() is None
    finally:
        for process in (one, client_server, other, other_server):
            process.kill()
            process.wait()


def test_the_control_store_is_stopped_last_as_others_sign_off_with_it(tmp_path):
    at_sigterm = (
        "import signal, sys, time\n"
        "from pathlib import Path\n"
        "folder = Path(sys.argv[1])\n"
        "def end(*_):\n"
        "    {}\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "(folder / sys.argv[2]).touch()\n"
        "while True: signal.pause()\n"
    )
    signs_off = at_sigterm.format("time.sleep(0.2); (folder / 'signed-off').touch()")
    store = at_sigterm.format("(folder / 'signed-off').rename(folder / 'seen')")
    name = tmp_path / "gcs_server"
    name.symlink_to(sys.executable)
    with (
        subprocess.Popen([sys.executable, "-c", signs_off, tmp_path, "node"]) as one,
        subprocess.Popen([name, "-c", store, tmp_path, "store"]) as other,
    ):
        while not ((tmp_path / "node").exists() and (tmp_path / "store").exists()):
            assert one.poll() is other.poll() is None
            time.sleep(0.01)
        stop_session(str(tmp_path))
    assert (tmp_path / "seen").exists()


def test_the_token_that_is_made_is_nobody_elses_to_read(tmp_path):
    code = "from genesis_ray.serving.own_cluster import make_token; make_token()"
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    (token,) = (path for path in tmp_path.rglob("*") if path.is_file() and "token" in path.name)
    assert token.stat().st_mode & 0o077 == 0
    assert token.parent.stat().st_mode & 0o077 == 0
