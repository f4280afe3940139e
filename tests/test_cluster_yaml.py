import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

ROOT = Path(__file__).parent.parent
VCPUS = {"xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32}


@pytest.fixture(scope="module")
def cluster() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "cluster.yaml").read_text())


def test_ray_accepts_the_file(cluster):
    validate_config(prepare_config(cluster))


def test_ray_would_refuse_a_misspelt_key(cluster):
    with pytest.raises(Exception, match="idle_timeout_minuets"):
        validate_config(prepare_config({**cluster, "idle_timeout_minuets": 5}))


def test_only_model_nodes_have_a_gpu(cluster):
    gpus = {
        name: node["resources"].get("GPU", 0)
        for name, node in cluster["available_node_types"].items()
    }
    assert gpus == {"head": 0, "camera": 0, "model": 1}


def test_the_head_that_has_none_is_told_what_replicas_take_of_one():
    text = (ROOT / "cluster.yaml").read_text()
    shares = re.findall(r"GENESIS_(DETECTOR|FACES)__NUM_GPUS=([\d.]+)", text)
    assert {name: float(share) for name, share in shares} == {"DETECTOR": 0.25, "FACES": 0.25}


def test_resources_are_those_of_the_instance_type(cluster):
    for node in cluster["available_node_types"].values():
        family, size = node["node_config"]["InstanceType"].split(".")
        assert node["resources"]["CPU"] == VCPUS[size]
        assert ("GPU" in node["resources"]) == (family[0] in "gp")


def test_limits_leave_room_for_every_worker_type(cluster):
    workers = [n for n in cluster["available_node_types"] if n != cluster["head_node_type"]]
    types = [cluster["available_node_types"][name] for name in workers]
    assert all(0 < node["min_workers"] <= node["max_workers"] for node in types)
    assert sum(node["max_workers"] for node in types) == cluster["max_workers"]


def test_images_are_public_parameters_and_no_accounts_own(cluster):
    for node in cluster["available_node_types"].values():
        assert node["node_config"]["ImageId"].startswith("resolve:ssm:/aws/service/")


def test_what_is_mounted_is_there_and_enough_to_install(cluster):
    home = "/home/ubuntu/genesis_ray/"
    mounted = {
        remote.removeprefix(home): ROOT / local for remote, local in cluster["file_mounts"].items()
    }
    assert all(local.exists() for local in mounted.values())
    commands = "\n".join(cluster["setup_commands"] + cluster["head_setup_commands"])
    wanted = set(re.findall(r"-r (\S+)", commands))
    assert wanted == {"requirements.txt", "requirements-aws.txt"}
    assert wanted | {"pyproject.toml", "README.md", "LICENSE", "genesis_ray"} <= set(mounted)


def test_nodes_install_only_what_is_pinned(cluster):
    installs = [c for c in cluster["setup_commands"] + cluster["head_setup_commands"] if "pip" in c]
    assert installs
    for command in installs:
        assert "--no-deps" in command
        assert "--require-hashes" in command or "--editable ." in command
