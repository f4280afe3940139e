"""Nodes that Ray's autoscaler adds on this machine, without processes that nobody asks.

The autoscaler, a process of its own, finds this by its name in the folder of `growing.py`.
"""

from ray.autoscaler._private.fake_multi_node.node_provider import FakeMultiNodeProvider

from genesis_ray.serving.lean_node import lean_node


class LeanNodes(FakeMultiNodeProvider):
    def _create_node_with_resources_and_labels(self, *args: object) -> None:
        with lean_node():
            super()._create_node_with_resources_and_labels(*args)
