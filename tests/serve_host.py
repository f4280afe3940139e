"""A Ray cluster of its own with Serve on a port: `serve_host.py PORT`.

Prints the cluster's address. Told `serve` it starts Serve, if that was shut down, and says so;
told `actors` it prints the names of the genesis actors that are alive, in one line, and told
`pandas` whether a worker has it that has loaded Serve. Ends when its input does, and the cluster
with it.
"""

import sys

import ray
from ray import serve
from ray.util import list_named_actors

from genesis_ray.serving import cluster


@ray.remote(num_cpus=0)
def has_pandas() -> bool:
    """Tell whether pandas came with Serve."""
    import ray.serve  # noqa: F401

    return "pandas" in sys.modules


cluster.start()
print("address", ray.get_runtime_context().gcs_address, flush=True)
for line in sys.stdin:
    if line.strip() == "serve":
        serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
        print("serving", flush=True)
        continue
    if line.strip() == "pandas":
        print("pandas", ray.get(has_pandas.remote()), flush=True)
        continue
    actors = list_named_actors(all_namespaces=True)
    alive = [actor["name"] for actor in actors if actor["namespace"] == cluster.NAMESPACE]
    print("actors", *sorted(alive), flush=True)
ray.shutdown()
