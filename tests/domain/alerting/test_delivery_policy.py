from ipaddress import ip_address, ip_network

import pytest

from genesis_ray.domain.alerting.delivery_policy import DeliveryPolicy


def allows(address: str, *networks: str) -> bool:
    return DeliveryPolicy(tuple(map(ip_network, networks))).allows(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are_allowed(address):
    assert allows(address)
    assert allows(address, "10.0.0.0/8")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "0.0.0.0",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::1",
    ],
)
def test_all_others_are_refused(address):
    assert not allows(address)


def test_a_network_can_be_opened():
    assert allows("10.1.2.3", "10.1.0.0/16")
    assert allows("::ffff:10.1.2.3", "10.1.0.0/16")
    assert not allows("10.2.2.3", "10.1.0.0/16")


@pytest.mark.parametrize("address", ["169.254.169.254", "168.63.129.16", "100.100.100.200"])
def test_what_clouds_tell_their_machines_is_opened_by_nothing_but_itself(address):
    assert not allows(address, "0.0.0.0/0")
    assert not allows(address, "169.254.0.0/16", "168.63.0.0/16", "100.64.0.0/10")
    assert allows(address, f"{address}/32", "169.254.169.254/32")
