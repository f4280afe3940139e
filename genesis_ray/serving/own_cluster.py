"""A Ray cluster of one node on this machine that outlives the command which started it."""

import logging
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import psutil
import ray
from ray._private.authentication.authentication_token_setup import ensure_token_if_auth_enabled
from ray._raylet import Config  # type: ignore[attr-defined]  # its stub leaves it out

from genesis_ray.errors import GenesisError
from genesis_ray.serving import lean_node
from genesis_ray.serving.cluster import ENVIRONMENT
from genesis_ray.store.disk import make_folder, write_file

_STARTED_WITHIN_S = 120
_ANSWERS_WITHIN_S = 2.0
_STOPPED_WITHIN_S = 8


def start_own_cluster(store: int) -> None:
    """Start the cluster, with `store` bytes of shared memory.

    Raises:
        GenesisError: It does not start, for instance because one runs here already.
    """
    make_token()
    told = _ray(
        "start", "--head", "--port=0", "--include-dashboard=false", f"--object-store-memory={store}"
    )
    address = re.search(r"--address='([^']+)'", told)
    if address is None:
        raise GenesisError(f"expected Ray to tell its address, got {told!r:.300}")
    file = _address_file()
    make_folder(file.parent)
    write_file(file, address[1].encode())


def make_token() -> None:
    """Go by Ray's token, a new one unless the user has one; nobody else may read that.

    Raises:
        GenesisError: It cannot be written.
    """
    use_token()
    logging.getLogger(ensure_token_if_auth_enabled.__module__).setLevel(logging.ERROR)
    before = os.umask(0o077)  # Ray says nothing of who may read the file
    try:
        ensure_token_if_auth_enabled()
    except OSError as error:
        raise GenesisError(f"no token for Ray could be made: {error}") from error
    finally:
        os.umask(before)


def _ray(*arguments: str) -> str:
    """Run Ray's command, for a node as lean as those of other commands; return what it says."""
    try:
        done = subprocess.run(  # noqa: S603  it is our own
            [sys.executable, "-P", "-m", lean_node.__name__, *arguments],
            env={**ENVIRONMENT, **os.environ},
            timeout=_STARTED_WITHIN_S,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GenesisError(f"Ray did not start within {_STARTED_WITHIN_S} s") from error
    if done.returncode:
        told = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise GenesisError(f"Ray did not start on this machine: {told}")
    return done.stdout


def use_token() -> None:
    """Let only those connect, and connect, who have the user's token, unless it is turned off."""
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    Config.initialize("")  # Ray read it when it was imported; its own commands do the same


def own_address() -> str | None:
    """Return where the cluster is that `start_own_cluster` started; None where it is gone.

    It is looked for here and not by Ray, which takes any cluster that it finds on the machine.
    """
    try:
        address = _address_file().read_text()
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), _ANSWERS_WITHIN_S).close()
    except (OSError, ValueError):
        return None
    return address


def is_own_cluster() -> bool:
    """Tell whether this process is connected to the cluster that `start_own_cluster` started."""
    return bool(ray.get_runtime_context().gcs_address == own_address())


def stop_own_cluster() -> None:
    """Stop the cluster that this process is connected to, and disconnect."""
    cluster = ray.get_runtime_context()
    # Ray's server for clients elsewhere bears the name of its node alone.
    names = cluster.get_session_name(), f"--node-id={cluster.get_node_id()}"
    ray.shutdown()
    stop_session(*names)
    _address_file().unlink(missing_ok=True)


def stop_session(*names: str) -> None:
    """Stop what runs on this machine of a cluster, by what only its processes' arguments have.

    Ray's own command would stop every cluster of this machine.
    """
    processes = [process for process in psutil.process_iter() if _belongs(process, names)]
    until = time.monotonic() + _STOPPED_WITHIN_S
    stores = [process for process in processes if _is_control_store(process)]
    # It goes last: a node waits for it, to sign off.
    for each in ([process for process in processes if process not in stores], stores):
        for process in each:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        _, left = psutil.wait_procs(each, timeout=max(0.0, until - time.monotonic()))
        for process in left:
            process.kill()


def _is_control_store(process: psutil.Process) -> bool:
    try:
        return bool(process.name() == "gcs_server")
    except psutil.Error:
        return False


def _address_file() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "genesis_ray" / "cluster"


def _belongs(process: psutil.Process, names: Collection[str]) -> bool:
    """Tell whether a process is one of the cluster's own; workers end with their raylet."""
    try:
        return any(name in argument for argument in process.cmdline() for name in names)
    except psutil.Error:
        return False
