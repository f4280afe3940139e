from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.streams.addresses import is_live
from genesis_ray.domain.streams.source_policy import NO_CAMERAS, SCHEMES, SourcePolicy


def policy(*networks: str) -> SourcePolicy:
    return SourcePolicy(allowed_networks=tuple(map(ip_network, networks)))


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3", "192.168.0.64", "172.16.0.5", "fd12::1",
        "127.0.0.1", "::1",
        "8.8.8.8", "2001:db8::7",
    ],
)  # fmt: skip
def test_cameras_are_in_private_networks_on_this_machine_and_in_public(address):
    assert policy().allows(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "::",
        "169.254.7.7", "fe80::1", "fe80::1%eth0",
        "224.0.0.1", "239.1.2.3", "ff02::1",
        "255.255.255.255", "240.0.0.1",
        "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
        "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::ffff:0.0.0.0",
    ],
)  # fmt: skip
def test_what_is_never_a_camera_is_refused(address):
    assert not policy().allows(ip_address(address))
    assert not policy("0.0.0.0/0", "::/0").allows(ip_address(address))


def test_a_list_of_networks_lets_nothing_else_in():
    only = policy("10.20.0.0/16", "fd12::/16")
    assert only.allows(ip_address("10.20.255.1"))
    assert only.allows(ip_address("::ffff:10.20.0.1"))
    assert only.allows(ip_address("fd12::9"))
    assert not only.allows(ip_address("10.21.0.1"))
    assert not only.allows(ip_address("127.0.0.1"))
    assert not only.allows(ip_address("fd13::9"))


def test_a_reserved_network_is_open_where_it_is_named_itself():
    assert policy("169.254.0.0/16").allows(ip_address("169.254.7.7"))
    assert policy("169.254.7.0/24").allows(ip_address("169.254.7.7"))
    assert not policy("169.254.0.0/16").allows(ip_address("169.254.169.254"))
    assert policy("169.254.169.254/32").allows(ip_address("169.254.169.254"))
    assert policy("fe80::/10").allows(ip_address("fe80::1%eth0"))


def test_each_scheme_is_that_of_a_live_stream():
    assert all(is_live(f"{scheme}://camera/1") or is_live(f"{scheme}:0") for scheme in SCHEMES)


addresses = st.one_of(
    st.ip_addresses(),
    st.sampled_from(NO_CAMERAS).flatmap(
        lambda network: st.ip_addresses(v=network.version, network=network)
    ),
)
networks = st.builds(
    lambda address, bits: ip_network((address, bits % (address.max_prefixlen + 1)), strict=False),
    addresses,
    st.integers(0, 128),
)


@given(st.lists(networks, max_size=4), st.ip_addresses(v=4))
def test_an_address_fares_the_same_however_it_is_written(some, address: IPv4Address):
    number, policy = int(address), SourcePolicy(allowed_networks=tuple(some))
    mapped = IPv6Address((0xFFFF << 32) | number)
    translated = IPv6Address((0x64FF9B << 96) | number)
    assert policy.allows(mapped) == policy.allows(translated) == policy.allows(address)


@given(st.lists(networks, min_size=1, max_size=4), networks, addresses)
def test_another_network_never_shuts_out_who_was_let_in(some, another, address):
    if SourcePolicy(allowed_networks=tuple(some)).allows(address):
        assert SourcePolicy(allowed_networks=(*some, another)).allows(address)


@given(addresses, st.integers(0, 128))
def test_an_address_let_in_by_its_network_is_let_in_by_itself_alone(address, bits):
    home = ip_network((address, bits % (address.max_prefixlen + 1)), strict=False)
    if SourcePolicy(allowed_networks=(home,)).allows(address):
        alone = ip_network(address)
        assert SourcePolicy(allowed_networks=(alone,)).allows(address)


@given(st.ip_addresses(v=4))
def test_without_a_list_all_is_let_in_but_what_is_reserved(address):
    reserved = any(address in n for n in NO_CAMERAS if isinstance(n, IPv4Network))
    assert SourcePolicy().allows(address) == (not reserved)
