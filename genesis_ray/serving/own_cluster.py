"""A Ray cluster of one node on this machine that outlives the command which started it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import ray

from genesis_ray.errors import GenesisError
from genesis_ray.serving.cluster import OBJECT_STORE_BYTES

_OURS = "genesis-started-by"
"""A label of its node: only what `genesis up` started does `genesis down` stop."""

_STARTED_WITHIN_S = 120
_STOPPED_WITHIN_S = 8


def start_own_cluster() -> None:
    """Start the cluster.

    Raises:
        GenesisError: It does not start, for instance because one runs here already.
    """
    # Nothing of a customer's cameras is told to anybody.
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    command = [
        str(Path(sys.executable).with_name("ray")),
        *("start", "--head", "--port=0"),
        *("--include-dashboard=false", f"--object-store-memory={OBJECT_STORE_BYTES}"),
        f"--labels={_OURS}=up",
    ]
    try:
        done = subprocess.run(  # noqa: S603  Ray's own command
            command,
            env=environment,
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


def is_own_cluster() -> bool:
    """Tell whether `start_own_cluster` started the cluster that this process is connected to."""
    return any(_OURS in node["Labels"] for node in ray.nodes() if node["Alive"])


def stop_own_cluster() -> None:
    """Stop the cluster that this process is connected to, and disconnect."""
    context = ray.get_runtime_context()
    session, folder = context.get_session_name(), Path(context.get_temp_dir())
    ray.shutdown()
    stop_session(session)
    # Else whoever looks for a cluster of this machine waits for this one, for more than a minute.
    (folder / "ray_current_cluster").unlink(missing_ok=True)


def stop_session(session: str) -> None:
    """Stop what runs on this machine of a cluster, by the name of its session.

    Ray's own command would stop every cluster of this machine.
    """
    processes = [process for process in psutil.process_iter() if _belongs(process, session)]
    for process in processes:
        process.terminate()
    _, left = psutil.wait_procs(processes, timeout=_STOPPED_WITHIN_S)
    for process in left:
        process.kill()


def _belongs(process: psutil.Process, session: str) -> bool:
    """Tell whether a process serves the session; workers end with their raylet."""
    try:
        return any(session in argument for argument in process.cmdline())
    except psutil.Error:
        return False
