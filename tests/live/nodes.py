"""A cluster of several nodes on this machine: `nodes.py CPUS_OF_HEAD CPUS_OF_NODE...`.

Prints its address; ends when its input does.
"""

import os
import sys

from ray.cluster_utils import Cluster

from genesis_ray.serving.cluster import ENVIRONMENT
from genesis_ray.serving.lean_node import lean_node

os.environ |= ENVIRONMENT
head, *others = map(int, sys.argv[1:])
with lean_node():
    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": head, "object_store_memory": 100_000_000},
    )
for cpus in others:
    cluster.add_node(num_cpus=cpus, object_store_memory=100_000_000)
cluster.wait_for_nodes()
print("address", cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
