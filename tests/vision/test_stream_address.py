"""Which addresses of streams are refused before anything is connected to, and what is opened."""

import socket

import av
import pytest
from av.container import Flags

from genesis_ray.domain.streams.source_policy import SourcePolicy
from genesis_ray.errors import ConfigurationError
from genesis_ray.vision.stream_address import NotAllowedError, StreamAddress
from tests.vision.film_server import film


@pytest.fixture
def dns(monkeypatch) -> dict[str, list[str]]:
    """Names that resolve to what a test says, beside what the machine knows of numbers."""
    names: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host, port, *more, flags=0, **options):
        if flags & socket.AI_NUMERICHOST or host not in names:
            return real(host, port, *more, flags=flags | socket.AI_NUMERICHOST, **options)
        return [place for a in names[host] for place in real(a, port, *more, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def opened(url: str, **options) -> list[str]:
    return [opening.file for opening in StreamAddress(url, **options).openings()]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("device:one", "device:NUMBER"),
        ("device:/etc/passwd", "device:NUMBER"),
        ("rtsp:///live", "found no host"),
        ("http://", "found no host"),
        ("rtsp://door:99999/live", "HOST:PORT"),
        ("rtsp://[::1/live", "HOST:PORT"),
        ("file:///etc/passwd", "streams over file are not allowed"),
    ],
)
def test_an_address_of_nothing_is_refused(url, says):
    with pytest.raises(ConfigurationError, match=says):
        StreamAddress(url)


def test_a_password_that_hides_the_host_is_not_repeated():
    with pytest.raises(ConfigurationError, match="write / as %2F") as error:
        StreamAddress("rtsp://ann:se/cret@door/1")
    assert "se" not in str(error.value).partition("expected")[0]
    assert "cret" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "2852039166", "0xa9.254.169.254", "[::ffff:169.254.169.254]",
        "0", "[::]", "[fe80::1]", "239.1.2.3",
    ],
)  # fmt: skip
def test_a_number_that_is_never_a_cameras_is_refused_however_it_is_written(host):
    with pytest.raises(ConfigurationError, match=r"sources\.allowed_networks") as error:
        StreamAddress(f"http://ann:secret@{host}/latest/meta-data/")
    assert "secret" not in str(error.value)


def test_only_the_schemes_of_the_policy_are_taken():
    policy = SourcePolicy(allowed_schemes=("rtsps",))
    assert StreamAddress("RTSPS://127.0.0.1/live", policy=policy)
    for url in ("rtsp://127.0.0.1/live", "device:0"):
        with pytest.raises(ConfigurationError, match=r"sources\.allowed_schemes"):
            StreamAddress(url, policy=policy)


@pytest.mark.parametrize(
    "url", ["rtsp://door/1", "rtsps://door/1", "http://door/", "https://door/"]
)
def test_a_name_is_refused_where_one_of_its_addresses_is(dns, url):
    dns["door"] = ["10.0.0.7"]
    address = StreamAddress(url)
    assert len(address.openings()) == 1
    dns["door"] = ["10.0.0.7", "169.254.169.254"]
    with pytest.raises(NotAllowedError):
        address.openings()


def test_a_name_is_looked_up_anew_for_each_connection(dns):
    address = StreamAddress("rtsp://door/1")
    with pytest.raises(OSError, match="known"):
        address.openings()
    dns["door"] = ["10.0.0.7"]
    assert address.openings()[0].file == "rtsp://10.0.0.7/1"
    dns["door"] = ["10.0.0.8"]
    assert address.openings()[0].file == "rtsp://10.0.0.8/1"


@pytest.mark.parametrize("host", ["a" * 70, "a..b", "a\0b"])
def test_a_name_that_cannot_be_one_has_no_address(host):
    with pytest.raises(OSError):  # noqa: PT011  what it says is Python's
        StreamAddress(f"rtsp://{host}/1").openings()


def test_what_was_checked_is_what_is_connected_to(dns):
    dns["door"] = ["10.0.0.7", "fd12::7"]
    assert opened("RTSP://Ann:s%2Fp@Door:8554//a/1?x=1&y=[2]") == [
        "rtsp://Ann:s%2Fp@10.0.0.7:8554//a/1?x=1&y=[2]",
        "rtsp://Ann:s%2Fp@[fd12::7]:8554//a/1?x=1&y=[2]",
    ]
    (first, _) = StreamAddress("http://Ann:secret@door:8080/live").openings()
    assert first.file == "http://Ann:secret@10.0.0.7:8080/live"
    assert first.options["headers"] == "Host: door:8080\r\n"


def test_over_tls_the_name_stays_as_it_is_what_servers_go_by(dns):
    dns["door"] = ["10.0.0.7"]
    assert opened("https://door/live") == ["https://door/live"]
    assert opened("rtsps://ann:secret@door:322/live") == ["rtsps://ann:secret@door:322/live"]


def test_of_many_addresses_a_few_are_tried(dns):
    dns["door"] = [f"10.0.0.{n}" for n in range(20)]
    assert len(opened("rtsp://door/1")) == 3


def test_nothing_but_the_streams_own_protocols_is_spoken(dns):
    dns["door"] = ["10.0.0.7"]
    spoken = {
        scheme: StreamAddress(f"{scheme}://door/1").openings()[0].options["protocol_whitelist"]
        for scheme in ("rtsp", "rtsps", "http", "https")
    }
    protocols = {scheme: set(names.split(",")) for scheme, names in spoken.items()}
    assert protocols["rtsp"] == {"tcp"}
    for scheme, names in protocols.items():
        assert not names & {"file", "pipe", "data", "concat", "subfile", "unix", "udp"}, scheme


def test_a_device_is_opened_as_it_is_and_says_at_once_that_it_has_nothing_yet():
    (device,) = StreamAddress("device:2").openings()
    assert device == ("/dev/video2", "v4l2", {"fflags": "+4"})
    assert device.is_device


def test_the_flag_that_devices_are_opened_with_is_ffmpegs_for_that(tmp_path):
    film(tmp_path / "film.ts", seconds=1)
    options = StreamAddress("device:2").openings()[0].options
    with av.open(tmp_path / "film.ts", options=options) as container:
        assert Flags.non_block in Flags(container.flags)


def test_certificates_to_trust_that_cannot_be_read_are_told(tmp_path):
    missing = SourcePolicy(ca_file=tmp_path / "cameras.pem")
    with pytest.raises(ConfigurationError, match=r"sources\.ca_file .*cameras\.pem"):
        StreamAddress("rtsps://127.0.0.1/live", policy=missing)
    (tmp_path / "cameras.pem").write_text("no certificate")
    with pytest.raises(ConfigurationError, match="expected certificates in PEM"):
        StreamAddress("https://127.0.0.1/live", policy=missing)
    assert opened("rtsp://127.0.0.1/live", policy=missing)
