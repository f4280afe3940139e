"""A cluster on this machine that Ray's autoscaler adds nodes to: `growing.py CPUS NODES`.

A node has CPUS, and there are at most so many NODES beside the head, which has no processors for
cameras or models. Prints the cluster's address; ends when its input does. RAY_TMPDIR has to be a
folder of its own.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from genesis_ray.serving import lean_node
from genesis_ray.serving.cluster import ENVIRONMENT
from genesis_ray.serving.own_cluster import stop_session

cpus, most = map(int, sys.argv[1:])
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
address = f"127.0.0.1:{port}"
config = {
    "cluster_name": "growing",
    "max_workers": most,
    "upscaling_speed": 10.0,
    "idle_timeout_minutes": 0.1,
    "provider": {
        "type": "external",
        "module": "lean_nodes.LeanNodes",
        "gcs_address": address,
        "use_node_id_as_ip": True,  # as all have the same address
        "disable_node_updaters": True,
        "disable_launch_config_check": True,
    },
    "head_node_type": "ray.head.default",
    "available_node_types": {
        "ray.head.default": {"resources": {"CPU": 0}, "node_config": {}, "max_workers": 0},
        "worker": {
            "resources": {"CPU": cpus, "object_store_memory": 100_000_000},
            "node_config": {},
            "min_workers": 0,
            "max_workers": most,
        },
    },
    "auth": {},
    "head_setup_commands": [],
    "worker_setup_commands": [],
    "setup_commands": [],
    "initialization_commands": [],
    "head_start_ray_commands": [],
    "worker_start_ray_commands": [],
    "file_mounts": {},
    "cluster_synced_files": [],
    "file_mounts_sync_continuously": False,
    "rsync_exclude": [],
    "rsync_filter": [],
}
with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump(config, file)
    file.flush()
    subprocess.run(
        [
            *(sys.executable, "-P", "-m", lean_node.__name__),
            *("start", "--head", "--node-ip-address=127.0.0.1", f"--port={port}", "--num-cpus=0"),
            *("--object-store-memory=100000000", "--include-dashboard=false"),
            f"--autoscaling-config={file.name}",
        ],
        env={
            **ENVIRONMENT,
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
            "RAY_FAKE_CLUSTER": "1",
            "AUTOSCALER_UPDATE_INTERVAL_S": "1",
        },
        stdout=subprocess.DEVNULL,
        check=True,
    )
print("address", address, flush=True)
sys.stdin.read()
stop_session(os.environ["RAY_TMPDIR"])
